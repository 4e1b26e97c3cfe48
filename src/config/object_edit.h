// ObjectEdit: an object of a configuration while it is being changed.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "value/value.h"

namespace sluice::config {

// A copy of an object's properties; names and values still view what they came from.
class ObjectEdit {
 public:
  explicit ObjectEdit(const Value& object) {
    properties_.reserve(object.count() + 8);
    for (const Property& property : object.properties()) properties_.push_back(property);
  }
  ObjectEdit() = default;

  // Null where it is missing.
  Value Get(std::string_view name) const {
    const Property* property = Find(name);
    return property != nullptr ? property->value : Value::Null();
  }
  // Missing and null are the same to whoever fills in defaults.
  bool Has(std::string_view name) const { return !Get(name).IsNull(); }
  void Set(std::string_view name, const Value& value) {
    for (Property& property : properties_) {
      if (property.name != name) continue;
      property.value = value;
      return;
    }
    properties_.push_back({name, value});
  }
  void SetIfMissing(std::string_view name, const Value& value) {
    if (!Has(name)) Set(name, value);
  }
  void Remove(std::string_view name) {
    std::erase_if(properties_, [&](const Property& property) { return property.name == name; });
  }
  Value Build(Arena& arena) const { return Value::Dict(arena.CopyArray<Property>(properties_)); }

 private:
  const Property* Find(std::string_view name) const {
    for (const Property& property : properties_) {
      if (property.name == name) return &property;
    }
    return nullptr;
  }

  std::vector<Property> properties_;
};

}  // namespace sluice::config
