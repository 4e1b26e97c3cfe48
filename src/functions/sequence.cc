#include "functions/sequence.h"

#include <algorithm>

namespace sluice::functions {

// A tuple is always built: only `tuples` makes one, and records hold lists.
Value AsList(const Value& value) {
  if (value.kind() != Kind::kTuple) return value;
  return Value::List({value.built_items(), value.count()});
}

uint32_t CountValues(const Value& value) {
  if (value.IsNull()) return 0;
  return IsSequence(value) ? value.count() : 1;
}

Value FirstValue(const Value& value) { return IsSequence(value) ? AsList(value).At(0) : value; }

std::span<const Value> ValuesOf(const Value& value, Arena& arena) {
  if (value.IsNull()) return {};
  if (!IsSequence(value)) return {arena.New<Value>(value), 1};
  if (value.form() == Value::Form::kBuilt) return {value.built_items(), value.count()};
  Value* const out = arena.AllocateArray<Value>(value.count());
  size_t count = 0;
  for (const Value& item : value.items()) new (out + count++) Value(item);
  return {out, count};
}

ListBuilder::ListBuilder(Arena& arena, size_t capacity) : arena_(arena), capacity_(capacity) {
  if (capacity != 0) items_ = arena_.AllocateArray<Value>(capacity);
}

void ListBuilder::Grow() {
  const size_t capacity = std::max<size_t>(8, capacity_ * 2);
  Value* const items = arena_.AllocateArray<Value>(capacity);
  std::uninitialized_copy(items_, items_ + size_, items);
  items_ = items;
  capacity_ = capacity;
}

}  // namespace sluice::functions
