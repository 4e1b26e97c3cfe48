#include <algorithm>
#include <array>

#include "dtl/path.h"
#include "dtl/steps.h"
#include "value/relations.h"

namespace sluice::dtl {
namespace {

// What a dataset knows about a version is not copied by patterns.
constexpr std::array<std::string_view, 4> kMetadata = {"_updated", "_hash", "_ts", "_previous"};

bool IsMetadata(std::string_view name) {
  return name.starts_with("_") &&
         std::find(kMetadata.begin(), kMetadata.end(), name) != kMetadata.end();
}

// `copy "*"`.
class CopyAllStep final : public StepNode {
 public:
  Flow Run(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return Flow::kFailed;
    const Frame& frame = *evaluator.frame;
    Target& target = *frame.target;
    Copy(frame, evaluator.arena(), target);
    // Another transform of the chain may have let the entity go; that goes with it.
    if (WasFiltered(frame.source)) target.Set("_filtered", Value::Boolean(true));
    return Flow::kNext;
  }

 private:
  static bool WasFiltered(const Value& source) {
    if (source.form() == Value::Form::kEntity) return source.entity()->filtered;
    return source.Find("_filtered").IsTrue();
  }

  static void Copy(const Frame& frame, Arena& arena, Target& target) {
    if (target.size() <= 1 && frame.dict.form() == Value::Form::kEncoded) {
      if (target.Adopt(frame.dict, NamesOf(frame, arena))) return;
    }
    // The names of a dict are distinct: with an empty target, or one that holds the `_id` only, no
    // name needs to be looked for.
    const bool fresh = target.size() == 0 || (target.size() == 1 && target.Find("_id"));
    for (const Property& property : frame.dict.properties()) {
      if (property.name.starts_with("_")) {
        if (!IsMetadata(property.name)) target.Set(property.name, property.value);
      } else if (fresh) {
        target.Append(property.name, property.value);
      } else {
        target.Set(property.name, property.value);
      }
    }
  }

  // Most rules that copy all also read some by name: one walk does both.
  static NameSummary NamesOf(const Frame& frame, Arena& arena) {
    if (!frame.fields) return SummariseNames(frame.dict);
    if (!frame.values.properties) frame.fields->Read(frame.dict, arena, frame.values);
    return frame.values.names;
  }
};

class CopyStep final : public StepNode {
 public:
  CopyStep(std::vector<NamePattern> include, std::vector<NamePattern> exclude)
      : include_(std::move(include)), exclude_(std::move(exclude)) {
    walks_ = std::any_of(include_.begin(), include_.end(),
                         [](const NamePattern& pattern) { return !pattern.SingleName(); });
  }

  Flow Run(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return Flow::kFailed;
    const Frame& frame = *evaluator.frame;
    Target& target = *frame.target;
    for (const NamePattern& pattern : include_) {
      // One name needs no walk, and finds metadata too.
      const auto name = pattern.SingleName();
      if (!name || Excluded(*name)) continue;
      if (const auto value = frame.source.TryFind(*name)) target.Set(*name, *value);
    }
    if (!walks_) return Flow::kNext;
    for (const Property& property : frame.dict.properties()) {
      if (!Included(property.name) || IsMetadata(property.name) || Excluded(property.name))
        continue;
      target.Set(property.name, property.value);
    }
    return Flow::kNext;
  }

 private:
  bool Included(std::string_view name) const {
    for (const NamePattern& pattern : include_) {
      if (!pattern.SingleName() && pattern.Matches(name)) return true;
    }
    return false;
  }

  bool Excluded(std::string_view name) const {
    for (const NamePattern& pattern : exclude_) {
      if (pattern.Matches(name)) return true;
    }
    return false;
  }

  std::vector<NamePattern> include_;
  std::vector<NamePattern> exclude_;
  bool walks_;  // Some pattern may match several names.
};

class RemoveStep final : public ResultStep {
 public:
  explicit RemoveStep(std::vector<NamePattern> patterns) : patterns_(std::move(patterns)) {}

  Result<Flow> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    evaluator.frame->target->Remove([&](std::string_view name) {
      for (const NamePattern& pattern : patterns_) {
        // Only its own name takes the `_id` away, no pattern.
        if (name == "_id" ? pattern.SingleName() == name : pattern.Matches(name)) return true;
      }
      return false;
    });
    return Flow::kNext;
  }

 private:
  std::vector<NamePattern> patterns_;
};

// Calls `visit` for the properties of the dicts in a value, without those whose names start with
// '_'.
template <class F>
Result<void> ForEachMerged(Evaluator& evaluator, const Value& values, F&& visit) {
  const auto one = [&](const Value& item) -> Result<void> {
    for (const Property& property : item.properties()) {
      SLUICE_TRY(evaluator.TryStep());
      if (!property.name.starts_with("_")) visit(property.name, property.value);
    }
    return {};
  };
  if (!values.IsList()) return one(values);
  for (const Value& item : values.items()) SLUICE_TRY(one(item));
  return {};
}

class MergeStep final : public ResultStep {
 public:
  explicit MergeStep(NodePtr values) : values_(std::move(values)) {}

  Result<Flow> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    SLUICE_TRY(const Value values, dtl::Try(*values_, evaluator));
    Target& target = *evaluator.frame->target;
    SLUICE_TRY(ForEachMerged(evaluator, values, [&](std::string_view name, const Value& value) {
      target.Set(name, value);
    }));
    return Flow::kNext;
  }

 private:
  NodePtr values_;
};

class MergeUnionStep final : public ResultStep {
 public:
  explicit MergeUnionStep(NodePtr values) : values_(std::move(values)) {}

  Result<Flow> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    SLUICE_TRY(const Value values, dtl::Try(*values_, evaluator));
    Target& target = *evaluator.frame->target;
    SLUICE_TRY(ForEachMerged(evaluator, values, [&](std::string_view name, const Value& value) {
      const Value* there = target.Find(name);
      target.Set(name, there ? Union(*there, value, evaluator.arena()) : value);
    }));
    return Flow::kNext;
  }

 private:
  static Value Union(const Value& a, const Value& b, Arena& arena) {
    ListBuilder values(arena);
    for (const Value& side : {a, b}) {
      if (!side.IsList()) AddNew(side, values);
      for (const Value& item : side.items()) AddNew(item, values);
    }
    return values.List();
  }

  static void AddNew(const Value& value, ListBuilder& values) {
    for (const Value& there : values.items()) {
      if (Equal(there, value)) return;
    }
    values.Add(value);
  }

  NodePtr values_;
};

}  // namespace

bool CopiesAll(const std::vector<NamePattern>& include, const std::vector<NamePattern>& exclude) {
  return include.size() == 1 && include[0].IsAny() && exclude.empty();
}

StepPtr MakeCopy(std::vector<NamePattern> include, std::vector<NamePattern> exclude) {
  if (CopiesAll(include, exclude)) return std::make_unique<CopyAllStep>();
  return std::make_unique<CopyStep>(std::move(include), std::move(exclude));
}

StepPtr MakeRemove(std::vector<NamePattern> patterns) {
  return std::make_unique<RemoveStep>(std::move(patterns));
}

StepPtr MakeMerge(NodePtr values) { return std::make_unique<MergeStep>(std::move(values)); }

StepPtr MakeMergeUnion(NodePtr values) {
  return std::make_unique<MergeUnionStep>(std::move(values));
}

}  // namespace sluice::dtl
