// SameIdReader: reads several datasets at once, in the order of their time stamps, and gives what
// each of them has under the id of an entity that changed.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipe/dataset_reader.h"
#include "pipe/source_datasets.h"

namespace sluice::pipe {

// The latest versions of one id, one for each dataset of the source; null where it has none.
using SameId = std::span<const Entity* const>;

// What a source makes of them.
class SameIdRule {
 public:
  virtual ~SameIdRule() = default;
  // True: given only where the version that comes is the newest of all; false: at the newest of
  // those that have changed.
  virtual bool newest_only() const = 0;
  // What all entities depend on beside their datasets: where it changes, all are given anew.
  virtual std::string shape() const { return {}; }
  // Lies in the arena. `newest` is the place of the version with the newest time stamp, of two with
  // the same the later one in the list.
  virtual Entity Make(std::string_view id, SameId versions, size_t newest, Arena& arena) const = 0;
};

struct SameIdSetup {
  SourceDatasets datasets;
  storage::Store* store;
  std::unique_ptr<const SameIdRule> rule;
};

// A run reads from one snapshot, so that what it brings together belongs together.
class SameIdReader final : public SourceReader {
 public:
  SameIdReader(std::shared_ptr<const SameIdSetup> setup, const OpenRequest& request);

  Result<void> Begin(const Value& since);
  Result<Batch> Next(size_t entities_max, const Stop& stop) override;
  Value since() const override { return since_.empty() ? Value::Null() : Value::String(since_); }
  bool complete() const override { return ended_ && !opened_.incomplete; }

 private:
  // One dataset's log, and what was read of it and not yet taken.
  struct Log {
    DatasetReader reader;
    Batch batch;
    size_t next = 0;
    storage::Offset from = 0;  // Where the run began.
    bool ended = false;
  };
  struct Change {
    size_t dataset;
    Entity entity;
  };

  Result<bool> Fill(Log& log, const Stop& stop);
  Result<std::vector<Change>> TakeChanges(size_t changes_max, Batch& batch, const Stop& stop);
  Result<void> Bring(std::span<const Change> changes, Batch& batch);
  bool IsItsTurn(const Change& change, SameId versions, size_t newest) const;
  std::string SinceText() const;

  std::shared_ptr<const SameIdSetup> setup_;
  RunKind kind_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  std::optional<size_t> left_;
  bool shows_since_;
  OpenedDatasets opened_;
  std::vector<std::unique_ptr<Log>> logs_;
  bool ended_ = false;
  std::string since_;
};

// A source over a SameIdSetup.
std::unique_ptr<Source> MakeSameIdSource(SameIdSetup setup);

// Places of an OpenedDatasets are those that are there; this is the place in the configured list.
// Entities of the source's own: `_id` and the latest versions under the names of their datasets.
Value EntityByDataset(std::string_view id, const std::vector<std::string>& names, SameId versions,
                      Arena& arena);

}  // namespace sluice::pipe
