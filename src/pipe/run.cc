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

// A group so large that reading and transforming the next one is worth a thread.
constexpr size_t kGatherAheadEntities = 2'000;

double SecondsSince(const Clock& clock, SteadyTime start) {
  return std::chrono::duration<double>(clock.Steady() - start).count();
}

std::chrono::nanoseconds Nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
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

Result<PumpRun::Group> PumpRun::NextGroup() {
  if (ahead_.valid()) return ahead_.get();
  return Gather();
}

// Not where a batch must see the one before committed. A small group is done before a thread would
// have begun.
bool PumpRun::MayGatherAhead(const Group& group) const {
  return !group.ended && !pipe_->external && !WritesSingly() && !stop_.IsSet() &&
         !reader_->reads_its_state() && group.batch.entities.size() >= kGatherAheadEntities;
}

// Reads and transforms batches until there are enough for one commit. May run on a thread of its
// own, while the group before is committed.
Result<PumpRun::Group> PumpRun::Gather() {
  const SteadyTime start = services_.clock->Steady();
  const bool single = WritesSingly();
  Group group;
  while (!group.ended) {
    SLUICE_TRY(Batch batch, ReadBatch());
    if (batch.entities.empty()) {
      group.ended = true;
      break;
    }
    if (single) batch.snapshot = nullptr;
    SLUICE_TRY(Batch out, Transform(std::move(batch)));
    ++group.batches;
    Append(group.batch, std::move(out));
    if (single || IsFull(group.batch, start)) break;
  }
  if (const Value since = reader_->since(); !since.IsNull()) {
    sluice::Encode(since, group.since_record);
  }
  // At the end the run's last commit takes it.
  if (!group.ended) group.source_state = reader_->TakeState();
  return group;
}

bool PumpRun::WritesSingly() const { return !pipe_->sink->coalesces() || ReadsSink(*pipe_); }

bool PumpRun::IsFull(const Batch& group, SteadyTime start) const {
  return group.entities.size() >= limits::kCommitEntitiesMax ||
         group.sources.size() >= limits::kCommitEntitiesMax ||
         BatchBytes(group) >= limits::kCommitBytesMax ||
         services_.clock->Steady() - start > kGatherTime || stop_.IsSet();
}

Result<Batch> PumpRun::ReadBatch() {
  while (true) {
    const SteadyTime start = services_.clock->Steady();
    auto batch = reader_->Next(pipe_->batch_size, stop_);
    const double seconds = SecondsSince(*services_.clock, start);
    if (batch.ok()) {
      if (pipe_->tracking.wants_sources() && batch->sources.empty()) NoteSources(*batch);
      read_retries_ = 0;
      Count([&](RunCounts& counts) {
        counts.read += batch->entities.size();
        counts.source_seconds += seconds;
      });
      return batch;
    }
    const Error& error = batch.error();
    // Ahead of the group that is being committed there is nowhere to begin again.
    if (error.code == Code::kCancelled || is_ahead_) return batch.TakeError();
    Count([&](RunCounts& counts) { ++counts.read_errors; });
    RetrySettings settings = pipe_->pump.retry;
    if (error.retry && !pipe_->pump.states_read_retries) {
      if (error.retry->max_read_retries) settings.max_read_retries = *error.retry->max_read_retries;
      if (error.retry->read_retry_delay_s) {
        settings.read_retry_delay = static_cast<double>(*error.retry->read_retry_delay_s);
      }
    }
    SLUICE_TRY(log_.ReadError(error, error.code == Code::kUnavailable));
    if (read_retries_++ >= settings.max_read_retries) return batch.TakeError();
    if (stop_.WaitFor(Nanoseconds(settings.read_retry_delay))) {
      return MakeError(Code::kCancelled, "stopped");
    }
    // What was gathered but not written is read again.
    SLUICE_TRY(OpenSource());
  }
}

Result<Batch> PumpRun::Transform(Batch batch) {
  const SteadyTime start = services_.clock->Steady();
  const size_t count = batch.entities.size();
  const std::optional<Entity> first =
      count == 0 ? std::nullopt : std::optional(batch.entities.front());
  auto memory = batch.keep;
  memory.push_back(batch.arena);
  batch.cache = cache_;
  auto out = PassThrough(*pipe_, std::move(batch), stop_);
  const double seconds = SecondsSince(*services_.clock, start);
  const auto limit = pipe_->pump.max_seconds_per_entity;
  const bool too_slow = limit && seconds > *limit * static_cast<double>(count);
  if (!out.ok() || too_slow) {
    failed_batch_.keep = std::move(memory);
    failed_entity_ = first;
  }
  if (!out.ok()) return out;
  if (too_slow) {
    return MakeError(Code::kTimeout,
                     "transforming {} entities took {:.3f} s; max_seconds_per_entity allows {} s "
                     "for each",
                     count, seconds, *limit);
  }
  const auto filtered = static_cast<uint64_t>(
      std::ranges::count_if(out->entities, [](const Entity& e) { return e.filtered; }));
  Count([&](RunCounts& counts) {
    counts.transform_seconds += seconds;
    counts.filtered += filtered;
    counts.batch_bytes_max = std::max<uint64_t>(counts.batch_bytes_max, BatchBytes(*out));
  });
  return out;
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
  Checkpoint checkpoint =
      MakeCheckpoint(due && (!source_ended_ || phase_ == Phase::kAgain), gathered);
  Batch group = std::move(gathered.batch);
  SLUICE_TRY(Settle(group, checkpoint));
  if (group.entities.empty()) {
    if (!due && checkpoint.state.empty()) return {};
    batches_since_checkpoint_ = 0;
    return StoreCheckpoint(checkpoint);
  }
  // What leaves the hub must survive a loss of power (DESIGN.md, durability on one machine).
  if (pipe_->sink->is_external() && group.snapshot) {
    SLUICE_TRY(services_.store->WaitDurable(group.snapshot->sequence(), stop_));
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
    state_.unpopulated_full = !may_delete;
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
