#include "dtl/call_node.h"

#include <memory>

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
    preset_.push_back(node->literal() ? *node->literal() : Value());
    if (node->literal() || lazy_[i]) continue;
    if (node->field()) {
      fields_.emplace_back(node->field(), i);
    } else {
      evaluated_.push_back({node, i});
    }
  }
}

Result<Value> CallNode::Evaluate(Evaluator& evaluator) const {
  if (auto step = evaluator.Step(); !step.ok()) [[unlikely]] {
    return AtPlace(step.TakeError(), at_);
  }
  // In the arena and not on the stack, since a function may give back its arguments in a list.
  Arena& arena = evaluator.arena();
  const size_t count = preset_.size();
  Value* const values = arena.AllocateArray<Value>(count);
  std::uninitialized_copy(preset_.begin(), preset_.end(), values);
  for (const auto& [field, place] : fields_) values[place] = field->Read(evaluator);
  for (const Evaluated& argument : evaluated_) {
    auto value = argument.node->Evaluate(evaluator);
    if (!value.ok()) [[unlikely]] {
      return value;
    }
    values[argument.place] = *value;
  }
  auto result = eval_(Args({values, count}, nodes_, evaluator));
  if (!result.ok()) [[unlikely]] {
    return Explain(result.TakeError(), {values, count});
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
