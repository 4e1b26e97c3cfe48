// Evaluation: the context of one entity's run, as function bodies may see it.

#pragma once

#include <memory>
#include <utility>

#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "dtl/lookup.h"
#include "dtl/program.h"
#include "value/value.h"

namespace sluice::dtl {

class Evaluation {
 public:
  Evaluation(const Environment& environment, const CompileOptions& options, Arena& arena)
      : environment_(environment), options_(options), arena_(arena) {}
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  Arena& arena() { return arena_; }
  const Clock& clock() const { return *environment_.clock; }
  Random& random() { return *environment_.random; }
  Lookup* lookup() { return environment_.lookup; }
  const Namespaces& namespaces() const { return options_.namespaces; }
  const std::string& pipe_id() const { return options_.pipe_id; }
  const Stop& stop() const { return environment_.stop; }
  // The entity that the program runs on.
  const Entity* source() const { return source_; }

  // Counts work; an error kTooLarge when limits::kDtlStepsMax is reached, kCancelled when stopped.
  Result<void> CountSteps(uint64_t steps);
  // Asks before making something large; kTooLarge over limits::kDtlValueBytesMax for one entity.
  Result<void> CountBytes(uint64_t bytes) {
    bytes_ += bytes;
    if (bytes_ > limits::kDtlValueBytesMax) [[unlikely]] {
      return TooManyBytes();
    }
    return {};
  }

  // Ends the evaluation: everything gives null from then on, and whoever evaluates something looks
  // at `failed` before going on. The first error counts. Gives null.
  Value Fail(std::unique_ptr<Error> error) {
    if (!error_) error_ = std::move(error);
    return {};
  }
  bool failed() const { return error_ != nullptr; }
  // The error, for those who go on with a Result: the evaluation has none then.
  std::unique_ptr<Error> TakeError() { return std::move(error_); }
  // The value of an evaluation that is done, or its error.
  Result<Value> ResultOf(const Value& value) {
    if (failed()) return TakeError();
    return value;
  }

 protected:
  friend class Args;
  static Error TooManyBytes();

  const Environment& environment_;  // Outlives the run.
  const CompileOptions& options_;
  Arena& arena_;
  const Entity* source_ = nullptr;
  uint64_t steps_ = 0;
  uint64_t bytes_ = 0;
  std::unique_ptr<Error> error_;
};

}  // namespace sluice::dtl
