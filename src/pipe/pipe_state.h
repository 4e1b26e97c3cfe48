// What a pipe remembers from run to run: its offset, and what the offset belongs to.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "pipe/tracking/tracking_state.h"
#include "storage/store.h"
#include "value/value.h"

namespace sluice::pipe {

// Stored as one value of the store's state, in the commit of the batch it covers.
struct PipeState {
  std::string since;  // The record of the since-value (value/record.h); empty: from the beginning.
  std::string source_scope;  // Source::since_scope that `since` belongs to.
  std::string sink_scope;    // The incarnation of the sink's dataset; empty if it has none.
  // A full run has begun that has not come to its end: the next run is a full one.
  bool full_pending = true;
  uint64_t full_run = 0;       // The sink's number of it, where it can be taken up at `since`.
  bool reset_by_user = false;  // It deletes also where its source is not populated.
  // A full run came to its end while its source was not populated: once it is, another one must
  // take away what never came.
  bool unpopulated_full = false;
  bool completed = false;  // A run has come to the source's end since the last reset.
  int64_t runs_since_rescan = 0;
  int64_t runs_since_partial_rescan = 0;
  std::string fingerprint;  // Of the configuration that the last run used.
  TrackingState tracking;

  Value Since() const;
  void SetSince(const Value& value);
};

// The pump's switches, set by operators; kept apart, so that no run overwrites them.
struct PumpSwitches {
  bool disabled = false;
  std::string comment;
  int64_t next_run_us = 0;  // Of long schedules, so that a restart does not skip one; 0: none.
  bool rescan_requested = false;
};

std::string StateKey(std::string_view pipe);
std::string SwitchesKey(std::string_view pipe);
// For Receiver's own text, see Inlet.
std::string ReceiverKey(std::string_view pipe);
// Everything of a pipe, for its removal: the keys of the store's state that begin so.
std::string StatePrefix(std::string_view pipe);

std::string Encode(const PipeState& state);
std::string Encode(const PumpSwitches& switches);
Result<PipeState> DecodePipeState(std::string_view text);
Result<PumpSwitches> DecodePumpSwitches(std::string_view text);

// From the newest snapshot; defaults where nothing is stored.
Result<PipeState> LoadPipeState(const storage::Store& store, std::string_view pipe);
Result<PumpSwitches> LoadPumpSwitches(const storage::Store& store, std::string_view pipe);
Result<void> StoreState(storage::Store& store, std::string key, std::string value);
// Everything of a pipe, or all its keys that begin so but those that `keeps` names. In several
// commits: nothing that is stored may need them.
Result<void> RemoveState(storage::Store& store, std::string_view pipe);
Result<void> RemoveStatePrefix(storage::Store& store, std::string_view prefix,
                               const std::function<bool(std::string_view key)>& keeps = {});

}  // namespace sluice::pipe
