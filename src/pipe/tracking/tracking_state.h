// What dependency tracking remembers of a pipe from run to run; a part of PipeState.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "storage/store.h"
#include "value/value.h"

namespace sluice::pipe {

// How far the changes of a dataset that is hopped to have been followed back.
struct TrackedDataset {
  std::string name;
  // IncarnationName; empty: the dataset was not there.
  std::string incarnation;
  storage::Offset next = 0;  // The tracking offset: the first that is not followed yet.
};

struct TrackingState {
  std::vector<TrackedDataset> datasets;
  // Affected entities that were found, but not all processed again: so many sorted runs in the
  // store, by numbers that begin here, done up to this id.
  int64_t pending_first = 0;
  int64_t pending_runs = 0;
  std::string pending_after;
  // What is kept for each source entity (outputs, recorded keys) belongs to a generation: a full
  // run begins a new one, and takes the old ones away when it ends.
  int64_t generation = 0;
  int64_t oldest_generation = 0;

  const TrackedDataset* Find(std::string_view name) const;
  // Nothing is pending.
  void ClearPending();
  Value ToValue(Arena& arena) const;
  static TrackingState FromValue(const Value& value);
};

// "pipe/ID/t/": what is kept for source entities; with the generation, its own part of it.
std::string TrackingPrefix(std::string_view pipe);
std::string GenerationPrefix(std::string_view pipe, int64_t generation);
// Where affected entities go that do not fit in memory.
std::string AffectedPrefix(std::string_view pipe);
// Who a hold of compaction belongs to: "pipe:ID".
std::string HolderName(std::string_view pipe);

// Holds compaction of each dataset back to its tracking offset, where it is still the same
// incarnation; releases those of datasets that are no longer tracked.
void SetHolds(storage::Store& store, std::string_view pipe, const TrackingState& state);
void ReleaseHolds(storage::Store& store, std::string_view pipe);

}  // namespace sluice::pipe
