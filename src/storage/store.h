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
#include "value/value.h"

namespace sluice::storage {

// A version's place in its dataset's log, from 0; shown as `_updated`. Never given to other
// content.
using Offset = uint64_t;
// A dataset's incarnation: never used again after the dataset is deleted or truncated.
using DatasetNumber = uint32_t;
// Grows with each commit of this store since it was opened; 0 is "nothing".
using CommitSequence = uint64_t;

// A since-value together with the incarnation it belongs to.
struct Position {
  DatasetNumber dataset = 0;
  Offset next = 0;  // The first offset not read yet.
};

// Makes the index keys of an entity. Implemented above storage; must be pure.
class KeyExtractor {
 public:
  virtual ~KeyExtractor() = default;
  // Calls `add` with each key (value/relations.h, AppendEqualityKey bytes) of the live entity.
  virtual void Extract(const Entity& entity,
                       const std::function<void(std::string_view key)>& add) const = 0;
};

struct IndexDefinition {
  std::string expression;        // Canonical text; with the dataset it names the index.
  uint32_t meaning_version = 1;  // Another version rebuilds the index.
};

struct IndexInfo {
  uint32_t number = 0;
  IndexDefinition definition;
  DatasetNumber dataset = 0;
  bool ready = false;    // The back-fill is complete.
  uint64_t entries = 0;  // Estimated.
};

struct DatasetOptions {
  uint32_t keep_versions = 2;                 // features/compaction-feature.rst; 0 keeps all.
  std::optional<int64_t> trim_older_than_us;  // System datasets: by time (720 h).
  bool compaction = true;
  std::string owner;  // The pipe that writes it; empty for none.
  bool operator==(const DatasetOptions&) const = default;
};

struct DatasetInfo {
  std::string name;
  DatasetNumber number = 0;
  std::array<uint8_t, 16> uuid{};  // Of the incarnation; shown to clients as the generation.
  DatasetOptions options;
  bool populated = false;  // A full run has completed.
  uint64_t live = 0;       // Latest versions that are not deleted.
  uint64_t deleted = 0;    // Latest versions that are.
  uint64_t versions = 0;   // Log entries that are kept.
  Offset next_offset = 0;  // What the next append gets.
  int64_t created_us = 0;
  int64_t updated_us = 0;  // Time of the last append; 0 if none.
};

// Where in another dataset something was made from.
struct SourceOffset {
  DatasetNumber dataset = 0;
  Offset offset = 0;
  bool operator==(const SourceOffset&) const = default;
};

// One version for the writer queue.
struct Append {
  std::string_view record;  // Made by EncodeForDataset; must outlive the call.
  std::string_view id;      // Its `_id`.
  Hash128 hash;             // IdentityHashOfRecord(record).
  bool deleted = false;
  // A deletion that is dropped, as unchanged, where the id has no version or its latest is a
  // deletion already: filtered entities must not leave tombstones of what never was there.
  bool only_if_live = false;
  bool force = false;            // Append although the hash is equal.
  std::optional<Offset> offset;  // The writer's own, for replicas: must be at least next_offset.
  // What this was made from, for conflicts between a rescan and incremental runs: dropped where the
  // id's last append (or the last found unchanged) came from a higher offset of the same source
  // dataset.
  std::optional<SourceOffset> source;
};

// A key of the `state` space, set or (nothing) removed. Keys are the caller's, by convention
// "pipe/ID/…".
struct StateChange {
  std::string key;
  std::optional<std::string> value;
};

// Everything in it becomes visible and durable together, or not at all.
struct Commit {
  DatasetNumber dataset = 0;  // 0: no appends, state only.
  std::span<const Append> appends;
  std::vector<StateChange> state;
  // Marks what is appended, found unchanged or overtaken as seen by this full run (see
  // BeginFullRun). kConflict if another run has begun since, or the run has ended.
  std::optional<uint64_t> full_run;
  std::optional<bool> populated;  // Sets the dataset's flag with the commit.
  // A commit whose dataset incarnation is gone fails with kConflict.
};

struct CommitReceipt {
  CommitSequence sequence = 0;  // For WaitDurable.
  uint64_t appended = 0;
  uint64_t unchanged = 0;
  uint64_t deleted = 0;    // Of the appended: deletions.
  uint64_t overtaken = 0;  // Dropped because of Append::source.
  Offset next_offset = 0;  // After the commit.
};

struct ReadOptions {
  Offset from = 0;           // The first offset to give.
  std::optional<Offset> to;  // The first offset not to give.
  bool history = false;      // Superseded versions too; else latest only.
  bool deleted = true;       // Deleted ones too.
  bool reverse = false;      // Newest first; `from`/`to` bound the same range.
};

// Reads a dataset's log from one snapshot. Used by one thread at a time.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // Appends at most `entities_max` entities to `out`, their records copied into `arena`; none means
  // the end.
  virtual Result<void> Next(size_t entities_max, Arena& arena, std::vector<Entity>& out) = 0;
  // Where the reader stands: the offset after the last one given or skipped; in reverse, the last
  // one given or skipped. At the end it is ReadOptions::to, or the dataset's next_offset in the
  // snapshot (in reverse, `from`), so that a reader that goes on from here misses nothing.
  virtual Offset position() const = 0;
};

// One consistent view of everything committed when it was taken. Keep it short: it holds back disk
// space.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  virtual CommitSequence sequence() const = 0;
  // Nothing where there is none.
  virtual Result<std::optional<DatasetInfo>> FindDataset(std::string_view name) const = 0;
  virtual Result<std::optional<DatasetInfo>> FindDataset(DatasetNumber number) const = 0;
  virtual Result<std::unique_ptr<LogReader>> ReadLog(DatasetNumber dataset,
                                                     const ReadOptions& options) const = 0;

  // Reads the latest versions in the order of their ids' bytes (ids over 128 bytes that share the
  // first 128 come in any order among themselves), starting after `after_id`. `position` of the
  // reader means nothing.
  virtual Result<std::unique_ptr<LogReader>> ReadById(DatasetNumber dataset,
                                                      std::string_view after_id,
                                                      bool deleted) const = 0;
  // The latest versions of the entities, deleted ones included, in the order of `ids`; nullptr
  // where there is none. Entities and records lie in the arena.
  virtual Result<std::vector<const Entity*>> Get(DatasetNumber dataset,
                                                 std::span<const std::string_view> ids,
                                                 Arena& arena) const = 0;
  // All kept versions of one entity, newest first.
  virtual Result<std::vector<const Entity*>> History(DatasetNumber dataset, std::string_view id,
                                                     size_t versions_max, Arena& arena) const = 0;
  // The last version of `id` with an offset below `before`; nullptr if none is kept.
  virtual Result<const Entity*> GetBefore(DatasetNumber dataset, std::string_view id, Offset before,
                                          Arena& arena) const = 0;
  // The ids of live entities with a key, ascending. The caller compares the values again, since
  // long keys are shortened. `keys` are bytes as the extractor made them; the result has a list for
  // each.
  virtual Result<std::vector<std::vector<std::string_view>>> FindIds(
      uint32_t index, std::span<const std::string_view> keys, Arena& arena) const = 0;
  // How many ids have the key, counted up to `count_max`.
  virtual Result<uint64_t> CountIds(uint32_t index, std::string_view key,
                                    uint64_t count_max) const = 0;
  // Latest live entities by position: the first `offset` at or after which `skip` live ones have
  // passed.
  virtual Result<Offset> SelectLive(DatasetNumber dataset, Offset from, uint64_t skip) const = 0;
  // Live entities at or after `from`: how much is left to read.
  virtual Result<uint64_t> CountLive(DatasetNumber dataset, Offset from) const = 0;

  virtual Result<std::optional<std::string>> GetState(std::string_view key) const = 0;
  // Calls `visit` for each key with the prefix, ascending, until it returns false.
  virtual Result<void> ScanState(
      std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
};

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
};

struct StoreOptions {
  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  size_t block_cache_bytes = 64 * 1024 * 1024;
  size_t memtable_bytes = 64 * 1024 * 1024;
};

// Opens or makes a store in a folder. kConflict if another process has it open, kCorrupt or kIo as
// the disk says, kBadConfig if the format is newer than this program's (the message names both).
Result<std::unique_ptr<Store>> OpenRocksStore(const std::string& folder,
                                              const StoreOptions& options);
std::unique_ptr<Store> MakeMemoryStore(const StoreOptions& options);

}  // namespace sluice::storage
