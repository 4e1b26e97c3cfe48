// Running every pipe to completion: `sluice run`, `sluice test`, and the API's run-all-pipes.
//
// Pipes run in the order of the dataset graph. Strongly connected components run in rounds until a
// round changes nothing, at most `runs_max` rounds; else the run fails and names the pipes and an
// entity that keeps changing.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pipe/status.h"

namespace sluice::pipe {

struct RunAllOptions {
  // Empties sink datasets and clears offsets first. What receivers have fed is kept unless
  // delete_input_datasets.
  bool reset = true;
  bool delete_input_datasets = false;
  // Runs pipes that read from outside too; else only those with dataset, merge, embedded and empty
  // sources.
  bool run_external = true;
  int runs_max = 100;       // Rounds of a cycle.
  int extra_zero_runs = 0;  // Rounds over all pipes afterwards that must change nothing.
  std::chrono::nanoseconds time_max = std::chrono::seconds(900);  // 0: no limit.
  // A failed pipe fails the whole run at once; else the pipes that do not depend on it still run.
  bool stop_at_failure = false;
  // Called after each run of a pipe, by the thread that runs all.
  std::function<void(const RunReport&)> progress;
};

enum class RunAllStatus { kNotRunning, kRunning, kSuccess, kFailed };
// "not-running", "running", "success", "failed".
std::string_view ToString(RunAllStatus status);

// One pipe over all its runs.
struct PipeTotals {
  std::string pipe;
  RunOutcome outcome = RunOutcome::kNone;  // Of the last run; kNone: it did not run.
  std::optional<Error> error;
  std::string left_out;  // Why it did not run; empty if it ran.
  RunCounts counts;
  double seconds = 0;
  int runs = 0;
};

struct RunAllReport {
  RunAllStatus status = RunAllStatus::kNotRunning;
  std::string message;            // Why it failed, or what is going on.
  std::vector<PipeTotals> pipes;  // In the order in which they ran.
};

// A line of the log that the client shows.
struct LogLine {
  WallTime timestamp{};  // Distinct and ascending within one run of all pipes.
  std::string loglevel;  // "INFO", "WARNING", "ERROR".
  std::string logdata;
};

}  // namespace sluice::pipe
