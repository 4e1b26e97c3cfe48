// Nodes: the executable form of expressions and transforms. Immutable after compilation; run by any
// thread.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "dtl/catalogue.h"
#include "dtl/evaluator.h"
#include "dtl/names.h"
#include "value/value.h"

namespace sluice::dtl {

// What a path reads of its rule's source: a property, and names below it.
struct SourceField {
  std::string name;
  std::vector<NameReference> rest;
  const SourceFields* fields = nullptr;  // Of the rule; null outside of rules.
  SourceFields::Place place = {};        // Among the fields.
  bool direct = rest.empty();            // It is the property itself.

  Value Read(Evaluator& evaluator) const {
    const Frame& frame = *evaluator.frame;
    // A hop may run the expression on another value than the rule's.
    if (frame.fields == fields && frame.values.properties && direct) [[likely]] {
      return frame.values.properties[place.property];
    }
    return ReadAny(evaluator);
  }

 private:
  Value ReadAny(Evaluator& evaluator) const;
  Value Follow(const Value& value, Evaluator& evaluator) const;
};

// An expression.
struct Node {
  virtual ~Node() = default;
  // Null where it fails: the evaluator has failed then, and the caller gives up at once.
  virtual Value Evaluate(Evaluator& evaluator) const = 0;
  // The value where it is known without evaluation.
  virtual const Value* literal() const { return nullptr; }
  // What it reads where it does nothing but that: cannot fail, and needs no call.
  virtual const SourceField* field() const { return nullptr; }
};
using NodePtr = std::unique_ptr<const Node>;

// An expression whose body goes on with Results.
struct ResultNode : Node {
  Value Evaluate(Evaluator& evaluator) const final {
    auto result = Try(evaluator);
    return result.ok() ? *result : evaluator.Fail(result.TakeError());
  }
  virtual Result<Value> Try(Evaluator& evaluator) const = 0;
};
// An expression's value for such bodies.
inline Result<Value> Try(const Node& node, Evaluator& evaluator) {
  return evaluator.ResultOf(node.Evaluate(evaluator));
}

// A transform.
struct StepNode {
  virtual ~StepNode() = default;
  virtual Flow Run(Evaluator& evaluator) const = 0;
};
using StepPtr = std::unique_ptr<const StepNode>;

// A transform whose body goes on with Results.
struct ResultStep : StepNode {
  Flow Run(Evaluator& evaluator) const final {
    auto result = Try(evaluator);
    if (result.ok()) return *result;
    evaluator.Fail(result.TakeError());
    return Flow::kFailed;
  }
  virtual Result<Flow> Try(Evaluator& evaluator) const = 0;
};

// Transforms in their order; the first one that ends the rule ends the block.
struct Block {
  std::vector<StepPtr> steps;

  Flow Run(Evaluator& evaluator) const {
    for (const StepPtr& step : steps) {
      const Flow flow = step->Run(evaluator);
      if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }
};

struct Rule {
  std::string name;
  std::string at;
  Block block;
  int nesting = 0;  // How deep its calls stand within each other.
  // What its expressions read of its source by name.
  SourceFields fields;
};

class LiteralNode final : public Node {
 public:
  explicit LiteralNode(const Value& value) : value_(value) {}
  Value Evaluate(Evaluator&) const override { return value_; }
  const Value* literal() const override { return &value_; }

 private:
  Value value_;
};

// A value as JSON, cut where it is long, for messages.
std::string Shown(const Value& value);

// An error with its place, if it has none yet.
std::unique_ptr<Error> AtPlace(std::unique_ptr<Error> error, const std::string& at);

}  // namespace sluice::dtl
