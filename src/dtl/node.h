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
  const FieldTable* table = nullptr;  // Of the rule; null outside of rules.
  uint32_t place = 0;                 // In the table.

  Value Read(Evaluator& evaluator) const {
    const Frame& frame = *evaluator.frame;
    // A hop may run the expression on another value than the rule's.
    if (!table || frame.table != table) return Follow(frame.dict.Find(name), evaluator);
    if (!frame.fields) {
      frame.fields = evaluator.arena().AllocateArray<Value>(table->size());
      table->Read(frame.dict, frame.fields);
    }
    return rest.empty() ? frame.fields[place] : Follow(frame.fields[place], evaluator);
  }

 private:
  Value Follow(const Value& value, Evaluator& evaluator) const;
};

// An expression.
struct Node {
  virtual ~Node() = default;
  virtual Result<Value> Evaluate(Evaluator& evaluator) const = 0;
  // The value where it is known without evaluation.
  virtual const Value* literal() const { return nullptr; }
  // What it reads where it does nothing but that: cannot fail, and needs no call.
  virtual const SourceField* field() const { return nullptr; }
};
using NodePtr = std::unique_ptr<const Node>;

// How a transform ends.
enum class Flow { kNext, kFilter, kDiscard };

// A transform.
struct StepNode {
  virtual ~StepNode() = default;
  virtual Result<Flow> Run(Evaluator& evaluator) const = 0;
};
using StepPtr = std::unique_ptr<const StepNode>;

// Transforms in their order; the first one that ends the rule ends the block.
struct Block {
  std::vector<StepPtr> steps;

  Result<Flow> Run(Evaluator& evaluator) const {
    for (const StepPtr& step : steps) {
      SLUICE_TRY(const Flow flow, step->Run(evaluator));
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
  FieldTable fields;
};

class LiteralNode final : public Node {
 public:
  explicit LiteralNode(const Value& value) : value_(value) {}
  Result<Value> Evaluate(Evaluator&) const override { return value_; }
  const Value* literal() const override { return &value_; }

 private:
  Value value_;
};

// A value as JSON, cut where it is long, for messages.
std::string Shown(const Value& value);

// An error with its place, if it has none yet.
std::unique_ptr<Error> AtPlace(std::unique_ptr<Error> error, const std::string& at);

}  // namespace sluice::dtl
