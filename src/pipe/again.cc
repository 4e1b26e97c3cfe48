// The part of a run that processes source entities again: what they were joined with has changed,
// or an output that they share was left to them.

#include "pipe/flow.h"
#include "pipe/run.h"
#include "pipe/tracking/outputs.h"
#include "pipe/tracking/tracker.h"
#include "pipe/write_errors.h"

namespace sluice::pipe {
namespace {

constexpr size_t kAgainAtOnce = 1'000;

}  // namespace

Result<void> PumpRun::ProcessAgain() {
  SLUICE_TRY(Group group, GatherAgain());
  return WriteGroup(std::move(group));
}

Result<PumpRun::Group> PumpRun::GatherAgain() {
  const SteadyTime start = services_.clock->Steady();
  const bool single = WritesSingly();
  // Entities that lie anywhere are read many at a time.
  const size_t entities_max =
      single ? pipe_->batch_size : std::max<size_t>(pipe_->batch_size, kAgainAtOnce);
  Group group;
  while (true) {
    auto next = tracker_->Next(entities_max, stop_);
    if (!next.ok()) {
      if (next.error().code == Code::kTooLarge) SLUICE_TRY(FollowFully(next.error()));
      return next.TakeError();
    }
    Tracker::Again again = std::move(*next);
    Count([&](RunCounts& counts) { counts.affected = tracker_->found(); });
    if (auto warning = tracker_->TakeWarning()) report_.warnings.push_back(std::move(*warning));
    if (again.done) {
      phase_ = Phase::kFinish;
      return group;
    }
    if (!again.batch.entities.empty()) {
      Count([&](RunCounts& counts) { counts.again += again.batch.entities.size(); });
      SLUICE_TRY(Batch out, Transform(std::move(again.batch)));
      ++group.batches;
      Append(group.batch, std::move(out));
      if (single) return group;
    }
    if (IsFull(group.batch, start)) return group;
  }
}

// More is affected than may be: the run fails, and where the pipe may be reset by itself the next
// one is a full run, which is exact.
Result<void> PumpRun::FollowFully(Error error) {
  const bool stated =
      pipe_->tracking.thresholds.error_entities != 0 || pipe_->tracking.thresholds.error_bytes != 0;
  if (pipe_->automatic_reprocessing || !stated) {
    state_.full_pending = true;
    state_.full_run = 0;
    state_.since.clear();
    // What is held is read again too.
    writer_->Suspend();
    writer_.reset();
    SLUICE_TRY(StoreCheckpoint({.state = {{StateKey(pipe_->id), Encode(state_)}}}));
    error.message += "; the next run is a full one";
  }
  return error;
}

// What must be kept of the group's source entities, and what that says about its outputs.
Result<void> PumpRun::Settle(Batch& group, Checkpoint& checkpoint) {
  if (!tracker_) return {};
  for (auto& change : tracker_->TakeChanges()) checkpoint.state.push_back(std::move(change));
  if (group.sources.empty()) return {};
  const auto snapshot = services_.store->TakeSnapshot();
  const std::string& prefix = tracker_->generation_prefix();
  if (!writer_->holds()) tracker_->recorder().Shown();
  SLUICE_TRY(tracker_->recorder().Record(*snapshot, prefix, pipe_->tracking.recording, group,
                                         checkpoint.state));
  if (!pipe_->tracking.keeps_outputs || group.origins.size() != group.entities.size()) return {};
  const auto sink = pipe_->dataset_sink ? OutputsGoTo::kDataset : OutputsGoTo::kExternal;
  SLUICE_TRY(const auto settled, SettleOutputs(*snapshot, prefix, sink, group, checkpoint.state));
  Count([&](RunCounts& counts) { counts.shared += settled.shared; });
  return {};
}

}  // namespace sluice::pipe
