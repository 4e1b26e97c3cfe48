// The store: datasets as append-only logs with latest-view, history and indexes, and state
// committed with them.
//
// Two implementations pass one contract test (store_contract_test.cc): OpenRocksStore and
// MakeMemoryStore. It knows no DTL and no pipe. Unless said otherwise, methods may be called by any
// thread.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/stop.h"
#include "storage/commit.h"
#include "storage/disk.h"
#include "storage/reader.h"
#include "value/value.h"

namespace sluice::storage {

// What the store tells after a commit to a dataset; called by the committing thread, so it must be
// quick.
struct CommitEvent {
  DatasetNumber dataset = 0;
  std::string_view name;
  Offset next_offset = 0;
  bool populated = false;
};

class Store {
 public:
  virtual ~Store() = default;

  // Makes the dataset if it is not there, or changes its options. Names: 1 to 1024 bytes of UTF-8.
  virtual Result<DatasetInfo> CreateDataset(std::string_view name,
                                            const DatasetOptions& options) = 0;
  virtual std::optional<DatasetInfo> FindDataset(std::string_view name) const = 0;
  virtual std::vector<DatasetInfo> ListDatasets() const = 0;
  // Removes the dataset with its log, indexes and holds; its disk space comes back in the
  // background.
  virtual Result<void> DeleteDataset(std::string_view name) = 0;
  // Starts a new, empty incarnation under the same name and options; indexes stay defined.
  virtual Result<DatasetInfo> TruncateDataset(std::string_view name) = 0;
  virtual Result<void> SetPopulated(DatasetNumber dataset, bool populated) = 0;

  // Goes through the dataset's writer queue. Detects changes by hash, assigns offsets, updates
  // latest-view, indexes and bitmaps. On an error nothing was written.
  virtual Result<CommitReceipt> Write(const Commit& commit) = 0;
  // A place among the few loads that may hold a whole bulk load in memory (commit_unit.h), until
  // the last copy goes; null if all are taken.
  virtual std::shared_ptr<const void> TakeBulkPlace() = 0;
  // Returns when the commit (and all before it) survives a loss of power. Waiters share one fsync.
  virtual Result<void> WaitDurable(CommitSequence sequence, const Stop& stop) = 0;
  virtual CommitSequence last_sequence() const = 0;

  virtual std::shared_ptr<const Snapshot> TakeSnapshot() const = 0;

  // Deletion tracking. BeginFullRun gives a number for Commit::full_run; a newer full run on the
  // dataset ends an older one. FinishFullRun appends a deletion for each live entity that the run
  // did not see and that nobody has appended since it began, in as many commits as needed, and with
  // the last one `state` and populated; if it fails or is stopped on the way, calling it again goes
  // on. A deletion's record is `_id` and
  // `_deleted`. AbortFullRun forgets the run. What a run has seen survives a restart.
  virtual Result<uint64_t> BeginFullRun(DatasetNumber dataset) = 0;
  struct FullRunOptions {
    bool delete_unseen = true;
    bool mark_deletion_tracked =
        false;  // configuration-sinks-dataset.rst: adds `$deletion_tracked`.
    bool set_populated = true;
    std::vector<StateChange> state;
  };
  virtual Result<CommitReceipt> FinishFullRun(DatasetNumber dataset, uint64_t full_run,
                                              const FullRunOptions& options, const Stop& stop) = 0;
  // How many deletions FinishFullRun would append now.
  virtual Result<uint64_t> CountUnseen(DatasetNumber dataset, uint64_t full_run) const = 0;
  virtual Result<void> AbortFullRun(DatasetNumber dataset, uint64_t full_run) = 0;
  // The full run that has begun and not ended, also before a restart.
  virtual std::optional<uint64_t> CurrentFullRun(DatasetNumber dataset) const = 0;

  // Indexes belong to an incarnation: truncating gives them new numbers, deleting removes them.
  // Finding by an index that is not ready is kUnavailable, by one that is gone kNotFound. After a
  // restart an index is there, but appends to its dataset are refused (kUnavailable) until its
  // extractor is given again by CreateIndex, or the index is dropped.
  virtual Result<IndexInfo> CreateIndex(DatasetNumber dataset, const IndexDefinition& definition,
                                        std::shared_ptr<const KeyExtractor> extractor) = 0;
  // Back-fills in chunks through the writer queue; returns when the index is ready.
  virtual Result<void> BuildIndex(uint32_t index, const Stop& stop) = 0;
  virtual std::vector<IndexInfo> ListIndexes(std::optional<DatasetNumber> dataset) const = 0;
  virtual Result<void> DropIndex(uint32_t index) = 0;

  // Compaction never removes versions at or after a hold, nor the newest version before it of an
  // entity that has one at or after it. `holder` says who; an empty offset releases. Not
  // persistent: holders set theirs again after a restart, before anything is written.
  virtual void SetHold(DatasetNumber dataset, const std::string& holder,
                       std::optional<Offset> from) = 0;
  struct Hold {
    DatasetNumber dataset;
    std::string holder;
    Offset from;
  };
  virtual std::vector<Hold> ListHolds() const = 0;
  // Drains the compaction queues now, as far as holds allow.
  virtual Result<void> Compact(const Stop& stop) = 0;

  // Called after each commit that appended or populated; remove by the number that Add gave.
  virtual uint64_t AddListener(std::function<void(const CommitEvent&)> listener) = 0;
  virtual void RemoveListener(uint64_t number) = 0;

  // Small values outside any dataset (configuration, secrets, users); written durably at once.
  virtual Result<std::optional<std::string>> GetMeta(std::string_view key) const = 0;
  virtual Result<void> PutMeta(std::span<const StateChange> changes) = 0;
  virtual Result<void> ScanMeta(
      std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;

  // Bytes on disk (0 in memory), for the API.
  virtual uint64_t DiskBytes() const = 0;

  // Whether writers go on, and how much of the disk is left. Looks at the disk now.
  virtual SpaceStatus Space() const = 0;
  // kIo or kCorrupt with the reason once the disk has failed in a way that the store cannot mend
  // while it is open: nothing is written any more, and reading goes on.
  virtual Result<void> Health() const = 0;

  // Makes a folder that holds the store as it was at one moment during the call, while writers go
  // on; files are shared by hard links where they can be. VerifyBackup and OpenRocksStore read it.
  // kConflict if there is something in the folder already, kNotBuilt in memory.
  virtual Result<BackupReport> Backup(const BackupOptions& options, const Stop& stop) = 0;
};

struct StoreOptions {
  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  size_t block_cache_bytes = 64 * 1024 * 1024;
  size_t memtable_bytes = 64 * 1024 * 1024;
  // A commit of at least so many entities is a bulk load: sorted files that are taken in whole
  // instead of the write-ahead log (DESIGN.md, "Two write paths").
  size_t bulk_entities_min = 20'000;
  // Commits with entities are refused (kUnavailable) while less than this share of the disk is
  // free, or less than what is not in files yet: a full disk would stop everything else too. State,
  // deleting, compacting and reading go on. 0 switches that off.
  double free_space_min = 0.05;
  // Called when writers stop for want of space and when they go on; by a writing thread, so it must
  // be quick.
  std::function<void(const SpaceStatus&)> on_space = {};
};

// Opens or makes a store in a folder. kConflict if another process has it open, kCorrupt or kIo as
// the disk says, kBadConfig if the format is newer than this program's (the message names both).
Result<std::unique_ptr<Store>> OpenRocksStore(const std::string& folder,
                                              const StoreOptions& options);
std::unique_ptr<Store> MakeMemoryStore(const StoreOptions& options);

}  // namespace sluice::storage
