// Target: the properties that a rule's transforms write, in the order of their first writing.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "value/value.h"

namespace sluice::dtl {

// A small table in an arena. Names and values must outlive it. The last write of a name wins and
// keeps its place. What `copy "*"` takes of an encoded dict stays encoded as long as nothing in it
// is written again: a copy of ranges then, not of properties.
class Target {
 public:
  explicit Target(Arena& arena) : arena_(&arena) {}

  // The value of a property; nullptr if it is missing. Valid until the next change.
  const Value* Find(std::string_view name) const;
  void Set(std::string_view name, const Value& value);
  // Adds a property whose name is known to be new.
  void Append(std::string_view name, const Value& value);
  // Takes all properties of a dict, whose names are distinct, as if each was Set. False, and
  // nothing is taken, where they cannot stay encoded.
  bool Adopt(const Value& dict);
  // Removes all properties for which `matches` is true.
  template <class F>
  void Remove(F&& matches);

  size_t size() const { return adopted_.count() + count_; }
  // The properties as they are now, as a value of its own.
  Value Copy() const;
  // The properties as a value that later writes would change: for a target that is done.
  Value View() const;

 private:
  // From this many properties on names are found by hash.
  static constexpr uint32_t kIndexFrom = 24;

  uint32_t Position(std::string_view name) const;
  void Grow();
  void BuildIndex();
  void Enter(uint32_t position);
  // Whether the adopted dict has a property.
  std::optional<Value> FindAdopted(std::string_view name) const;
  // Makes the adopted properties ordinary ones.
  void Unfold();

  Arena* arena_;
  Property* properties_ = nullptr;
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
  // Open addressing: positions plus one; 0 is free. Null while the table is small.
  uint32_t* index_ = nullptr;
  uint32_t index_capacity_ = 0;
  Value adopted_;  // Null where there is none.
  uint64_t adopted_names_ = 0;
  mutable Value found_;  // What Find gave of the adopted ones.
};

template <class F>
void Target::Remove(F&& matches) {
  Unfold();
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    if (matches(properties_[i].name)) continue;
    if (kept != i) properties_[kept] = properties_[i];
    ++kept;
  }
  if (kept == count_) return;
  count_ = kept;
  index_ = nullptr;
  if (count_ >= kIndexFrom) BuildIndex();
}

}  // namespace sluice::dtl
