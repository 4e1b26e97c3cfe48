// IndexPart: what some of a dataset's latest versions have for an index that is being filled.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/commit.h"

namespace sluice::storage {

// Keys and values of the entries lie one behind the other in `bytes`.
struct IndexPart {
  struct Entry {
    Offset offset = 0;  // Of the version.
    size_t begin = 0;   // Of the key.
    size_t value = 0;   // Where the key ends and the value begins.
    size_t end = 0;
  };

  uint32_t index = 0;
  Offset from = 0;
  Offset to = 0;
  std::vector<Offset> offsets;  // Of the versions, ascending.
  std::vector<Entry> entries;
  std::string bytes;

  void Add(const Entity& entity, const KeyExtractor& extractor);
  void SortByKey();
  std::string_view KeyOf(const Entry& entry) const {
    return std::string_view(bytes).substr(entry.begin, entry.value - entry.begin);
  }
  std::string_view ValueOf(const Entry& entry) const {
    return std::string_view(bytes).substr(entry.value, entry.end - entry.value);
  }
};

}  // namespace sluice::storage
