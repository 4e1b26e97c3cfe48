// Paths: the text of a property path string, and the way through values.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "dtl/names.h"
#include "value/value.h"

namespace sluice::dtl {

// "_S.orders.'a.b'": a variable and the names after it.
struct PathText {
  std::string_view variable;
  std::vector<std::string> names;
};

// The word before the first '.', which makes a string a path if it is a variable's name; empty if
// there is none.
std::string_view PathVariable(std::string_view text);
// Splits a path. Errors: an empty name, a quote that is not closed.
Result<PathText> ParsePath(std::string_view text);

// Follows names from a value. Through a list it gives a list, flattened by one level, without
// entries for what is missing; through anything else that is no dict, null (SEMANTICS, "Paths").
Value Walk(const Value& from, std::span<const NameReference> names, Arena& arena);

// A growing array in an arena.
class ListBuilder {
 public:
  explicit ListBuilder(Arena& arena) : arena_(&arena) {}

  void Add(const Value& value) {
    if (count_ == capacity_) Grow();
    new (items_ + count_++) Value(value);
  }
  // The items of a list, or the value itself.
  void AddFlattened(const Value& value);
  size_t size() const { return count_; }
  std::span<const Value> items() const { return {items_, count_}; }
  Value List() const { return Value::List({items_, count_}); }

 private:
  void Grow();

  Arena* arena_;
  Value* items_ = nullptr;
  size_t count_ = 0;
  size_t capacity_ = 0;
};

}  // namespace sluice::dtl
