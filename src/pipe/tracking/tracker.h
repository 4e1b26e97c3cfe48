// Tracker: dependency tracking in one run of a pipe.
//
// A run fixes the end U of each hopped-to dataset in its first snapshot. When the source has been
// read, it follows every version in [T, U) back to source entities, T being the tracking offset,
// and has those processed again that the run has not read itself; at its end T is U. A full run
// processes everything: its T is the U of its first snapshot. Compaction is held back to T.

#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/stop.h"
#include "pipe/compiled_pipe.h"
#include "pipe/pipe_state.h"
#include "pipe/tracking/affected.h"
#include "pipe/tracking/inversion.h"
#include "pipe/tracking/mistakes.h"

namespace sluice::pipe {

// Used by the run's thread.
class Tracker {
 public:
  struct Options {
    Indexes* indexes = nullptr;
    const Mistakes* mistakes = nullptr;
    size_t affected_bytes_max = limits::kAffectedBytesMax;
  };
  // `state` is the run's: it changes with what is tracked, and is stored with the commits.
  Tracker(const CompiledPipe& pipe, storage::Store& store, Options options, TrackingState& state);

  // Why the next run must be a full one; nothing if it need not.
  std::optional<std::string> ReasonForFull() const;

  enum class Begins { kFull, kResumedFull, kIncremental };
  // Before anything is read. `since`: where the source is read from.
  Result<void> Begin(Begins how, const Value& since);

  // The next source entities to be processed again, at most `entities_max`, none at the end. Works
  // some time on finding them: `done` tells the end from nothing found yet.
  struct Again {
    Batch batch;
    bool done = false;
  };
  Result<Again> Next(size_t entities_max, const Stop& stop);
  // The run comes to its end: what its last commit says.
  Result<void> Finish(bool full);
  // That commit is made.
  Result<void> Committed();

  // Source entities found so far, to be processed again; some may be found twice.
  uint64_t found() const { return std::max(found_, affected_.added()); }
  // Said once, where the thresholds are passed.
  std::optional<std::string> TakeWarning();
  // State changes that go with what Next gave.
  std::vector<storage::StateChange> TakeChanges() { return std::move(changes_); }
  const std::string& generation_prefix() const { return generation_prefix_; }
  KeyRecorder& recorder() { return recorder_; }

 private:
  struct Window {
    std::string name;
    storage::DatasetInfo info;
    storage::Offset from = 0;
    storage::Offset to = 0;
  };

  Result<void> FixEnds();
  Result<void> BeginFull();
  Result<void> RemoveOldGenerations();
  Result<bool> Invert(const Stop& stop);
  Result<void> CheckThresholds();
  Result<std::optional<Batch>> Drain(size_t entities_max, const Stop& stop);
  Result<std::optional<Batch>> DrainTakenOver(size_t entities_max, const Stop& stop);

  const CompiledPipe& pipe_;
  storage::Store& store_;
  Options options_;
  TrackingState& state_;
  std::string generation_prefix_;
  std::string since_;  // Record of the since-value that the run began at.
  std::vector<TrackedDataset> ends_;
  std::vector<Window> windows_;  // What is left to be followed.
  std::shared_ptr<const storage::Snapshot> snapshot_;
  std::optional<Inversion> inversion_;
  AffectedSet affected_;
  bool draining_ = false;
  bool followed_ = false;  // All windows are: `ends_` may become the tracking offsets.
  uint64_t found_ = 0;
  bool warned_ = false;
  std::optional<std::string> warning_;
  std::vector<storage::StateChange> changes_;
  KeyRecorder recorder_;
};

}  // namespace sluice::pipe
