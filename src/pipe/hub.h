// Hub: everything that runs: configuration, systems, pipes, their pumps and the scheduler, over one
// store.
//
// The Service API, the CLI and tests drive it. All methods may be called by any thread; those that
// take a Stop may block. Callers keep the hub alive while they call it.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/stop.h"
#include "pipe/endpoint.h"
#include "pipe/hub_options.h"
#include "pipe/registry.h"
#include "pipe/run_all.h"
#include "pipe/status.h"
#include "storage/store.h"

namespace sluice::pipe {

class Hub {
 public:
  // Loads what the store holds. Broken components are kept and listed, not run.
  static Result<std::unique_ptr<Hub>> Open(HubOptions options);
  // Stops everything, as Shutdown.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Begins schedules, signals and `run_at_startup`.
  void Start();
  // Ends all runs between two batches and returns when they have ended.
  void Shutdown();

  // Configuration. PutConfig replaces everything, PutGroup everything of that group; PutComponents
  // adds or replaces these. kConflict if another change is being applied for long.
  Result<ConfigOutcome> PutConfig(const config::Documents& documents, bool force,
                                  const User& user = {});
  Result<ConfigOutcome> PutGroup(std::string_view group, const config::Documents& documents,
                                 bool force, const User& user = {});
  Result<ConfigOutcome> PutComponents(const config::Documents& documents, bool force,
                                      const User& user = {});
  // Checks as PutConfig would, DTL included, and applies nothing.
  Result<ConfigOutcome> CheckConfig(const config::Documents& documents) const;
  // Its dataset stays, as an orphan. kNotFound if there is none.
  Result<void> DeletePipe(std::string_view id, const User& user = {});
  Result<void> DeleteSystem(std::string_view id, const User& user = {});
  // Pipes, systems and metadata as uploaded, in the order of upload; without a group all.
  std::vector<ComponentConfig> ListConfig(std::optional<std::string_view> group = {}) const;
  Result<ComponentConfig> GetConfig(std::string_view id) const;
  // Both documents are null where no metadata was uploaded; Metadata has the defaults filled in.
  ComponentConfig GetMetadata() const;
  // Null takes it away: the defaults hold again.
  std::shared_ptr<const config::ServiceMetadata> Metadata() const;
  Result<ConfigOutcome> PutMetadata(std::shared_ptr<const config::Document> document, bool force,
                                    const User& user = {});

  // Environment variables: a JSON object, exactly as it was put; "{}" if never.
  std::shared_ptr<const config::Environment> GetEnv() const;
  Result<void> PutEnv(std::string_view json);
  // Adds or replaces some.
  Result<void> PatchEnv(std::string_view json);
  Result<void> DeleteEnv(std::string_view name);

  // Secrets of the hub ("" as system) or of one system: names only, never values. Systems that use
  // what changed are made anew.
  Result<std::vector<std::string>> ListSecrets(std::string_view system) const;
  Result<void> PutSecrets(std::string_view system, std::string_view json, SecretsMode mode);
  Result<void> DeleteSecret(std::string_view system, std::string_view name);

  // Components and what goes on in them, ordered by id.
  std::vector<PipeStatus> ListPipes(Detail detail = {}) const;
  Result<PipeStatus> GetPipe(std::string_view id, Detail detail = {}) const;
  std::vector<SystemStatus> ListSystems() const;
  Result<SystemStatus> GetSystem(std::string_view id) const;
  // How the pipe joins, what it follows and whether it is exact: JSON, see tracking/explain.h.
  Result<std::string> ExplainPipe(std::string_view id) const;
  // Wiring of the graph: which pipes read and which write a dataset.
  std::vector<std::string> ReadersOf(std::string_view dataset) const;
  std::optional<std::string> WriterOf(std::string_view dataset) const;

  // Pumps. kNotFound, kBadConfig (invalid), kNotBuilt, kConflict (disabled, off, tripped, no pump).
  Result<PumpStatus> Operate(std::string_view pipe, PumpOperation operation,
                             std::string_view argument = {}, const User& user = {});
  // Runs a pump once and waits for its end, after a run that goes on. The report holds a failed
  // run's error; the Result fails only where no run could start.
  Result<RunReport> RunPipe(std::string_view pipe, RunKind kind, const Stop& stop);
  // Returns when no pump runs, is queued, or has a signal to follow.
  Result<void> WaitIdle(const Stop& stop);
  // The circuit breaker of the pipe that writes the dataset.
  Result<void> CommitCircuitBreaker(std::string_view dataset, const User& user = {});
  Result<void> RollbackCircuitBreaker(std::string_view dataset, const User& user = {});

  // Gives each entity at a stage to `visit` until it returns false. Pipes whose sink is not built,
  // or that are invalid only in later parts, can be previewed as far as they are right.
  Result<void> Preview(std::string_view pipe, const PreviewOptions& options,
                       const std::function<Result<bool>(const Entity&)>& visit, const Stop& stop);
  // Runs a pipe's transforms on one entity (JSON) and gives a JSON array of what comes out.
  Result<std::string> TransformEntity(std::string_view pipe, std::string_view entity,
                                      const Stop& stop);

  // Of a pipe with a merge source, as JSON objects (pipe/merge/explain.h): why entities are one,
  // and what people should look at. kBadRequest where the pipe merges nothing.
  Result<std::string> ExplainMerge(std::string_view pipe, std::string_view id,
                                   const Stop& stop) const;
  Result<std::string> MergeOverview(std::string_view pipe, const Stop& stop) const;

  // Endpoint pipes. They stay usable while they are held; writes fail with kConflict once the pipe
  // has changed.
  Result<std::shared_ptr<Receiver>> FindReceiver(std::string_view pipe);
  // `kind`: the last part of the URL.
  Result<std::shared_ptr<Publisher>> FindPublisher(std::string_view pipe, std::string_view kind);

  // Running all pipes. One at a time: kConflict while another goes on.
  Result<std::string> StartRunAll(RunAllOptions options, const User& user = {});  // A token.
  // Returns the report when it has ended.
  Result<RunAllReport> WaitRunAll(std::string_view token, const Stop& stop);
  // Empty token: the newest.
  RunAllReport GetRunAll(std::string_view token) const;
  // Lines after `since`, exclusive.
  std::vector<LogLine> GetRunAllLog(std::string_view token, std::optional<WallTime> since) const;
  // Ends it and returns when it has ended; no error if there is none. False if it did not end in
  // time.
  bool StopRunAll(std::chrono::nanoseconds time_max);

  // Deletes the sink datasets of all pipes and clears their offsets; waits for runs to end first.
  Result<void> DeleteAllSinkDatasets(const Stop& stop);
  // Everything as on a fresh disk: configuration, secrets, environment, datasets, offsets.
  Result<void> ResetEverything(const Stop& stop);
  // Deletes a dataset; a pipe that writes it starts anew with its next run.
  Result<void> DeleteDataset(std::string_view dataset, const User& user = {});

  // Called by the thread that caused the event, so it must be quick; remove by the number Add gave.
  uint64_t AddListener(std::function<void(const HubEvent&)> listener);
  void RemoveListener(uint64_t number);

  // Of a hub on a single thread: runs one piece of work; false if there was none.
  bool Step();
  // When Tick will find something to do; nothing if no alarm is set.
  std::optional<SteadyTime> NextAlarm() const;
  // Begins a compaction of the whole store, unless one goes on; none before Start.
  void Compact();
  // Looks at the clock now: tests that move a clock of their own call it.
  void Tick();

  // What fills an index that the configuration needs, whether or not the dataset is there; null if
  // it needs none such.
  std::shared_ptr<const storage::KeyExtractor> FindExtractor(
      std::string_view dataset, const storage::IndexDefinition& definition) const;

  // The entities of a dataset that are in a subset, ["eq", INDEX_EXPRESSION, VALUE] as JSON, whose
  // expression means what it means in the pipe that writes the dataset. kBadRequest where it is
  // none, kNotFound where the dataset has no index over the expression.
  Result<std::unique_ptr<storage::LogReader>> ReadSubset(
      std::shared_ptr<const storage::Snapshot> snapshot, const storage::DatasetInfo& dataset,
      std::string_view subset, const storage::ReadOptions& options) const;

  storage::Store& store() const;
  const Registry& registry() const;
  WallTime started() const;

  struct State;

 private:
  explicit Hub(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sluice::pipe
