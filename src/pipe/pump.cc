#include "pipe/pump.h"

#include <algorithm>

#include "pipe/breaker/circuit_breaker.h"
#include "pipe/reader_holds.h"
#include "storage/disk_full.h"

namespace sluice::pipe {
namespace {

// How long a run keeps a shared thread before the next one has its turn.
constexpr auto kTurn = std::chrono::milliseconds(20);
// The first pause between two rounds of a cycle; it doubles up to the schedule's interval.
constexpr auto kFirstBackOff = std::chrono::milliseconds(10);

}  // namespace

Pump::Pump(std::string id, const PumpServices& services)
    : id_(std::move(id)), services_(services) {}

std::shared_ptr<CompiledPipe> Pump::version() const {
  const std::lock_guard lock(pump_mutex_);
  return version_;
}

Result<void> Pump::Load() {
  SLUICE_TRY(LookAtBreaker());
  SLUICE_TRY(auto switches, LoadPumpSwitches(*services_.run.store, id_));
  const std::lock_guard lock(pump_mutex_);
  switches_ = std::move(switches);
  return {};
}

std::optional<Error> Pump::Refusal(const Lock&) const {
  if (closed_ || !version_) return MakeError(Code::kNotFound, "the pipe \"{}\" is gone", id_);
  if (!version_->valid()) {
    return MakeError(Code::kBadConfig, "the configuration of the pipe \"{}\" has errors", id_);
  }
  if (!version_->not_built.empty()) {
    return MakeError(version_->not_built_code, "the pipe \"{}\" cannot run: {}", id_,
                     version_->not_built);
  }
  if (!version_->has_pump()) {
    return MakeError(Code::kConflict, "the pipe \"{}\" has an endpoint and no pump", id_);
  }
  if (version_->pump.mode == PumpMode::kOff) {
    return MakeError(Code::kConflict, "the pump of \"{}\" has the mode \"off\"", id_);
  }
  if (tripped_) return MakeError(Code::kConflict, "{}", *tripped_);
  return std::nullopt;
}

bool Pump::MayRunBySchedule(const Lock& lock) const {
  return !Refusal(lock) && !switches_.disabled && holds_ == 0 &&
         version_->pump.mode == PumpMode::kScheduled && services_.running_free();
}

std::shared_ptr<Pump::Active> Pump::Queue(const Lock&, RunKind kind, const User& user) {
  auto active = std::make_shared<Active>(version_);
  active->run = std::make_unique<PumpRun>(
      version_, services_.run, RunRequest{.kind = kind, .user = user, .in_cycle = in_cycle_},
      Stop(active->stop.get_token()));
  active_ = active;
  started_ = false;
  wanted_ = false;
  wanted_kind_ = RunKind::kIncremental;
  services_.activity->Enter();
  Post(active);
  return active;
}

// Where the pipe talks to the outside, and for a beginning that may have to fill indexes: neither
// may keep a shared thread.
bool Pump::NeedsOwnThread(const Active& active) {
  return active.version->external || (!active.begun && !active.version->indexes.empty());
}

void Pump::Post(std::shared_ptr<Active> active) {
  Executor& executor = NeedsOwnThread(*active) ? *services_.blocking : *services_.internal;
  executor.Post([self = shared_from_this(), active = std::move(active)] { self->Advance(active); });
}

void Pump::Advance(const std::shared_ptr<Active>& active) {
  bool begins = false;
  {
    const std::lock_guard lock(pump_mutex_);
    if (active_ != active) return;  // Stopped before it began.
    begins = !started_;
    started_ = true;
  }
  if (begins) services_.emit({.type = HubEvent::Type::kRunStarted, .pipe = id_});
  const Clock& clock = *services_.run.clock;
  const SteadyTime start = clock.Steady();
  const bool own_thread = NeedsOwnThread(*active);
  while (active->run->Step()) {
    active->begun = true;
    const bool turn_is_over = !active->version->external && clock.Steady() - start > kTurn;
    if (turn_is_over || own_thread != NeedsOwnThread(*active)) {
      Post(active);
      return;
    }
  }
  Ended(active);
}

bool Pump::LogEnd(Active& active, std::optional<double> next_interval_s) {
  bool even_noop = false;
  {
    const std::lock_guard lock(pump_mutex_);
    const auto every = std::chrono::seconds(
        std::min<int64_t>(active.version->pump.notification_granularity, 1'000'000'000));
    even_noop = last_logged_ && services_.run.clock->Now() - *last_logged_ > every;
  }
  auto logged = active.run->LogEnd(next_interval_s, even_noop);
  if (!logged.ok()) {
    services_.log("ERROR", "the execution log of \"" + id_ +
                               "\" could not be written: " + logged.error().ToText());
    return false;
  }
  return *logged;
}

void Pump::Ended(const std::shared_ptr<Active>& active) {
  RunReport report = active->run->report();
  WallTime next_wall{};
  std::optional<double> next_interval_s;
  if (const auto due = NextDue(Occasion::kResumed, next_wall)) {
    next_interval_s = std::chrono::duration<double>(*due - services_.run.clock->Steady()).count();
  }
  const bool logged = LogEnd(*active, next_interval_s);
  for (const std::string& warning : report.warnings) {
    services_.log("WARNING", "the pipe \"" + id_ + "\": " + warning);
  }
  if (auto held = SetReaderHolds(*services_.run.store, *active->version); !held.ok())
    services_.log("WARNING", "the pipe \"" + id_ +
                                 "\" keeps compaction back where it did: " + held.error().ToText());
  if (report.outcome == RunOutcome::kFailed && report.error) {
    services_.log("ERROR", "the pipe \"" + id_ + "\" failed: " + report.error->ToText());
    if (auto looked = LookAtBreaker(); !looked.ok())
      services_.log("ERROR", "the circuit breaker of \"" + id_ +
                                 "\" could not be read: " + looked.error().ToText());
  }
  std::unique_ptr<PumpRun> run;  // Its snapshots go with it, without the mutex.
  {
    Lock lock(pump_mutex_);
    run = std::move(active->run);
    last_ = report;
    if (report.outcome == RunOutcome::kCompleted) last_success_ = report.ended;
    if (logged) last_logged_ = report.ended;
    active->report = report;
    active_.reset();
    started_ = false;
    BackOff(lock, report);
    QueueIfWanted(lock);
    SetAlarm(lock, Occasion::kResumed);
  }
  changed_.notify_all();
  services_.emit({.type = HubEvent::Type::kRunEnded, .pipe = id_, .report = &report});
  services_.activity->Leave();
}

Result<void> Pump::LookAtBreaker() {
  SLUICE_TRY(auto tripped, FindTripped(*services_.run.store, id_));
  const std::lock_guard lock(pump_mutex_);
  tripped_ = std::move(tripped);
  return {};
}

void Pump::BackOff(const Lock&, const RunReport& report) {
  if (!in_cycle_ || report.outcome != RunOutcome::kCompleted || report.counts.written == 0) {
    back_off_ = std::chrono::nanoseconds(0);
    return;
  }
  const auto longest = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(version_ ? version_->pump.schedule_interval : 0));
  back_off_ = std::clamp<std::chrono::nanoseconds>(
      back_off_ * 2, kFirstBackOff, std::max<std::chrono::nanoseconds>(longest, kFirstBackOff));
}

void Pump::QueueIfWanted(const Lock& lock) {
  if (!wanted_ || active_ || delayed_ || !MayRunBySchedule(lock)) return;
  if (back_off_.count() == 0) {
    Queue(lock, wanted_kind_, {});
    return;
  }
  delayed_ = true;
  services_.activity->Enter();
  const SteadyTime due = services_.run.clock->Steady() + back_off_;
  services_.timer->Set("signal/" + id_, due, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    {
      const Lock inner(self->pump_mutex_);
      if (!self->delayed_) return;  // The pump was closed.
      self->delayed_ = false;
      if (self->wanted_ && !self->active_ && self->MayRunBySchedule(inner)) {
        self->Queue(inner, self->wanted_kind_, {});
      }
    }
    self->services_.activity->Leave();
  });
}

void Pump::Signal() {
  const Lock lock(pump_mutex_);
  if (!version_ || !version_->signalled) return;
  wanted_ = true;
  QueueIfWanted(lock);
}

void Pump::RunIfFailed() {
  const Lock lock(pump_mutex_);
  const bool failed = last_ && last_->outcome == RunOutcome::kFailed && last_->error;
  if (!failed || !storage::IsDiskFull(*last_->error)) return;
  wanted_ = true;
  QueueIfWanted(lock);
}

void Pump::StopAndWait(Lock& lock) {
  const auto active = active_;
  if (!active) return;
  if (!started_) {
    RunReport report{.pipe = id_, .outcome = RunOutcome::kStopped};
    report.started = report.ended = services_.run.clock->Now();
    active->report = std::move(report);
    active_.reset();
    services_.activity->Leave();
    changed_.notify_all();
    return;
  }
  lock.unlock();
  active->stop.request_stop();
  lock.lock();
  changed_.wait(lock, [&] { return active->report.has_value(); });
}

void Pump::Replace(std::shared_ptr<CompiledPipe> version, bool in_cycle) {
  Lock lock(pump_mutex_);
  ++holds_;
  const bool interrupted = active_ != nullptr;
  StopAndWait(lock);
  version_ = std::move(version);
  in_cycle_ = in_cycle;
  back_off_ = std::chrono::nanoseconds(0);
  --holds_;
  wanted_ = wanted_ || interrupted;
  QueueIfWanted(lock);
}

void Pump::SetInCycle(bool in_cycle) {
  const std::lock_guard lock(pump_mutex_);
  in_cycle_ = in_cycle;
}

void Pump::Close() {
  services_.timer->Cancel("run/" + id_);
  services_.timer->Cancel("signal/" + id_);
  Lock lock(pump_mutex_);
  closed_ = true;
  if (delayed_) services_.activity->Leave();
  delayed_ = false;
  StopAndWait(lock);
}

void Pump::Hold() {
  Lock lock(pump_mutex_);
  ++holds_;
  wanted_ = wanted_ || active_ != nullptr;
  StopAndWait(lock);
}

void Pump::Release() {
  const Lock lock(pump_mutex_);
  --holds_;
  QueueIfWanted(lock);
}

Result<void> Pump::Start(RunKind kind, const User& user) {
  const Lock lock(pump_mutex_);
  if (auto refusal = Refusal(lock)) return *refusal;
  if (active_ || holds_ > 0) {
    wanted_ = true;
    if (kind != RunKind::kIncremental) wanted_kind_ = kind;
    return {};
  }
  Queue(lock, kind, user);
  return {};
}

Result<RunReport> Pump::Run(RunKind kind, const User& user, const Stop& stop) {
  Lock lock(pump_mutex_);
  if (!changed_.wait(lock, stop.token(), [&] { return !active_ && holds_ == 0; })) {
    return MakeError(Code::kCancelled, "stopped");
  }
  if (auto refusal = Refusal(lock)) return *refusal;
  const auto active = Queue(lock, kind, user);
  if (!changed_.wait(lock, stop.token(), [&] { return active->report.has_value(); })) {
    if (active_ == active) StopAndWait(lock);
  }
  return *active->report;
}

void Pump::StopRun() {
  Lock lock(pump_mutex_);
  wanted_ = false;
  StopAndWait(lock);
}

}  // namespace sluice::pipe
