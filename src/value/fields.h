// Reading several properties of a dict in one walk, and what a walk over the names of one tells.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "value/value.h"

namespace sluice {

// What one walk over the names of a dict tells.
struct NameSummary {
  uint64_t names = 0;     // The bits of all names.
  bool reserved = false;  // There is a name that begins with '_', other than `_id`.
  bool id = false;        // There is `_id`.

  static uint64_t Hash(std::string_view name);
  // The bit of a name: a name whose bit is missing in `names` is not there.
  static uint64_t Bit(std::string_view name) { return BitOfHash(Hash(name)); }
  static uint64_t BitOfHash(uint64_t hash) { return uint64_t{1} << (hash >> 58); }
};

// Names that are read together. Immutable once it is filled; read by any thread.
class FieldTable {
 public:
  // The place of a name, which becomes one of the names if it is not yet.
  uint32_t Add(std::string_view name);
  // Has to be called after the last Add, before the first Read.
  void Finish();

  size_t size() const { return names_.size(); }
  // Writes the value of each name to its place in `fields`: null where the dict has none, and all
  // null where it is no dict. Metadata of an entity is not found. Where `summary` is not null, the
  // same walk fills it.
  void Read(const Value& dict, Value* fields, NameSummary* summary = nullptr) const;

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  // So many of a dict's first properties are guessed.
  static constexpr uint32_t kGuesses = 32;

  // Open addressing.
  struct Slot {
    uint64_t head = 0;   // The name's first eight bytes.
    uint32_t size = 0;   // Of the name.
    uint32_t place = 0;  // Plus one; 0: free.
  };

  uint32_t SlotOf(uint64_t hash) const { return static_cast<uint32_t>(hash >> 40) & mask_; }
  bool IsAt(const Slot& slot, std::string_view name, uint64_t head) const;
  // The slot of a name; kNone where it is none of the table's.
  uint32_t Look(std::string_view name, uint64_t head, uint64_t hash) const;
  template <bool kSummarised>
  void ReadEncoded(const Value& dict, Value* fields, NameSummary* summary) const;

  std::vector<std::string> names_;
  std::unordered_map<std::string, uint32_t> places_;
  std::vector<Slot> slots_;  // A power of two in size.
  uint32_t mask_ = 0;
  // The slot of the name that the nth property had last: dicts that are read one after the other
  // mostly have one order. A guess that is wrong costs time only, so threads may share them.
  struct Guesses {
    std::array<std::atomic<uint32_t>, kGuesses> slots = {};
  };
  std::unique_ptr<Guesses> guesses_;
};

NameSummary SummariseNames(const Value& dict);

// A dict as an encoded one: the properties of `dict`, which is encoded, copied as bytes, and behind
// them `added`, whose names are distinct and none of the dict's.
Value ExtendDict(const Value& dict, std::span<const Property> added, Arena& arena);

}  // namespace sluice
