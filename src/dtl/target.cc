#include "dtl/target.h"

#include <algorithm>
#include <functional>
#include <memory>

namespace sluice::dtl {

uint32_t Target::Position(std::string_view name) const {
  if (!index_) {
    for (uint32_t i = 0; i < count_; ++i) {
      if (properties_[i].name == name) return i;
    }
    return count_;
  }
  const uint32_t mask = index_capacity_ - 1;
  auto slot = static_cast<uint32_t>(std::hash<std::string_view>{}(name)) & mask;
  for (; index_[slot] != 0; slot = (slot + 1) & mask) {
    if (properties_[index_[slot] - 1].name == name) return index_[slot] - 1;
  }
  return count_;
}

const Value* Target::Find(std::string_view name) const {
  const uint32_t position = Position(name);
  return position == count_ ? nullptr : &properties_[position].value;
}

void Target::Set(std::string_view name, const Value& value) {
  const uint32_t position = Position(name);
  if (position == count_) return Append(name, value);
  properties_[position].value = value;
}

void Target::Append(std::string_view name, const Value& value) {
  if (count_ == capacity_) Grow();
  new (properties_ + count_++) Property{name, value};
  if (index_ && count_ * 2 <= index_capacity_) {
    Enter(count_ - 1);
  } else if (count_ >= kIndexFrom) {
    BuildIndex();
  }
}

Value Target::Copy() const {
  return Value::Dict(arena_->CopyArray(std::span<const Property>(properties_, count_)));
}

Value Target::View() const { return Value::Dict({properties_, count_}); }

void Target::Grow() {
  const uint32_t capacity = std::max<uint32_t>(16, capacity_ * 2);
  Property* properties = arena_->AllocateArray<Property>(capacity);
  std::uninitialized_copy(properties_, properties_ + count_, properties);
  properties_ = properties;
  capacity_ = capacity;
}

void Target::BuildIndex() {
  uint32_t capacity = 64;
  while (capacity < count_ * 4) capacity *= 2;
  index_ = arena_->AllocateArray<uint32_t>(capacity);
  std::fill(index_, index_ + capacity, 0);
  index_capacity_ = capacity;
  for (uint32_t i = 0; i < count_; ++i) Enter(i);
}

void Target::Enter(uint32_t position) {
  const uint32_t mask = index_capacity_ - 1;
  auto slot =
      static_cast<uint32_t>(std::hash<std::string_view>{}(properties_[position].name)) & mask;
  while (index_[slot] != 0) slot = (slot + 1) & mask;
  index_[slot] = position + 1;
}

}  // namespace sluice::dtl
