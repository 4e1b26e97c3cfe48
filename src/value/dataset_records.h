// The records of many entities as datasets store them, and what is asked of each.

#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "value/value.h"

namespace sluice {

// What EncodeForDataset makes of many entities, one behind the other in one buffer. Used by one
// thread at a time.
class DatasetRecords {
 public:
  struct Item {
    std::string_view record;
    std::string_view id;  // Its `_id`; empty if it is missing or no string.
    bool deleted = false;
  };

  DatasetRecords();
  ~DatasetRecords();
  DatasetRecords(DatasetRecords&&) noexcept;
  DatasetRecords& operator=(DatasetRecords&&) noexcept;

  void Reserve(size_t records, size_t bytes);
  // Appends the record of an entity and gives its size.
  size_t Add(const Value& dict);
  size_t size() const;
  size_t bytes() const;
  // Views the buffer: valid until the next Add, also when this is moved.
  Item operator[](size_t i) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What a receiver asks of an entity's record, found in one pass without decoding the rest.
struct EntityHead {
  bool has_id = false;  // `_id` is a string that is not empty.
  bool deleted = false;
  bool has_updated = false;  // `_updated` is there and not null.
};
// Nothing is found in the record of anything but a dict.
EntityHead ReadEntityHead(std::string_view record);

}  // namespace sluice
