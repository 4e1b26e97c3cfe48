#include "dtl/path.h"

#include <algorithm>

namespace sluice::dtl {
namespace {

// The value under one name of a dict; nothing if it is missing. Hits in several namespaces become
// one list.
std::optional<Value> Get(const Value& dict, const NameReference& name, Arena& arena) {
  if (!name.any_namespace) return dict.TryFind(name.name);
  std::optional<Value> first;
  std::optional<ListBuilder> all;
  for (const Property& property : dict.properties()) {
    if (!name.Matches(property.name)) continue;
    if (!first) {
      first = property.value;
      continue;
    }
    if (!all) all.emplace(arena).AddFlattened(*first);
    all->AddFlattened(property.value);
  }
  return all ? all->List() : first;
}

Value Step(const Value& from, const NameReference& name, Arena& arena) {
  if (from.IsDict()) return Get(from, name, arena).value_or(Value::Null());
  if (!from.IsList()) return Value::Null();
  ListBuilder found(arena);
  for (const Value& item : from.items()) {
    if (!item.IsDict()) continue;
    if (const auto value = Get(item, name, arena)) found.AddFlattened(*value);
  }
  return found.List();
}

// Reads a quoted name that begins at `at`; '' is a quote in it. Moves `at` behind the closing
// quote.
std::optional<std::string> ReadQuoted(std::string_view text, size_t& at) {
  std::string name;
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] != '\'') {
      name += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\'') {
      name += text[i++];
    } else {
      at = i + 1;
      return name;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view PathVariable(std::string_view text) {
  const auto dot = text.find('.');
  return dot == std::string_view::npos ? std::string_view() : text.substr(0, dot);
}

Result<PathText> ParsePath(std::string_view text) {
  PathText path{.variable = PathVariable(text), .names = {}};
  size_t at = path.variable.size() + 1;
  if (at == text.size()) return path;
  while (true) {
    std::string name;
    if (at < text.size() && text[at] == '\'') {
      auto quoted = ReadQuoted(text, at);
      if (!quoted || (at < text.size() && text[at] != '.')) {
        return MakeError(Code::kBadConfig,
                         "a quoted name in the path \"{}\" does not end with a quote", text);
      }
      name = std::move(*quoted);
    } else {
      const auto end = std::min(text.find('.', at), text.size());
      name = text.substr(at, end - at);
      at = end;
      if (name.empty()) {
        return MakeError(Code::kBadConfig, "the path \"{}\" has an empty name", text);
      }
    }
    path.names.push_back(std::move(name));
    if (at == text.size()) return path;
    ++at;
  }
}

Value Walk(const Value& from, std::span<const NameReference> names, Arena& arena) {
  Value value = from;
  for (const NameReference& name : names) {
    const bool plain = value.IsDict() && !name.any_namespace;
    value = plain ? value.Find(name.name) : Step(value, name, arena);
  }
  return value;
}

void ListBuilder::AddFlattened(const Value& value) {
  if (!value.IsList()) return Add(value);
  for (const Value& item : value.items()) Add(item);
}

void ListBuilder::Grow() {
  const size_t capacity = std::max<size_t>(8, capacity_ * 2);
  Value* items = arena_->AllocateArray<Value>(capacity);
  std::uninitialized_copy(items_, items_ + count_, items);
  items_ = items;
  capacity_ = capacity;
}

}  // namespace sluice::dtl
