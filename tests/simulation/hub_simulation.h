// A whole hub on one thread and a virtual clock, from a seed: sources and targets that fail and are
// slow, a disk that fails, and crashes at any write. At the end every dataset and the target are
// compared with what a fresh hub makes of the same source.

#pragma once

#include <cstdint>
#include <string>

namespace sluice::pipe::testing {

struct HubCounts {
  uint64_t pieces = 0;   // Of work that the hub has run.
  uint64_t changes = 0;  // Of the source.
  uint64_t crashes = 0;
  uint64_t failed_runs = 0;
};

// Planted: each must be found.
enum class HubMistake {
  kNone,
  kAcknowledged,   // Durable is said before the sync.
  kStateTooEarly,  // A pipe's state is written before the commit that it belongs to.
};

// The first difference in words; empty if there was none.
std::string SimulateHub(uint64_t seed, HubMistake mistake, HubCounts& counts);

}  // namespace sluice::pipe::testing
