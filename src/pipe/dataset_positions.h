// DatasetPositions: where a reader of several datasets stands in each; their composite since-value.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"
#include "value/value.h"

namespace sluice::pipe {

struct DatasetPosition {
  std::string incarnation;   // As ShortIncarnation names it.
  storage::Offset next = 0;  // The first offset that is not read yet.
};

// "1f-9c0fa1b2": names one incarnation of a dataset within a since-value.
std::string ShortIncarnation(const storage::DatasetInfo& info);

// As text "u.1f-9c0fa1b2-ef4240.20-…": letters, digits, '-' and '.' only, so that it goes through a
// URL as it is, and no JSON, so that it is never taken for a number. Of two texts of the same
// incarnations in the same order, the one that is further on is the greater one: each offset is in
// hexadecimal behind a letter that says how many digits follow.
class DatasetPositions {
 public:
  // None for null. kBadRequest where the value is no such text.
  static Result<DatasetPositions> Parse(const Value& since);

  void Add(DatasetPosition position) { positions_.push_back(std::move(position)); }
  // 0 for an incarnation it does not know.
  storage::Offset NextIn(std::string_view incarnation) const;

  size_t size() const { return positions_.size(); }
  DatasetPosition& operator[](size_t i) { return positions_[i]; }
  const DatasetPosition& operator[](size_t i) const { return positions_[i]; }

  // Nothing of any dataset was read: such a since-value need not be stored.
  bool AtBeginning() const;
  std::string Text() const;
  // Text() is TextBefore(i), the offset of the ith as OffsetText has it, and TextAfter(i).
  std::string TextBefore(size_t i) const;
  std::string TextAfter(size_t i) const;
  // Made in `buffer`, without allocating.
  static constexpr size_t kOffsetTextMax = 17;
  static std::string_view OffsetText(storage::Offset next, std::span<char, kOffsetTextMax> buffer);

 private:
  std::vector<DatasetPosition> positions_;
};

}  // namespace sluice::pipe
