// ValueSet: distinct values in an arena, in the order in which they came.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/arena.h"
#include "value/value.h"

namespace sluice::functions {

// Equality is that of value/relations.h. Room is made once, for `values_max` values.
class ValueSet {
 public:
  ValueSet(Arena& arena, size_t values_max);

  // True if the value was not there yet.
  bool Insert(const Value& value);
  // The number of a value, counted from 0 in the order of insertion; nothing if it is not there.
  std::optional<uint32_t> Find(const Value& value) const;
  bool Contains(const Value& value) const { return Find(value).has_value(); }

  std::span<const Value> values() const { return {values_, size_}; }
  uint32_t size() const { return size_; }

 private:
  // So few values are compared one by one.
  static constexpr size_t kLinearMax = 8;

  struct Slot {
    uint64_t hash;
    uint32_t number;  // From 1; 0 is free.
  };
  uint32_t SlotOf(const Value& value, uint64_t hash) const;

  Value* values_;
  uint32_t size_ = 0;
  Slot* slots_ = nullptr;
  uint32_t mask_ = 0;
};

}  // namespace sluice::functions
