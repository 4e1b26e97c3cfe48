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

  Result<Value> Evaluate(Evaluator& evaluator) const override;

 private:
  // An argument that is evaluated before the call, and its place.
  struct Evaluated {
    const Node* node;
    size_t place;
  };

  std::unique_ptr<Error> Explain(std::unique_ptr<Error> error, std::span<const Value> values) const;

  const Function& function_;
  Eval eval_;
  std::vector<NodePtr> owned_;
  std::vector<const Node*> nodes_;
  // The arguments' values where they are literals; null elsewhere.
  std::vector<Value> preset_;
  std::vector<Evaluated> evaluated_;
  // Those that only read a property of the source.
  std::vector<std::pair<const SourceField*, size_t>> fields_;
  std::vector<bool> lazy_;
  std::string at_;
};

}  // namespace sluice::dtl
