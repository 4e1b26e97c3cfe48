#include "pipe/hub.h"

#include <algorithm>
#include <thread>

#include "pipe/config_store.h"
#include "pipe/hub_state.h"
#include "pipe/run_all_job.h"

namespace sluice::pipe {
namespace {

size_t Threads(const HubOptions& options) {
  if (options.threads != 0) return options.threads;
  return std::max<size_t>(std::thread::hardware_concurrency(), 1);
}

}  // namespace

Hub::State::State(HubOptions hub_options)
    : options(std::move(hub_options)),
      started(options.clock->Now()),
      indexes(*options.store),
      internal(options.single_thread ? 0 : Threads(options)),
      blocking(options.single_thread ? 0 : std::max<size_t>(options.blocking_threads_max, 1)),
      timer(*options.clock,
            options.single_thread ? Timer::Watch::kTickOnly : Timer::Watch::kOwnThread) {
  pump_services.run = {.store = options.store,
                       .clock = options.clock,
                       .random = options.random,
                       .indexes = &indexes,
                       .mistakes = &options.mistakes,
                       .affected_bytes_max = options.affected_bytes_max};
  pump_services.internal = &internal;
  pump_services.blocking = &blocking;
  pump_services.timer = &timer;
  pump_services.activity = &activity;
  pump_services.emit = [this](const HubEvent& event) { Emit(event); };
  pump_services.log = [this](std::string_view level, std::string_view message) {
    Log(level, message);
  };
  pump_services.running_free = [this] { return RunningFree(); };
  care = std::make_shared<StoreCare>(StoreCareOptions{
      .store = options.store,
      .clock = options.clock,
      .timer = &timer,
      .executor = &blocking,
      .log = [this](std::string_view level, std::string_view message) { Log(level, message); },
      .space_is_back = [this] { WakeFailed(); }});
  configuration_ = std::make_shared<const Configuration>();
  commit_listener =
      options.store->AddListener([this](const storage::CommitEvent& event) { OnCommit(event); });
}

Hub::State::~State() {
  if (commit_listener) options.store->RemoveListener(*commit_listener);
}

std::shared_ptr<const Configuration> Hub::State::configuration() const {
  const std::lock_guard lock(configuration_mutex);
  return configuration_;
}

void Hub::State::Publish(std::shared_ptr<const Configuration> next) {
  // The one before may be the last to hold its pipes: it goes without the mutex.
  {
    const std::lock_guard lock(configuration_mutex);
    configuration_.swap(next);
  }
}

Result<PipeEntry> Hub::State::FindPipe(std::string_view id) const {
  const auto now = configuration();
  const auto found = now->pipes.find(id);
  if (found != now->pipes.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : now->pipes) names.push_back(name);
  const std::string_view nearest = config::Nearest(id, names);
  if (nearest.empty()) return MakeError(Code::kNotFound, "there is no pipe \"{}\"", id);
  return MakeError(Code::kNotFound, "there is no pipe \"{}\"; did you mean \"{}\"?", id, nearest);
}

void Hub::State::Emit(const HubEvent& event) {
  std::vector<std::function<void(const HubEvent&)>> to;
  {
    const std::lock_guard lock(listeners_mutex);
    for (const auto& [number, listener] : listeners) to.push_back(listener);
  }
  for (const auto& listener : to) listener(event);
}

void Hub::State::Log(std::string_view level, std::string_view message) const {
  if (options.log) options.log(level, message);
}

void Hub::State::OnCommit(const storage::CommitEvent& event) {
  if (!options.signals || !is_running) return;
  const auto now = configuration();
  const auto found = now->readers.find(std::string(event.name));
  if (found == now->readers.end()) return;
  for (const auto& pump : found->second) pump->Signal();
}

void Hub::State::WakeFailed() {
  const auto now = configuration();
  for (const auto& [id, entry] : now->pipes) entry.pump->RunIfFailed();
}

bool Hub::State::RunningFree() const {
  return is_running && options.schedules && schedules_held == 0 &&
         !configuration()->user_pipes_disabled;
}

CompileServices Hub::State::MakeCompileServices() {
  return {.store = options.store,
          .registry = options.registry,
          .catalogue = options.catalogue,
          .indexes = &indexes,
          .clock = options.clock,
          .random = options.random,
          .dataset_exists = {},
          .spill_folder = options.spill_folder};
}

Hub::Hub(std::unique_ptr<State> state) : state_(std::move(state)) {}

Hub::~Hub() { Shutdown(); }

Result<std::unique_ptr<Hub>> Hub::Open(HubOptions options) {
  SLUICE_CHECK(options.store && options.registry && options.catalogue);
  auto hub = std::unique_ptr<Hub>(new Hub(std::make_unique<State>(std::move(options))));
  State& state = *hub->state_;
  storage::Store& store = *state.options.store;
  ConfigChange change{.force = true, .from_store = true};
  SLUICE_TRY(change.documents, LoadDocuments(store));
  SLUICE_TRY(change.environment, LoadEnvironment(store));
  if (state.options.secrets) SLUICE_TRY(LoadSecrets(store, *state.options.secrets));
  const std::lock_guard lock(state.change_mutex);
  SLUICE_TRY(ApplyChange(state, std::move(change)));
  return hub;
}

void Hub::Start() {
  if (state_->is_running.exchange(true)) return;
  state_->care->Start();
  const auto configuration = state_->configuration();
  for (const auto& [id, entry] : configuration->pipes) {
    entry.pump->Schedule(Pump::Occasion::kStartup);
  }
}

void Hub::Shutdown() {
  state_->is_running = false;
  while (state_->options.single_thread && Step()) {
    // Nobody else ends what goes on.
  }
  state_->care->Stop();
  StopRunAll(std::chrono::hours(1));
  const std::lock_guard lock(state_->change_mutex);
  const auto configuration = state_->configuration();
  for (const auto& [id, entry] : configuration->pipes) {
    if (entry.endpoint) entry.endpoint->Close();
    entry.pump->Close();
  }
  // Runs that have ended may still be telling so.
  (void)state_->activity.WaitIdle(Stop());
}

bool Hub::Step() { return state_->internal.RunOne() || state_->blocking.RunOne(); }
std::optional<SteadyTime> Hub::NextAlarm() const { return state_->timer.NextDue(); }
void Hub::Compact() { state_->care->Compact(); }
void Hub::Tick() { state_->timer.Tick(); }

std::shared_ptr<const storage::KeyExtractor> Hub::FindExtractor(
    std::string_view dataset, const storage::IndexDefinition& definition) const {
  return state_->indexes.FindExtractor(dataset, definition);
}

storage::Store& Hub::store() const { return *state_->options.store; }
const Registry& Hub::registry() const { return *state_->options.registry; }
WallTime Hub::started() const { return state_->started; }

uint64_t Hub::AddListener(std::function<void(const HubEvent&)> listener) {
  const std::lock_guard lock(state_->listeners_mutex);
  state_->listeners[state_->next_listener] = std::move(listener);
  return state_->next_listener++;
}

void Hub::RemoveListener(uint64_t number) {
  const std::lock_guard lock(state_->listeners_mutex);
  state_->listeners.erase(number);
}

Result<void> Hub::WaitIdle(const Stop& stop) { return state_->activity.WaitIdle(stop); }

std::optional<Stage> ParseStage(std::string_view name) {
  if (name == "source") return Stage::kSource;
  if (name == "before-transform" || name == "before-transforms") return Stage::kBeforeTransform;
  if (name == "after-transform" || name == "after-transforms") return Stage::kAfterTransform;
  if (name == "sink") return Stage::kSink;
  return std::nullopt;
}

std::string_view ToString(PumpOperation operation) {
  switch (operation) {
    case PumpOperation::kStart:
      return "start";
    case PumpOperation::kStartRescan:
      return "start-rescan";
    case PumpOperation::kStop:
      return "stop";
    case PumpOperation::kEnable:
      return "enable";
    case PumpOperation::kDisable:
      return "disable";
    case PumpOperation::kReset:
      return "reset";
    case PumpOperation::kUpdateLastSeen:
      return "update-last-seen";
    case PumpOperation::kSetLastSeenToEnd:
      return "set-last-seen-to-end";
    case PumpOperation::kResetTracking:
      return "reset-tracking";
    case PumpOperation::kResetRescan:
      return "reset-rescan";
    case PumpOperation::kDiscardRetries:
      return "discard-retries";
    case PumpOperation::kDiscardInferredSchema:
      return "discard-inferred-schema";
  }
  return "";
}

std::optional<PumpOperation> ParsePumpOperation(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(PumpOperation::kDiscardInferredSchema); ++i) {
    const auto operation = static_cast<PumpOperation>(i);
    if (ToString(operation) == name) return operation;
  }
  return std::nullopt;
}

}  // namespace sluice::pipe
