// What a hub is inside; for the files of pipe/ that implement Hub.

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipe/activity.h"
#include "pipe/compiled_pipe.h"
#include "pipe/endpoint_pipe.h"
#include "pipe/executor.h"
#include "pipe/graph.h"
#include "pipe/hub.h"
#include "pipe/pump.h"
#include "pipe/store_care.h"
#include "pipe/systems.h"
#include "pipe/timer.h"

namespace sluice::pipe {

class RunAllJob;

// One component as it is stored: `place` decides the order and never changes.
struct StoredDocument {
  uint64_t place = 0;
  std::shared_ptr<const config::Document> document;
};

// One pipe of a configuration.
struct PipeEntry {
  std::shared_ptr<CompiledPipe> version;
  std::shared_ptr<Pump> pump;
  std::shared_ptr<EndpointPipe> endpoint;  // Null if it has none.
};

// A whole configuration at work. Immutable: a change makes another one.
struct Configuration {
  std::vector<StoredDocument> documents;
  std::shared_ptr<const config::CheckedConfiguration> checked;
  std::shared_ptr<SystemSet> systems;
  std::map<std::string, PipeEntry, std::less<>> pipes;
  // Which pumps a commit to a dataset wakes.
  std::unordered_map<std::string, std::vector<std::shared_ptr<Pump>>> readers;
  std::map<std::string, std::string, std::less<>> writers;  // Dataset → pipe.
  std::vector<GraphComponent> order;
  bool user_pipes_disabled = false;  // task_manager.disable_user_pipes.
};

struct Hub::State {
  explicit State(HubOptions hub_options);
  ~State();

  std::shared_ptr<const Configuration> configuration() const;
  void Publish(std::shared_ptr<const Configuration> next);
  Result<PipeEntry> FindPipe(std::string_view id) const;
  void Emit(const HubEvent& event);
  void Log(std::string_view level, std::string_view message) const;
  void OnCommit(const storage::CommitEvent& event);
  bool RunningFree() const;
  // Runs the pumps that failed because the disk was nearly full.
  void WakeFailed();
  CompileServices MakeCompileServices();

  const HubOptions options;
  const WallTime started;
  Indexes indexes;
  Activity activity;
  PumpServices pump_services;  // Before the threads, which use it to the last.
  Executor internal;
  Executor blocking;
  Timer timer;
  std::shared_ptr<StoreCare> care;

  std::mutex change_mutex;  // Held by whoever changes the configuration, as long as that takes.

  mutable std::mutex configuration_mutex;
  std::shared_ptr<const Configuration> configuration_;

  std::mutex listeners_mutex;
  std::map<uint64_t, std::function<void(const HubEvent&)>> listeners;
  uint64_t next_listener = 1;

  std::atomic<bool> is_running = false;  // Start was called, and not Shutdown.
  std::atomic<int> schedules_held = 0;   // While all pipes are run, for example.
  std::optional<uint64_t> commit_listener;

  mutable std::mutex run_all_mutex;
  std::map<std::string, std::shared_ptr<RunAllJob>, std::less<>> run_all_jobs;  // By token.
  std::string newest_run_all;
};

// hub_config.cc. Makes a configuration of documents and puts it to work.
struct ConfigChange {
  std::vector<StoredDocument> documents;
  std::shared_ptr<const config::Environment> environment;
  std::set<std::string> changed_secrets = {};  // See MakeSystems.
  bool force = false;
  bool check_only = false;
  bool from_store = false;  // At start: nothing is written.
};
// The caller holds change_mutex.
Result<ConfigOutcome> ApplyChange(Hub::State& state, ConfigChange change);

}  // namespace sluice::pipe
