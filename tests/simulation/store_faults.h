// Random operations on a store whose disk fails, by seed, held against a model: after each crash
// the store is as it was after some operation, and not before the last one that was durable.

#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/ground.h"

namespace sluice::storage::testing {

struct FaultCounts {
  uint64_t operations = 0;
  uint64_t crashes = 0;
  uint64_t failures = 0;         // Operations that failed for the disk.
  uint64_t operations_lost = 0;  // By crashes: they were not durable.
  uint64_t in_doubt_done = 0;    // Failed operations that were there afterwards.
  uint64_t flips = 0;            // Bits flipped in what was written or read.
  uint64_t flips_told = 0;       // Histories that ended with an error for them.
};

// The first difference in words; empty if there was none.
std::string RunStoreFaults(uint64_t seed, EngineKind kind, Mistake mistake, FaultCounts& counts);

// The same on RocksDB, and then bits flip in what is written to files or read from them: whatever
// the store gives out is as it was written, or it says that it is damaged.
std::string RunStoreFlips(uint64_t seed, FaultCounts& counts);

}  // namespace sluice::storage::testing
