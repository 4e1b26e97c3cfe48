#include "pipe/pipe_state.h"

#include <fmt/format.h>

#include "base/arena.h"
#include "pipe/dict_builder.h"
#include "value/record.h"

namespace sluice::pipe {
namespace {

// An id may hold any character but '/', so the slash ends it.
std::string Key(std::string_view pipe, std::string_view name) {
  return fmt::format("pipe/{}/{}", pipe, name);
}

Result<Value> DecodeChecked(std::string_view text, std::string_view what) {
  auto checked = CheckRecord(text);
  if (!checked.ok()) {
    return MakeError(Code::kCorrupt, "the stored {} is broken: {}", what, checked.error().message);
  }
  const Value value = Decode(text);
  if (!value.IsDict()) return MakeError(Code::kCorrupt, "the stored {} is broken", what);
  return value;
}

std::string Text(const Value& dict, std::string_view name) {
  return std::string(dict.Find(name).AsString().value_or(""));
}
int64_t Integer(const Value& dict, std::string_view name) {
  return dict.Find(name).AsInteger().value_or(0);
}
bool Flag(const Value& dict, std::string_view name) {
  return dict.Find(name).AsBoolean().value_or(false);
}

}  // namespace

Value PipeState::Since() const { return since.empty() ? Value::Null() : Decode(since); }

void PipeState::SetSince(const Value& value) {
  since.clear();
  if (!value.IsNull()) sluice::Encode(value, since);
}

std::string StateKey(std::string_view pipe) { return Key(pipe, "state"); }
std::string SwitchesKey(std::string_view pipe) { return Key(pipe, "pump"); }
std::string ReceiverKey(std::string_view pipe) { return Key(pipe, "receiver"); }
std::string StatePrefix(std::string_view pipe) { return Key(pipe, ""); }

std::string Encode(const PipeState& state) {
  Arena arena;
  DictBuilder dict(arena);
  dict.Set("since", Value::Bytes(state.since))
      .Set("source", Value::String(state.source_scope))
      .Set("sink", Value::String(state.sink_scope))
      .Set("full_pending", Value::Boolean(state.full_pending))
      .Set("full_run", Value::Integer(static_cast<int64_t>(state.full_run)))
      .Set("reset_by_user", Value::Boolean(state.reset_by_user))
      .Set("unpopulated_full", Value::Boolean(state.unpopulated_full))
      .Set("completed", Value::Boolean(state.completed))
      .Set("runs_since_rescan", Value::Integer(state.runs_since_rescan))
      .Set("runs_since_partial_rescan", Value::Integer(state.runs_since_partial_rescan))
      .Set("fingerprint", Value::String(state.fingerprint))
      .Set("tracking", state.tracking.ToValue(arena));
  std::string text;
  sluice::Encode(dict.Make(), text);
  return text;
}

std::string Encode(const PumpSwitches& switches) {
  Arena arena;
  DictBuilder dict(arena);
  dict.Set("disabled", Value::Boolean(switches.disabled))
      .Set("comment", Value::String(switches.comment))
      .Set("next_run_us", Value::Integer(switches.next_run_us))
      .Set("rescan_requested", Value::Boolean(switches.rescan_requested));
  std::string text;
  sluice::Encode(dict.Make(), text);
  return text;
}

Result<PipeState> DecodePipeState(std::string_view text) {
  SLUICE_TRY(const Value dict, DecodeChecked(text, "state of a pipe"));
  PipeState state;
  const Value since = dict.Find("since");
  state.since = since.AsBytes().value_or("");
  if (!state.since.empty()) SLUICE_TRY(CheckRecord(state.since));
  state.source_scope = Text(dict, "source");
  state.sink_scope = Text(dict, "sink");
  state.full_pending = Flag(dict, "full_pending");
  state.full_run = static_cast<uint64_t>(Integer(dict, "full_run"));
  state.reset_by_user = Flag(dict, "reset_by_user");
  state.unpopulated_full = Flag(dict, "unpopulated_full");
  state.completed = Flag(dict, "completed");
  state.runs_since_rescan = Integer(dict, "runs_since_rescan");
  state.runs_since_partial_rescan = Integer(dict, "runs_since_partial_rescan");
  state.fingerprint = Text(dict, "fingerprint");
  state.tracking = TrackingState::FromValue(dict.Find("tracking"));
  return state;
}

Result<PumpSwitches> DecodePumpSwitches(std::string_view text) {
  SLUICE_TRY(const Value dict, DecodeChecked(text, "switches of a pump"));
  return PumpSwitches{.disabled = Flag(dict, "disabled"),
                      .comment = Text(dict, "comment"),
                      .next_run_us = Integer(dict, "next_run_us"),
                      .rescan_requested = Flag(dict, "rescan_requested")};
}

Result<PipeState> LoadPipeState(const storage::Store& store, std::string_view pipe) {
  SLUICE_TRY(auto text, store.TakeSnapshot()->GetState(StateKey(pipe)));
  return text ? DecodePipeState(*text) : Result<PipeState>(PipeState{});
}

Result<PumpSwitches> LoadPumpSwitches(const storage::Store& store, std::string_view pipe) {
  SLUICE_TRY(auto text, store.TakeSnapshot()->GetState(SwitchesKey(pipe)));
  return text ? DecodePumpSwitches(*text) : Result<PumpSwitches>(PumpSwitches{});
}

Result<void> StoreState(storage::Store& store, std::string key, std::string value) {
  storage::Commit commit;
  commit.state.push_back({std::move(key), std::move(value)});
  SLUICE_TRY(store.Write(commit));
  return {};
}

Result<void> RemoveState(storage::Store& store, std::string_view pipe) {
  return RemoveStatePrefix(store, StatePrefix(pipe));
}

Result<void> RemoveStatePrefix(storage::Store& store, std::string_view prefix,
                               const std::function<bool(std::string_view key)>& keeps) {
  constexpr size_t kKeysAtOnce = 10'000;
  storage::Commit commit;
  Result<void> written;
  const auto write = [&] {
    if (auto receipt = store.Write(commit); !receipt.ok()) written = receipt.TakeError();
    commit.state.clear();
    return written.ok();
  };
  // The scan stays on its snapshot while what it has passed is removed.
  SLUICE_TRY(store.TakeSnapshot()->ScanState(prefix, [&](std::string_view key, std::string_view) {
    if (keeps && keeps(key)) return true;
    commit.state.push_back({std::string(key), std::nullopt});
    return commit.state.size() < kKeysAtOnce || write();
  }));
  if (written.ok() && !commit.state.empty()) write();
  return written;
}

}  // namespace sluice::pipe
