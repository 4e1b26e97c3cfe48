// A pump's settings (configuration-pump.rst), read once for each version of a pipe.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/issue.h"
#include "config/view.h"
#include "pipe/cron.h"

namespace sluice::pipe {

enum class PumpMode { kScheduled, kManual, kOff };

struct RetrySettings {
  int64_t max_read_retries = 0;
  double read_retry_delay = 0;
  double write_retry_delay = 0;
  int64_t max_retries_per_entity = 5;
  int64_t max_consecutive_write_errors = 1;
  // 0: errors in writing are not retried.
  int64_t max_write_errors_in_retry_dataset = 0;
  int64_t batch_retries = 3;
  bool fallback_to_single_entities = true;
};

struct PumpSettings {
  PumpMode mode = PumpMode::kScheduled;
  // One of the two.
  double schedule_interval = 900;
  double jitter = 45;  // The interval varies by this much, either way.
  std::optional<Cron> cron;
  std::optional<Cron> rescan_cron;
  int64_t rescan_run_count = 0;  // 0: never.
  int64_t partial_rescan_run_count = 0;
  int64_t partial_rescan_delta = 0;
  bool run_at_startup = false;
  bool run_at_startup_if_not_populated = false;
  RetrySettings retry;
  std::string dead_letter_dataset;  // Empty: there is none.
  bool track_dead_letters = false;
  std::optional<double> max_seconds_per_entity;
  bool log_events_noop_runs = false;
  bool log_events_noop_runs_changes_only = true;
  int64_t notification_granularity = 999'999'999'999'999;
  // What was written in the configuration, so that it wins over the advice of an error.
  bool states_read_retries = false;
  bool states_write_retries = false;
  // Written, rather than filled in: signalling depends on it.
  bool states_schedule = false;

  bool is_long() const { return cron || schedule_interval > 3600; }
};

// Reads the pump of an effective pipe. What is wrong goes to `issues`, with effective places.
// `original_pump` is the pump as it was uploaded: it tells what was stated.
PumpSettings ReadPumpSettings(const config::ConfigView& pipe, const config::ConfigView& original,
                              config::Issues& issues);

}  // namespace sluice::pipe
