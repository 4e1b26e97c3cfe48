// RunAllJob: one run of all pipes, from start to end, on a thread of its own.

#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipe/hub_state.h"

namespace sluice::pipe {

// Runs from its making. All methods may be called by any thread.
class RunAllJob {
 public:
  RunAllJob(Hub& hub, Hub::State& state, std::string token, RunAllOptions options, User user);
  // Ends it.
  ~RunAllJob();

  const std::string& token() const { return token_; }
  bool ended() const;
  RunAllReport report() const;
  std::vector<LogLine> log(std::optional<WallTime> since) const;
  Result<RunAllReport> Wait(const Stop& stop);
  void RequestStop() { stop_.request_stop(); }
  // False if it has not ended by then.
  bool WaitFor(std::chrono::nanoseconds time_max);

 private:
  // What a pipe's last run saw of the datasets that its transforms read.
  using Versions = std::map<std::string, std::string>;
  struct Round {
    bool changed = false;
    std::string last_changed;  // A pipe.
  };

  void Work();
  Result<void> RunEverything();
  Result<void> Reset();
  std::string WhyLeftOut(const PipeEntry& entry) const;
  Result<void> RunComponent(const GraphComponent& component);
  Result<Round> RunRound(const std::vector<std::string>& pipes);
  Result<void> ZeroRounds();
  Result<RunReport> RunOne(const std::string& id);
  Versions LookupVersions(const CompiledPipe& pipe) const;
  Error KeepsChanging(const std::vector<std::string>& pipes, const Round& round, int rounds) const;
  Result<void> CheckTime() const;
  void Note(const RunReport& report);
  void Log(std::string_view level, std::string text);
  void End(Result<void> outcome);

  Hub& hub_;
  Hub::State& state_;
  const std::string token_;
  const RunAllOptions options_;
  const User user_;
  const SteadyTime started_;
  std::shared_ptr<const Configuration> configuration_;
  std::map<std::string, Versions> seen_;  // By pipe.
  std::set<std::string> failed_;

  mutable std::mutex report_mutex_;
  std::condition_variable_any changed_;
  RunAllReport report_;
  std::map<std::string, size_t> rows_;  // Places in report_.pipes.
  std::vector<LogLine> log_;
  bool ended_ = false;
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace sluice::pipe
