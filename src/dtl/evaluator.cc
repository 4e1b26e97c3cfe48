#include "dtl/evaluator.h"

#include "base/limits.h"
#include "dtl/node.h"
#include "value/json.h"

namespace sluice::dtl {

Frame MakeFrame(const Value& source, Target* target, const Frame* parent) {
  return {.source = source, .dict = WithoutMetadata(source), .target = target, .parent = parent};
}

Frame MakeRuleFrame(const Rule& rule, const Value& source, Target* target, const Frame* parent) {
  Frame frame = MakeFrame(source, target, parent);
  if (rule.fields.pays()) frame.fields = &rule.fields;
  return frame;
}

Evaluator::Evaluator(const Environment& environment, const CompileOptions& options, Arena& arena,
                     int slot_count)
    : Evaluation(environment, options, arena),
      bytes_max_(arena.bytes() + limits::kDtlValueBytesMax) {
  slots = arena.AllocateArray<Value>(static_cast<size_t>(slot_count));
  std::uninitialized_fill_n(slots, slot_count, Value());
}

bool Evaluator::CheckLimits() {
  auto looked = LookAtLimits();
  if (looked.ok()) return true;
  Fail(looked.TakeError());
  return false;
}

Result<void> Evaluator::LookAtLimits() {
  if (steps_ > limits::kDtlStepsMax) {
    return MakeError(Code::kTooLarge, "the rules took more than {} steps for one entity",
                     limits::kDtlStepsMax);
  }
  if (arena_.bytes() > bytes_max_) {
    return MakeError(Code::kTooLarge, "the rules made more than {} bytes for one entity",
                     limits::kDtlValueBytesMax);
  }
  if (environment_.stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
  return {};
}

Flow Evaluator::ApplyRule(const Rule& rule, const Value& item, Value& target) {
  const auto too_deep = [&](std::string_view what, size_t limit) {
    Fail(std::make_unique<Error>(
        MakeError(Code::kTooLarge, "{} are nested more than {} deep", what, limit)));
    return Flow::kFailed;
  };
  if (depth >= static_cast<int>(limits::kDtlCallDepthMax)) [[unlikely]] {
    return too_deep("rules", limits::kDtlCallDepthMax);
  }
  if (nesting_ + rule.nesting > static_cast<int>(limits::kDtlNestingMax)) [[unlikely]] {
    return too_deep("calls in rules", limits::kDtlNestingMax);
  }
  if (!Step()) return Flow::kFailed;
  Target written(arena_);
  const Frame inner = MakeRuleFrame(rule, item, &written, frame);
  const Frame* outer = std::exchange(frame, &inner);
  const Value outer_current = std::exchange(current, Value());
  ++depth;
  nesting_ += rule.nesting;
  const Flow flow = rule.block.Run(*this);
  nesting_ -= rule.nesting;
  --depth;
  current = outer_current;
  frame = outer;
  if (flow == Flow::kNext) target = written.View();
  return flow;
}

Result<void> Evaluation::CountSteps(uint64_t steps) {
  steps_ += steps;
  if (steps_ > limits::kDtlStepsMax) {
    return MakeError(Code::kTooLarge, "the rules took more than {} steps for one entity",
                     limits::kDtlStepsMax);
  }
  if (environment_.stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
  return {};
}

Error Evaluation::TooManyBytes() {
  return MakeError(Code::kTooLarge, "the rules made more than {} bytes for one entity",
                   limits::kDtlValueBytesMax);
}

Result<Value> Args::Apply(size_t i, const Value& item) const {
  // Every evaluation is an Evaluator; functions see the part that concerns them.
  auto& evaluator = static_cast<Evaluator&>(*evaluation_);
  const Value outer = std::exchange(evaluator.current, item);
  const Value result = nodes_[i]->Evaluate(evaluator);
  evaluator.current = outer;
  return evaluator.ResultOf(result);
}

Value Args::Fail(std::unique_ptr<Error> error) const { return evaluation_->Fail(std::move(error)); }

std::string Shown(const Value& value) {
  constexpr size_t kShownBytes = 80;
  std::string text = ToJson(value);
  if (text.size() <= kShownBytes) return text;
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::unique_ptr<Error> AtPlace(std::unique_ptr<Error> error, const std::string& at) {
  if (error->at.empty()) error->at = at;
  return error;
}

}  // namespace sluice::dtl
