#include "pipe/execution_log.h"

#include <fmt/format.h>

#include "pipe/dict_builder.h"
#include "value/instant.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

constexpr int64_t kKeptUs = 720LL * 3'600'000'000;  // compaction.time_threshold_hours_pump.
constexpr std::string_view kWriteErrorPrefix = "write-error:";
constexpr size_t kScanEntities = 1000;

double Seconds(WallTime from, WallTime to) {
  return std::chrono::duration<double>(to - from).count();
}

Value Metrics(const RunCounts& counts, Arena& arena) {
  DictBuilder entities(arena);
  entities.SetInteger("changes_last_run", counts.written)
      .SetInteger("entities_last_run", counts.read)
      .SetInteger("read_errors_last_run", counts.read_errors)
      .SetInteger("write_errors_last_run", counts.write_errors)
      .SetInteger("dependency_tracked_entities_last_run", counts.again)
      .SetInteger("shared_outputs_last_run", counts.shared)
      .SetInteger("ttl_deletes_entities_last_run", 0)
      .Set("source_time", Value::Float(counts.source_seconds))
      .Set("transform_time", Value::Float(counts.transform_seconds))
      .Set("sink_time", Value::Float(counts.sink_seconds));
  DictBuilder memory(arena);
  memory.SetInteger("batch-max-mem-size", counts.batch_bytes_max);
  DictBuilder metrics(arena);
  metrics.Set("entities", entities.Make()).Set("memory", memory.Make());
  return metrics.Make();
}

void AddError(DictBuilder& event, const Error& error, Arena& arena) {
  const std::string_view text = arena.Copy(error.ToText());
  event.Set("traceback", Value::String(text))
      .Set("original_traceback", Value::String(text))
      .SetText("original_error_message", error.message);
}

}  // namespace

std::string ExecutionLogName(std::string_view pipe) {
  return fmt::format("system:pump_execution:{}", pipe);
}

std::string TimestampText(WallTime at) {
  const auto us = std::chrono::floor<std::chrono::microseconds>(at.time_since_epoch()).count();
  int64_t seconds = us / 1'000'000;
  int64_t fraction = us % 1'000'000;
  if (fraction < 0) {
    fraction += 1'000'000;
    --seconds;
  }
  std::string text = DatetimeText({.seconds = seconds, .nanoseconds = 0});
  if (!text.empty() && text.back() == 'Z') text.pop_back();
  return fmt::format("{}.{:06}Z", text, fraction);
}

Result<storage::DatasetNumber> ExecutionLog::Open() {
  const std::string name = ExecutionLogName(pipe_);
  if (const auto info = store_.FindDataset(name)) return info->number;
  const storage::DatasetOptions options{.keep_versions = 0, .trim_older_than_us = kKeptUs};
  SLUICE_TRY(auto info, store_.CreateDataset(name, options));
  return info.number;
}

// Gives the offset of the first one.
Result<storage::Offset> ExecutionLog::Write(const std::vector<Value>& entities) {
  SLUICE_TRY(const auto number, Open());
  std::vector<std::string> records(entities.size());
  std::vector<storage::Append> appends(entities.size());
  for (size_t i = 0; i < entities.size(); ++i) {
    EncodeForDataset(entities[i], records[i]);
    appends[i].record = records[i];
    appends[i].id = entities[i].Find("_id").AsString().value_or("");
    appends[i].hash = IdentityHashOfRecord(records[i]);
    appends[i].force = true;
  }
  SLUICE_TRY(auto receipt, store_.Write({.dataset = number, .appends = appends}));
  return receipt.next_offset - entities.size();
}

DictBuilder ExecutionLog::Event(Arena& arena, std::string_view id, std::string_view type) const {
  DictBuilder event(arena);
  event.SetText("_id", id).SetText("event_type", type).SetText("pipe", pipe_);
  return event;
}

void ExecutionLog::AddUser(DictBuilder& event, const User& user, Arena& arena) const {
  if (user.id.empty() && user.email.empty()) return;
  DictBuilder who(arena);
  who.SetText("user_id", user.id)
      .SetText("email", user.email)
      .SetText("remote_addr", user.remote_addr);
  event.Set("user", who.Make());
}

Value ExecutionLog::StartedEvent(WallTime start, RunKind kind, const User& user,
                                 Arena& arena) const {
  auto event = Event(arena, "pump-started", "pump-started");
  event.SetText("start_time", TimestampText(start))
      .SetText("sync_type", SyncType(kind))
      .SetText("pump_definition", fmt::format("pump:{}", pipe_));
  AddUser(event, user, arena);
  return event.Make();
}

Value ExecutionLog::EndedEvent(const RunEnd& end, storage::Offset started_at, Arena& arena) const {
  const RunReport& report = *end.report;
  const bool completed = report.outcome == RunOutcome::kCompleted;
  const std::string_view type = completed ? "pump-completed" : "pump-failed";
  auto event = Event(arena, type, type);
  event.Set("metrics", Metrics(report.counts, arena))
      .SetText("pump_definition", fmt::format("pump:{}", pipe_))
      .SetText("sync_type", SyncType(report.kind))
      .SetText("start_time", TimestampText(report.started))
      .SetText("end_time", TimestampText(report.ended))
      .SetText("total_time", fmt::format("{:.6f}", Seconds(report.started, report.ended)))
      .SetInteger("pump_started_location", started_at)
      .Set("retry_entities_exist", Value::Boolean(end.retry_entities_exist))
      .SetInteger("entities_succeeded", report.counts.written + report.counts.unchanged)
      .SetInteger("entities_failed", report.counts.write_errors);
  if (end.next_interval_s) event.Set("next_interval", Value::Float(*end.next_interval_s));
  if (!report.warnings.empty()) {
    std::vector<Value> warnings;
    for (const auto& text : report.warnings) warnings.push_back(Value::String(arena.Copy(text)));
    event.Set("warnings", Value::List(arena.CopyArray(std::span<const Value>(warnings))));
  }
  if (completed) return event.Make();
  if (end.exception_entity) event.Set("exception_entity", end.exception_entity->dict);
  const bool stopped = report.outcome == RunOutcome::kStopped;
  if (report.error) AddError(event, *report.error, arena);
  event.SetText("reason_why_stopped", stopped        ? std::string("the pump was stopped")
                                      : report.error ? report.error->message
                                                     : std::string("unknown"));
  return event.Make();
}

Result<void> ExecutionLog::Started(WallTime start, RunKind kind, const User& user) {
  Arena arena;
  SLUICE_TRY(started_at_, Write({StartedEvent(start, kind, user, arena)}));
  return {};
}

Result<void> ExecutionLog::Ended(const RunEnd& end, const User& user) {
  Arena arena;
  if (!started_at_) {
    // Both in one commit: the place of the first is known before.
    SLUICE_TRY(const auto number, Open());
    const auto info = store_.FindDataset(ExecutionLogName(pipe_));
    const storage::Offset at = info && info->number == number ? info->next_offset : 0;
    SLUICE_TRY(Write({StartedEvent(end.report->started, end.report->kind, user, arena),
                      EndedEvent(end, at, arena)}));
    return {};
  }
  SLUICE_TRY(Write({EndedEvent(end, *started_at_, arena)}));
  started_at_.reset();
  return {};
}

Result<void> ExecutionLog::ReadError(const Error& error, bool unreachable) {
  Arena arena;
  std::string id = "read-error:";
  for (const uint8_t byte : random_.Uuid()) fmt::format_to(std::back_inserter(id), "{:02x}", byte);
  auto event = Event(arena, id, "read-error");
  event.SetInteger("error_code", unreachable ? 0 : 1)
      .SetText("event_time", TimestampText(clock_.Now()));
  AddError(event, error, arena);
  SLUICE_TRY(Write({event.Make()}));
  return {};
}

Result<void> ExecutionLog::WriteFailed(const WriteError& error) {
  Arena arena;
  auto event = Event(arena, fmt::format("{}{}", kWriteErrorPrefix, error.id), "write-error");
  event.SetInteger("error_code", error.unreachable ? 0 : 1)
      .SetText("event_time", TimestampText(clock_.Now()))
      .Set("retry_attempts", Value::Integer(error.retry_attempts))
      .Set("retryable", Value::Boolean(error.retryable))
      .Set("resolved", Value::Boolean(error.resolved))
      .Set("dead", Value::Boolean(error.dead))
      .Set("entity", Decode(error.record))
      .SetText("traceback", error.message)
      .SetText("original_traceback", error.message)
      .SetText("original_error_message", error.message);
  SLUICE_TRY(Write({event.Make()}));
  return {};
}

Result<void> ExecutionLog::OffsetSet(std::string_view offset, std::string_view before,
                                     bool is_reset, const User& user) {
  Arena arena;
  auto event = Event(arena, "pump-offset-set", "pump-offset-set");
  event.SetText("event_time", TimestampText(clock_.Now()))
      .SetText("pipe_offset", offset)
      .SetText("original_pipe_offset", before)
      .Set("is_reset", Value::Boolean(is_reset));
  AddUser(event, user, arena);
  SLUICE_TRY(Write({event.Make()}));
  return {};
}

Result<void> ExecutionLog::Switched(bool enabled, std::string_view comment, const User& user) {
  Arena arena;
  const std::string_view type = enabled ? "pump-enabled" : "pump-disabled";
  auto event = Event(arena, type, type);
  event.SetText("event_time", TimestampText(clock_.Now()));
  if (!enabled && !comment.empty()) event.SetText("comment", comment);
  AddUser(event, user, arena);
  SLUICE_TRY(Write({event.Make()}));
  return {};
}

Result<void> ExecutionLog::Note(std::string_view event_type, const User& user) {
  Arena arena;
  auto event = Event(arena, event_type, event_type);
  event.SetText("event_time", TimestampText(clock_.Now()));
  AddUser(event, user, arena);
  SLUICE_TRY(Write({event.Make()}));
  return {};
}

Result<ExecutionLog::Pending> ExecutionLog::PendingErrors(size_t errors_max) const {
  Pending pending;
  const auto snapshot = store_.TakeSnapshot();
  SLUICE_TRY(const auto info, snapshot->FindDataset(ExecutionLogName(pipe_)));
  if (!info) return pending;
  SLUICE_TRY(auto reader, snapshot->ReadById(info->number, kWriteErrorPrefix, /*deleted=*/false));
  while (true) {
    Arena arena;
    std::vector<Entity> entities;
    SLUICE_TRY(reader->Next(kScanEntities, arena, entities));
    if (entities.empty()) return pending;
    for (const Entity& entity : entities) {
      if (!entity.id().starts_with(kWriteErrorPrefix)) return pending;
      const auto flag = [&](std::string_view name) {
        return entity.dict.Find(name).AsBoolean().value_or(false);
      };
      if (!flag("retryable") || flag("resolved") || flag("dead")) continue;
      if (++pending.total > errors_max) continue;
      WriteError error;
      error.id = entity.id().substr(kWriteErrorPrefix.size());
      error.retry_attempts = entity.dict.Find("retry_attempts").AsInteger().value_or(0);
      error.message = entity.dict.Find("original_error_message").AsString().value_or("");
      Encode(entity.dict.Find("entity"), error.record);
      pending.errors.push_back(std::move(error));
    }
  }
}

}  // namespace sluice::pipe
