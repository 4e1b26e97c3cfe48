#include "dtl/path.h"
#include "dtl/steps.h"

namespace sluice::dtl {
namespace {

// Writes one property as `add` does: names and ids get their namespaces, and a null `_id` is not
// written.
void Write(Target& target, std::string_view name, const Value& value, const Namespaces& namespaces,
           Arena& arena) {
  if (name != "_id") return target.Set(name, value);
  if (!value.IsNull()) target.Set(name, WrittenId(value, namespaces, arena));
}

// `add` of one name that the rule tells: most of what rules do.
class AddConstantStep final : public StepNode {
 public:
  AddConstantStep(std::string name, NodePtr value)
      : name_(std::move(name)), bit_(NameSummary::Bit(name_)), value_(std::move(value)) {}

  Flow Run(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return Flow::kFailed;
    const Value value = value_->Evaluate(evaluator);
    if (evaluator.failed()) return Flow::kFailed;
    evaluator.frame->target->Set(name_, bit_, value);
    return Flow::kNext;
  }

 private:
  std::string name_;
  uint64_t bit_;
  NodePtr value_;
};

class AddStep final : public StepNode {
 public:
  AddStep(AddMode mode, NodePtr name, NodePtr value, NodePtr condition,
          const Namespaces& namespaces)
      : mode_(mode),
        name_(std::move(name)),
        value_(std::move(value)),
        condition_(std::move(condition)),
        namespaces_(namespaces) {
    const Value* literal = name_->literal();
    if (literal && literal->IsString()) {
      Arena arena;
      constant_ = WrittenName(literal->text(), namespaces_, arena);
    }
  }

  Flow Run(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return Flow::kFailed;
    if (constant_) return Add(evaluator, *constant_, nullptr) ? Flow::kNext : Flow::kFailed;
    const Value names = name_->Evaluate(evaluator);
    if (evaluator.failed()) return Flow::kFailed;
    if (!names.IsList()) return AddNamed(evaluator, names, nullptr) ? Flow::kNext : Flow::kFailed;
    // Several names share one value.
    const Value value = value_->Evaluate(evaluator);
    if (evaluator.failed()) return Flow::kFailed;
    for (const Value& name : names.items()) {
      if (!AddNamed(evaluator, name, &value)) return Flow::kFailed;
    }
    return Flow::kNext;
  }

 private:
  // What is no string is no name.
  bool AddNamed(Evaluator& evaluator, const Value& name, const Value* known) const {
    return !name.IsString() ||
           Add(evaluator, WrittenName(name.text(), namespaces_, evaluator.arena()), known);
  }

  // False where it failed.
  bool Add(Evaluator& evaluator, std::string_view name, const Value* known) const {
    Target& target = *evaluator.frame->target;
    if (mode_ == AddMode::kUnlessThere && target.Find(name)) return true;
    const Value value = known ? *known : value_->Evaluate(evaluator);
    if (evaluator.failed()) return false;
    if (mode_ == AddMode::kIf && !Wanted(evaluator, value)) return !evaluator.failed();
    Write(target, name, value, namespaces_, evaluator.arena());
    return true;
  }

  bool Wanted(Evaluator& evaluator, const Value& value) const {
    if (!condition_) return !value.IsNull();
    const Value outer = std::exchange(evaluator.current, value);
    const Value result = condition_->Evaluate(evaluator);
    evaluator.current = outer;
    return result.IsTrue();
  }

  AddMode mode_;
  NodePtr name_;
  NodePtr value_;
  NodePtr condition_;
  Namespaces namespaces_;
  std::optional<std::string> constant_;  // The name, where the rule tells it.
};

// Calls `visit` for the source's properties that a name means.
template <class F>
void ForEachHit(const Frame& frame, const NameReference& name, F&& visit) {
  if (!name.any_namespace) {
    if (const auto value = frame.source.TryFind(name.name))
      visit(std::string_view(name.name), *value);
    return;
  }
  for (const Property& property : frame.dict.properties()) {
    if (name.Matches(property.name)) visit(property.name, property.value);
  }
}

// The name in the namespace of another: "b" for "x:a" is "x:b".
std::string_view SameNamespace(std::string_view of, std::string_view identifier, Arena& arena) {
  const SplitName split = SplitAtLastColon(of);
  if (!split.qualified) return identifier;
  return arena.Concat(arena.Concat(split.space, ":"), identifier);
}

// Writes what several properties of the source give: each under its own namespace, or all under one
// name.
class Renaming {
 public:
  Renaming(std::string_view to, const Namespaces& namespaces, Arena& arena)
      : to_(to), namespaces_(namespaces), arena_(arena) {
    const bool reserved = to.starts_with("_") || to.starts_with("$");
    keeps_ = namespaces.identifiers && !reserved && to.find(':') == std::string_view::npos;
  }

  void Add(std::string_view from, const Value& value, Target& target) {
    if (keeps_) {
      target.Set(SameNamespace(from, to_, arena_), value);
    } else if (!first_) {
      first_ = value;
    } else {
      if (!all_) all_.emplace(arena_).AddFlattened(*first_);
      all_->AddFlattened(value);
    }
  }

  void Finish(Target& target) {
    if (!first_) return;
    Write(target, WrittenName(to_, namespaces_, arena_), all_ ? all_->List() : *first_, namespaces_,
          arena_);
  }

 private:
  std::string_view to_;
  const Namespaces& namespaces_;
  Arena& arena_;
  bool keeps_ = false;
  std::optional<Value> first_;
  std::optional<ListBuilder> all_;
};

class RenameStep final : public ResultStep {
 public:
  RenameStep(NodePtr from, NodePtr to, const Namespaces& namespaces)
      : from_(std::move(from)), to_(std::move(to)), namespaces_(namespaces) {}

  Result<Flow> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    SLUICE_TRY(const Value from, dtl::Try(*from_, evaluator));
    SLUICE_TRY(const Value to, dtl::Try(*to_, evaluator));
    if (!from.IsList() && !to.IsList()) {
      Rename(evaluator, from, to);
      return Flow::kNext;
    }
    // Several names go together in pairs; a single one is used for all.
    const uint32_t count = std::max(from.count(), to.count());
    for (uint32_t i = 0; i < count; ++i) {
      Rename(evaluator, from.IsList() ? from.At(i) : from, to.IsList() ? to.At(i) : to);
    }
    return Flow::kNext;
  }

 private:
  void Rename(Evaluator& evaluator, const Value& from, const Value& to) const {
    if (!from.IsString() || !to.IsString()) return;
    Renaming renaming(to.text(), namespaces_, evaluator.arena());
    Target& target = *evaluator.frame->target;
    ForEachHit(*evaluator.frame, ReadName(from.text(), namespaces_),
               [&](std::string_view name, const Value& value) {
                 renaming.Add(name, WithoutMetadata(value), target);
               });
    renaming.Finish(target);
  }

  NodePtr from_;
  NodePtr to_;
  Namespaces namespaces_;
};

class MakeNiStep final : public ResultStep {
 public:
  MakeNiStep(std::string space, std::string from, std::optional<std::string> to,
             const Namespaces& namespaces)
      : space_(std::move(space)), from_(ReadName(from, namespaces)), namespaces_(namespaces) {
    // The default keeps the namespace of the property that is found.
    const SplitName split = SplitAtLastColon(from);
    to_ = to ? *to : std::string(namespaces.identifiers ? split.identifier : from) + "-ni";
    keeps_ = namespaces.identifiers && !to_.starts_with("_") && !to_.starts_with("$") &&
             to_.find(':') == std::string::npos;
  }

  Result<Flow> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    Arena& arena = evaluator.arena();
    Target& target = *evaluator.frame->target;
    ListBuilder collected(arena);
    ForEachHit(*evaluator.frame, from_, [&](std::string_view name, const Value& value) {
      ListBuilder nis(arena);
      Convert(value, nis, arena);
      if (nis.size() == 0) return;
      if (keeps_) {
        target.Set(SameNamespace(name, to_, arena), Single(nis));
      } else {
        collected.AddFlattened(nis.List());
      }
    });
    if (collected.size() != 0) target.Set(WrittenName(to_, namespaces_, arena), Single(collected));
    return Flow::kNext;
  }

 private:
  static Value Single(const ListBuilder& nis) {
    return nis.size() == 1 ? nis.items()[0] : nis.List();
  }

  // Strings and integers become NIs; other values are left out.
  void Convert(const Value& value, ListBuilder& nis, Arena& arena) const {
    for (const Value& item : value.items()) Convert(item, nis, arena);
    std::string_view text;
    if (value.IsString() || value.IsBigInteger()) {
      text = value.text();
    } else if (const auto number = value.AsInteger()) {
      text = arena.Copy(std::to_string(*number));
    } else {
      return;
    }
    nis.Add(Value::Ni(arena.Concat(arena.Concat(space_, ":"), text)));
  }

  std::string space_;
  NameReference from_;
  std::string to_;
  Namespaces namespaces_;
  bool keeps_ = false;
};

}  // namespace

StepPtr MakeAdd(AddMode mode, NodePtr name, NodePtr value, NodePtr condition,
                const Namespaces& namespaces) {
  const Value* literal = name->literal();
  if (mode == AddMode::kAlways && literal && literal->IsString()) {
    Arena arena;
    std::string written(WrittenName(literal->text(), namespaces, arena));
    if (written != "_id") {
      return std::make_unique<AddConstantStep>(std::move(written), std::move(value));
    }
  }
  return std::make_unique<AddStep>(mode, std::move(name), std::move(value), std::move(condition),
                                   namespaces);
}

StepPtr MakeRename(NodePtr from, NodePtr to, const Namespaces& namespaces) {
  return std::make_unique<RenameStep>(std::move(from), std::move(to), namespaces);
}

StepPtr MakeNi(std::string space, std::string from, std::optional<std::string> to,
               const Namespaces& namespaces) {
  return std::make_unique<MakeNiStep>(std::move(space), std::move(from), std::move(to), namespaces);
}

}  // namespace sluice::dtl
