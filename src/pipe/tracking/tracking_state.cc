#include "pipe/tracking/tracking_state.h"

#include <fmt/format.h>

#include "pipe/dataset_reader.h"
#include "pipe/dict_builder.h"

namespace sluice::pipe {
namespace {

std::string Text(const Value& dict, std::string_view name) {
  return std::string(dict.Find(name).AsString().value_or(""));
}
int64_t Integer(const Value& dict, std::string_view name) {
  return dict.Find(name).AsInteger().value_or(0);
}

}  // namespace

const TrackedDataset* TrackingState::Find(std::string_view name) const {
  for (const TrackedDataset& dataset : datasets) {
    if (dataset.name == name) return &dataset;
  }
  return nullptr;
}

void TrackingState::ClearPending() {
  pending_first = pending_runs = 0;
  pending_after.clear();
}

Value TrackingState::ToValue(Arena& arena) const {
  std::vector<Value> list;
  for (const TrackedDataset& dataset : datasets) {
    DictBuilder item(arena);
    item.SetText("name", dataset.name)
        .SetText("incarnation", dataset.incarnation)
        .SetInteger("next", dataset.next);
    list.push_back(item.Make());
  }
  DictBuilder dict(arena);
  dict.Set("datasets", Value::List(arena.CopyArray(std::span<const Value>(list))))
      .Set("pending_first", Value::Integer(pending_first))
      .Set("pending_runs", Value::Integer(pending_runs))
      .SetText("pending_after", pending_after)
      .Set("generation", Value::Integer(generation))
      .Set("oldest_generation", Value::Integer(oldest_generation));
  return dict.Make();
}

TrackingState TrackingState::FromValue(const Value& value) {
  TrackingState state;
  for (const Value& item : value.Find("datasets").items()) {
    state.datasets.push_back({.name = Text(item, "name"),
                              .incarnation = Text(item, "incarnation"),
                              .next = static_cast<storage::Offset>(Integer(item, "next"))});
  }
  state.pending_first = Integer(value, "pending_first");
  state.pending_runs = Integer(value, "pending_runs");
  state.pending_after = Text(value, "pending_after");
  state.generation = Integer(value, "generation");
  state.oldest_generation = Integer(value, "oldest_generation");
  return state;
}

// An id may hold any character but '/', so the slash ends it.
std::string TrackingPrefix(std::string_view pipe) { return fmt::format("pipe/{}/t/", pipe); }
std::string GenerationPrefix(std::string_view pipe, int64_t generation) {
  return fmt::format("pipe/{}/t/{:016x}/", pipe, static_cast<uint64_t>(generation));
}
std::string AffectedPrefix(std::string_view pipe) { return fmt::format("pipe/{}/affected/", pipe); }
std::string HolderName(std::string_view pipe) { return fmt::format("pipe:{}", pipe); }

void SetHolds(storage::Store& store, std::string_view pipe, const TrackingState& state) {
  const std::string holder = HolderName(pipe);
  for (const TrackedDataset& dataset : state.datasets) {
    const auto info = store.FindDataset(dataset.name);
    if (!info || IncarnationName(*info) != dataset.incarnation) continue;
    store.SetHold(info->number, holder, dataset.next);
  }
  for (const auto& hold : store.ListHolds()) {
    if (hold.holder != holder) continue;
    bool tracked = false;
    for (const TrackedDataset& dataset : state.datasets) {
      const auto info = store.FindDataset(dataset.name);
      tracked |= info && info->number == hold.dataset;
    }
    if (!tracked) store.SetHold(hold.dataset, holder, std::nullopt);
  }
}

void ReleaseHolds(storage::Store& store, std::string_view pipe) {
  SetHolds(store, pipe, TrackingState{});
}

}  // namespace sluice::pipe
