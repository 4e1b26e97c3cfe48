// A whole hub on one thread and a virtual clock, from a seed: sources and targets that fail, tear
// and are slow, a disk that fails, and crashes at any write. After each crash no offset may be
// ahead of its data and nothing be written twice; at the end every dataset and the target are
// compared with what a fresh hub makes of the same source.

#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/ground.h"

namespace sluice::pipe::testing {

struct HubCounts {
  uint64_t pieces = 0;   // Of work that the hub has run.
  uint64_t changes = 0;  // Of the source.
  uint64_t crashes = 0;
  uint64_t failed_runs = 0;
  uint64_t sent = 0;  // Calls that the target acknowledged.
};

// The first difference in words; empty if there was none.
std::string SimulateHub(uint64_t seed, storage::testing::EngineKind kind,
                        storage::testing::Mistake mistake, HubCounts& counts);

}  // namespace sluice::pipe::testing
