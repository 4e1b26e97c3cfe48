// Calls of catalogue functions.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dtl/node.h"

namespace sluice::dtl {

// A function's body with its arguments.
class CallNode final : public Node {
 public:
  // `lazy[i]` says that the function evaluates argument i itself, item by item.
  CallNode(const Function& function, Eval eval, std::vector<NodePtr> args, std::vector<bool> lazy,
           std::string at);

  Value Evaluate(Evaluator& evaluator) const override;

 private:
  // Where an argument's value comes from: a property of the source, an expression, or, where both
  // are null, the literal; null for what the function evaluates itself.
  struct Argument {
    const SourceField* field = nullptr;
    const Node* node = nullptr;
    Value literal = {};
  };

  std::unique_ptr<Error> Explain(std::unique_ptr<Error> error, std::span<const Value> values) const;

  const Function& function_;
  Eval eval_;
  std::vector<NodePtr> owned_;
  std::vector<const Node*> nodes_;
  std::vector<Argument> arguments_;
  std::vector<bool> lazy_;
  std::string at_;
};

}  // namespace sluice::dtl
