// How a run begins: what kind it is, and where it starts to read.

#include "pipe/dataset_reader.h"
#include "pipe/flow.h"
#include "pipe/lookup_cache.h"
#include "pipe/run.h"
#include "pipe/tracking/tracker.h"
#include "pipe/write_errors.h"
#include "value/instant.h"

namespace sluice::pipe {
namespace {

Error Unshiftable(const Value& since) {
  return MakeError(Code::kBadConfig,
                   "partial_rescan_delta needs a since-value that is an integer or a timestamp, "
                   "found {}",
                   ToString(since.kind()));
}

// partial_rescan_delta: offsets, or seconds of a timestamp.
Result<Value> Shift(const Value& since, int64_t delta, Arena& arena) {
  if (const auto number = since.AsInteger()) {
    return *number < delta ? Value::Null() : Value::Integer(*number - delta);
  }
  if (auto at = since.AsDatetime()) {
    at->seconds -= delta;
    return Value::Datetime(*at);
  }
  const auto text = since.AsString();
  auto at = text ? ParseDatetime(*text) : std::nullopt;
  if (!at) return Unshiftable(since);
  at->seconds -= delta;
  return Value::String(arena.Copy(DatetimeText(*at)));
}

}  // namespace

bool PumpRun::FollowsOffsets() const {
  const Continuation continuation = pipe_->source->continuation();
  return continuation.supports_since &&
         (continuation.is_chronological || continuation.is_since_comparable);
}

std::optional<std::string> PumpRun::ReasonForFull(const std::string& source_scope,
                                                  const std::string& sink_scope) const {
  if (request_.kind == RunKind::kFull) return "it was asked for";
  if (!FollowsOffsets()) return "the source gives no since-values";
  if (state_.full_pending) return "the last full run has not come to its end";
  if (state_.since.empty()) return "there is no offset";
  if (!pipe_->source->KeepsSince(state_.Since(), state_.source_scope, source_scope)) {
    return "the source was replaced";
  }
  if (!state_.sink_scope.empty() && state_.sink_scope != sink_scope) {
    return "the sink's dataset was replaced";
  }
  if (tracker_) {
    if (auto reason = tracker_->ReasonForFull()) return reason;
  }
  if (state_.unpopulated_full && source_populated_) return "the source is populated now";
  if (pipe_->automatic_reprocessing && pipe_->rescan_when_config_changes &&
      state_.fingerprint != pipe_->fingerprint) {
    return "the configuration has changed";
  }
  return std::nullopt;
}

bool PumpRun::DueForRescan() const {
  if (request_.kind == RunKind::kRescan) return true;
  const int64_t every = pipe_->pump.rescan_run_count;
  return every > 0 && state_.runs_since_rescan + 1 >= every;
}

bool PumpRun::CanResume(const std::string& source_scope, const std::string& sink_scope) const {
  return request_.kind != RunKind::kFull && state_.full_pending && state_.full_run != 0 &&
         !state_.since.empty() && FollowsOffsets() &&
         pipe_->source->continuation().is_chronological &&
         pipe_->source->KeepsSince(state_.Since(), state_.source_scope, source_scope) &&
         state_.sink_scope == sink_scope && state_.fingerprint == pipe_->fingerprint;
}

Result<void> PumpRun::DecideKind() {
  source_populated_ = pipe_->source->populated();
  const std::string source_scope = pipe_->source->since_scope();
  std::string sink_scope;
  if (pipe_->dataset_sink) {
    SLUICE_TRY(const auto info, pipe_->dataset_sink->Create());
    sink_scope = IncarnationName(info);
  }
  const Continuation continuation = pipe_->source->continuation();
  if (CanResume(source_scope, sink_scope)) {
    SLUICE_TRY(writer_, pipe_->sink->OpenAgain(state_.full_run, stop_));
    resumed_ = writer_ != nullptr;
  }
  const auto full = ReasonForFull(source_scope, sink_scope);
  const bool rescan = DueForRescan();
  if (resumed_ || full || rescan) {
    kind_ = full ? RunKind::kFull : RunKind::kRescan;
    if (!resumed_) state_.since.clear();
    state_.full_pending = true;
    state_.runs_since_rescan = 0;
  } else {
    kind_ = RunKind::kIncremental;
    if (pipe_->pump.rescan_run_count > 0) ++state_.runs_since_rescan;
    const int64_t partial_every = pipe_->pump.partial_rescan_run_count;
    if (partial_every > 0 && ++state_.runs_since_partial_rescan >= partial_every) {
      kind_ = RunKind::kPartialRescan;
      state_.runs_since_partial_rescan = 0;
    }
  }
  chronological_ = continuation.supports_since && continuation.is_chronological &&
                   (!is_full() || continuation.is_chronological_full);
  state_.source_scope = source_scope;
  state_.sink_scope = sink_scope;
  state_.fingerprint = pipe_->fingerprint;
  return {};
}

Result<Value> PumpRun::SinceForRun(Arena& arena) const {
  if (kind_ == RunKind::kPartialRescan) {
    return Shift(state_.Since(), pipe_->pump.partial_rescan_delta, arena);
  }
  if (!is_full() || !state_.since.empty()) return state_.Since();
  if (!FollowsOffsets()) return Value::Null();
  return pipe_->checked.effective->root()["source"]["initial_since_value"].value();
}

Result<void> PumpRun::OpenSource() {
  Arena arena;
  SLUICE_TRY(const Value since, SinceForRun(arena));
  SLUICE_TRY(reader_, pipe_->source->Open({.kind = kind_,
                                           .since = since,
                                           .snapshot = {},
                                           .stores = true,
                                           .wants_sources = pipe_->tracking.wants_sources()}));
  return {};
}

Result<void> PumpRun::OpenSink() {
  if (!writer_) {
    SLUICE_TRY(writer_, pipe_->sink->Open(kind_, stop_));
  }
  if (ReadsSink(*pipe_) || pipe_->tracking.reads_its_state() || reader_->reads_its_state()) {
    writer_->ShowEachWrite();
  }
  write_errors_ = std::make_unique<WriteErrors>(
      *pipe_, services_, [this](const Batch& batch, const Checkpoint& checkpoint) {
        return WriteOnce(batch, checkpoint);
      });
  return {};
}

// A dataset that is looked up, but does not hold everything yet. In a cycle nobody can wait for the
// others.
std::optional<std::string> AwaitedLookup(const CompiledPipe& pipe, const storage::Store& store) {
  for (const std::string& name : pipe.lookups) {
    if (pipe.sink && pipe.sink->dataset() == name) continue;
    const auto info = store.FindDataset(name);
    if (info ? !info->populated : pipe.awaited.contains(name)) return name;
  }
  return std::nullopt;
}

Result<void> PumpRun::BeginTracking() {
  if (!tracker_) return {};
  Arena arena;
  SLUICE_TRY(const Value since, SinceForRun(arena));
  using Begins = Tracker::Begins;
  return tracker_->Begin(resumed_    ? Begins::kResumedFull
                         : is_full() ? Begins::kFull
                                     : Begins::kIncremental,
                         since);
}

Result<void> PumpRun::Begin() {
  if ((pipe_->require_populated_input && !pipe_->source->populated()) ||
      (!request_.in_cycle && AwaitedLookup(*pipe_, *services_.store))) {
    waits_for_input_ = true;
    End(RunOutcome::kCompleted, std::nullopt);
    return {};
  }
  SLUICE_TRY(state_, LoadPipeState(*services_.store, pipe_->id));
  stored_state_ = Encode(state_);
  if (FollowsOffsets() && (pipe_->tracking.follows() || pipe_->tracking.keeps_outputs)) {
    tracker_ = std::make_unique<Tracker>(
        *pipe_, *services_.store,
        Tracker::Options{.indexes = services_.indexes,
                         .mistakes = services_.mistakes,
                         .affected_bytes_max = services_.affected_bytes_max},
        state_.tracking);
  }
  SLUICE_TRY(DecideKind());
  SLUICE_TRY(PrepareTransforms(*pipe_, stop_));
  SLUICE_TRY(pipe_->source->Prepare(stop_));
  SLUICE_TRY(BeginTracking());
  cache_ = std::make_shared<LookupCache>();
  SLUICE_TRY(OpenSource());
  SLUICE_TRY(OpenSink());
  SLUICE_TRY(const auto retried, write_errors_->RetryPending(stop_));
  Count([&](RunCounts& counts) {
    counts.written += retried.written;
    counts.unchanged += retried.unchanged;
    counts.deleted += retried.deleted;
    counts.retried += write_errors_->retried();
  });
  phase_ = Phase::kCopy;
  return {};
}

}  // namespace sluice::pipe
