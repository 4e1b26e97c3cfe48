// Sequences: how many values VALUES stands for. Null is none, a list or a tuple its items, all else
// one.

#pragma once

#include <span>

#include "base/arena.h"
#include "value/value.h"

namespace sluice::functions {

// Tuples, which only `tuples` makes, are read like lists.
inline bool IsSequence(const Value& value) {
  return value.kind() == Kind::kList || value.kind() == Kind::kTuple;
}

// A tuple as the list of its items; any other value as it is.
Value AsList(const Value& value);

// 0 for null, the number of items of a sequence, otherwise 1.
uint32_t CountValues(const Value& value);

// The value itself, or a sequence's first item; null if there is none.
Value FirstValue(const Value& value);

// The values as an array: a built list's own, otherwise one in the arena.
std::span<const Value> ValuesOf(const Value& value, Arena& arena);

// A list that grows in an arena; what it has outgrown is given back with the arena.
class ListBuilder {
 public:
  explicit ListBuilder(Arena& arena, size_t capacity = 0);

  void Add(const Value& value) {
    if (size_ == capacity_) Grow();
    new (items_ + size_++) Value(value);
  }
  void AddAll(std::span<const Value> values) {
    for (const Value& value : values) Add(value);
  }
  std::span<const Value> items() const { return {items_, size_}; }
  size_t size() const { return size_; }
  Value List() const { return Value::List(items()); }

 private:
  void Grow();

  Arena& arena_;
  Value* items_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace sluice::functions
