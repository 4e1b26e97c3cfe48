// Outputs: which output ids came from which source entity (law 3 of the design).
//
// In the store's state, below a prefix: "o", the source id → its place and its output ids; "c", the
// output id, 0, the place, the source id → nothing; "r", the source id → to be processed again,
// since an output that it shares has been left to it. Only for pipes whose outputs are not one for
// each source entity under the same id.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipe/component.h"
#include "storage/store.h"

namespace sluice::pipe {

enum class OutputsGoTo {
  kDataset,   // Takes a deletion only where something is.
  kExternal,  // Is told of each output that no longer comes.
};

struct OutputCounts {
  uint64_t shared = 0;  // Output ids that have several source entities, of those written.
};

// Makes of what a group of source entities gives what the sink must write: outputs that a later
// source entity has are left out, those that no longer come are deleted. `changes` goes with the
// commit. The batch must know its origins.
Result<OutputCounts> SettleOutputs(const storage::Snapshot& snapshot, std::string_view prefix,
                                   OutputsGoTo sink, Batch& batch,
                                   std::vector<storage::StateChange>& changes);

// Source entities to be processed again, at most `ids_max`.
Result<std::vector<std::string>> TakenOver(const storage::Snapshot& snapshot,
                                           std::string_view prefix, size_t ids_max);
// The change that says it was done.
storage::StateChange DoneAgain(std::string_view prefix, std::string_view source);

}  // namespace sluice::pipe
