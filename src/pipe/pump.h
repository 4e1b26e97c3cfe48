// Pump: one pipe at work: its version, its runs, its schedule and its switches.

#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/stop.h"
#include "pipe/activity.h"
#include "pipe/compiled_pipe.h"
#include "pipe/executor.h"
#include "pipe/hub_options.h"
#include "pipe/run.h"
#include "pipe/status.h"
#include "pipe/timer.h"

namespace sluice::pipe {

// What all pumps of a hub share.
struct PumpServices {
  RunServices run;
  Executor* internal = nullptr;  // Short steps, by turns.
  Executor* blocking = nullptr;  // A thread for each run.
  Timer* timer = nullptr;
  Activity* activity = nullptr;
  std::function<void(const HubEvent&)> emit;
  std::function<void(std::string_view level, std::string_view message)> log;
  // Whether schedules and signals start runs now.
  std::function<bool()> running_free;
};

// All methods may be called by any thread; those of the configuration by one at a time.
class Pump : public std::enable_shared_from_this<Pump> {
 public:
  Pump(std::string id, const PumpServices& services);

  const std::string& id() const { return id_; }
  std::shared_ptr<CompiledPipe> version() const;

  // Reads the switches that are stored.
  Result<void> Load();
  // Ends a run that goes on, between two batches, and begins with another version. What was
  // interrupted is queued again. `in_cycle`: its sink leads back to its source.
  void Replace(std::shared_ptr<CompiledPipe> version, bool in_cycle);
  void SetInCycle(bool in_cycle);
  // Ends a run that goes on; none begins any more.
  void Close();
  // No run begins until it is released; returns when none goes on. Nests.
  void Hold();
  // Runs again, as soon as it may, if the last run failed because the disk was nearly full.
  void RunIfFailed();
  void Release();

  // What it reads has changed.
  void Signal();
  // Begins its schedule anew: after a start, or when runs were held.
  enum class Occasion { kStartup, kAdded, kResumed };
  void Schedule(Occasion occasion);

  Result<void> Start(RunKind kind, const User& user);
  // Runs once and gives the report; waits for a run that goes on first. Runs disabled pumps too.
  Result<RunReport> Run(RunKind kind, const User& user, const Stop& stop);
  // Returns when the run that goes on has ended.
  void StopRun();
  Result<void> SetEnabled(bool enabled, std::string_view comment, const User& user);
  // An empty since-value resets.
  Result<void> SetSince(const Value& since, const User& user);
  Result<void> SetSinceToEnd(const User& user);
  Result<void> DiscardRetries(const User& user);
  // What people decide once its circuit breaker has tripped; kConflict where it has not.
  Result<void> CommitCircuitBreaker(const User& user);
  Result<void> RollbackCircuitBreaker(const User& user);
  // Learns what the store says of the circuit breaker.
  Result<void> LookAtBreaker();
  // The next run follows no changes from before it.
  Result<void> ResetTracking(const User& user);
  // A rescan that was cut off begins anew.
  Result<void> ResetRescan(const User& user);

  PumpStatus status(Detail detail) const;

 private:
  struct Active {
    explicit Active(std::shared_ptr<CompiledPipe> pipe) : version(std::move(pipe)) {}
    std::shared_ptr<CompiledPipe> version;
    std::stop_source stop;
    std::unique_ptr<PumpRun> run;
    std::optional<RunReport> report;  // Set when it has ended.
    bool begun = false;               // Its first step is done; used by the run's thread.
  };
  using Lock = std::unique_lock<std::mutex>;

  // Why no run can start now, whoever asks.
  std::optional<Error> Refusal(const Lock&) const;
  bool MayRunBySchedule(const Lock&) const;
  std::shared_ptr<Active> Queue(const Lock&, RunKind kind, const User& user);
  static bool NeedsOwnThread(const Active& active);
  void Post(std::shared_ptr<Active> active);
  void Advance(const std::shared_ptr<Active>& active);
  void Ended(const std::shared_ptr<Active>& active);
  bool LogEnd(Active& active, std::optional<double> next_interval_s);
  void BackOff(const Lock&, const RunReport& report);
  void QueueIfWanted(const Lock& lock);
  void SetAlarm(Lock& lock, Occasion occasion);
  std::optional<SteadyTime> NextDue(Occasion occasion, WallTime& next_wall);
  void Due();
  void StopAndWait(Lock& lock);
  Result<void> StoreSwitches();
  Result<void> SettleBreaker(std::string_view event, const std::function<Result<void>()>& settle,
                             const User& user);
  void FillIdle(const Lock&, PumpStatus& status) const;
  std::vector<QueueStatus> Queues(const CompiledPipe& pipe, const PipeState& state) const;

  const std::string id_;
  const PumpServices& services_;

  mutable std::mutex pump_mutex_;  // Guards all below; never held while the store is called.
  std::condition_variable_any changed_;
  std::shared_ptr<CompiledPipe> version_;
  std::shared_ptr<Active> active_;  // Queued or running.
  bool started_ = false;            // active_ has begun to run.
  int holds_ = 0;
  bool closed_ = false;
  bool wanted_ = false;  // Signalled or due while it could not run.
  RunKind wanted_kind_ = RunKind::kIncremental;
  bool in_cycle_ = false;
  std::chrono::nanoseconds back_off_{0};
  bool delayed_ = false;  // A signal waits for the back-off.
  PumpSwitches switches_;
  std::optional<std::string> tripped_;  // Why its circuit breaker has tripped.
  std::optional<RunReport> last_;
  std::optional<WallTime> last_success_;
  std::optional<WallTime> last_logged_;
  std::optional<WallTime> next_run_;
  std::optional<WallTime> last_rescan_;
  std::optional<WallTime> last_rescan_check_;
};

}  // namespace sluice::pipe
