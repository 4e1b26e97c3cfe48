#include "pipe/merge/combine.h"

#include <charconv>
#include <cstring>
#include <unordered_map>

#include "pipe/dict_builder.h"
#include "value/relations.h"

namespace sluice::pipe::merge {
namespace {

constexpr size_t kDatasetDigitsMax = 20;

// "0|one1|1|two1": written part by part into one piece of the arena.
class CompositeId {
 public:
  CompositeId(size_t bytes_max, Arena& arena) : begin_(arena.Allocate(bytes_max)), at_(begin_) {}

  void Add(size_t dataset, std::string_view id) {
    if (at_ != begin_) *at_++ = '|';
    at_ = std::to_chars(at_, at_ + kDatasetDigitsMax, dataset).ptr;
    *at_++ = '|';
    if (!id.empty()) std::memcpy(at_, id.data(), id.size());
    at_ += id.size();
  }
  std::string_view text() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
};

// Values without duplicates, in the order in which they came.
class Distinct {
 public:
  void Add(const Value& value) {
    auto& same = places_[EqualityHash(value)];
    for (const size_t place : same) {
      if (Equal(values_[place], value)) return;
    }
    same.push_back(values_.size());
    values_.push_back(value);
  }
  std::span<const Value> values() const { return values_; }

 private:
  std::vector<Value> values_;
  std::unordered_map<uint64_t, std::vector<size_t>> places_;
};

template <class Add>
void ForEachItem(const Value& value, Add add) {
  if (!value.IsList()) return add(value);
  for (const Value& item : value.items()) add(item);
}

Value ListOf(std::span<const Value> values, Arena& arena) {
  return Value::List(arena.CopyArray(values));
}

Value Compacted(std::span<const Value> values, Arena& arena) {
  if (values.size() == 1 && (!values[0].IsList() || values[0].count() == 1)) return values[0];
  Distinct distinct;
  for (const Value& value : values) {
    ForEachItem(value, [&](const Value& item) { distinct.Add(item); });
  }
  return distinct.values().size() == 1 ? distinct.values()[0] : ListOf(distinct.values(), arena);
}

Value United(std::span<const Value> values, Arena& arena) {
  if (values.size() == 1) return values[0];
  std::vector<Value> all;
  for (const Value& value : values) {
    ForEachItem(value, [&](const Value& item) { all.push_back(item); });
  }
  return ListOf(all, arena);
}

bool IsEmpty(const Value& value) {
  return value.IsNull() || (value.IsList() && value.count() == 0);
}

// The ids of what the members were made of, as NIs.
Value IdsOf(std::span<const Member> members, Arena& arena) {
  if (members.size() == 1 && !members[0].entity->dict.Has("$ids")) {
    const Value id = Value::Ni(members[0].entity->id());
    return ListOf({&id, 1}, arena);
  }
  Distinct ids;
  for (const Member& member : members) {
    const auto own = member.entity->dict.TryFind("$ids");
    if (own && !own->IsNull()) {
      ForEachItem(*own, [&](const Value& id) { ids.Add(id); });
    } else {
      ids.Add(Value::Ni(member.entity->id()));
    }
  }
  return ListOf(ids.values(), arena);
}

bool IsOwn(std::string_view name) { return name.starts_with('_') || name == "$ids"; }

// The members' properties by name, with the values of all who have it.
void AddProperties(std::span<const Member> members, const CombineOptions& options,
                   DictBuilder& builder, Arena& arena) {
  const bool compact = options.strategy == Strategy::kCompact;
  std::vector<std::pair<std::string_view, std::vector<Value>>> collected;
  std::unordered_map<std::string_view, size_t> places;
  for (const Member& member : members) {
    for (const Property& property : member.entity->dict.properties()) {
      if (IsOwn(property.name) || (compact && IsEmpty(property.value))) continue;
      const auto [found, is_new] = places.try_emplace(property.name, collected.size());
      if (is_new) collected.push_back({property.name, {}});
      collected[found->second].second.push_back(property.value);
    }
  }
  for (const auto& [name, values] : collected) {
    builder.Set(name, compact ? Compacted(values, arena) : United(values, arena));
  }
}

// A member in `$merged`: its `_id` and what it holds, and what the dataset knows of it if asked
// for.
Value Merged(const Member& member, bool internal, Arena& arena) {
  const Entity& entity = *member.entity;
  DictBuilder builder(arena);
  for (const Property& property : entity.dict.properties()) {
    if (property.name != "_deleted" || internal) builder.Set(property.name, property.value);
  }
  if (internal) {
    for (const char* name : {"_deleted", "_hash", "_previous", "_ts", "_updated"}) {
      const auto value = entity.Metadata(name);
      if (!value || value->IsNull()) continue;
      // The text of a hash lies in the entity itself, which may go first.
      builder.Set(name, value->IsString() ? Value::String(arena.Copy(value->text())) : *value);
    }
  }
  return builder.Make();
}

void AddMerged(std::span<const Member> members, bool internal, DictBuilder& builder, Arena& arena) {
  std::vector<Value> merged;
  for (const Member& member : members) merged.push_back(Merged(member, internal, arena));
  builder.Set("$merged", ListOf(merged, arena));
}

// One entity that stays alone, by the strategy that unites: most entities of most datasets.
Value Alone(const Member& member, std::string_view id, Arena& arena) {
  const Value& dict = member.entity->dict;
  auto* const properties = arena.AllocateArray<Property>(dict.count() + 3);
  size_t count = 0;
  const auto add = [&](std::string_view name, const Value& value) {
    new (properties + count++) Property{name, value};
  };
  add("$ids", IdsOf({&member, 1}, arena));
  if (member.entity->deleted) add("_deleted", Value::Boolean(true));
  add("_id", Value::String(id));
  for (const Property& property : dict.properties()) {
    if (!IsOwn(property.name)) add(property.name, property.value);
  }
  return Value::Dict({properties, count});
}

}  // namespace

std::string_view IdOf(std::span<const Node> members, Identity identity, Arena& arena) {
  if (identity == Identity::kFirst) return arena.Copy(members[0].id);
  size_t bytes = 0;
  for (const Node& node : members) bytes += node.id.size() + kDatasetDigitsMax + 2;
  CompositeId id(bytes, arena);
  for (const Node& node : members) id.Add(node.dataset, node.id);
  return id.text();
}

std::string_view IdOf(std::span<const Member> members, Identity identity, Arena& arena) {
  if (identity == Identity::kFirst) return members[0].entity->id();
  size_t bytes = 0;
  for (const Member& member : members) bytes += member.entity->id().size() + kDatasetDigitsMax + 2;
  CompositeId id(bytes, arena);
  for (const Member& member : members) id.Add(member.dataset, member.entity->id());
  return id.text();
}

Entity Combine(std::span<const Member> members, const CombineOptions& options, Arena& arena) {
  const std::string_view id = IdOf(members, options.identity, arena);
  Entity entity;
  entity.deleted = members.size() == 1 && members[0].entity->deleted;
  if (members.size() == 1 && options.strategy == Strategy::kDefault) {
    entity.dict = Alone(members[0], id, arena);
    return entity;
  }
  DictBuilder builder(arena);
  builder.Set("$ids", IdsOf(members, arena));
  if (entity.deleted) builder.Set("_deleted", Value::Boolean(true));
  builder.Set("_id", Value::String(id));
  if (options.strategy == Strategy::kList) {
    AddMerged(members, options.include_internal_properties, builder, arena);
  } else {
    AddProperties(members, options, builder, arena);
  }
  entity.dict = builder.Make();
  return entity;
}

SourceEntity SourceOf(std::span<const Member> members, Identity identity, Arena& arena) {
  const Entity& first = *members[0].entity;
  SourceEntity source{.id = first.id(),
                      .rank = static_cast<uint32_t>(members[0].dataset),
                      .offset = static_cast<storage::Offset>(first.updated.AsInteger().value_or(0)),
                      .deleted = members.size() == 1 && first.deleted};
  if (identity == Identity::kComposite) source.id = IdOf(members.first(1), identity, arena);
  return source;
}

SourceEntity SourceGone(const Node& first, Identity identity, Arena& arena) {
  return {.id = IdOf({&first, 1}, identity, arena),
          .rank = static_cast<uint32_t>(first.dataset),
          .deleted = true,
          .gone = true};
}

Entity Deletion(std::string_view id, Replaced replaced, Arena& arena) {
  DictBuilder builder(arena);
  if (replaced == Replaced::kYes) builder.Set("$replaced", Value::Boolean(true));
  builder.Set("_deleted", Value::Boolean(true)).Set("_id", Value::String(id));
  Entity entity;
  entity.dict = builder.Make();
  entity.deleted = true;
  return entity;
}

}  // namespace sluice::pipe::merge
