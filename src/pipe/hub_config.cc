// A change of the configuration: checked as a whole, stored, and put to work pipe by pipe.
//
// Pipes that stay as they are go on running. Those that change are stopped between two batches,
// replaced, and go on.

#include <algorithm>

#include "pipe/breaker/circuit_breaker.h"
#include "pipe/config_store.h"
#include "pipe/hub_state.h"
#include "pipe/pipe_state.h"
#include "pipe/reader_holds.h"

namespace sluice::pipe {
namespace {

class Change {
 public:
  Change(Hub::State& state, ConfigChange change)
      : state_(state),
        change_(std::move(change)),
        before_(state.configuration()),
        next_(std::make_shared<Configuration>()) {}

  Result<ConfigOutcome> Run() {
    Compile();
    if (!change_.from_store) SLUICE_TRY(CheckRemovals());
    CollectFindings();
    if (change_.check_only || (!outcome_.valid && !change_.force)) return std::move(outcome_);
    if (!change_.from_store) {
      SLUICE_TRY(SaveDocuments(*state_.options.store, before_->documents, next_->documents));
    }
    SLUICE_TRY(PutToWork());
    outcome_.applied = true;
    state_.Emit({.type = HubEvent::Type::kConfigChanged});
    return std::move(outcome_);
  }

 private:
  void Compile() {
    config::Documents documents;
    for (const StoredDocument& stored : change_.documents) documents.push_back(stored.document);
    next_->documents = std::move(change_.documents);
    next_->checked = std::make_shared<const config::CheckedConfiguration>(
        config::CheckConfiguration(documents, change_.environment));
    MakeContext context;
    context.store = state_.options.store;
    context.catalogue = state_.options.catalogue;
    context.metadata = next_->checked->metadata()->root();
    context.clock = state_.options.clock;
    context.random = state_.options.random;
    next_->systems = MakeSystems(*next_->checked, before_->systems.get(), state_.options.secrets,
                                 change_.changed_secrets, *state_.options.registry, context);
    next_->user_pipes_disabled =
        next_->checked->metadata()->root()["task_manager"]["disable_user_pipes"].value().IsTrue();
    CompileServices services = state_.MakeCompileServices();
    // Sources keep a copy of the function, so the names are shared.
    const auto datasets = std::make_shared<const std::set<std::string>>(FutureDatasets());
    storage::Store* const store = services.store;
    services.dataset_exists = [store, datasets](std::string_view name) {
      return datasets->contains(std::string(name)) || store->FindDataset(name).has_value();
    };
    for (const config::CheckedComponent* checked : next_->checked->pipes()) {
      const std::string id(checked->document->id());
      if (id.empty() || next_->pipes.contains(id)) continue;
      next_->pipes[id] = CompileOne(*checked, services);
    }
    Wire();
  }

  // Datasets that this configuration's pipes will write.
  std::set<std::string> FutureDatasets() const {
    std::set<std::string> datasets;
    for (const config::CheckedComponent* checked : next_->checked->pipes()) {
      const config::ConfigView sink = checked->effective->root()["sink"];
      if (const auto dataset = sink["dataset"].value().AsString()) datasets.emplace(*dataset);
      datasets.insert(ExecutionLogName(checked->document->id()));
    }
    return datasets;
  }

  PipeEntry CompileOne(const config::CheckedComponent& checked, const CompileServices& services) {
    const auto found = before_->pipes.find(checked.document->id());
    if (found != before_->pipes.end() && IsSame(*found->second.version, checked)) {
      return found->second;
    }
    PipeEntry entry;
    entry.version = CompilePipe(checked, next_->checked->metadata(), next_->systems, services);
    entry.endpoint = EndpointPipe::Make(entry.version, services);
    if (found != before_->pipes.end()) entry.pump = found->second.pump;
    return entry;
  }

  bool IsSame(const CompiledPipe& version, const config::CheckedComponent& checked) const {
    if (version.identity != PipeIdentity(checked, *next_->checked->metadata())) return false;
    return std::ranges::all_of(version.used_systems, [&](const std::string& id) {
      const SystemEntry* const now = next_->systems->FindEntry(id);
      return now != nullptr && now == version.systems->FindEntry(id);
    });
  }

  void Wire() {
    std::vector<GraphPipe> graph;
    for (const auto& [id, entry] : next_->pipes) {
      const CompiledPipe& pipe = *entry.version;
      GraphPipe node{.id = id, .inputs = {}, .lookups = pipe.lookups, .output = {}};
      if (pipe.source) node.inputs = pipe.source->datasets();
      if (pipe.sink) node.output = pipe.sink->dataset();
      if (!node.output.empty()) next_->writers.try_emplace(node.output, id);
      graph.push_back(std::move(node));
    }
    next_->order = OrderPipes(graph);
  }

  // configuration-metadata.rst, use_config_circuit_breaker: a change that takes away so much is
  // more likely a mistake. The running configuration's switch counts, since the new one may have
  // lost it.
  Result<void> CheckRemovals() const {
    constexpr size_t kRemovedMax = 10;
    if (!before_->checked->metadata()->Global("use_config_circuit_breaker").value().IsTrue()) {
      return {};
    }
    std::set<std::string_view> kept;
    for (const auto& checked : next_->checked->components()) kept.insert(checked.document->id());
    const auto& components = before_->checked->components();
    const auto removed = static_cast<size_t>(std::ranges::count_if(
        components, [&](const auto& old) { return !kept.contains(old.document->id()); }));
    if (removed <= kRemovedMax || removed * 10 <= components.size()) return {};
    return MakeError(Code::kConflict,
                     "the change would delete {} of {} components; at most {}, or a tenth, are "
                     "allowed while \"global_defaults.use_config_circuit_breaker\" is true",
                     removed, components.size(), kRemovedMax);
  }

  void CollectFindings() {
    outcome_.valid = true;
    const auto add = [&](const config::CheckedComponent& checked) {
      if (!checked.valid()) outcome_.valid = false;
      if (!checked.issues.empty()) outcome_.findings.push_back(checked);
    };
    for (const config::CheckedComponent& checked : next_->checked->components()) {
      const std::string_view id = checked.document->id();
      const auto pipe = next_->pipes.find(id);
      const SystemEntry* const system = next_->systems->FindEntry(id);
      if (pipe != next_->pipes.end() &&
          pipe->second.version->checked.document == checked.document) {
        add(pipe->second.version->checked);
      } else if (system != nullptr && system->checked.document == checked.document) {
        add(system->checked);
      } else {
        add(checked);
      }
    }
    for (const auto& [id, entry] : next_->pipes) {
      const auto found = before_->pipes.find(id);
      if (found == before_->pipes.end()) {
        outcome_.added.push_back(id);
      } else if (found->second.version != entry.version) {
        outcome_.changed.push_back(id);
      }
    }
    for (const auto& [id, entry] : before_->pipes) {
      if (!next_->pipes.contains(id)) outcome_.removed.push_back(id);
    }
  }

  Result<void> PutToWork() {
    for (const std::string& id : outcome_.removed) SLUICE_TRY(Remove(id));
    for (const std::string& id : outcome_.changed) {
      const PipeEntry& old = before_->pipes.find(id)->second;
      if (old.endpoint) old.endpoint->Close();
      old.pump->Hold();
    }
    for (const std::string& id : outcome_.added) {
      auto& entry = next_->pipes[id];
      entry.pump = std::make_shared<Pump>(id, state_.pump_services);
      SLUICE_TRY(entry.pump->Load());
    }
    WireReaders();
    SLUICE_TRY(RegisterHolds());
    for (const GraphComponent& component : next_->order) {
      for (const std::string& id : component.pipes) {
        PipeEntry& entry = next_->pipes[id];
        if (entry.pump->version() == entry.version) {
          entry.pump->SetInCycle(component.cyclic);
        } else {
          entry.pump->Replace(entry.version, component.cyclic);
        }
      }
    }
    IndexedKeys keys;
    for (const auto& [id, entry] : next_->pipes) {
      keys.insert(keys.end(), entry.version->indexes.begin(), entry.version->indexes.end());
    }
    auto reconciled = state_.indexes.Reconcile(keys);
    if (reconciled.ok()) reconciled = ReconcileReaderHolds(*state_.options.store, *next_);
    state_.Publish(next_);
    Release();
    return reconciled;
  }

  // Its dataset stays; a pipe of this name that comes later begins anew.
  Result<void> Remove(const std::string& id) {
    const PipeEntry& old = before_->pipes.find(id)->second;
    if (old.endpoint) old.endpoint->Close();
    old.pump->Close();
    ReleaseHolds(*state_.options.store, id);
    return RemoveState(*state_.options.store, id);
  }

  // Compaction waits for the tracking offsets that are stored: at a start this comes before
  // anything is written.
  Result<void> RegisterHolds() {
    storage::Store& store = *state_.options.store;
    for (const auto& [id, entry] : next_->pipes) {
      const auto found = before_->pipes.find(id);
      if (found != before_->pipes.end() && found->second.version == entry.version) continue;
      SLUICE_TRY(auto state, LoadPipeState(store, id));
      const auto& datasets = entry.version->tracking.inverse.datasets;
      std::erase_if(state.tracking.datasets, [&](const TrackedDataset& tracked) {
        return !datasets.contains(tracked.name);
      });
      if (!state_.options.mistakes.ignore_holds) SetHolds(store, id, state.tracking);
      SLUICE_TRY(HoldWhileTripped(store, id));
    }
    return {};
  }

  void WireReaders() {
    for (const auto& [id, entry] : next_->pipes) {
      const CompiledPipe& pipe = *entry.version;
      if (!pipe.signalled || !pipe.runnable()) continue;
      std::set<std::string> read = pipe.tracking.inverse.datasets;
      for (std::string& dataset : pipe.source->datasets()) read.insert(std::move(dataset));
      // It may have been waiting for these.
      read.insert(pipe.awaited.begin(), pipe.awaited.end());
      if (pipe.dataset_sink) read.erase(pipe.dataset_sink->dataset());
      for (const std::string& dataset : read) next_->readers[dataset].push_back(entry.pump);
    }
  }

  void Release() {
    for (const std::string& id : outcome_.changed) next_->pipes[id].pump->Release();
    if (!state_.is_running) return;
    for (const std::string& id : outcome_.changed) {
      next_->pipes[id].pump->Schedule(Pump::Occasion::kAdded);
    }
    for (const std::string& id : outcome_.added) {
      next_->pipes[id].pump->Schedule(Pump::Occasion::kAdded);
    }
    if (before_->user_pipes_disabled && !next_->user_pipes_disabled) {
      for (const auto& [id, entry] : next_->pipes) entry.pump->Schedule(Pump::Occasion::kAdded);
    }
  }

  Hub::State& state_;
  ConfigChange change_;
  std::shared_ptr<const Configuration> before_;
  std::shared_ptr<Configuration> next_;
  ConfigOutcome outcome_;
};

}  // namespace

Result<ConfigOutcome> ApplyChange(Hub::State& state, ConfigChange change) {
  return Change(state, std::move(change)).Run();
}

}  // namespace sluice::pipe
