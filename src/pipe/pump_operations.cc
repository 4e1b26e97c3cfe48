// What operators do with a pump, and what it tells about itself.

#include "pipe/breaker/circuit_breaker.h"
#include "pipe/pump.h"
#include "value/json.h"

namespace sluice::pipe {
namespace {

std::string OffsetText(const PipeState& state) {
  const Value since = state.Since();
  return since.IsNull() ? std::string() : ToJson(since);
}

}  // namespace

Result<void> Pump::StoreSwitches() {
  PumpSwitches switches;
  {
    const std::lock_guard lock(pump_mutex_);
    switches = switches_;
  }
  return StoreState(*services_.run.store, SwitchesKey(id_), Encode(switches));
}

Result<void> Pump::SetEnabled(bool enabled, std::string_view comment, const User& user) {
  {
    Lock lock(pump_mutex_);
    switches_.disabled = !enabled;
    switches_.comment = enabled ? std::string() : std::string(comment);
    if (!enabled) {
      wanted_ = false;
      StopAndWait(lock);
    }
  }
  SLUICE_TRY(StoreSwitches());
  ExecutionLog log(*services_.run.store, *services_.run.clock, *services_.run.random, id_);
  SLUICE_TRY(log.Switched(enabled, comment, user));
  Schedule(enabled ? Occasion::kAdded : Occasion::kResumed);
  services_.emit({.type = HubEvent::Type::kPumpChanged, .pipe = id_});
  return {};
}

Result<void> Pump::SetSince(const Value& since, const User& user) {
  const auto pipe = version();
  if (pipe && !pipe->allows_set_last_seen) {
    return MakeError(Code::kConflict, "the pipe \"{}\" has disable_set_last_seen set", id_);
  }
  Hold();
  const auto set = [&]() -> Result<void> {
    storage::Store& store = *services_.run.store;
    SLUICE_TRY(const auto tripped, FindTripped(store, id_));
    if (tripped) return MakeError(Code::kConflict, "{}", *tripped);
    SLUICE_TRY(auto state, LoadPipeState(store, id_));
    const std::string before = OffsetText(state);
    const bool resets = since.IsNull();
    if (resets) {
      PipeState anew;
      anew.sink_scope = state.sink_scope;
      anew.reset_by_user = true;
      // What a target outside was given is still there. Otherwise the next run, a full one, begins
      // another generation and removes this one.
      anew.tracking.generation = state.tracking.generation;
      anew.tracking.oldest_generation = state.tracking.oldest_generation;
      state = std::move(anew);
    } else {
      state.SetSince(since);
      state.full_pending = false;
      state.full_run = 0;
      if (pipe && pipe->source) state.source_scope = pipe->source->since_scope();
    }
    SLUICE_TRY(StoreState(store, StateKey(id_), Encode(state)));
    ExecutionLog log(store, *services_.run.clock, *services_.run.random, id_);
    return log.OffsetSet(OffsetText(state), before, resets, user);
  };
  auto done = set();
  {
    const std::lock_guard lock(pump_mutex_);
    wanted_ = wanted_ || (version_ && version_->signalled);
  }
  Release();
  if (done.ok()) services_.emit({.type = HubEvent::Type::kPumpChanged, .pipe = id_});
  return done;
}

Result<void> Pump::SetSinceToEnd(const User& user) {
  const auto pipe = version();
  if (!pipe || !pipe->source || pipe->source->datasets().empty()) {
    return MakeError(Code::kConflict,
                     "the offset of \"{}\" can only be set to the end of a source of datasets",
                     id_);
  }
  Arena arena;
  return SetSince(pipe->source->SinceAtEnd(arena), user);
}

Result<void> Pump::ResetTracking(const User& user) {
  storage::Store& store = *services_.run.store;
  Hold();
  const auto reset = [&]() -> Result<void> {
    SLUICE_TRY(auto state, LoadPipeState(store, id_));
    state.tracking.datasets.clear();
    state.tracking.ClearPending();
    SLUICE_TRY(StoreState(store, StateKey(id_), Encode(state)));
    SLUICE_TRY(RemoveStatePrefix(store, AffectedPrefix(id_)));
    ReleaseHolds(store, id_);
    ExecutionLog log(store, *services_.run.clock, *services_.run.random, id_);
    return log.Note("pump-reset-tracking", user);
  };
  auto done = reset();
  Release();
  if (done.ok()) services_.emit({.type = HubEvent::Type::kPumpChanged, .pipe = id_});
  return done;
}

Result<void> Pump::ResetRescan(const User& user) {
  storage::Store& store = *services_.run.store;
  Hold();
  const auto reset = [&]() -> Result<void> {
    SLUICE_TRY(auto state, LoadPipeState(store, id_));
    // A full run that has not come to its end begins anew.
    state.full_run = 0;
    SLUICE_TRY(StoreState(store, StateKey(id_), Encode(state)));
    ExecutionLog log(store, *services_.run.clock, *services_.run.random, id_);
    return log.Note("pump-reset-rescan", user);
  };
  auto done = reset();
  Release();
  return done;
}

Result<void> Pump::DiscardRetries(const User& user) {
  constexpr size_t kErrorsAtOnce = 1000;
  ExecutionLog log(*services_.run.store, *services_.run.clock, *services_.run.random, id_);
  Hold();
  const auto discard = [&]() -> Result<void> {
    while (true) {
      SLUICE_TRY(auto pending, log.PendingErrors(kErrorsAtOnce));
      if (pending.errors.empty()) break;
      for (WriteError& error : pending.errors) {
        error.retryable = false;
        SLUICE_TRY(log.WriteFailed(error));
      }
    }
    return log.Note("pump-discard-retries", user);
  };
  auto done = discard();
  Release();
  return done;
}

Result<void> Pump::SettleBreaker(std::string_view event,
                                 const std::function<Result<void>()>& settle, const User& user) {
  Hold();
  auto settled = settle();
  if (settled.ok()) {
    ExecutionLog log(*services_.run.store, *services_.run.clock, *services_.run.random, id_);
    settled = log.Note(event, user);
  }
  auto looked = LookAtBreaker();
  {
    const std::lock_guard lock(pump_mutex_);
    wanted_ = wanted_ || (version_ && version_->signalled);
  }
  Release();
  services_.emit({.type = HubEvent::Type::kPumpChanged, .pipe = id_});
  return settled.ok() ? std::move(looked) : std::move(settled);
}

Result<void> Pump::CommitCircuitBreaker(const User& user) {
  return SettleBreaker(
      "circuit-breaker-commit", [&] { return CommitTripped(*services_.run.store, id_, Stop()); },
      user);
}

Result<void> Pump::RollbackCircuitBreaker(const User& user) {
  return SettleBreaker(
      "circuit-breaker-rollback", [&] { return RollbackTripped(*services_.run.store, id_); }, user);
}

void Pump::FillIdle(const Lock&, PumpStatus& status) const {
  const auto set = [&](Idle idle, std::string text) {
    status.idle = idle;
    status.idle_text = std::move(text);
  };
  if (active_ && started_) return set(Idle::kRunning, "");
  if (!version_ || !version_->valid()) return set(Idle::kInvalid, "its configuration has errors");
  if (!version_->not_built.empty()) {
    return set(Idle::kNotBuilt, version_->not_built);
  }
  if (!version_->has_pump()) return set(Idle::kNoPump, "an endpoint pipe has no pump");
  if (version_->pump.mode == PumpMode::kOff) return set(Idle::kOff, "its mode is \"off\"");
  if (tripped_) return set(Idle::kTripped, *tripped_);
  if (switches_.disabled) {
    const bool commented = !switches_.comment.empty();
    return set(Idle::kDisabled, commented ? "disabled: " + switches_.comment : "disabled");
  }
  if (active_) return set(Idle::kQueued, "due, and waits for a thread");
  if (version_->pump.mode == PumpMode::kManual) {
    return set(Idle::kManual, "its mode is \"manual\"");
  }
  if (delayed_) return set(Idle::kBackingOff, "part of a cycle that does not come to rest");
  if (holds_ > 0 || !services_.running_free()) {
    return set(Idle::kHeld, "schedules are held back");
  }
  set(Idle::kScheduled, version_->signalled ? "waits for its next run or a change in its input"
                                            : "waits for its next run");
}

std::vector<QueueStatus> Pump::Queues(const CompiledPipe& pipe, const PipeState& state) const {
  std::vector<QueueStatus> queues;
  if (!pipe.source) return queues;
  const auto snapshot = services_.run.store->TakeSnapshot();
  const bool current =
      !state.full_pending &&
      pipe.source->KeepsSince(state.Since(), state.source_scope, pipe.source->since_scope());
  for (const std::string& dataset : pipe.source->datasets()) {
    QueueStatus queue{.dataset = dataset};
    const auto info = snapshot->FindDataset(dataset);
    if (info.ok() && *info) {
      const storage::Offset from =
          current ? pipe.source->PositionIn(dataset, state.Since()).value_or(0) : 0;
      const auto left = snapshot->CountLive((*info)->number, from);
      if (left.ok()) queue.entities = *left;
    }
    queues.push_back(std::move(queue));
  }
  return queues;
}

PumpStatus Pump::status(Detail detail) const {
  PumpStatus status;
  std::shared_ptr<CompiledPipe> version;
  bool in_cycle = false;
  {
    const Lock lock(pump_mutex_);
    version = version_;
    in_cycle = in_cycle_;
    status.is_disabled = switches_.disabled;
    status.disabled_comment = switches_.comment;
    status.is_running = active_ && started_;
    status.is_queued = active_ && !started_;
    if (status.is_running && active_->run) {
      status.running = active_->run->kind();
      status.current = active_->run->counts();
    }
    status.last = last_;
    status.last_success = last_success_;
    status.next_run = next_run_;
    FillIdle(lock, status);
  }
  if (!version) return status;
  status.has_pump = version->has_pump();
  const PumpMode mode = version->pump.mode;
  status.mode = mode == PumpMode::kScheduled ? "scheduled"
                : mode == PumpMode::kManual  ? "manual"
                                             : "off";
  if (auto state = LoadPipeState(*services_.run.store, id_); state.ok()) {
    status.offset = OffsetText(*state);
    status.is_populated = state->completed;
    if (detail.queues) status.queues = Queues(*version, *state);
  }
  if (version->require_populated_input && status.idle == Idle::kScheduled &&
      !version->source->populated()) {
    status.idle = Idle::kNotPopulated;
    status.idle_text = "waits for its input to be populated";
  }
  if (status.idle == Idle::kScheduled && version->runnable() && !in_cycle) {
    if (const auto awaited = AwaitedLookup(*version, *services_.run.store)) {
      status.idle = Idle::kNotPopulated;
      status.idle_text = "waits for \"" + *awaited + "\", which it looks up, to be populated";
    }
  }
  if (!version->runnable()) return status;
  status.supported_operations = {status.is_running ? "stop" : "start"};
  status.supported_operations.push_back(status.is_disabled ? "enable" : "disable");
  status.supported_operations.push_back("start-rescan");
  status.supported_operations.push_back("reset-rescan");
  if (version->tracking.follows()) status.supported_operations.push_back("reset-tracking");
  if (version->allows_set_last_seen) {
    status.supported_operations.push_back("update-last-seen");
    if (!version->source->datasets().empty()) {
      status.supported_operations.push_back("set-last-seen-to-end");
    }
  }
  if (version->pump.retry.max_write_errors_in_retry_dataset > 0) {
    status.supported_operations.push_back("discard-retries");
    ExecutionLog log(*services_.run.store, *services_.run.clock, *services_.run.random, id_);
    if (auto pending = log.PendingErrors(0); pending.ok()) status.retries = pending->total;
  }
  return status;
}

}  // namespace sluice::pipe
