// AffectedSet: ids of source entities to be processed again, each once, in ascending order.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "storage/store.h"

namespace sluice::pipe {

// What does not fit in memory goes to sorted runs in the store's state under `prefix`, which are
// merged when they are read. Used by one thread.
class AffectedSet {
 public:
  AffectedSet(storage::Store& store, std::string prefix)
      : store_(store), prefix_(std::move(prefix)) {}

  Result<void> Add(std::string_view id);
  // How many were added, those that come twice in different runs counted twice.
  uint64_t added() const { return added_; }
  uint64_t bytes() const { return bytes_added_; }

  // Ends adding. Where anything has gone to the store, all has: it survives a restart.
  Result<void> Seal();
  uint32_t stored_runs() const { return stored_runs_; }
  // Takes up a sealed set that was left behind `after`.
  Result<void> Resume(uint32_t stored_runs, std::string_view after);
  // At most `ids_max`; none at the end.
  Result<std::vector<std::string>> Next(size_t ids_max);
  // Empty again, also in the store.
  Result<void> Clear();

 private:
  // One sorted run, a piece at a time.
  struct Run {
    std::vector<std::string> ids;
    size_t at = 0;
    std::optional<uint32_t> stored;  // Its number in the store; nothing: all of it is in `ids`.
    uint32_t piece = 0;              // The next one.
  };

  Result<void> Spill();
  Result<void> Load(Run& run) const;
  std::string Key(uint32_t run, uint32_t piece) const;

  storage::Store& store_;
  std::string prefix_;
  std::unordered_set<std::string> ids_;
  size_t bytes_in_memory_ = 0;
  uint64_t added_ = 0;
  uint64_t bytes_added_ = 0;
  uint32_t stored_runs_ = 0;
  std::vector<Run> runs_;
  std::string after_;
};

}  // namespace sluice::pipe
