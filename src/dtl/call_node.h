// Calls of catalogue functions.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dtl/node.h"

namespace sluice::dtl {

// A function's body with its arguments.
class CallNode final : public Node {
 public:
  // `lazy[i]` says that the function evaluates argument i itself, item by item.
  CallNode(const Function& function, Eval eval, std::vector<NodePtr> args, std::vector<bool> lazy,
           std::string at);

  Result<Value> Evaluate(Evaluator& evaluator) const override;

 private:
  struct Argument {
    const Node* node;
    const Value* literal;
    bool lazy;
  };

  std::unique_ptr<Error> Explain(std::unique_ptr<Error> error, std::span<const Value> values) const;

  const Function& function_;
  Eval eval_;
  std::vector<NodePtr> owned_;
  std::vector<const Node*> nodes_;
  std::vector<Argument> args_;
  std::string at_;
};

}  // namespace sluice::dtl
