// What a hub tells about its components, and what operators do with pumps and datasets.

#include "pipe/hub_state.h"
#include "pipe/pipe_state.h"
#include "pipe/tracking/explain.h"
#include "value/json.h"

namespace sluice::pipe {
namespace {

std::string StateText(const CompiledPipe& pipe, const PumpStatus& pump) {
  if (!pipe.valid()) return "Invalid config";
  if (!pipe.not_built.empty()) {
    return pipe.not_built_code == Code::kNotBuilt ? "Not built" : "Waiting";
  }
  if (pump.is_running) return "Running";
  if (pump.is_queued) return "Queued";
  if (pump.is_disabled) return "Disabled";
  if (pump.idle == Idle::kNotPopulated) return "Waiting";
  if (pump.last && pump.last->outcome == RunOutcome::kFailed) return "Failed";
  return "OK";
}

PipeStatus MakeStatus(const PipeEntry& entry, Detail detail) {
  const CompiledPipe& pipe = *entry.version;
  PipeStatus status;
  status.config = {.id = pipe.id,
                   .type = "pipe",
                   .original = pipe.checked.document,
                   .effective = pipe.checked.effective};
  status.is_valid_config = pipe.valid();
  status.issues = pipe.checked.issues;
  status.pump = entry.pump->status(detail);
  status.state = StateText(pipe, status.pump);
  status.source_type = pipe.source_type;
  status.sink_type = pipe.sink_type;
  if (pipe.source) status.upstreams = pipe.source->datasets();
  status.lookups.assign(pipe.lookups.begin(), pipe.lookups.end());
  if (pipe.sink) status.sink_dataset = pipe.sink->dataset();
  status.receives = entry.endpoint && entry.endpoint->receiver();
  status.publishes = entry.endpoint && entry.endpoint->publisher();
  return status;
}

SystemStatus MakeStatus(const SystemEntry& entry) {
  SystemStatus status;
  status.config = {.id = std::string(entry.checked.document->id()),
                   .type = std::string(entry.checked.document->type()),
                   .original = entry.checked.document,
                   .effective = entry.checked.effective};
  status.is_valid_config = entry.checked.valid();
  status.issues = entry.checked.issues;
  status.is_built = !entry.error || entry.error->code != Code::kNotBuilt;
  return status;
}

// "17", "\"abc\"" or bare text, as forms send it; nothing is null.
Result<Value> ParseSince(std::string_view text, Arena& arena) {
  if (text.empty()) return Value::Null();
  JsonParser parser;
  auto parsed = parser.Parse(text, arena);
  if (parsed.ok()) return *parsed;
  return DecodeTransit(arena.Copy(text), arena);
}

}  // namespace

std::vector<PipeStatus> Hub::ListPipes(Detail detail) const {
  std::vector<PipeStatus> list;
  const auto configuration = state_->configuration();
  for (const auto& [id, entry] : configuration->pipes) {
    list.push_back(MakeStatus(entry, detail));
  }
  return list;
}

Result<PipeStatus> Hub::GetPipe(std::string_view id, Detail detail) const {
  SLUICE_TRY(const auto entry, state_->FindPipe(id));
  return MakeStatus(entry, detail);
}

Result<std::string> Hub::ExplainPipe(std::string_view id) const {
  SLUICE_TRY(const auto entry, state_->FindPipe(id));
  Arena arena;
  SLUICE_TRY(const Value explained,
             pipe::ExplainPipe(*entry.version, store(), state_->indexes, arena));
  return ToJson(explained);
}

std::vector<SystemStatus> Hub::ListSystems() const {
  std::vector<SystemStatus> list;
  const auto configuration = state_->configuration();
  for (const auto& [id, entry] : configuration->systems->entries()) {
    list.push_back(MakeStatus(*entry));
  }
  return list;
}

Result<SystemStatus> Hub::GetSystem(std::string_view id) const {
  const auto now = state_->configuration();
  const SystemEntry* const entry = now->systems->FindEntry(id);
  if (!entry) return MakeError(Code::kNotFound, "there is no system \"{}\"", id);
  return MakeStatus(*entry);
}

std::vector<std::string> Hub::ReadersOf(std::string_view dataset) const {
  std::vector<std::string> readers;
  const auto configuration = state_->configuration();
  for (const auto& [id, entry] : configuration->pipes) {
    if (!entry.version->source) continue;
    const auto datasets = entry.version->source->datasets();
    if (std::find(datasets.begin(), datasets.end(), dataset) != datasets.end()) {
      readers.push_back(id);
    }
  }
  return readers;
}

std::optional<std::string> Hub::WriterOf(std::string_view dataset) const {
  const auto now = state_->configuration();
  const auto found = now->writers.find(dataset);
  return found == now->writers.end() ? std::nullopt : std::optional(found->second);
}

Result<PumpStatus> Hub::Operate(std::string_view id, PumpOperation operation,
                                std::string_view argument, const User& user) {
  SLUICE_TRY(const auto entry, state_->FindPipe(id));
  Pump& pump = *entry.pump;
  switch (operation) {
    case PumpOperation::kStart:
      SLUICE_TRY(pump.Start(RunKind::kIncremental, user));
      break;
    case PumpOperation::kStartRescan:
      SLUICE_TRY(pump.Start(RunKind::kRescan, user));
      break;
    case PumpOperation::kStop:
      pump.StopRun();
      break;
    case PumpOperation::kEnable:
      SLUICE_TRY(pump.SetEnabled(true, {}, user));
      break;
    case PumpOperation::kDisable:
      SLUICE_TRY(pump.SetEnabled(false, argument, user));
      break;
    case PumpOperation::kReset:
      SLUICE_TRY(pump.SetSince(Value::Null(), user));
      break;
    case PumpOperation::kUpdateLastSeen: {
      Arena arena;
      SLUICE_TRY(const Value since, ParseSince(argument, arena));
      SLUICE_TRY(pump.SetSince(since, user));
      break;
    }
    case PumpOperation::kSetLastSeenToEnd:
      SLUICE_TRY(pump.SetSinceToEnd(user));
      break;
    case PumpOperation::kDiscardRetries:
      SLUICE_TRY(pump.DiscardRetries(user));
      break;
    case PumpOperation::kResetTracking:
      SLUICE_TRY(pump.ResetTracking(user));
      break;
    case PumpOperation::kResetRescan:
      SLUICE_TRY(pump.ResetRescan(user));
      break;
    case PumpOperation::kDiscardInferredSchema:
      return MakeError(Code::kNotBuilt, "the operation \"{}\" is not built in this version",
                       ToString(operation));
  }
  return pump.status({.queues = true});
}

Result<RunReport> Hub::RunPipe(std::string_view id, RunKind kind, const Stop& stop) {
  SLUICE_TRY(const auto entry, state_->FindPipe(id));
  return entry.pump->Run(kind, {}, stop);
}

Result<void> Hub::CommitCircuitBreaker(std::string_view dataset, const User& user) {
  const auto pipe = WriterOf(dataset);
  if (!pipe) return MakeError(Code::kNotFound, "no pipe writes the dataset \"{}\"", dataset);
  SLUICE_TRY(const auto entry, state_->FindPipe(*pipe));
  return entry.pump->CommitCircuitBreaker(user);
}

Result<void> Hub::RollbackCircuitBreaker(std::string_view dataset, const User& user) {
  const auto pipe = WriterOf(dataset);
  if (!pipe) return MakeError(Code::kNotFound, "no pipe writes the dataset \"{}\"", dataset);
  SLUICE_TRY(const auto entry, state_->FindPipe(*pipe));
  return entry.pump->RollbackCircuitBreaker(user);
}

namespace {

// No pump runs while it lives.
class AllHeld {
 public:
  explicit AllHeld(std::shared_ptr<const Configuration> configuration)
      : configuration_(std::move(configuration)) {
    for (const auto& [id, entry] : configuration_->pipes) entry.pump->Hold();
  }
  ~AllHeld() {
    for (const auto& [id, entry] : configuration_->pipes) entry.pump->Release();
  }
  AllHeld(const AllHeld&) = delete;
  AllHeld& operator=(const AllHeld&) = delete;

 private:
  std::shared_ptr<const Configuration> configuration_;
};

Result<void> DeleteIfThere(storage::Store& store, std::string_view dataset) {
  if (!store.FindDataset(dataset)) return {};
  return store.DeleteDataset(dataset);
}

}  // namespace

Result<void> Hub::DeleteAllSinkDatasets(const Stop& stop) {
  const std::lock_guard lock(state_->change_mutex);
  const auto now = state_->configuration();
  const AllHeld held(now);
  for (const auto& [id, entry] : now->pipes) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    if (entry.version->dataset_sink) {
      SLUICE_TRY(DeleteIfThere(store(), entry.version->dataset_sink->dataset()));
    }
    SLUICE_TRY(RemoveStatePrefix(store(), TrackingPrefix(id)));
    SLUICE_TRY(StoreState(store(), StateKey(id), Encode(PipeState{})));
  }
  return {};
}

Result<void> Hub::DeleteDataset(std::string_view dataset, const User&) {
  if (!store().FindDataset(dataset)) {
    return MakeError(Code::kNotFound, "there is no dataset \"{}\"", dataset);
  }
  const std::lock_guard lock(state_->change_mutex);
  const auto writer = WriterOf(dataset);
  if (!writer) return store().DeleteDataset(dataset);
  SLUICE_TRY(const auto entry, state_->FindPipe(*writer));
  entry.pump->Hold();
  auto deleted = store().DeleteDataset(dataset);
  entry.pump->Release();
  return deleted;
}

Result<void> Hub::ResetEverything(const Stop& stop) {
  StopRunAll(std::chrono::minutes(10));
  const std::lock_guard lock(state_->change_mutex);
  SLUICE_TRY(ApplyChange(
      *state_, {.documents = {}, .environment = config::Environment::Empty(), .force = true}));
  for (const auto& info : store().ListDatasets()) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    SLUICE_TRY(store().DeleteDataset(info.name));
  }
  std::vector<storage::StateChange> changes;
  SLUICE_TRY(store().ScanMeta("config/", [&](std::string_view key, std::string_view) {
    changes.push_back({std::string(key), std::nullopt});
    return true;
  }));
  if (!changes.empty()) SLUICE_TRY(store().PutMeta(changes));
  if (!state_->options.secrets) return {};
  return state_->options.secrets->Replace("", "{}");
}

Result<std::shared_ptr<Receiver>> Hub::FindReceiver(std::string_view id) {
  SLUICE_TRY(const auto entry, state_->FindPipe(id));
  if (entry.endpoint && entry.endpoint->receiver()) {
    return std::shared_ptr<Receiver>(entry.endpoint, entry.endpoint->receiver());
  }
  if (!entry.version->valid()) {
    return MakeError(Code::kConflict, "the configuration of the pipe \"{}\" has errors", id);
  }
  if (!entry.version->not_built.empty()) {
    return MakeError(entry.version->not_built_code, "the pipe \"{}\" cannot receive: {}", id,
                     entry.version->not_built);
  }
  return MakeError(Code::kNotFound, "the pipe \"{}\" has no endpoint that receives", id);
}

Result<std::shared_ptr<Publisher>> Hub::FindPublisher(std::string_view id, std::string_view kind) {
  SLUICE_TRY(const auto entry, state_->FindPipe(id));
  const std::string& sink = entry.version->sink_type;
  const bool fits =
      (kind == "entities" && sink == "http_endpoint") || sink == std::string(kind) + "_endpoint";
  if (entry.endpoint && entry.endpoint->publisher()) {
    if (fits) return std::shared_ptr<Publisher>(entry.endpoint, entry.endpoint->publisher());
    return MakeError(Code::kNotFound, "the pipe \"{}\" has a {} sink; it publishes no \"{}\"", id,
                     sink, kind);
  }
  if (!entry.version->valid()) {
    return MakeError(Code::kConflict, "the configuration of the pipe \"{}\" has errors", id);
  }
  if (!entry.version->not_built.empty()) {
    return MakeError(entry.version->not_built_code, "the pipe \"{}\" cannot publish: {}", id,
                     entry.version->not_built);
  }
  return MakeError(Code::kNotFound, "the pipe \"{}\" has no endpoint that publishes", id);
}

}  // namespace sluice::pipe
