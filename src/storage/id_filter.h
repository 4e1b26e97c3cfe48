// IdFilter: which ids a dataset may hold, while it is loaded.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::storage {

// A Bloom filter that grows: ids that it does not know are new, and need not be looked for in the
// store. About 10 bits an id; one in a hundred new ids is looked for all the same. Used by one
// thread at a time.
class IdFilter {
 public:
  // `place` is held as long as the filter lives.
  explicit IdFilter(std::shared_ptr<const void> place) : place_(std::move(place)) {}

  // Whether each key may have been added before; adds them all. Keys are of the latest family.
  std::vector<bool> AddAll(std::span<const std::string_view> keys);
  // Grown beyond what it is worth: it must not be used any more.
  bool full() const { return ids_ > kIdsMax; }

 private:
  static constexpr uint64_t kIdsMax = 16'000'000;
  static constexpr size_t kWordsInBlock = 8;  // One line of the processor's cache.

  struct alignas(64) Block {
    uint64_t words[kWordsInBlock] = {};
  };
  struct Segment {
    std::vector<Block> blocks;
    uint64_t room = 0;  // Ids that may still be added.
  };
  struct Probe {
    uint64_t block;  // To be scaled to the number of blocks.
    uint64_t bits;
  };

  static Probe ProbeOf(std::string_view key);
  static size_t BlockOf(const Segment& segment, const Probe& probe);
  static bool Has(const Block& block, uint64_t bits);
  static void Set(Block& block, uint64_t bits);
  void Grow(uint64_t ids);

  std::shared_ptr<const void> place_;
  std::vector<Segment> segments_;
  uint64_t ids_ = 0;
};

}  // namespace sluice::storage
