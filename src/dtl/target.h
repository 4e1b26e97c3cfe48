// Target: the properties that a rule's transforms write, in the order of their first writing.

#pragma once

#include <cstdint>
#include <new>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "value/fields.h"
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
  void Set(std::string_view name, const Value& value) { Set(name, NameSummary::Bit(name), value); }
  // The same for a name whose bit is known.
  void Set(std::string_view name, uint64_t bit, const Value& value) {
    // Mostly the name is new, and there are few.
    if (((names_ | adopted_names_) & bit) == 0 && count_ < capacity_ && count_ + 1 < kIndexFrom)
        [[likely]] {
      names_ |= bit;
      new (properties_ + count_++) Property{name, value};
      return;
    }
    SetAny(name, bit, value);
  }
  // Adds a property whose name is known to be new.
  void Append(std::string_view name, const Value& value) {
    names_ |= NameSummary::Bit(name);
    Push(name, value);
  }
  // Takes all properties of a dict, whose names are distinct, as if each was Set. False, and
  // nothing is taken, where they cannot stay encoded.
  bool Adopt(const Value& dict, const NameSummary& names);
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

  // The position of a name among the ordinary properties; count_ where it is missing.
  uint32_t Position(std::string_view name) const;
  void SetAny(std::string_view name, uint64_t bit, const Value& value);
  void Push(std::string_view name, const Value& value);
  void Grow();
  void BuildIndex();
  void Enter(uint32_t position);
  // Makes the adopted properties ordinary ones.
  void Unfold();

  Arena* arena_;
  Property* properties_ = nullptr;
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
  // Open addressing: positions plus one; 0 is free. Null while the table is small.
  uint32_t* index_ = nullptr;
  uint32_t index_capacity_ = 0;
  Value adopted_;               // Null where there is none.
  uint64_t adopted_names_ = 0;  // The bits of its names.
  uint64_t names_ = 0;          // The bits of the ordinary ones, and of some that were removed.
  mutable Value found_;         // What Find gave of the adopted ones.
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
