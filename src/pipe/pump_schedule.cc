// When a pump runs by itself (scheduling-and-signalling.rst, configuration-pump.rst).

#include <algorithm>

#include "pipe/pump.h"

namespace sluice::pipe {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;

// Alarms are set on the steady clock; a cron schedule is looked at again at least this often, so
// that it follows a wall clock that was set.
constexpr auto kLookAgain = std::chrono::hours(1);

nanoseconds Interval(const PumpSettings& pump, Random& random) {
  double seconds = pump.schedule_interval;
  if (pump.jitter > 0) {
    constexpr uint64_t kSteps = 1'000'000;
    const double part = static_cast<double>(random.Below(kSteps)) / kSteps;
    seconds += pump.jitter * (2 * part - 1);
  }
  return duration_cast<nanoseconds>(duration<double>(std::max(seconds, 0.0)));
}

int64_t Microseconds(WallTime at) {
  return duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

// When the next run is due; nothing if the pump runs by hand only.
std::optional<SteadyTime> Pump::NextDue(Occasion occasion, WallTime& next_wall) {
  std::shared_ptr<CompiledPipe> version;
  PumpSwitches switches;
  {
    const std::lock_guard lock(pump_mutex_);
    if (closed_ || !version_ || !version_->runnable()) return std::nullopt;
    version = version_;
    switches = switches_;
  }
  const PumpSettings& pump = version->pump;
  if (pump.mode != PumpMode::kScheduled || switches.disabled) return std::nullopt;
  const Clock& clock = *services_.run.clock;
  const WallTime now = clock.Now();
  WallTime due{};
  if (pump.cron) {
    const auto next = pump.cron->Next(now);
    if (!next) return std::nullopt;
    due = *next;
  } else {
    due = now + Interval(pump, *services_.run.random);
  }
  // A long schedule is kept over a restart: what was missed is made up for.
  const bool starts = occasion == Occasion::kStartup;
  if (starts && pump.is_long() && switches.next_run_us != 0) {
    due = std::min(due, WallTime(std::chrono::microseconds(switches.next_run_us)));
  }
  const bool at_once = occasion != Occasion::kResumed &&
                       (pump.run_at_startup ||
                        (pump.run_at_startup_if_not_populated && !version->source->populated()));
  if (at_once) due = now;
  next_wall = due;
  if (pump.rescan_cron) {
    if (const auto rescan = pump.rescan_cron->Next(now)) due = std::min(due, *rescan);
  }
  return clock.Steady() + std::max<nanoseconds>(due - now, nanoseconds(0));
}

void Pump::Schedule(Occasion occasion) {
  Lock lock(pump_mutex_);
  if (occasion != Occasion::kResumed && version_ && version_->signalled) wanted_ = true;
  QueueIfWanted(lock);
  SetAlarm(lock, occasion);
}

void Pump::SetAlarm(Lock& lock, Occasion occasion) {
  lock.unlock();
  WallTime next_wall{};
  const auto due = NextDue(occasion, next_wall);
  lock.lock();
  // Before the alarm, which may ring at once and asks for it.
  next_run_ = due ? std::optional(next_wall) : std::nullopt;
  if (!due) {
    services_.timer->Cancel("run/" + id_);
  } else {
    const SteadyTime now = services_.run.clock->Steady();
    const SteadyTime alarm = std::min(*due, now + kLookAgain);
    services_.timer->Set("run/" + id_, alarm, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Due();
    });
  }
  const bool is_long = version_ && version_->pump.is_long();
  const int64_t next_us = due && is_long ? Microseconds(next_wall) : 0;
  if (switches_.next_run_us == next_us) return;
  switches_.next_run_us = next_us;
  lock.unlock();
  if (auto stored = StoreSwitches(); !stored.ok()) {
    services_.log("WARNING", "the next run of \"" + id_ +
                                 "\" could not be stored: " + stored.error().ToText());
  }
  lock.lock();
}

// The alarm rang: for a run, for a rescan, or only to look at the wall clock again.
void Pump::Due() {
  const WallTime now = services_.run.clock->Now();
  Lock lock(pump_mutex_);
  if (closed_ || !version_) return;
  const PumpSettings& pump = version_->pump;
  const bool run = next_run_ && now >= *next_run_;
  bool rescan = false;
  if (pump.rescan_cron) {
    const WallTime since = last_rescan_check_.value_or(now);
    const auto next = pump.rescan_cron->Next(since - std::chrono::minutes(1));
    rescan = next && *next <= now && (!last_rescan_ || *last_rescan_ < *next);
    if (rescan) last_rescan_ = *next;
    last_rescan_check_ = now;
  }
  if (run || rescan) {
    wanted_ = true;
    if (rescan) wanted_kind_ = RunKind::kRescan;
    QueueIfWanted(lock);
  }
  if (!active_) SetAlarm(lock, Occasion::kResumed);
}

}  // namespace sluice::pipe
