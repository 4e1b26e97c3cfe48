// A whole hub on one thread and a virtual clock, over a store that can be opened again.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipe/hub_testing.h"
#include "storage/engine.h"
#include "tests/simulation/outside.h"

namespace sluice::pipe::testing {

// A version that is the latest of its id.
struct LatestVersion {
  int64_t offset = 0;
  std::string id;
  std::string text;  // Sorted JSON.
  bool deleted = false;
};

class VirtualHub {
 public:
  VirtualHub(ManualClock& clock, SeededRandom& random, Outside& outside);

  // Fails where the disk failed meanwhile, or the configuration `pipes` (of the first opening) has
  // errors.
  Result<void> Open(std::unique_ptr<storage::Engine> engine, size_t bulk_entities_min,
                    Mistakes mistakes, std::string_view pipes);
  void Close();

  // Runs one piece of work; false if there is none.
  bool Step() { return hub_->Step(); }
  // The clock goes to the next alarm, which rings.
  void Ring();
  // Failing is the disk's; nobody waits for it here.
  void Sync();
  // The pipe, unless it runs, reads everything again.
  void Reset(std::string_view pipe);
  // Until ten minutes of schedules have brought nothing.
  void RunToTheEnd();

  storage::Store& store() { return *store_; }
  uint64_t errors() const { return errors_; }  // That were logged.
  // In the order of their offsets; none where the dataset is not there.
  std::vector<LatestVersion> Latest(std::string_view name);
  // Live entities by id, as sorted JSON.
  std::map<std::string, std::string> Dataset(std::string_view name);
  // A version that is the same as the one before it of its id; empty if there is none.
  std::string FindWrittenTwice(std::string_view name);
  // The last place in its source that the pipe has saved.
  std::optional<int64_t> SavedSince(std::string_view pipe);

 private:
  std::vector<LatestVersion> Read(std::string_view name, const storage::ReadOptions& options);

  ManualClock& clock_;
  SeededRandom& random_;
  Registry registry_;
  dtl::Catalogue catalogue_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Hub> hub_;
  uint64_t errors_ = 0;
};

}  // namespace sluice::pipe::testing
