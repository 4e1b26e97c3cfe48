// Builds what one commit to a dataset writes: versions, latest view, bitmaps, indexes, compaction
// queue, counters.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "storage/dataset.h"
#include "storage/engine.h"
#include "storage/slots.h"
#include "storage/store.h"

namespace sluice::storage {

// A commit removes up to twice what it appends, so that a queue that a hold let grow shrinks again,
// and a little more, so that it does with single appends too.
inline uint64_t DrainedBy(uint64_t appended) { return 2 * appended + 16; }

// Used by one thread, which holds the dataset's writer_mutex from before the construction until the
// set is applied and Adopt called (or all of it dropped: nothing changes the dataset before Adopt).
class CommitBuilder {
 public:
  // The set of a bulk load takes no ranges.
  enum class Kind { kBatch, kBulk };
  CommitBuilder(const Engine& engine, Dataset& dataset, int64_t now_us, Kind kind = Kind::kBatch);

  // Detects changes and adds the versions. At most once. `run` is the full run that has seen these.
  Result<void> Append(std::span<const storage::Append> appends, const std::optional<FullRun>& run);
  void SetState(std::span<const StateChange> changes);
  // Forgets a full run, what it has seen and what was noted for it.
  void EndFullRun();

  // Removes the versions that the queue names, oldest first, at most `versions_max`, as far as
  // holds allow.
  Result<uint64_t> DrainQueue(uint64_t versions_max);

  // For what other operations on the dataset add.
  WriteSet& set() { return *set_; }
  Counters& counters() { return counters_; }
  CommitReceipt& receipt() { return receipt_; }
  bool SetIndexProgress(uint32_t index, const IndexProgress& progress);
  const IndexProgress& index_progress(size_t position) const { return progress_[position]; }

  // The set with the counters; once it is applied, Adopt makes the dataset as the set says.
  std::unique_ptr<WriteSet> TakeSet();
  void Adopt();

 private:
  // `out` is superfluous since `superseding` was appended.
  struct FallenOut {
    Offset superseding;
    Offset out;
  };
  struct NewVersion {
    Offset offset;
    std::optional<Offset> previous;
  };

  Result<void> AppendVersions(Slots& slots, std::span<const storage::Append> appends,
                              const std::optional<FullRun>& run);
  Result<void> AppendVersion(Slot& slot, const storage::Append& append, uint32_t position);
  // source_notes.cc. Whether the id has come from a later place of the same source already.
  Result<bool> IsOvertaken(const Slot& slot, const storage::Append& append,
                           const std::optional<FullRun>& run) const;
  // A deletion without a version leaves nothing in the latest view. A full run that reads the same
  // source at an older state must still not bring the id back: so while one goes on, the place that
  // the deletion came from is noted.
  Result<void> NoteSource(const storage::Append& append);
  Result<std::optional<SourceOffset>> SourceNote(std::string_view id) const;
  // Removes what is queued and what the new versions make superfluous; what may not go yet is
  // queued.
  Result<void> RemoveWhatFallsOut();
  void RemoveVersion(Offset offset);
  Result<std::optional<Offset>> FallsOut(const Slot& slot) const;
  Result<std::optional<Offset>> PreviousOf(Offset offset) const;
  void WriteLatest(Slots& slots);
  void WriteBitmaps(Slots& slots);
  Result<void> WriteIndexes(Slots& slots, std::span<const storage::Append> appends);

  const Engine& engine_;
  Dataset& dataset_;
  const DatasetNumber number_;
  const int64_t now_us_;
  std::unique_ptr<WriteSet> set_;
  Counters counters_;
  const Offset hold_;
  const bool may_remove_;
  std::vector<IndexProgress> progress_;  // Of dataset_.indexes, in their order.
  CommitReceipt receipt_;
  std::vector<NewVersion> new_versions_;
  std::vector<FallenOut> falls_out_;
  // The offsets of the new versions, of the deletions among them, both ascending, and of those that
  // another new version superseded.
  std::vector<Offset> added_, added_tombstones_, replaced_;
  std::vector<Offset> seen_;
  bool source_notes_;
  std::string buffer_;
};

// Adds an entity's index keys to `keys`, ascending and distinct.
std::vector<std::string> ExtractKeys(const KeyExtractor& extractor, const Entity& entity);

}  // namespace sluice::storage
