// Keys that source entities were looked up by, where joins cannot be followed back through indexes:
// join key ↔ source id, in the store's state.
//
// Below a prefix: "k", 8 bytes of the key, the source id → nothing; "s", the source id → its keys.
// A key is a hash of the lookup and the value: two that share one only make more affected.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dtl/lookup.h"
#include "pipe/component.h"
#include "storage/store.h"

namespace sluice::pipe {

enum class Recording {
  kNone,
  kDeleted,  // Only for deleted source entities, which no index holds.
  kAll,
};

uint64_t RecordedKey(uint64_t lookup, const Value& value);

// Calls `visit` with the ids of source entities that looked this key up.
Result<void> VisitRecorded(const storage::Snapshot& snapshot, std::string_view prefix, uint64_t key,
                           const std::function<bool(std::string_view source)>& visit);

// Replaces what is recorded for the batch's source entities by Batch::looked_up.
Result<void> RecordKeys(const storage::Snapshot& snapshot, std::string_view prefix,
                        Recording recording, const Batch& batch,
                        std::vector<storage::StateChange>& changes);

}  // namespace sluice::pipe
