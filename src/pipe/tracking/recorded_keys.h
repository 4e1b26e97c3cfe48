// Keys that source entities were looked up by, where joins cannot be followed back through indexes:
// join key ↔ source id, in the store's state.
//
// Below a prefix: "k", 8 bytes of the key, the source id → nothing; "s", the source id → its keys.
// A key is a hash of the lookup and the value: two that share one only make more affected.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
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

// Records what the batches of one run look up. Used by one thread.
class KeyRecorder {
 public:
  // Replaces what is recorded for the batch's source entities by Batch::looked_up. The changes made
  // before may be held back, and not be in the snapshot: until Shown is called.
  Result<void> Record(const storage::Snapshot& snapshot, std::string_view prefix,
                      Recording recording, const Batch& batch,
                      std::vector<storage::StateChange>& changes);
  // All changes made so far are in the store.
  void Shown() { held_.clear(); }

 private:
  using Keys = std::vector<uint64_t>;

  Result<Keys> Before(const storage::Snapshot& snapshot, const std::string& own) const;

  std::unordered_map<std::string, Keys> held_;
};

}  // namespace sluice::pipe
