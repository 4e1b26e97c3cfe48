// DictBuilder: a dict in an arena; of properties with one name the last wins, at the place of the
// first.

#pragma once

#include <span>
#include <string_view>

#include "base/arena.h"
#include "functions/value_set.h"
#include "value/value.h"

namespace sluice::functions {

// Names and values must outlive the dict.
class DictBuilder {
 public:
  DictBuilder(Arena& arena, size_t properties_max)
      : names_(arena, properties_max), properties_(arena.AllocateArray<Property>(properties_max)) {}

  void Set(std::string_view name, const Value& value) {
    const Value key = Value::String(name);
    if (const auto at = names_.Find(key)) {
      properties_[*at].value = value;
      return;
    }
    new (properties_ + names_.size()) Property{name, value};
    names_.Insert(key);
  }
  size_t size() const { return names_.size(); }
  Value Dict() const { return Value::Dict({properties_, names_.size()}); }

 private:
  ValueSet names_;
  Property* properties_;
};

}  // namespace sluice::functions
