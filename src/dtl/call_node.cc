#include "dtl/call_node.h"

#include <cstddef>
#include <memory>
#include <new>

namespace sluice::dtl {

CallNode::CallNode(const Function& function, Eval eval, std::vector<NodePtr> args,
                   std::vector<bool> lazy, std::string at)
    : function_(function),
      eval_(std::move(eval)),
      owned_(std::move(args)),
      lazy_(std::move(lazy)),
      at_(std::move(at)) {
  for (size_t i = 0; i < owned_.size(); ++i) {
    const Node* const node = owned_[i].get();
    nodes_.push_back(node);
    if (node->literal()) {
      arguments_.push_back({.literal = *node->literal()});
    } else if (lazy_[i]) {
      arguments_.push_back({});
    } else if (node->field()) {
      arguments_.push_back({.field = node->field()});
    } else {
      arguments_.push_back({.node = node});
    }
  }
}

Value CallNode::Evaluate(Evaluator& evaluator) const {
  if (!evaluator.Step()) [[unlikely]] {
    return evaluator.Fail(AtPlace(evaluator.TakeError(), at_));
  }
  // On the stack where they are few: no function keeps them.
  constexpr size_t kFew = 4;
  alignas(Value) std::byte few[kFew * sizeof(Value)];
  const size_t count = arguments_.size();
  Value* const values =
      count <= kFew ? reinterpret_cast<Value*>(few) : evaluator.arena().AllocateArray<Value>(count);
  Value* to = values;
  for (const Argument& argument : arguments_) {
    if (argument.field) {
      new (to++) Value(argument.field->Read(evaluator));
    } else if (argument.node) {
      new (to++) Value(argument.node->Evaluate(evaluator));
      if (evaluator.failed()) [[unlikely]] {
        return {};
      }
    } else {
      new (to++) Value(argument.literal);
    }
  }
  const std::span<const Value> all(values, count);
  const Value result = eval_(Args(all, nodes_.data(), evaluator, evaluator.arena()));
  if (evaluator.failed()) [[unlikely]] {
    return evaluator.Fail(Explain(evaluator.TakeError(), all));
  }
  return result;
}

// Adds where it happened and to which values; an error that comes from an inner call has that
// already.
std::unique_ptr<Error> CallNode::Explain(std::unique_ptr<Error> error,
                                         std::span<const Value> values) const {
  if (!error->at.empty()) return error;
  error->at = at_;
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    text += i == 0 ? "" : ", ";
    text += lazy_[i] ? "…" : Shown(values[i]);
  }
  error->message = fmt::format("{}: {}; called with {}", function_.name, error->message,
                               text.empty() ? "nothing" : text);
  return error;
}

}  // namespace sluice::dtl
