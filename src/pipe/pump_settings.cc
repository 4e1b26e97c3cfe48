#include "pipe/pump_settings.h"

#include <fmt/format.h>

namespace sluice::pipe {
namespace {

// The reference's: a schedule between datasets, and one to or from the outside.
constexpr double kInternalInterval = 30;
constexpr double kInternalJitter = 1.5;
constexpr double kExternalInterval = 900;
constexpr double kExternalJitter = 45;

class Reader {
 public:
  Reader(config::ConfigView pump, config::Issues& issues)
      : pump_(std::move(pump)), issues_(issues) {}

  bool States(std::string_view name) const { return !pump_[name].value().IsNull(); }

  void Flag(std::string_view name, bool& to) {
    if (!States(name)) return;
    Take(pump_[name].Boolean(), to);
  }
  void Integer(std::string_view name, int64_t min, int64_t& to) {
    if (!States(name)) return;
    int64_t value = min;
    if (!Take(pump_[name].Integer(), value)) return;
    if (value < min) {
      issues_.AddError(
          pump_[name].Fail("expected an integer of at least {}, found {}", min, value));
      return;
    }
    to = value;
  }
  void Seconds(std::string_view name, double& to) {
    if (!States(name)) return;
    double value = 0;
    if (!Take(pump_[name].Number(), value)) return;
    if (!(value >= 0) || value > 1e9) {
      issues_.AddError(pump_[name].Fail("expected seconds from 0 to 10^9, found {}", value));
      return;
    }
    to = value;
  }
  void Text(std::string_view name, std::string& to) {
    if (!States(name)) return;
    std::string_view text;
    if (Take(pump_[name].String(), text)) to = text;
  }
  std::optional<Cron> ReadCron(std::string_view name) {
    std::string text;
    Text(name, text);
    if (text.empty()) return std::nullopt;
    auto cron = Cron::Parse(text);
    if (cron.ok()) return *cron;
    issues_.AddError(pump_[name].Fail("{}", cron.error().message));
    return std::nullopt;
  }

 private:
  template <class T>
  bool Take(Result<T> read, T& to) {
    if (!read.ok()) {
      issues_.AddError(read.error());
      return false;
    }
    to = *read;
    return true;
  }

  config::ConfigView pump_;
  config::Issues& issues_;
};

void ReadSchedule(Reader& read, const config::ConfigView& pipe, PumpSettings& settings) {
  const bool internal = pipe["source"]["type"].value().AsString() == "dataset" &&
                        pipe["sink"]["type"].value().AsString() == "dataset";
  settings.schedule_interval = internal ? kInternalInterval : kExternalInterval;
  settings.jitter = internal ? kInternalJitter : kExternalJitter;
  if (settings.states_schedule) {
    read.Seconds("schedule_interval", settings.schedule_interval);
    settings.jitter = 0;
  }
  settings.cron = read.ReadCron("cron_expression");
  settings.rescan_cron = read.ReadCron("rescan_cron_expression");
  read.Integer("rescan_run_count", 1, settings.rescan_run_count);
  read.Integer("partial_rescan_run_count", 1, settings.partial_rescan_run_count);
  read.Integer("partial_rescan_delta", 1, settings.partial_rescan_delta);
  read.Flag("run_at_startup", settings.run_at_startup);
  read.Flag("run_at_startup_if_not_populated", settings.run_at_startup_if_not_populated);
}

void ReadRetries(Reader& read, PumpSettings& settings) {
  RetrySettings& retry = settings.retry;
  read.Integer("max_read_retries", 0, retry.max_read_retries);
  read.Seconds("read_retry_delay", retry.read_retry_delay);
  read.Seconds("write_retry_delay", retry.write_retry_delay);
  read.Integer("max_retries_per_entity", 0, retry.max_retries_per_entity);
  read.Integer("max_consecutive_write_errors", 1, retry.max_consecutive_write_errors);
  read.Integer("max_write_errors_in_retry_dataset", 0, retry.max_write_errors_in_retry_dataset);
  read.Integer("batch_retries", 0, retry.batch_retries);
  read.Flag("fallback_to_single_entities_on_batch_fail", retry.fallback_to_single_entities);
}

}  // namespace

PumpSettings ReadPumpSettings(const config::ConfigView& pipe, const config::ConfigView& original,
                              config::Issues& issues) {
  PumpSettings settings;
  const config::ConfigView pump = pipe["pump"];
  Reader read(pump, issues);
  const auto stated = [&](std::string_view name) {
    return !original["pump"][name].value().IsNull();
  };
  settings.states_schedule = stated("schedule_interval");
  settings.states_read_retries = stated("max_read_retries") || stated("read_retry_delay");
  settings.states_write_retries =
      stated("max_consecutive_write_errors") || stated("max_write_errors_in_retry_dataset");
  ReadSchedule(read, pipe, settings);
  ReadRetries(read, settings);
  std::string mode = "scheduled";
  read.Text("mode", mode);
  if (mode == "manual") {
    settings.mode = PumpMode::kManual;
  } else if (mode == "off") {
    settings.mode = PumpMode::kOff;
  } else if (mode != "scheduled") {
    issues.AddError(
        pump["mode"].Fail("expected \"scheduled\", \"manual\" or \"off\", found \"{}\"", mode));
  }
  bool use_dead_letters = false;
  read.Flag("use_dead_letter_dataset", use_dead_letters);
  if (use_dead_letters) {
    settings.dead_letter_dataset =
        fmt::format("system:dead-letter:{}", pipe["_id"].value().AsString().value_or(""));
  }
  read.Text("dead_letter_dataset", settings.dead_letter_dataset);
  read.Flag("track_dead_letters", settings.track_dead_letters);
  if (read.States("max_seconds_per_entity")) {
    double seconds = 0;
    read.Seconds("max_seconds_per_entity", seconds);
    settings.max_seconds_per_entity = seconds;
  }
  read.Flag("log_events_noop_runs", settings.log_events_noop_runs);
  read.Flag("log_events_noop_runs_changes_only", settings.log_events_noop_runs_changes_only);
  read.Integer("notification_granularity", 0, settings.notification_granularity);
  return settings;
}

}  // namespace sluice::pipe
