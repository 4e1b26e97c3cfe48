// The part of a run that reads and transforms: batches for one commit, also ahead of it.

#include <algorithm>

#include "pipe/flow.h"
#include "pipe/lookup_cache.h"
#include "pipe/run.h"
#include "pipe/tracking/tracker.h"
#include "pipe/write_errors.h"
#include "value/record.h"

namespace sluice::pipe {
namespace {

// A group so large that reading and transforming the next one is worth a thread.
constexpr size_t kGatherAheadEntities = 2'000;
constexpr size_t kReadEntities = 1'000;

double SecondsSince(const Clock& clock, SteadyTime start) {
  return std::chrono::duration<double>(clock.Steady() - start).count();
}

std::chrono::nanoseconds Nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

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
      group.ended = !batch.unfinished;
      if (group.ended || IsFull(group.batch, start)) break;
      continue;
    }
    if (ReadsSink(*pipe_)) batch.snapshot = nullptr;  // Each batch sees the one before.
    SLUICE_TRY(Batch out, Transform(std::move(batch)));
    ++group.batches;
    Append(group.batch, std::move(out));
    if (single || IsFull(group.batch, start)) break;
  }
  if (const Value since = reader_->since(); !since.IsNull()) {
    sluice::Encode(since, group.since_record);
  }
  // At the end the run's last commit takes it, unless what was read must not be without it.
  if (!group.ended || reader_->reads_its_state()) group.source_state = reader_->TakeState();
  return group;
}

// Where nobody has said how large batches are and nobody can see it, larger ones cost less.
size_t PumpRun::ReadSize() const {
  const bool seen = pipe_->batch_size_stated || WritesSingly() || pipe_->external ||
                    pipe_->pump.max_seconds_per_entity;
  return seen ? pipe_->batch_size : std::max(pipe_->batch_size, kReadEntities);
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
    auto batch = reader_->Next(ReadSize(), stop_);
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
  if (pipe_->tracking.ends_gone) EndGone(*out);
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

}  // namespace sluice::pipe
