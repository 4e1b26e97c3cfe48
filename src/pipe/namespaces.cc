// Namespaces are added behind the source and removed before the sink.

#include "pipe/namespaces.h"

#include "pipe/dict_builder.h"

namespace sluice::pipe {
namespace {

bool IsReserved(std::string_view name) {
  return !name.empty() && (name.front() == '_' || name.front() == '$');
}

bool HasNamespace(std::string_view name, std::string_view space) {
  return name.size() > space.size() && name.starts_with(space) && name[space.size()] == ':';
}

std::string_view Prefixed(std::string_view space, std::string_view name, Arena& arena) {
  if (HasNamespace(name, space)) return name;
  char* const to = arena.AllocateArray<char>(space.size() + 1 + name.size());
  std::memcpy(to, space.data(), space.size());
  to[space.size()] = ':';
  if (!name.empty()) std::memcpy(to + space.size() + 1, name.data(), name.size());
  return {to, space.size() + 1 + name.size()};
}

std::string_view AfterLastColon(std::string_view name) {
  const size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

template <class F>
Value MapItems(const Value& list, Arena& arena, F&& map) {
  Value* const items = arena.AllocateArray<Value>(list.count());
  size_t count = 0;
  for (const Value& item : list.items()) new (items + count++) Value(map(item));
  return Value::List({items, count});
}

Value AddDeep(const Value& value, const dtl::Namespaces& namespaces, Arena& arena) {
  if (value.IsDict()) return AddNamespaces(value, namespaces, arena);
  if (!value.IsList()) return value;
  return MapItems(value, arena,
                  [&](const Value& item) { return AddDeep(item, namespaces, arena); });
}

Value RemoveFromDict(const Value& dict, Arena& arena) {
  DictBuilder builder(arena);
  for (const Property& property : dict.properties()) {
    if (property.name == "_id" && property.value.IsString()) {
      builder.Set("_id", Value::String(AfterLastColon(property.value.text())));
      continue;
    }
    const std::string_view name =
        IsReserved(property.name) ? property.name : AfterLastColon(property.name);
    builder.Set(name, RemoveNamespaces(property.value, arena));
  }
  return builder.Make();
}

}  // namespace

Value AddNamespaces(const Value& dict, const dtl::Namespaces& namespaces, Arena& arena) {
  DictBuilder builder(arena);
  for (const Property& property : dict.properties()) {
    if (property.name == "_id" && property.value.IsString()) {
      const auto id = Prefixed(namespaces.identity, property.value.text(), arena);
      builder.Set("_id", Value::String(id));
    } else if (IsReserved(property.name)) {
      builder.Set(property.name, property.value);
    } else {
      builder.Set(Prefixed(namespaces.property, property.name, arena),
                  AddDeep(property.value, namespaces, arena));
    }
  }
  return builder.Make();
}

Value RemoveNamespaces(const Value& value, Arena& arena) {
  if (value.IsDict()) return RemoveFromDict(value, arena);
  if (value.IsList()) {
    return MapItems(value, arena, [&](const Value& item) { return RemoveNamespaces(item, arena); });
  }
  if (const auto ni = value.AsNi()) return Value::Ni(AfterLastColon(*ni));
  return value;
}

void AddNamespaces(Batch& batch, const dtl::Namespaces& namespaces) {
  for (Entity& entity : batch.entities) {
    entity.dict = AddNamespaces(entity.dict, namespaces, *batch.arena);
    entity.hash.reset();
  }
}

void RemoveNamespaces(Batch& batch) {
  for (Entity& entity : batch.entities) {
    entity.dict = RemoveNamespaces(entity.dict, *batch.arena);
    entity.hash.reset();
  }
}

}  // namespace sluice::pipe
