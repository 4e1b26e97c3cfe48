#include "pipe/run_all_job.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pipe/breaker/uncommitted.h"
#include "pipe/dataset_reader.h"
#include "pipe/pipe_state.h"

namespace sluice::pipe {
namespace {

constexpr size_t kLogLinesMax = 100'000;

void Add(RunCounts& to, const RunCounts& counts) {
  to.read += counts.read;
  to.written += counts.written;
  to.unchanged += counts.unchanged;
  to.deleted += counts.deleted;
  to.filtered += counts.filtered;
  to.read_errors += counts.read_errors;
  to.write_errors += counts.write_errors;
  to.retried += counts.retried;
  to.batch_bytes_max = std::max(to.batch_bytes_max, counts.batch_bytes_max);
  to.source_seconds += counts.source_seconds;
  to.transform_seconds += counts.transform_seconds;
  to.sink_seconds += counts.sink_seconds;
}

}  // namespace

RunAllJob::RunAllJob(Hub& hub, Hub::State& state, std::string token, RunAllOptions options,
                     User user)
    : hub_(hub),
      state_(state),
      token_(std::move(token)),
      options_(std::move(options)),
      user_(std::move(user)),
      started_(state.options.clock->Steady()),
      configuration_(state.configuration()) {
  report_.status = RunAllStatus::kRunning;
  thread_ = std::thread([this] { Work(); });
}

RunAllJob::~RunAllJob() {
  stop_.request_stop();
  thread_.join();
}

void RunAllJob::Work() {
  ++state_.schedules_held;
  state_.Emit({.type = HubEvent::Type::kRunAllStarted});
  auto outcome = RunEverything();
  if (outcome.ok() && !failed_.empty()) {
    outcome = MakeError(Code::kBadData, "these pipes failed: {}", fmt::join(failed_, ", "));
  }
  --state_.schedules_held;
  End(std::move(outcome));
  state_.Emit({.type = HubEvent::Type::kRunAllEnded});
  if (!state_.is_running) return;
  const auto configuration = state_.configuration();
  for (const auto& [id, entry] : configuration->pipes) {
    entry.pump->Schedule(Pump::Occasion::kResumed);
  }
}

void RunAllJob::End(Result<void> outcome) {
  if (outcome.ok()) {
    Log("INFO", "all pipes have run");
  } else {
    Log("ERROR", outcome.error().message);
  }
  {
    const std::lock_guard lock(report_mutex_);
    report_.status = outcome.ok() ? RunAllStatus::kSuccess : RunAllStatus::kFailed;
    report_.message = outcome.ok() ? "" : outcome.error().message;
    ended_ = true;
  }
  changed_.notify_all();
}

Result<void> RunAllJob::CheckTime() const {
  if (stop_.stop_requested()) return MakeError(Code::kCancelled, "the run was stopped");
  const auto spent = state_.options.clock->Steady() - started_;
  if (options_.time_max.count() > 0 && spent > options_.time_max) {
    return MakeError(Code::kTimeout, "not done after {} seconds",
                     std::chrono::duration_cast<std::chrono::seconds>(options_.time_max).count());
  }
  return {};
}

std::string RunAllJob::WhyLeftOut(const PipeEntry& entry) const {
  const CompiledPipe& pipe = *entry.version;
  if (!pipe.valid()) return "its configuration has errors";
  if (!pipe.not_built.empty()) return pipe.not_built;
  if (!pipe.has_pump()) return "it has an endpoint and no pump";
  if (pipe.pump.mode == PumpMode::kOff) return "its mode is \"off\"";
  if (!options_.run_external && (pipe.source->is_external() || pipe.sink->is_external())) {
    return "it talks to the outside";
  }
  return {};
}

Result<void> RunAllJob::RunEverything() {
  {
    const std::lock_guard lock(report_mutex_);
    for (const GraphComponent& component : configuration_->order) {
      for (const std::string& id : component.pipes) {
        PipeTotals totals;
        totals.pipe = id;
        totals.left_out = WhyLeftOut(configuration_->pipes.find(id)->second);
        rows_[id] = report_.pipes.size();
        report_.pipes.push_back(std::move(totals));
      }
    }
  }
  for (const PipeTotals& totals : report().pipes) {
    const auto& pipe = *configuration_->pipes.find(totals.pipe)->second.version;
    if (totals.left_out.empty() || (pipe.valid() && pipe.not_built.empty())) continue;
    Log("WARNING", fmt::format("the pipe \"{}\" is left out: {}", totals.pipe, totals.left_out));
  }
  if (options_.reset) SLUICE_TRY(Reset());
  for (const GraphComponent& component : configuration_->order) {
    SLUICE_TRY(RunComponent(component));
  }
  return ZeroRounds();
}

Result<void> RunAllJob::Reset() {
  Log("INFO", "emptying sink datasets");
  storage::Store& store = *state_.options.store;
  for (const auto& [id, entry] : configuration_->pipes) {
    SLUICE_TRY(CheckTime());
    const CompiledPipe& pipe = *entry.version;
    const bool fed = pipe.source && pipe.source->is_endpoint();
    if (fed && !options_.delete_input_datasets) continue;
    entry.pump->Hold();
    Result<void> done;
    if (pipe.dataset_sink && store.FindDataset(pipe.dataset_sink->dataset())) {
      done = store.DeleteDataset(pipe.dataset_sink->dataset());
    }
    if (done.ok()) done = RemoveStatePrefix(store, UncommittedPrefix(id));
    if (done.ok()) done = StoreState(store, StateKey(id), Encode(PipeState{}));
    // Nothing names it any more.
    if (done.ok()) done = RemoveStatePrefix(store, TrackingPrefix(id));
    if (done.ok()) done = entry.pump->LookAtBreaker();
    entry.pump->Release();
    SLUICE_TRY(std::move(done));
  }
  return {};
}

RunAllJob::Versions RunAllJob::LookupVersions(const CompiledPipe& pipe) const {
  Versions versions;
  for (const std::string& dataset : pipe.lookups) {
    // An incremental run follows its changes.
    if (pipe.tracking.inverse.datasets.contains(dataset)) continue;
    const auto info = state_.options.store->FindDataset(dataset);
    versions[dataset] = info ? fmt::format("{} {}", IncarnationName(*info), info->next_offset) : "";
  }
  return versions;
}

// What a pipe looks up may have changed since it ran, in a cycle or by a second run: it then works
// everything out again.
Result<RunReport> RunAllJob::RunOne(const std::string& id) {
  const PipeEntry& entry = configuration_->pipes.find(id)->second;
  Versions versions = LookupVersions(*entry.version);
  const auto found = seen_.find(id);
  const bool stale = found != seen_.end() && found->second != versions;
  seen_[id] = std::move(versions);
  SLUICE_TRY(auto report, entry.pump->Run(stale ? RunKind::kFull : RunKind::kIncremental, user_,
                                          Stop(stop_.get_token())));
  Note(report);
  return report;
}

void RunAllJob::Note(const RunReport& report) {
  const double seconds = std::chrono::duration<double>(report.ended - report.started).count();
  {
    const std::lock_guard lock(report_mutex_);
    PipeTotals& totals = report_.pipes[rows_[report.pipe]];
    totals.outcome = report.outcome;
    totals.error = report.error;
    totals.seconds += seconds;
    ++totals.runs;
    Add(totals.counts, report.counts);
  }
  if (report.outcome == RunOutcome::kFailed) {
    Log("ERROR", fmt::format("the pipe \"{}\" failed: {}", report.pipe, report.error->ToText()));
  } else {
    Log("INFO",
        fmt::format("{}: {} read, {} changed, {} deleted, {:.3f} s", report.pipe,
                    report.counts.read, report.counts.written, report.counts.deleted, seconds));
  }
  if (options_.progress) options_.progress(report);
}

Result<RunAllJob::Round> RunAllJob::RunRound(const std::vector<std::string>& pipes) {
  Round round;
  for (const std::string& id : pipes) {
    SLUICE_TRY(CheckTime());
    if (!WhyLeftOut(configuration_->pipes.find(id)->second).empty()) continue;
    if (failed_.contains(id)) continue;
    SLUICE_TRY(auto report, RunOne(id));
    if (report.outcome == RunOutcome::kStopped) {
      SLUICE_TRY(CheckTime());
      return MakeError(Code::kConflict, "the run of \"{}\" was stopped", id);
    }
    if (report.outcome == RunOutcome::kFailed) {
      failed_.insert(id);
      if (options_.stop_at_failure) return *report.error;
      continue;
    }
    if (report.counts.written != 0) {
      round.changed = true;
      round.last_changed = id;
    }
  }
  return round;
}

Result<void> RunAllJob::RunComponent(const GraphComponent& component) {
  int rounds = 0;
  while (true) {
    SLUICE_TRY(const Round round, RunRound(component.pipes));
    if (!component.cyclic && component.pipes.size() == 1) return {};
    if (!round.changed) return {};
    if (++rounds >= options_.runs_max) return KeepsChanging(component.pipes, round, rounds);
  }
}

Result<void> RunAllJob::ZeroRounds() {
  std::vector<std::string> pipes;
  for (const GraphComponent& component : configuration_->order) {
    pipes.insert(pipes.end(), component.pipes.begin(), component.pipes.end());
  }
  int zero_rounds = 0;
  for (int rounds = 1; zero_rounds < options_.extra_zero_runs; ++rounds) {
    SLUICE_TRY(const Round round, RunRound(pipes));
    zero_rounds = round.changed ? 0 : zero_rounds + 1;
    if (round.changed && rounds >= options_.runs_max) {
      return KeepsChanging({round.last_changed}, round, rounds);
    }
  }
  return {};
}

Error RunAllJob::KeepsChanging(const std::vector<std::string>& pipes, const Round& round,
                               int rounds) const {
  std::string entity = "an entity sent outside";
  const auto entry = configuration_->pipes.find(round.last_changed);
  if (entry != configuration_->pipes.end() && entry->second.version->dataset_sink) {
    const std::string dataset = entry->second.version->dataset_sink->dataset();
    const auto snapshot = state_.options.store->TakeSnapshot();
    const auto info = snapshot->FindDataset(dataset);
    Arena arena;
    std::vector<Entity> last;
    if (info.ok() && *info) {
      auto reader = snapshot->ReadLog((*info)->number, {.reverse = true});
      if (reader.ok() && (*reader)->Next(1, arena, last).ok() && !last.empty()) {
        entity = fmt::format("the entity \"{}\" in the dataset \"{}\"", last[0].id(), dataset);
      }
    }
  }
  return MakeError(Code::kConflict,
                   "after {} rounds these pipes do not come to rest: {}; {} keeps "
                   "changing",
                   rounds, fmt::join(pipes, ", "), entity);
}

void RunAllJob::Log(std::string_view level, std::string text) {
  const std::lock_guard lock(report_mutex_);
  WallTime now = std::chrono::floor<std::chrono::microseconds>(state_.options.clock->Now());
  // Readers go on after the last timestamp they have seen, so no two lines share one.
  if (!log_.empty() && now <= log_.back().timestamp) {
    now = log_.back().timestamp + std::chrono::microseconds(1);
  }
  if (log_.size() >= kLogLinesMax) log_.erase(log_.begin(), log_.begin() + kLogLinesMax / 2);
  log_.push_back({now, std::string(level), std::move(text)});
}

bool RunAllJob::ended() const {
  const std::lock_guard lock(report_mutex_);
  return ended_;
}

RunAllReport RunAllJob::report() const {
  const std::lock_guard lock(report_mutex_);
  return report_;
}

std::vector<LogLine> RunAllJob::log(std::optional<WallTime> since) const {
  const std::lock_guard lock(report_mutex_);
  std::vector<LogLine> lines;
  for (const LogLine& line : log_) {
    if (!since || line.timestamp > *since) lines.push_back(line);
  }
  return lines;
}

Result<RunAllReport> RunAllJob::Wait(const Stop& stop) {
  std::unique_lock lock(report_mutex_);
  if (!changed_.wait(lock, stop.token(), [&] { return ended_; })) {
    return MakeError(Code::kCancelled, "stopped");
  }
  return report_;
}

bool RunAllJob::WaitFor(std::chrono::nanoseconds time_max) {
  std::unique_lock lock(report_mutex_);
  return changed_.wait_for(lock, time_max, [&] { return ended_; });
}

}  // namespace sluice::pipe
