#include "dtl/call_node.h"

namespace sluice::dtl {

CallNode::CallNode(const Function& function, Eval eval, std::vector<NodePtr> args,
                   std::vector<bool> lazy, std::string at)
    : function_(function), eval_(std::move(eval)), owned_(std::move(args)), at_(std::move(at)) {
  for (size_t i = 0; i < owned_.size(); ++i) {
    nodes_.push_back(owned_[i].get());
    args_.push_back({.node = owned_[i].get(), .literal = owned_[i]->literal(), .lazy = lazy[i]});
  }
}

Result<Value> CallNode::Evaluate(Evaluator& evaluator) const {
  if (auto step = evaluator.Step(); !step.ok()) [[unlikely]] {
    return AtPlace(step.TakeError(), at_);
  }
  // In the arena and not on the stack, since a function may give back its arguments in a list.
  Arena& arena = evaluator.arena();
  const size_t count = args_.size();
  Value* const values = arena.AllocateArray<Value>(count);
  for (size_t i = 0; i < count; ++i) {
    const Argument& argument = args_[i];
    if (argument.literal) {
      new (values + i) Value(*argument.literal);
    } else if (argument.lazy) {
      new (values + i) Value();
    } else {
      auto value = argument.node->Evaluate(evaluator);
      if (!value.ok()) [[unlikely]] {
        return value;
      }
      new (values + i) Value(*value);
    }
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
    text += args_[i].lazy ? "…" : Shown(values[i]);
  }
  error->message = fmt::format("{}: {}; called with {}", function_.name, error->message,
                               text.empty() ? "nothing" : text);
  return error;
}

}  // namespace sluice::dtl
