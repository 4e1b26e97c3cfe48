// What a rule reads of its source by name: found in one walk over the source, not name by name.

#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "value/fields.h"
#include "value/value.h"

namespace sluice::dtl {

// Properties of the source (`_S.a`), and properties of those (`_S.a.b`). Filled while the rule is
// compiled; then read by any thread.
class SourceFields {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  // Where a path's value is: a property, or one below it.
  struct Place {
    uint32_t property = 0;
    uint32_t group = kNone;  // Of the names below the property.
    uint32_t inner = 0;      // Among the names of the group.
  };

  // What one run of the rule has read.
  struct Values {
    Value* properties = nullptr;  // Null until the first is read.
    NameSummary names;            // Of the source, when `properties` are read.
  };

  Place Add(std::string_view property);
  Place Add(std::string_view property, std::string_view inner);
  // A transform of the rule needs a walk over the source's names anyway.
  void AddWalk() { walks_ = true; }
  // After the last Add, before the first Read.
  void Finish();

  // Whether one walk is cheaper than looking for each name.
  bool pays() const { return pays_; }

  // Reads the source; has to be done before anything else is asked.
  void Read(const Value& dict, Arena& arena, Values& values) const;
  // The value of a name below a property; false where the property is no dict, and where looking
  // for the name itself is cheaper.
  bool FindInner(const Place& place, Value* properties, Value& value) const;

 private:
  // The names below one property. Their values lie behind those of the properties, with a mark in
  // front of them: null before they are read, then whether the property was a dict.
  struct Group {
    uint32_t property = 0;
    FieldTable names;
    uint32_t start = 0;  // The place of the mark.
    bool pays = false;
  };

  FieldTable properties_;
  std::vector<Group> groups_;
  uint32_t size_ = 0;  // Of all values and marks.
  bool walks_ = false;
  bool pays_ = false;
};

}  // namespace sluice::dtl
