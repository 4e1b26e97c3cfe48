#include "dtl/equality.h"
#include "dtl/path.h"
#include "dtl/steps.h"

namespace sluice::dtl {
namespace {

class ChoiceStep final : public StepNode {
 public:
  ChoiceStep(std::vector<NodePtr> conditions, std::vector<Block> blocks)
      : conditions_(std::move(conditions)), blocks_(std::move(blocks)) {}

  Flow Run(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return Flow::kFailed;
    for (size_t i = 0; i < conditions_.size(); ++i) {
      const Value value = conditions_[i]->Evaluate(evaluator);
      if (evaluator.failed()) return Flow::kFailed;
      if (value.IsTrue()) return blocks_[i].Run(evaluator);
    }
    return blocks_.size() > conditions_.size() ? blocks_.back().Run(evaluator) : Flow::kNext;
  }

 private:
  std::vector<NodePtr> conditions_;
  std::vector<Block> blocks_;
};

class ChoiceEqStep final : public StepNode {
 public:
  ChoiceEqStep(NodePtr value, std::vector<NodePtr> candidates, std::vector<Block> blocks)
      : value_(std::move(value)), candidates_(std::move(candidates)), blocks_(std::move(blocks)) {}

  Flow Run(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return Flow::kFailed;
    const Value value = value_->Evaluate(evaluator);
    if (evaluator.failed()) return Flow::kFailed;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const Value candidate = candidates_[i]->Evaluate(evaluator);
      if (evaluator.failed()) return Flow::kFailed;
      if (EqualForEq(value, candidate)) return blocks_[i].Run(evaluator);
    }
    return blocks_.size() > candidates_.size() ? blocks_.back().Run(evaluator) : Flow::kNext;
  }

 private:
  NodePtr value_;
  std::vector<NodePtr> candidates_;
  std::vector<Block> blocks_;
};

class FilterStep final : public StepNode {
 public:
  FilterStep(NodePtr condition, Flow flow) : condition_(std::move(condition)), flow_(flow) {}

  Flow Run(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return Flow::kFailed;
    if (!condition_) return flow_;
    const Value value = condition_->Evaluate(evaluator);
    if (evaluator.failed()) return Flow::kFailed;
    return value.IsTrue() ? Flow::kNext : flow_;
  }

 private:
  NodePtr condition_;
  Flow flow_;
};

class FailStep final : public ResultStep {
 public:
  FailStep(NodePtr message, bool trip, std::string at)
      : message_(std::move(message)), trip_(trip), at_(std::move(at)) {}

  Result<Flow> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(const Value message, dtl::Try(*message_, evaluator));
    if (trip_ && evaluator.environment().tripped) *evaluator.environment().tripped = true;
    Error error = MakeError(Code::kBadData, "{}",
                            message.IsString() ? std::string(message.text()) : Shown(message));
    error.at = at_;
    return error;
  }

 private:
  NodePtr message_;
  bool trip_;
  std::string at_;
};

class SleepStep final : public ResultStep {
 public:
  SleepStep(int64_t seconds, std::string at) : seconds_(seconds), at_(std::move(at)) {}

  Result<Flow> Try(Evaluator& evaluator) const override {
    if (evaluator.stop().WaitFor(std::chrono::seconds(seconds_))) {
      Error error = MakeError(Code::kCancelled, "stopped during sleep!");
      error.at = at_;
      return error;
    }
    return Flow::kNext;
  }

 private:
  int64_t seconds_;
  std::string at_;
};

// The entities in a value. What is none is an error, or left out where ids are not required; null
// is nothing.
template <class F>
Result<void> ForEachEntity(const Value& values, bool id_required, const std::string& at,
                           F&& visit) {
  const auto one = [&](const Value& item) -> Result<void> {
    if (item.IsNull()) return {};
    if (item.IsDict() && item.Find("_id").IsString()) return visit(item);
    if (!id_required) return {};
    Error error =
        MakeError(Code::kBadData, "expected an entity with a string _id, found {}", Shown(item));
    error.at = at;
    return error;
  };
  if (!values.IsList()) return one(values);
  for (const Value& item : values.items()) SLUICE_TRY(one(item));
  return {};
}

class CreateStep final : public ResultStep {
 public:
  CreateStep(NodePtr values, bool id_required, std::string at)
      : values_(std::move(values)), id_required_(id_required), at_(std::move(at)) {}

  Result<Flow> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    SLUICE_TRY(const Value values, dtl::Try(*values_, evaluator));
    const auto emit = [&](const Value& item) -> Result<void> {
      Entity entity;
      entity.dict = WithoutMetadata(item);
      entity.deleted = item.Find("_deleted").AsBoolean().value_or(false);
      evaluator.created->push_back(std::move(entity));
      return {};
    };
    SLUICE_TRY(ForEachEntity(values, id_required_, at_, emit));
    return Flow::kNext;
  }

 private:
  NodePtr values_;
  bool id_required_;
  std::string at_;
};

// Adds to `$children` what is not there yet.
class CreateChildStep final : public ResultStep {
 public:
  CreateChildStep(NodePtr values, bool id_required, std::string at)
      : values_(std::move(values)), id_required_(id_required), at_(std::move(at)) {}

  Result<Flow> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    SLUICE_TRY(const Value values, dtl::Try(*values_, evaluator));
    Target& target = *evaluator.frame->target;
    ListBuilder children(evaluator.arena());
    if (const Value* there = target.Find("$children"); there && !there->IsNull()) {
      children.AddFlattened(*there);
    }
    const auto add = [&](const Value& item) -> Result<void> {
      SLUICE_TRY(evaluator.TryStep());
      for (const Value& child : children.items()) {
        if (Equal(child, item)) return {};
      }
      children.Add(WithoutMetadata(item));
      return {};
    };
    SLUICE_TRY(ForEachEntity(values, id_required_, at_, add));
    target.Set("$children", children.List());
    return Flow::kNext;
  }

 private:
  NodePtr values_;
  bool id_required_;
  std::string at_;
};

}  // namespace

StepPtr MakeChoice(std::vector<NodePtr> conditions, std::vector<Block> blocks) {
  return std::make_unique<ChoiceStep>(std::move(conditions), std::move(blocks));
}

StepPtr MakeChoiceEq(NodePtr value, std::vector<NodePtr> candidates, std::vector<Block> blocks) {
  return std::make_unique<ChoiceEqStep>(std::move(value), std::move(candidates), std::move(blocks));
}

StepPtr MakeFilter(NodePtr condition, Flow flow) {
  return std::make_unique<FilterStep>(std::move(condition), flow);
}

StepPtr MakeFail(NodePtr message, bool trip, std::string at) {
  return std::make_unique<FailStep>(std::move(message), trip, std::move(at));
}

StepPtr MakeSleep(int64_t seconds, std::string at) {
  return std::make_unique<SleepStep>(seconds, std::move(at));
}

StepPtr MakeCreate(NodePtr values, bool id_required, std::string at) {
  return std::make_unique<CreateStep>(std::move(values), id_required, std::move(at));
}

StepPtr MakeCreateChild(NodePtr values, bool id_required, std::string at) {
  return std::make_unique<CreateChildStep>(std::move(values), id_required, std::move(at));
}

}  // namespace sluice::dtl
