// TrackingPlan: what a pipe must keep and follow so that its output stays exact.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/view.h"
#include "pipe/component.h"
#include "pipe/tracking/inverse_plan.h"
#include "pipe/tracking/recorded_keys.h"

namespace sluice::pipe {

// dependency_tracking of a pipe and of the service metadata.
struct TrackingThresholds {
  uint64_t warning_entities = 10'000;
  uint64_t warning_bytes = 33'554'432;
  // Errors only where they are stated, or other than the reference's defaults: what they guard
  // against, memory, is bounded already.
  uint64_t error_entities = 0;  // 0: none.
  uint64_t error_bytes = 0;
};

struct TrackingPlan {
  InversePlan inverse;
  Recording recording = Recording::kNone;
  bool keeps_outputs = false;
  // What came from which source entity outlives full runs: a target outside forgets nothing.
  bool keeps_outputs_for_good = false;
  // The source gives deletions of what a full run would not give.
  bool ends_gone = false;
  TrackingThresholds thresholds;
  // Why the pipe is not exact (law 3 of the design); empty if it is.
  std::vector<std::string> not_exact;

  bool follows() const { return !inverse.datasets.empty(); }
  // Each batch reads in the store what those before it have kept there.
  bool reads_its_state() const { return recording == Recording::kAll || keeps_outputs; }
  bool wants_sources() const { return recording != Recording::kNone || keeps_outputs || ends_gone; }
};

struct TrackingInput {
  Source* source = nullptr;
  const std::vector<std::unique_ptr<Transform>>* transforms = nullptr;
  bool has_sink = false;  // That a pump writes to.
  bool has_dataset_sink = false;
  std::string sink_dataset;
  bool add_namespaces = false;
  config::ConfigView pipe;             // Effective: what the service metadata says is in it.
  bool states_error_entities = false;  // In the pipe, as uploaded.
  bool states_error_bytes = false;
};

// Tells the DTL transforms what to record.
TrackingPlan MakeTrackingPlan(const TrackingInput& input);

}  // namespace sluice::pipe
