// AffectedSet: ids of source entities to be processed again, each once, in ascending order.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "base/limits.h"
#include "storage/store.h"

namespace sluice::pipe {

// What does not fit in memory goes to sorted runs in the store's state under `prefix`, which are
// merged when they are read. They stay there until RemoveStored, since a state that is stored may
// name them. Used by one thread.
class AffectedSet {
 public:
  AffectedSet(storage::Store& store, std::string prefix,
              size_t bytes_max = limits::kAffectedBytesMax)
      : store_(store), prefix_(std::move(prefix)), bytes_max_(bytes_max) {}

  // Runs in the store, by their numbers.
  struct StoredRuns {
    uint32_t first = 0;
    uint32_t count = 0;
  };

  Result<void> Add(std::string_view id);
  // How many were added, those that come twice in different runs counted twice.
  uint64_t added() const { return added_; }
  uint64_t bytes() const { return bytes_added_; }

  // Ends adding. Where anything has gone to the store, all has: it survives a restart.
  Result<void> Seal();
  StoredRuns stored_runs() const { return stored_; }
  // Takes up a sealed set that was left behind `after`, and removes all other runs. Comes before
  // anything is added where the store may hold any.
  Result<void> Resume(StoredRuns stored, std::string_view after);
  // At most `ids_max`; none at the end.
  Result<std::vector<std::string>> Next(size_t ids_max);
  // Empty again; its runs in the store stay.
  void Clear();
  // Removes all runs, this set's and those before it, from the store: no stored state names them.
  Result<void> RemoveStored();

 private:
  // One sorted run, a piece at a time.
  struct Run {
    std::vector<std::string> ids;
    size_t at = 0;
    std::optional<uint32_t> stored;  // Its number in the store; nothing: all of it is in `ids`.
    uint32_t piece = 0;              // The next one.
  };

  Result<void> Spill();
  Result<void> Open(std::string_view after);
  Result<void> Load(Run& run) const;
  std::string Key(uint32_t run, uint32_t piece) const;

  storage::Store& store_;
  std::string prefix_;
  size_t bytes_max_;
  std::unordered_set<std::string> ids_;
  size_t bytes_in_memory_ = 0;
  uint64_t added_ = 0;
  uint64_t bytes_added_ = 0;
  StoredRuns stored_;  // This set's.
  uint32_t next_run_ = 0;
  std::vector<Run> runs_;
  std::string after_;
};

}  // namespace sluice::pipe
