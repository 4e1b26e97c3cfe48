// DatasetReader: one dataset's log, from an offset to its end; what every source of datasets reads
// with.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pipe/component.h"

namespace sluice::pipe {

struct DatasetRead {
  std::string dataset;
  RunKind kind = RunKind::kFull;
  storage::Offset from = 0;
  // The incarnation that `from` belongs to: another one is kConflict. Nothing: whichever is there.
  std::optional<storage::DatasetNumber> number = std::nullopt;
  bool history = false;  // Every version that is kept, not only the latest of each entity.
  // Where everything is read from; null: from newer and newer ones.
  std::shared_ptr<const storage::Snapshot> snapshot = nullptr;
};

// A run reads from snapshots that are renewed as it goes, so that none is held for long. What makes
// that exact: entities are read in the order of their offsets, and a version that is superseded
// behind the reader's back comes again later. A full run ends with a last snapshot, taken when all
// that was there at its start is read: every entity that is live in it has been given. An
// incremental run leaves what came after its start to the next run.
//
// Used by one thread at a time.
class DatasetReader {
 public:
  // The store must outlive the reader.
  DatasetReader(const storage::Store& store, DatasetRead read)
      : store_(store), read_(std::move(read)), number_(read_.number), next_(read_.from) {}

  // Opens the first snapshot, so that what is missing is found before a run begins.
  Result<void> Begin() { return Renew(); }

  // At most `entities_max`, which is not 0; none means the end.
  Result<Batch> Next(size_t entities_max, const Stop& stop);

  // The first offset that was not read yet.
  storage::Offset position() const { return next_; }
  // All was read, of a dataset that was there from the beginning to the end.
  bool complete() const { return ended_ && found_; }

 private:
  // Takes a newer snapshot (or the one that was given) and a reader of it from where we stand.
  Result<void> Renew();
  // The last stretch of a full run stays on its snapshot, or a busy dataset would never end.
  bool Finishing() const { return last_snapshot_ && read_.kind != RunKind::kIncremental; }

  const storage::Store& store_;
  const DatasetRead read_;
  std::optional<storage::DatasetNumber> number_;
  storage::Offset next_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  std::unique_ptr<storage::LogReader> log_;
  std::optional<storage::Offset> first_end_;
  size_t read_from_snapshot_ = 0;
  bool last_snapshot_ = false;
  bool found_ = false;
  bool ended_ = false;
};

// "17:9f0c…": names one incarnation of a dataset, for Source::since_scope.
std::string IncarnationName(const storage::DatasetInfo& info);

}  // namespace sluice::pipe
