// DictBuilder: a dict in an arena; of properties with one name the last wins, at the place of the
// first.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "functions/value_set.h"
#include "value/value.h"

namespace sluice::functions {

// Names and values must outlive the dict.
class DictBuilder {
 public:
  DictBuilder(Arena& arena, size_t properties_max)
      : properties_(arena.AllocateArray<Property>(properties_max)) {
    if (properties_max > kLinearMax) names_.emplace(arena, properties_max);
  }

  void Set(std::string_view name, const Value& value) {
    const uint32_t place = Place(name);
    if (place != size_) {
      properties_[place].value = value;
      return;
    }
    new (properties_ + size_++) Property{name, value};
    if (names_) names_->Insert(Value::String(name));
  }
  size_t size() const { return size_; }
  Value Dict() const { return Value::Dict({properties_, size_}); }

 private:
  // So few names are compared one by one.
  static constexpr size_t kLinearMax = 8;

  // Of a name; size_ where it is new.
  uint32_t Place(std::string_view name) const {
    if (names_) return names_->Find(Value::String(name)).value_or(size_);
    uint32_t place = 0;
    while (place != size_ && properties_[place].name != name) ++place;
    return place;
  }

  Property* properties_;
  uint32_t size_ = 0;
  std::optional<ValueSet> names_;  // Where they are many.
};

}  // namespace sluice::functions
