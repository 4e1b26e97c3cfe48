#include "dtl/forms.h"
#include "dtl/path.h"

namespace sluice::dtl {
namespace {

// `_S.name` and `_S.name.inner`, where the name means one property: most of what rules read.
class SourcePropertyNode final : public Node {
 public:
  SourcePropertyNode(const std::vector<NameReference>& names, SourceFields* fields)
      : field_{.name = names[0].name, .rest = {names.begin() + 1, names.end()}, .fields = fields} {
    if (!fields) return;
    const bool inner = names.size() == 2 && !names[1].any_namespace;
    field_.place = inner ? fields->Add(names[0].name, names[1].name) : fields->Add(names[0].name);
  }

  Value Evaluate(Evaluator& evaluator) const override { return field_.Read(evaluator); }
  const SourceField* field() const override { return &field_; }

 private:
  SourceField field_;
};

// `$ids` of an entity that has none is its `_id` as a NI, where identifiers are namespaced.
std::optional<Value> ImpliedIds(const Value& entity, const Namespaces& namespaces, bool own,
                                Arena& arena) {
  const auto id = entity.Find("_id").AsString();
  if (!id || entity.Has("$ids")) return std::nullopt;
  const Value full = own ? WrittenId(Value::String(*id), namespaces, arena) : Value::String(*id);
  return Value::Ni(full.text());
}

class PathNode final : public Node {
 public:
  PathNode(const Expr& expr, const Namespaces& namespaces)
      : root_(expr.root),
        up_(expr.up),
        slot_(expr.slot),
        names_(expr.names),
        namespaces_(namespaces),
        ids_(namespaces.identifiers && !expr.names.empty() && expr.names[0].name == "$ids") {}

  Value Evaluate(Evaluator& evaluator) const override {
    Arena& arena = evaluator.arena();
    const Frame* frame = evaluator.frame;
    for (int i = 0; i < up_ && frame; ++i) frame = frame->parent;
    switch (root_) {
      case Root::kSource:
        return frame ? FromEntity(frame->source, true, arena) : Value::Null();
      case Root::kRootSource:
        return FromEntity(evaluator.root->source, true, arena);
      case Root::kAlias:
        return FromEntity(evaluator.slots[slot_], false, arena);
      case Root::kTarget:
        return frame && frame->target ? FromTarget(*frame->target, arena) : Value::Null();
      case Root::kRootTarget:
        return evaluator.root->target ? FromTarget(*evaluator.root->target, arena) : Value::Null();
      case Root::kCurrent:
        return From(evaluator.current, arena);
      case Root::kBindings:
        return From(evaluator.environment().bindings, arena);
      case Root::kParent:
        return frame ? FrameDict(*frame, arena) : Value::Null();
      case Root::kRootDict:
        return FrameDict(*evaluator.root, arena);
    }
    return Value::Null();
  }

 private:
  Value From(const Value& value, Arena& arena) const {
    if (names_.empty()) return WithoutMetadata(value);
    return Walk(value, names_, arena);
  }

  Value FromEntity(const Value& value, bool own, Arena& arena) const {
    if (ids_ && value.IsDict()) {
      if (const auto ids = ImpliedIds(value, namespaces_, own, arena)) {
        return Walk(*ids, std::span(names_).subspan(1), arena);
      }
    }
    return From(value, arena);
  }

  Value FromTarget(const Target& target, Arena& arena) const {
    if (names_.empty()) return target.Copy();
    if (names_[0].any_namespace) return Walk(target.View(), names_, arena);
    const Value* value = target.Find(names_[0].name);
    return value ? Walk(*value, std::span(names_).subspan(1), arena) : Value::Null();
  }

  static Value FrameDict(const Frame& frame, Arena& arena) {
    const Value target = frame.target ? frame.target->Copy() : Value::Null();
    Property properties[3] = {{"_S", frame.dict}, {"_T", target}, {"_P", Value()}};
    if (!frame.parent)
      return Value::Dict(arena.CopyArray(std::span<const Property>(properties, 2)));
    properties[2].value = FrameDict(*frame.parent, arena);
    return Value::Dict(arena.CopyArray(std::span<const Property>(properties, 3)));
  }

  Root root_;
  int up_;
  int slot_;
  std::vector<NameReference> names_;
  Namespaces namespaces_;
  bool ids_;
};

std::vector<NameReference> ReadNames(const Value& names, const Namespaces& namespaces) {
  std::vector<NameReference> references;
  if (const auto text = names.AsString()) references.push_back(ReadName(*text, namespaces));
  for (const Value& name : names.items()) {
    if (const auto text = name.AsString()) references.push_back(ReadName(*text, namespaces));
  }
  return references;
}

class PathFunctionNode final : public ResultNode {
 public:
  PathFunctionNode(NodePtr names, NodePtr values, const Namespaces& namespaces)
      : names_(std::move(names)), values_(std::move(values)), namespaces_(namespaces) {
    if (const Value* literal = names_->literal()) constant_ = ReadNames(*literal, namespaces_);
  }

  Result<Value> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    SLUICE_TRY(const Value values, dtl::Try(*values_, evaluator));
    if (constant_) return Walk(values, *constant_, evaluator.arena());
    SLUICE_TRY(const Value names, dtl::Try(*names_, evaluator));
    return Walk(values, ReadNames(names, namespaces_), evaluator.arena());
  }

 private:
  NodePtr names_;
  NodePtr values_;
  Namespaces namespaces_;
  std::optional<std::vector<NameReference>> constant_;
};

}  // namespace

Value SourceField::ReadAny(Evaluator& evaluator) const {
  const Frame& frame = *evaluator.frame;
  if (!fields || frame.fields != fields) return Follow(frame.dict.Find(name), evaluator);
  if (!frame.values.properties) fields->Read(frame.dict, evaluator.arena(), frame.values);
  Value* const properties = frame.values.properties;
  if (rest.empty()) return properties[place.property];
  if (place.group != SourceFields::kNone) {
    if (Value value; fields->FindInner(place, properties, value)) return value;
  }
  return Follow(properties[place.property], evaluator);
}

Value SourceField::Follow(const Value& value, Evaluator& evaluator) const {
  return Walk(value, rest, evaluator.arena());
}

NodePtr MakePathNode(const Expr& expr, const Namespaces& namespaces, SourceFields* fields) {
  if (expr.root != Root::kSource || expr.up != 0 || expr.names.empty()) {
    return std::make_unique<PathNode>(expr, namespaces);
  }
  // Names that begin with '_' may be metadata; `$ids` may be implied.
  const NameReference& first = expr.names[0];
  const bool reserved = first.name.starts_with("_") && first.name != "_id";
  if (first.any_namespace || reserved || first.name == "$ids") {
    return std::make_unique<PathNode>(expr, namespaces);
  }
  return std::make_unique<SourcePropertyNode>(expr.names, fields);
}

NodePtr MakePathFunction(NodePtr names, NodePtr values, const Namespaces& namespaces) {
  return std::make_unique<PathFunctionNode>(std::move(names), std::move(values), namespaces);
}

}  // namespace sluice::dtl
