// PayloadSorter: sorts bytes of any length by two numbers, however many, in bounded memory.

#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipe/merge/spill_file.h"

namespace sluice::pipe::merge {

struct PayloadKey {
  uint64_t major = 0;
  uint64_t minor = 0;
  auto operator<=>(const PayloadKey&) const = default;
};

// As RecordSorter. Used by one thread.
class PayloadSorter {
 public:
  PayloadSorter(std::string folder, size_t bytes_max)
      : folder_(std::move(folder)), bytes_max_(bytes_max) {}

  Result<void> Add(PayloadKey key, std::string_view payload);
  Result<void> Sort();

  struct Item {
    PayloadKey key;
    std::string_view payload;  // Until the next call.
  };
  // False at the end.
  Result<bool> Next(Item& item);

 private:
  struct Place {
    PayloadKey key;
    size_t begin;
    size_t size;
  };
  struct Source {
    SpillReader reader;
    PayloadKey key;
    std::string payload;

    Result<bool> Advance();
  };
  static bool After(const std::unique_ptr<Source>& a, const std::unique_ptr<Source>& b) {
    return b->key < a->key;
  }
  void SortPlaces();
  Result<void> Spill();

  const std::string folder_;
  const size_t bytes_max_;
  std::string bytes_;
  std::vector<Place> places_;
  size_t next_ = 0;
  std::unique_ptr<SpillFile> file_;
  std::vector<std::pair<uint64_t, uint64_t>> runs_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::unique_ptr<Source> given_;  // Its payload is what the last Next gave.
};

}  // namespace sluice::pipe::merge
