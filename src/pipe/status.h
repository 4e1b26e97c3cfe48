// What a hub tells about its components: for the API, the CLI and tests.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/effective.h"
#include "config/issue.h"
#include "config/validate.h"
#include "pipe/component.h"

namespace sluice::pipe {

// Who asked for something; goes into the execution log. Empty: the hub itself.
struct User {
  std::string id;
  std::string email;
  std::string remote_addr;
};

// What an upload did. Without `force` one error anywhere means that nothing was applied.
struct ConfigOutcome {
  bool applied = false;
  bool valid = false;
  // Those with issues, DTL's included; config::ValidationErrorsJson makes the API's answer of them.
  std::vector<config::CheckedComponent> findings;
  std::vector<std::string> added;  // Ids.
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};

// One component's documents. Both keep what they view.
struct ComponentConfig {
  std::string id;
  std::string type;  // "pipe", "system:url", "metadata".
  std::shared_ptr<const config::Document> original;
  std::shared_ptr<const config::Effective> effective;
};

struct SystemStatus {
  ComponentConfig config;
  bool is_valid_config = false;
  std::vector<config::Issue> issues;
  bool is_built = false;  // Its type is one this version can talk to.
};

// One run's numbers.
struct RunCounts {
  uint64_t read = 0;     // Entities that came from the source.
  uint64_t written = 0;  // Accepted as changed by the sink, deletions included.
  uint64_t unchanged = 0;
  uint64_t deleted = 0;   // Of the written: deletions.
  uint64_t filtered = 0;  // Let go by the transforms.
  uint64_t read_errors = 0;
  uint64_t write_errors = 0;
  uint64_t retried = 0;
  uint64_t again = 0;  // Source entities processed again, since what they are joined with changed.
  uint64_t affected = 0;  // Found so far, to be processed again; some may be found twice.
  uint64_t shared = 0;    // Outputs written that come from several source entities.
  uint64_t batch_bytes_max = 0;
  double source_seconds = 0;
  double transform_seconds = 0;
  double sink_seconds = 0;
};

enum class RunOutcome { kNone, kCompleted, kFailed, kStopped };
std::string_view ToString(RunOutcome outcome);

// One run from start to end.
struct RunReport {
  std::string pipe;
  RunKind kind = RunKind::kIncremental;
  RunOutcome outcome = RunOutcome::kNone;
  std::optional<Error> error;         // Of a run that failed.
  std::vector<std::string> warnings;  // See SourceReader::warnings.
  RunCounts counts;
  WallTime started{};
  WallTime ended{};
};
// "full", "partial" or "incremental", as the execution log says.
std::string_view SyncType(RunKind kind);

// How much there is to do for one input.
struct QueueStatus {
  std::string dataset;
  uint64_t entities = 0;  // Live entities after the pipe's offset.
};

// Why a pump is not running now.
enum class Idle {
  kRunning,   // It runs.
  kNoPump,    // An endpoint pipe.
  kInvalid,   // Its configuration has errors.
  kNotBuilt,  // A component of it is not built in this version.
  kDisabled,
  kOff,           // `mode: off`.
  kManual,        // `mode: manual`.
  kNotPopulated,  // Waits for its input to be populated.
  kTripped,       // Its circuit breaker tripped: roll back or commit.
  kQueued,        // Due, and waits for a thread.
  kBackingOff,    // Part of a cycle, or its last run failed.
  kScheduled,     // Waits for its next run, or for a signal.
  kHeld,          // Schedules are off: a run of all pipes goes on, or the metadata says so.
};

struct PumpStatus {
  bool has_pump = false;
  bool is_disabled = false;
  std::string disabled_comment;
  bool is_running = false;
  bool is_queued = false;
  std::string mode;                // "scheduled", "manual", "off".
  std::optional<RunKind> running;  // Of the run that goes on.
  RunCounts current;               // So far.
  std::optional<RunReport> last;   // The last run that ended, also one that found nothing to do.
  std::optional<WallTime> last_success;
  std::optional<WallTime> next_run;
  Idle idle = Idle::kScheduled;
  std::string
      idle_text;  // "waiting for customers to be populated", "disabled by …"; empty while running.
  std::string offset;               // JSON of the since-value; empty if there is none.
  bool is_populated = false;        // A run has come to the source's end.
  std::vector<QueueStatus> queues;  // Only where asked for; see Detail.
  uint64_t retries = 0;             // Entities to be written again.
  std::vector<std::string> supported_operations;
};

struct PipeStatus {
  ComponentConfig config;
  bool is_valid_config = false;
  std::vector<config::Issue> issues;  // Errors and warnings.
  // "Running", "Queued", "OK", "Failed", "Disabled", "Invalid config", "Not built", "Waiting".
  std::string state;
  PumpStatus pump;
  std::string source_type;
  std::string sink_type;
  std::vector<std::string> upstreams;  // Datasets it reads as source.
  std::vector<std::string> lookups;    // Datasets its transforms read.
  std::string sink_dataset;            // Empty if it writes to none.
  bool receives = false;               // Has a Receiver.
  bool publishes = false;              // Has a Publisher.
};

// What costs time to find out is left out unless it is asked for.
struct Detail {
  bool queues = false;
};

}  // namespace sluice::pipe
