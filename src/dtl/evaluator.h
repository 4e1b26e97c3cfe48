// Evaluator: one run of a program over one entity, as compiled nodes see it.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dtl/evaluation.h"
#include "dtl/source_fields.h"
#include "dtl/target.h"
#include "value/value.h"

namespace sluice::dtl {

struct Rule;

// How a transform or a rule ends. After kFailed the evaluator has the error.
enum class Flow : uint8_t { kNext, kFilter, kDiscard, kFailed };

// What `_S` and `_T` mean in one rule, and the frame around it (`_P`).
struct Frame {
  Value source;  // The value that the rule runs on; entities in the form that knows metadata.
  Value dict;    // The same without metadata.
  Target* target = nullptr;
  const Frame* parent = nullptr;
  // What the rule reads of its source by name, and the values once one was read; null where a
  // rule reads too little for that to pay, and outside of rules.
  const SourceFields* fields = nullptr;
  mutable SourceFields::Values values = {};
};
Frame MakeFrame(const Value& source, Target* target, const Frame* parent);
// The frame in which a rule runs.
Frame MakeRuleFrame(const Rule& rule, const Value& source, Target* target, const Frame* parent);

// A value without an entity's metadata, as it goes into other values.
inline Value WithoutMetadata(const Value& value) {
  return value.form() == Value::Form::kEntity ? value.entity()->dict : value;
}

class Evaluator final : public Evaluation {
 public:
  Evaluator(const Environment& environment, const CompileOptions& options, Arena& arena, int slots);

  // One step of work. False, and the evaluation has failed, over a limit and when stopped.
  bool Step() {
    // A few steps can make values very large, so memory is looked at on each.
    if ((++steps_ & 1023) != 0 && arena_.bytes() <= bytes_max_) [[likely]] {
      return true;
    }
    return CheckLimits();
  }
  // The same for those who go on with a Result.
  Result<void> TryStep() {
    if (Step()) return {};
    return TakeError();
  }

  // Runs a rule on a value: `target` after kNext.
  Flow ApplyRule(const Rule& rule, const Value& item, Value& target);

  const Environment& environment() const { return environment_; }
  void set_source(const Entity* source) { source_ = source; }

  const Frame* frame = nullptr;
  const Frame* root = nullptr;
  Value current;           // `_`
  Value* slots = nullptr;  // The entities of aliases.
  std::vector<Entity>* created = nullptr;
  int depth = 0;  // Of nested rules.

 private:
  bool CheckLimits();
  Result<void> LookAtLimits();

  size_t bytes_max_;  // Of the arena.
  int nesting_ = 0;   // Of calls, summed over the rules that are running.
};

}  // namespace sluice::dtl
