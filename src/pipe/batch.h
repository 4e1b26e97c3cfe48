// Batch: what goes through a pipe at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "storage/store.h"
#include "value/value.h"

namespace sluice::pipe {

class LookupCache;

// A source entity behind a batch. Of several that yield one output the one with the greatest place
// (rank, then offset) wins.
struct SourceEntity {
  std::string_view id;  // What SourceById knows it by.
  uint32_t rank = 0;    // The place of its dataset in the source's list.
  storage::Offset offset = 0;
  bool deleted = false;
  bool is_first = false;  // No version of it came before.
  // It stands for nothing any more, and a full run would not give it: its outputs go.
  bool gone = false;
};

// A key that an entity of a source was looked up by, see tracking/recorded_keys.h.
struct LookedUp {
  uint32_t source = 0;  // Its place in Batch::sources.
  uint64_t key = 0;     // A hash of the lookup and the value.
};

// Entities and the memory behind them. Entities view `arena` (and `keep`), so a batch moves as one.
struct Batch {
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();
  std::vector<std::shared_ptr<const void>>
      keep;  // Arenas of earlier stages that entities still view.
  std::vector<Entity> entities;
  // Where the pipe must know what came from what: the source entities in the order of reading, and
  // for each of `entities` its place among them. Both are empty where it need not know, or where a
  // transform has lost it.
  std::vector<SourceEntity> sources;
  std::vector<uint32_t> origins;
  std::vector<LookedUp> looked_up;
  // What lookups of the same run have found so far; null: nothing is kept from batch to batch.
  std::shared_ptr<LookupCache> cache;
  // There are no entities yet, but more will come: so that work of seconds before the first one
  // shares its thread. Only where OpenRequest::stores.
  bool unfinished = false;
  // What lookups of the transforms read: the snapshot that the source read from; null: the newest.
  std::shared_ptr<const storage::Snapshot> snapshot;
};

}  // namespace sluice::pipe
