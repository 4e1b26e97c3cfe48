#include "pipe/run.h"

#include <algorithm>

#include "pipe/flow.h"
#include "pipe/lookup_cache.h"
#include "pipe/tracking/tracker.h"
#include "pipe/write_errors.h"
#include "value/record.h"

namespace sluice::pipe {
namespace {

// Runs that last longer than this say so in the execution log when they begin, not only at the end.
constexpr auto kLongRun = std::chrono::seconds(1);

double SecondsSince(const Clock& clock, SteadyTime start) {
  return std::chrono::duration<double>(clock.Steady() - start).count();
}

}  // namespace

PumpRun::PumpRun(std::shared_ptr<const CompiledPipe> pipe, RunServices services, RunRequest request,
                 Stop stop)
    : pipe_(std::move(pipe)),
      services_(services),
      request_(std::move(request)),
      stop_(std::move(stop)),
      log_(*services.store, *services.clock, *services.random, pipe_->id),
      started_steady_(services.clock->Steady()) {
  report_.pipe = pipe_->id;
  report_.started = services.clock->Now();
}

PumpRun::~PumpRun() = default;

bool PumpRun::Step() {
  if (phase_ == Phase::kEnded) return false;
  auto advanced = stop_.IsSet() ? Result<void>(MakeError(Code::kCancelled, "stopped")) : Advance();
  if (!advanced.ok()) {
    NoteTripped(advanced.error());
    const bool stopped = advanced.error().code == Code::kCancelled && stop_.IsSet();
    if (stopped) {
      End(RunOutcome::kStopped, std::nullopt);
    } else {
      End(RunOutcome::kFailed, advanced.error());
    }
  }
  if (phase_ != Phase::kEnded) LogStartIfLong();
  return phase_ != Phase::kEnded;
}

// Where rules have asked for it. If it cannot be stored the run fails all the same, and what it has
// written stays uncommitted.
void PumpRun::NoteTripped(const Error& error) {
  bool tripped = false;
  for (const auto& transform : pipe_->transforms) tripped = transform->TakeTripped() || tripped;
  if (!tripped || !writer_) return;
  if (auto done = writer_->Trip(error.message); !done.ok()) {
    report_.warnings.push_back("the circuit breaker could not trip: " + done.error().message);
  }
}

Result<void> PumpRun::Advance() {
  switch (phase_) {
    case Phase::kBegin:
      return Begin();
    case Phase::kCopy:
      return Copy();
    case Phase::kAgain:
      return ProcessAgain();
    case Phase::kFinish:
      return Finish();
    case Phase::kEnded:
      return {};
  }
  return {};
}

Result<void> PumpRun::Copy() {
  SLUICE_TRY(Group group, NextGroup());
  source_ended_ = group.ended;
  is_ahead_ = MayGatherAhead(group);
  if (is_ahead_) {
    ahead_ = std::async(std::launch::async, [this] { return Gather(); });
  }
  SLUICE_TRY(WriteGroup(std::move(group)));
  if (source_ended_) phase_ = tracker_ ? Phase::kAgain : Phase::kFinish;
  return {};
}

// The state as it will be once everything in the group is written; nothing where it stays the same.
Checkpoint PumpRun::MakeCheckpoint(bool due, Group& group) {
  Checkpoint checkpoint;
  for (auto& change : group.source_state) source_state_.push_back(std::move(change));
  if (!due || !chronological_) return checkpoint;
  if (!group.since_record.empty()) state_.since = std::move(group.since_record);
  if (is_full()) {
    state_.full_run = writer_->full_run();
    // Nothing is deleted at the end of this run, so it can go on where it stopped.
    if (state_.full_run == 0) state_.full_pending = false;
  }
  AddState(checkpoint);
  return checkpoint;
}

// The pipe's state, where it changes, and what the source remembers beside it.
void PumpRun::AddState(Checkpoint& checkpoint) {
  std::string text = Encode(state_);
  if (text != stored_state_) checkpoint.state.push_back({StateKey(pipe_->id), std::move(text)});
  for (auto& change : source_state_) checkpoint.state.push_back(std::move(change));
  source_state_.clear();
}

void PumpRun::NoteStored(const Checkpoint& checkpoint) {
  if (checkpoint.state.empty() || checkpoint.state[0].key != StateKey(pipe_->id)) return;
  stored_state_ = *checkpoint.state[0].value;
}

Result<void> PumpRun::WriteGroup(Group gathered) {
  batches_since_checkpoint_ += gathered.batches;
  const bool due =
      pipe_->dataset_sink != nullptr || batches_since_checkpoint_ >= pipe_->checkpoint_interval;
  // The run's last commit stores where the source has ended; but a source that remembers what it
  // gave must do so, and stand behind it, in the commit of what it gave last.
  const bool at_end = source_ended_ && phase_ != Phase::kAgain && !reader_->reads_its_state();
  Checkpoint checkpoint = MakeCheckpoint(due && !at_end, gathered);
  Batch group = std::move(gathered.batch);
  SLUICE_TRY(Settle(group, checkpoint));
  if (group.entities.empty()) {
    if (!due && checkpoint.state.empty()) return {};
    batches_since_checkpoint_ = 0;
    return StoreCheckpoint(checkpoint);
  }
  // What leaves the hub must survive a loss of power (DESIGN.md, durability on one machine).
  // Without a snapshot lookups have read the newest state.
  if (pipe_->sink->is_external()) {
    const auto& store = *services_.store;
    const auto read = group.snapshot ? group.snapshot->sequence() : store.last_sequence();
    SLUICE_TRY(services_.store->WaitDurable(read, stop_));
  }
  auto written = write_errors_->WriteBatch(group, checkpoint, stop_);
  Count([&](RunCounts& counts) { counts.write_errors = write_errors_->failed(); });
  if (!written.ok()) {
    if (ahead_.valid()) ahead_.wait();
    if (const Entity* culprit = write_errors_->culprit()) {
      failed_entity_ = *culprit;
      failed_batch_ = group;
    }
    return written.TakeError();
  }
  Count([&](RunCounts& counts) {
    counts.written += written->written;
    counts.unchanged += written->unchanged;
    counts.deleted += written->deleted;
  });
  if (due) batches_since_checkpoint_ = 0;
  if (!written->checkpoint_stored) return StoreCheckpoint(checkpoint);
  NoteStored(checkpoint);
  return {};
}

Result<WriteCounts> PumpRun::WriteOnce(const Batch& batch, const Checkpoint& checkpoint) {
  if (batch.entities.empty()) {
    SLUICE_TRY(StoreCheckpoint(checkpoint));
    return WriteCounts{.checkpoint_stored = true};
  }
  const SteadyTime start = services_.clock->Steady();
  auto written = writer_->Write(batch, checkpoint, stop_);
  const double seconds = SecondsSince(*services_.clock, start);
  Count([&](RunCounts& counts) { counts.sink_seconds += seconds; });
  return written;
}

Result<void> PumpRun::StoreCheckpoint(const Checkpoint& checkpoint) {
  if (checkpoint.state.empty()) return {};
  if (writer_ && writer_->holds()) {
    SLUICE_TRY(writer_->Write(Batch{}, checkpoint, stop_));
  } else {
    storage::Commit commit;
    commit.state = checkpoint.state;
    SLUICE_TRY(services_.store->Write(commit));
  }
  NoteStored(checkpoint);
  return {};
}

Result<void> PumpRun::Finish() {
  if (is_full() && !resumed_ && pipe_->fail_if_source_empty && counts_.read == 0) {
    return MakeError(Code::kBadData,
                     "the source gave no entities, and if_source_empty is \"fail\"");
  }
  // An entity whose write failed was not seen: it must not be taken for one that is gone.
  bool complete = reader_->complete() && write_errors_->failed() == 0;
  if (is_full()) {
    const bool may_delete = source_populated_ || state_.reset_by_user;
    // Nor is what a dataset that does not exist yet may bring told from what is gone.
    state_.unpopulated_full = !may_delete || (!source_populated_ && !reader_->complete());
    complete = complete && may_delete;
  }
  if (FollowsOffsets()) {
    if (const Value since = reader_->since(); !since.IsNull()) state_.SetSince(since);
  }
  state_.full_pending = false;
  state_.full_run = 0;
  state_.reset_by_user = false;
  state_.completed = true;
  if (tracker_) SLUICE_TRY(tracker_->Finish(is_full()));
  Checkpoint checkpoint{.source_populated = source_populated_ && reader_->complete()};
  for (auto& change : reader_->TakeState()) source_state_.push_back(std::move(change));
  AddState(checkpoint);
  for (std::string& warning : reader_->warnings()) report_.warnings.push_back(std::move(warning));
  for (const auto& transform : pipe_->transforms) {
    for (std::string& warning : transform->TakeWarnings()) {
      report_.warnings.push_back(std::move(warning));
    }
  }
  if (counts_.shared > 0) {
    report_.warnings.push_back(fmt::format(
        "{} outputs come from several source entities; of each the last one was written",
        counts_.shared));
  }
  const SteadyTime start = services_.clock->Steady();
  SLUICE_TRY(const auto written, writer_->Finish(complete, checkpoint, stop_));
  const double seconds = SecondsSince(*services_.clock, start);
  Count([&](RunCounts& counts) {
    counts.sink_seconds += seconds;
    counts.written += written.written;
    counts.unchanged += written.unchanged;
    counts.deleted += written.deleted;
  });
  if (!written.checkpoint_stored) SLUICE_TRY(StoreCheckpoint(checkpoint));
  writer_.reset();
  if (tracker_) SLUICE_TRY(tracker_->Committed());
  End(RunOutcome::kCompleted, std::nullopt);
  return {};
}

void PumpRun::End(RunOutcome outcome, std::optional<Error> error) {
  // It uses the reader. What it has gathered is read again by the next run.
  if (ahead_.valid()) (void)ahead_.get();
  if (writer_) writer_->Suspend();
  writer_.reset();
  reader_.reset();
  cache_.reset();
  phase_ = Phase::kEnded;
  report_.kind = kind_;
  report_.outcome = outcome;
  report_.error = std::move(error);
  report_.counts = counts();
  report_.ended = services_.clock->Now();
}

void PumpRun::Count(const std::function<void(RunCounts&)>& change) {
  const std::lock_guard lock(counts_mutex_);
  change(counts_);
}

RunCounts PumpRun::counts() const {
  const std::lock_guard lock(counts_mutex_);
  return counts_;
}

void PumpRun::LogStartIfLong() {
  if (start_logged_ || services_.clock->Steady() - started_steady_ < kLongRun) return;
  // The log is no part of the data: a run goes on where it cannot be written, and its end, or the
  // next write to the store, says what is wrong.
  start_logged_ = log_.Started(report_.started, kind_, request_.user).ok();
}

bool PumpRun::FoundNothing() const {
  if (report_.outcome != RunOutcome::kCompleted) return false;
  const RunCounts& counts = report_.counts;
  if (counts.read_errors + counts.write_errors + counts.retried != 0) return false;
  return pipe_->pump.log_events_noop_runs_changes_only ? counts.written == 0
                                                       : counts.read + counts.again == 0;
}

Result<bool> PumpRun::LogEnd(std::optional<double> next_interval_s, bool even_noop) {
  const bool forced = start_logged_ || even_noop || pipe_->pump.log_events_noop_runs;
  if (FoundNothing() && !forced) return false;
  RunEnd end;
  end.report = &report_;
  end.next_interval_s = next_interval_s;
  end.retry_entities_exist = write_errors_ && write_errors_->pending();
  end.exception_entity = failed_entity_ ? &*failed_entity_ : nullptr;
  SLUICE_TRY(log_.Ended(end, request_.user));
  return true;
}

}  // namespace sluice::pipe
