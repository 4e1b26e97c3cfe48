#include "dtl/target.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "value/fields.h"

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
  const uint64_t bit = NameSummary::Bit(name);
  if ((names_ & bit) != 0) {
    const uint32_t position = Position(name);
    if (position != count_) return &properties_[position].value;
  }
  // Nothing is adopted whose name begins with '_', other than the id.
  const bool reserved = name.starts_with('_') && name != "_id";
  if (reserved || (adopted_names_ & bit) == 0) return nullptr;
  const auto adopted = adopted_.TryFind(name);
  if (!adopted) return nullptr;
  found_ = *adopted;
  return &found_;
}

void Target::SetAny(std::string_view name, uint64_t bit, const Value& value) {
  if ((adopted_names_ & bit) != 0 && adopted_.Has(name)) Unfold();
  if ((names_ & bit) != 0) {
    const uint32_t position = Position(name);
    if (position != count_) {
      properties_[position].value = value;
      return;
    }
  }
  names_ |= bit;
  Push(name, value);
}

bool Target::Adopt(const Value& dict, const NameSummary& names) {
  if (!adopted_.IsNull() || !dict.IsDict() || dict.form() != Value::Form::kEncoded ||
      dict.count() == 0) {
    return false;
  }
  // The id that every target begins with may be written over, other properties are not looked for.
  const bool only_id = count_ == 1 && properties_[0].name == "_id";
  if (count_ != 0 && !only_id) return false;
  if (names.reserved || (only_id && !names.id)) return false;
  count_ = 0;
  names_ = 0;
  adopted_ = dict;
  adopted_names_ = names.names;
  return true;
}

void Target::Unfold() {
  if (adopted_.IsNull()) return;
  const std::span<const Property> own(properties_, count_);
  const Value dict = std::exchange(adopted_, Value());
  adopted_names_ = 0;
  properties_ = nullptr;
  count_ = capacity_ = 0;
  index_ = nullptr;
  for (const Property& property : dict.properties()) Append(property.name, property.value);
  for (const Property& property : own) Append(property.name, property.value);
}

void Target::Push(std::string_view name, const Value& value) {
  if (count_ == capacity_) Grow();
  new (properties_ + count_++) Property{name, value};
  if (index_ && count_ * 2 <= index_capacity_) {
    Enter(count_ - 1);
  } else if (count_ >= kIndexFrom) {
    BuildIndex();
  }
}

Value Target::Copy() const {
  if (!adopted_.IsNull()) return View();
  return Value::Dict(arena_->CopyArray(std::span<const Property>(properties_, count_)));
}

Value Target::View() const {
  const std::span<const Property> own(properties_, count_);
  return adopted_.IsNull() ? Value::Dict(own) : ExtendDict(adopted_, own, *arena_);
}

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
