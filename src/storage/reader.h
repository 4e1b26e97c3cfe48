// Snapshots: one consistent view of everything committed, and readers of logs in it.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "storage/commit.h"
#include "value/value.h"

namespace sluice::storage {

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
  // What is known of the latest versions without reading them, deletions included, in the order of
  // `ids`; nothing where there is none.
  struct Head {
    Offset offset = 0;
    Hash128 hash;
    bool deleted = false;
  };
  virtual Result<std::vector<std::optional<Head>>> Heads(
      DatasetNumber dataset, std::span<const std::string_view> ids) const = 0;
  // All kept versions of one entity, newest first.
  virtual Result<std::vector<const Entity*>> History(DatasetNumber dataset, std::string_view id,
                                                     size_t versions_max, Arena& arena) const = 0;
  // The last version of `id` with an offset below `before`; nullptr if none is kept.
  virtual Result<const Entity*> GetBefore(DatasetNumber dataset, std::string_view id, Offset before,
                                          Arena& arena) const = 0;
  // The ids of live entities with a key, ascending. The caller compares the values again, since
  // long keys are shortened. `keys` are bytes as the extractor made them; the result has a list for
  // each, of `ids_max` and one more where there are more.
  virtual Result<std::vector<std::vector<std::string_view>>> FindIds(
      uint32_t index, std::span<const std::string_view> keys, size_t ids_max,
      Arena& arena) const = 0;
  // Calls `visit` for each id of a live entity with the key until it returns false; ids over 128
  // bytes come in any order. Nothing is gathered, so a key may have any number of ids. `after`: the
  // id that a visit before ended with, to go on behind it; empty: from the first.
  virtual Result<void> VisitIds(uint32_t index, std::string_view key, std::string_view after,
                                const std::function<bool(std::string_view id)>& visit) const = 0;
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

}  // namespace sluice::storage
