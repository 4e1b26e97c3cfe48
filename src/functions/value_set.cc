#include "functions/value_set.h"

#include <bit>

#include "value/relations.h"

namespace sluice::functions {

ValueSet::ValueSet(Arena& arena, size_t values_max)
    : values_(arena.AllocateArray<Value>(values_max)) {
  if (values_max <= kLinearMax) return;
  const size_t capacity = std::bit_ceil(values_max * 2);
  slots_ = arena.AllocateArray<Slot>(capacity);
  std::memset(static_cast<void*>(slots_), 0, capacity * sizeof(Slot));
  mask_ = static_cast<uint32_t>(capacity - 1);
}

uint32_t ValueSet::SlotOf(const Value& value, uint64_t hash) const {
  uint32_t slot = static_cast<uint32_t>(hash) & mask_;
  while (slots_[slot].number != 0) {
    if (slots_[slot].hash == hash && Equal(values_[slots_[slot].number - 1], value)) break;
    slot = (slot + 1) & mask_;
  }
  return slot;
}

std::optional<uint32_t> ValueSet::Find(const Value& value) const {
  if (slots_ == nullptr) {
    for (uint32_t i = 0; i < size_; ++i) {
      if (Equal(values_[i], value)) return i;
    }
    return std::nullopt;
  }
  const Slot& slot = slots_[SlotOf(value, EqualityHash(value))];
  if (slot.number == 0) return std::nullopt;
  return slot.number - 1;
}

bool ValueSet::Insert(const Value& value) {
  if (slots_ == nullptr) {
    if (Contains(value)) return false;
  } else {
    const uint64_t hash = EqualityHash(value);
    Slot& slot = slots_[SlotOf(value, hash)];
    if (slot.number != 0) return false;
    slot = {hash, size_ + 1};
  }
  new (values_ + size_++) Value(value);
  return true;
}

}  // namespace sluice::functions
