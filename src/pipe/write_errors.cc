#include "pipe/write_errors.h"

#include <algorithm>

#include "value/record.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

bool IsFinal(Code code) { return code == Code::kCancelled || code == Code::kConflict; }

// The target could not be reached at all, as against: it refused this entity.
bool IsUnreachable(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kTimeout ||
         error.code == Code::kIo;
}

void Add(WriteCounts& to, const WriteCounts& counts) {
  to.written += counts.written;
  to.unchanged += counts.unchanged;
  to.deleted += counts.deleted;
  to.checkpoint_stored = to.checkpoint_stored || counts.checkpoint_stored;
}

Batch Single(const Batch& batch, size_t i) {
  Batch single;
  single.keep = batch.keep;
  single.keep.push_back(batch.arena);
  single.entities.push_back(batch.entities[i]);
  single.snapshot = batch.snapshot;
  return single;
}

Batch FromRecord(const std::string& record) {
  Batch batch;
  Entity entity;
  entity.dict = Decode(batch.arena->Copy(record));
  entity.deleted = entity.dict.Find("_deleted").AsBoolean().value_or(false);
  batch.entities.push_back(entity);
  return batch;
}

std::chrono::duration<double> Delay(const RetrySettings& settings, const Error& error) {
  double seconds = settings.write_retry_delay;
  if (error.retry && error.retry->retry_after_s) {
    seconds = std::max(seconds, static_cast<double>(*error.retry->retry_after_s));
  }
  return std::chrono::duration<double>(seconds);
}

}  // namespace

WriteErrors::WriteErrors(const CompiledPipe& pipe, RunServices services, Write write)
    : pipe_(pipe),
      services_(services),
      write_(std::move(write)),
      log_(*services.store, *services.clock, *services.random, pipe.id) {}

// What the error says holds where the pump says nothing itself.
RetrySettings WriteErrors::Settings(const Error& error) const {
  RetrySettings settings = pipe_.pump.retry;
  if (!error.retry || pipe_.pump.states_write_retries) return settings;
  const RetryAdvice& advice = *error.retry;
  const auto take = [](const std::optional<int64_t>& from, int64_t& to) {
    if (from) to = *from;
  };
  take(advice.max_retries_per_entity, settings.max_retries_per_entity);
  take(advice.max_consecutive_write_errors, settings.max_consecutive_write_errors);
  take(advice.max_write_errors_in_retry_dataset, settings.max_write_errors_in_retry_dataset);
  take(advice.batch_retries, settings.batch_retries);
  if (advice.write_retry_delay_s) {
    settings.write_retry_delay = static_cast<double>(*advice.write_retry_delay_s);
  }
  return settings;
}

Result<WriteCounts> WriteErrors::RetryPending(const Stop& stop) {
  WriteCounts counts;
  const int64_t errors_max = pipe_.pump.retry.max_write_errors_in_retry_dataset;
  if (errors_max == 0) return counts;
  SLUICE_TRY(auto pending, log_.PendingErrors(static_cast<size_t>(errors_max)));
  for (WriteError& error : pending.errors) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    const Batch batch = FromRecord(error.record);
    auto written = write_(batch, Checkpoint{});
    ++retried_;
    ++error.retry_attempts;
    if (written.ok()) {
      Add(counts, *written);
      error.resolved = true;
      error.retryable = false;
      SLUICE_TRY(log_.WriteFailed(error));
      continue;
    }
    if (IsFinal(written.error().code)) return written.TakeError();
    ++failed_;
    error.message = written.error().message;
    error.unreachable = IsUnreachable(written.error());
    if (error.retry_attempts >= pipe_.pump.retry.max_retries_per_entity) {
      SLUICE_TRY(GiveUp(error));
    } else {
      SLUICE_TRY(log_.WriteFailed(error));
      pending_[error.id] = error;
    }
  }
  return counts;
}

Result<void> WriteErrors::GiveUp(WriteError error) {
  error.dead = true;
  error.retryable = false;
  SLUICE_TRY(log_.WriteFailed(error));
  pending_.erase(error.id);
  const std::string& name = pipe_.pump.dead_letter_dataset;
  if (name.empty()) return {};
  storage::Store& store = *services_.store;
  auto info = store.FindDataset(name);
  if (!info) {
    SLUICE_TRY(info, store.CreateDataset(name, {.owner = pipe_.id}));
  }
  std::string record;
  EncodeForDataset(Decode(error.record), record);
  storage::Append append;
  append.record = record;
  append.id = error.id;
  append.hash = IdentityHashOfRecord(record);
  append.deleted = Decode(record).Find("_deleted").AsBoolean().value_or(false);
  SLUICE_TRY(store.Write({.dataset = info->number, .appends = {&append, 1}}));
  return {};
}

// What was waiting to be tried again and has come in a newer version is done with.
Result<void> WriteErrors::Resolve(const Batch& batch) {
  if (pending_.empty()) return {};
  for (const Entity& entity : batch.entities) {
    const auto found = pending_.find(std::string(entity.id()));
    if (found == pending_.end()) continue;
    WriteError error = found->second;
    error.resolved = true;
    error.retryable = false;
    SLUICE_TRY(log_.WriteFailed(error));
    pending_.erase(found);
  }
  return {};
}

Result<WriteCounts> WriteErrors::WriteBatch(const Batch& batch, const Checkpoint& checkpoint,
                                            const Stop& stop) {
  int64_t attempts = 0;
  while (true) {
    auto written = write_(batch, checkpoint);
    if (written.ok()) {
      consecutive_ = 0;
      SLUICE_TRY(Resolve(batch));
      return written;
    }
    const Error& error = written.error();
    if (IsFinal(error.code)) return written.TakeError();
    const RetrySettings settings = Settings(error);
    // A target that is away may be back; what it refused it will refuse again.
    const bool again = IsUnreachable(error) && batch.entities.size() > 1;
    if (again && attempts++ < settings.batch_retries) {
      if (stop.WaitFor(
              std::chrono::duration_cast<std::chrono::nanoseconds>(Delay(settings, error)))) {
        return MakeError(Code::kCancelled, "stopped");
      }
      continue;
    }
    // A dataset refuses a commit as a whole and names the entity: writing singly would find the
    // same.
    const bool singly = settings.fallback_to_single_entities &&
                        (!pipe_.dataset_sink || settings.max_write_errors_in_retry_dataset > 0);
    if (batch.entities.size() == 1 || singly) {
      return WriteSingly(batch, checkpoint, error, stop);
    }
    ++failed_;
    return written.TakeError();
  }
}

Result<WriteCounts> WriteErrors::WriteSingly(const Batch& batch, const Checkpoint& checkpoint,
                                             const Error& batch_error, const Stop& stop) {
  WriteCounts counts;
  const size_t size = batch.entities.size();
  for (size_t i = 0; i < size; ++i) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    const Batch single = Single(batch, i);
    // A batch of one has just been tried.
    auto written = size == 1 ? Result<WriteCounts>(batch_error) : write_(single, Checkpoint{});
    while (!written.ok()) {
      if (IsFinal(written.error().code)) return written.TakeError();
      ++failed_;
      culprit_ = &batch.entities[i];
      const RetrySettings settings = Settings(written.error());
      const bool noted = settings.max_write_errors_in_retry_dataset > 0;
      if (++consecutive_ >= settings.max_consecutive_write_errors) {
        if (noted) SLUICE_TRY(Note(batch.entities[i], written.error(), stop));
        return written.TakeError();
      }
      if (noted) {
        SLUICE_TRY(Note(batch.entities[i], written.error(), stop));
        break;
      }
      if (stop.WaitFor(std::chrono::duration_cast<std::chrono::nanoseconds>(
              Delay(settings, written.error())))) {
        return MakeError(Code::kCancelled, "stopped");
      }
      written = write_(single, Checkpoint{});
    }
    if (!written.ok()) continue;
    consecutive_ = 0;
    culprit_ = nullptr;
    Add(counts, *written);
    SLUICE_TRY(Resolve(single));
  }
  counts.checkpoint_stored = false;
  if (checkpoint.state.empty()) return counts;
  Batch nothing;
  SLUICE_TRY(auto stored, write_(nothing, checkpoint));
  counts.checkpoint_stored = stored.checkpoint_stored;
  return counts;
}

Result<void> WriteErrors::Note(const Entity& entity, const Error& error, const Stop&) {
  const auto limit = static_cast<uint64_t>(Settings(error).max_write_errors_in_retry_dataset);
  if (pending_.size() >= limit) {
    return MakeError(error.code,
                     "{} entities wait to be written again, as many as "
                     "max_write_errors_in_retry_dataset allows; the last error: {}",
                     pending_.size(), error.message);
  }
  WriteError noted;
  noted.id = entity.id();
  Encode(entity.dict, noted.record);
  noted.unreachable = IsUnreachable(error);
  noted.message = error.message;
  SLUICE_TRY(log_.WriteFailed(noted));
  pending_[noted.id] = std::move(noted);
  return {};
}

}  // namespace sluice::pipe
