// Reading several properties of a dict in one walk, and what a walk over the names of one tells.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "value/value.h"

namespace sluice {

// Names that are read together. Immutable once it is filled; read by any thread.
class FieldTable {
 public:
  // The place of a name, which becomes one of the names if it is not yet.
  uint32_t Add(std::string_view name);
  // Has to be called after the last Add, before the first Read.
  void Finish();

  size_t size() const { return names_.size(); }
  // Writes the value of each name to its place in `fields`: null where the dict has none, and all
  // null where it is no dict. Metadata of an entity is not found.
  void Read(const Value& dict, Value* fields) const;

 private:
  uint32_t SlotOf(std::string_view name) const;
  std::optional<uint32_t> Position(std::string_view name) const;

  struct Name {
    std::string text;
    uint64_t head = 0;  // Its first eight bytes.
  };

  std::vector<Name> names_;
  std::unordered_map<std::string, uint32_t> places_;
  // Open addressing: places plus one; 0 is free. A power of two in size.
  std::vector<uint32_t> slots_;
};

// What one walk over the names of a dict tells.
struct NameSummary {
  uint64_t names = 0;     // The bits of all names.
  bool reserved = false;  // There is a name that begins with '_', other than `_id`.
  bool id = false;        // There is `_id`.

  // The bit of a name: a name whose bit is missing in `names` is not there.
  static uint64_t Bit(std::string_view name);
};
NameSummary SummariseNames(const Value& dict);

// A dict as an encoded one: the properties of `dict`, which is encoded, copied as bytes, and behind
// them `added`, whose names are distinct and none of the dict's.
Value ExtendDict(const Value& dict, std::span<const Property> added, Arena& arena);

}  // namespace sluice
