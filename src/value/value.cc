#include "value/value.h"

#include "value/encoding.h"
#include "value/relations.h"

namespace sluice {

std::string_view ToString(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kInteger:
      return "integer";
    case Kind::kFloat:
      return "float";
    case Kind::kDecimal:
      return "decimal";
    case Kind::kDate:
      return "date";
    case Kind::kDatetime:
      return "datetime";
    case Kind::kUuid:
      return "uuid";
    case Kind::kNi:
      return "ni";
    case Kind::kUri:
      return "uri";
    case Kind::kString:
      return "string";
    case Kind::kDict:
      return "dict";
    case Kind::kTuple:
      return "tuple";
    case Kind::kBytes:
      return "bytes";
    case Kind::kList:
      return "list";
  }
  return "null";
}

Value Value::Dict(std::span<const Property> properties) {
  Value value(Kind::kDict, Form::kBuilt, int64_t{0}, static_cast<uint32_t>(properties.size()));
  value.properties_ = properties.data();
  return value;
}

Value Value::OfEntity(const Entity* entity) {
  Value value(Kind::kDict, Form::kEntity, int64_t{0}, 0);
  value.entity_ = entity;
  return value;
}

uint32_t Value::count() const {
  if (kind() != Kind::kDict && kind() != Kind::kList && kind() != Kind::kTuple) return 0;
  return form() == Form::kEntity ? entity_->dict.count() : size();
}

Value::Items Value::items() const {
  Items items;
  if (kind() != Kind::kList && kind() != Kind::kTuple) return items;
  items.count_ = size();
  if (form() == Form::kBuilt) {
    items.item_ = items_;
  } else {
    items.at_ = data_ + encoding::kHeaderBytes;
  }
  return items;
}

Value::Properties Value::properties() const {
  Properties properties;
  if (kind() != Kind::kDict) return properties;
  if (form() == Form::kEntity) return entity_->dict.properties();
  properties.count_ = size();
  if (form() == Form::kBuilt) {
    properties.property_ = properties_;
  } else {
    properties.at_ = data_ + encoding::kHeaderBytes;
  }
  return properties;
}

std::optional<Value> Value::TryFind(std::string_view name) const {
  if (kind() != Kind::kDict) return std::nullopt;
  if (form() == Form::kEntity) {
    if (name.starts_with('_')) {
      if (auto found = entity_->Metadata(name)) return found;
    }
    return entity_->dict.TryFind(name);
  }
  if (form() == Form::kBuilt) {
    for (uint32_t i = 0; i < size(); ++i) {
      if (properties_[i].name == name) return properties_[i].value;
    }
    return std::nullopt;
  }
  const char* at = data_ + encoding::kHeaderBytes;
  for (uint32_t left = size(); left != 0; --left) {
    const auto found = encoding::ReadText(at);
    // Most names of one size differ in their first byte.
    if (found.size() == name.size() &&
        (name.empty() ||
         (found[0] == name[0] && std::memcmp(found.data(), name.data(), name.size()) == 0))) {
      return encoding::DecodeAt(at);
    }
    at = encoding::Skip(at);
  }
  return std::nullopt;
}

Value Value::Find(std::string_view name) const {
  auto found = TryFind(name);
  return found ? *found : Null();
}

Value Value::At(uint32_t index) const {
  if ((kind() != Kind::kList && kind() != Kind::kTuple) || index >= size()) return Null();
  if (form() == Form::kBuilt) return items_[index];
  const char* at = data_ + encoding::kHeaderBytes;
  for (; index != 0; --index) at = encoding::Skip(at);
  return encoding::DecodeAt(at);
}

std::string_view Entity::id() const {
  const auto id = dict.Find("_id");
  return id.IsString() ? id.text() : std::string_view{};
}

std::optional<Value> Entity::Metadata(std::string_view name) const {
  const auto present = [](const Value& value) {
    return value.IsNull() ? std::nullopt : std::optional(value);
  };
  if (name == "_updated") return present(updated);
  if (name == "_previous") return present(previous);
  if (name == "_ts") return ts_us ? std::optional(Value::Integer(*ts_us)) : std::nullopt;
  if (name == "_filtered") return filtered ? std::optional(Value::Boolean(true)) : std::nullopt;
  if (name == "_hash") {
    if (!hash) return std::nullopt;
    WriteHashText(*hash, hash_text.data());
    return Value::String({hash_text.data(), hash_text.size()});
  }
  if (name == "_deleted") {
    if (stored || deleted) return Value::Boolean(deleted);
    return dict.TryFind(name);
  }
  return std::nullopt;
}

}  // namespace sluice
