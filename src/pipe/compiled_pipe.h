// A pipe as configured, made ready to run: one version of it, never changed.

#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/effective.h"
#include "config/validate.h"
#include "pipe/component.h"
#include "pipe/dataset_sink.h"
#include "pipe/indexes.h"
#include "pipe/pump_settings.h"
#include "pipe/registry.h"
#include "pipe/systems.h"
#include "pipe/tracking/tracking_plan.h"

namespace sluice::pipe {

// Shared by threads; sources, transforms and sinks say what of them may be.
struct CompiledPipe {
  std::string id;
  config::CheckedComponent checked;  // Issues of schema, DTL and components, at original places.
  std::shared_ptr<const config::ServiceMetadata> metadata;
  std::shared_ptr<SystemSet> systems;

  // Each is null where it is broken or not built.
  std::unique_ptr<Source> source;
  std::vector<std::unique_ptr<Transform>> transforms;  // Up to the first that could not be made.
  std::unique_ptr<Sink> sink;
  const DatasetSink* dataset_sink = nullptr;
  std::string source_type;
  std::string sink_type;
  bool transforms_complete = false;
  // Why it cannot run although it is valid: a part of it is not built in this version, or a secret
  // that it uses has no value yet. Empty if it can.
  std::string not_built;
  Code not_built_code = Code::kNotBuilt;  // kUnavailable where only secrets are missing.

  dtl::Namespaces namespaces;
  bool add_namespaces = false;
  bool remove_namespaces = false;
  PumpSettings pump;
  size_t batch_size = limits::kBatchEntities;
  bool batch_size_stated = false;
  size_t checkpoint_interval = 100;  // In batches.
  bool fail_if_source_empty = false;
  bool require_populated_input = false;
  bool automatic_reprocessing = false;
  bool rescan_when_config_changes = false;
  bool allows_set_last_seen = true;
  bool signalled = false;     // A commit to what its source reads wakes it.
  bool external = true;       // Its runs may block: a thread of their own.
  bool auto_populate = true;  // http_endpoint: what comes populates the sink's dataset.

  std::set<std::string> lookups;  // Datasets that transforms read.
  IndexedKeys indexes;
  TrackingPlan tracking;
  std::set<std::string> awaited;  // Lookups that are there, or will be once a pipe has run.
  std::set<std::string> used_systems;
  // Of everything in it: another one replaces this version.
  std::string identity;
  // Of what decides its output only; kept with the offset.
  std::string fingerprint;

  bool valid() const { return checked.valid(); }
  bool has_pump() const { return source && sink && !source->is_endpoint() && !sink->is_endpoint(); }
  // Whether its pump can run.
  bool runnable() const { return valid() && not_built.empty() && has_pump(); }
};

// What compiling needs beside the configuration.
struct CompileServices {
  storage::Store* store = nullptr;
  const Registry* registry = nullptr;
  const dtl::Catalogue* catalogue = nullptr;
  Indexes* indexes = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  std::function<bool(std::string_view)> dataset_exists;
  std::string spill_folder = {};
};

// Never fails: what is wrong becomes an issue.
std::shared_ptr<CompiledPipe> CompilePipe(const config::CheckedComponent& checked,
                                          std::shared_ptr<const config::ServiceMetadata> metadata,
                                          std::shared_ptr<SystemSet> systems,
                                          const CompileServices& services);

// What CompiledPipe::identity will be, without compiling.
std::string PipeIdentity(const config::CheckedComponent& checked,
                         const config::ServiceMetadata& metadata);

}  // namespace sluice::pipe
