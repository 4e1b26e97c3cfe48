// Runs seed after seed in a child process, so that one that dies is told with its seed and the
// others go on.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>

namespace sluice::testing {

struct SeedRange {
  uint64_t from = 1;
  uint64_t count = 0;
  int64_t seconds = 0;  // 0: as long as it takes.
  bool stop_at_difference = false;
};

struct SeedResult {
  uint64_t done = 0;
  uint64_t differences = 0;
  uint64_t last = 0;  // The seed that was run last.
  double seconds = 0;
};

namespace internal {

// Lies in memory that parent and child share, `bytes` of the caller's behind it.
struct SharedProgress {
  SeedResult result;
};
SharedProgress* MakeShared(size_t bytes);
void Unshare(SharedProgress* shared, size_t bytes);
SeedResult RunSeeds(const SeedRange& range, SharedProgress& shared,
                    const std::function<std::string(uint64_t seed)>& run);

}  // namespace internal

// `run` gives what is wrong, in words, or nothing, and adds to `counts`. Prints each difference.
template <class Counts>
SeedResult RunSeeds(const SeedRange& range, Counts& counts,
                    const std::function<std::string(uint64_t seed, Counts& counts)>& run) {
  static_assert(std::is_trivially_copyable_v<Counts> && alignof(Counts) <= alignof(SeedResult));
  auto* const shared = internal::MakeShared(sizeof(Counts));
  auto* const its_counts = new (shared + 1) Counts();
  const auto result =
      internal::RunSeeds(range, *shared, [&](uint64_t seed) { return run(seed, *its_counts); });
  counts = *its_counts;
  internal::Unshare(shared, sizeof(Counts));
  return result;
}

}  // namespace sluice::testing
