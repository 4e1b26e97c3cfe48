#include "pipe/tracking/tracker.h"

#include <fmt/format.h>

#include "pipe/dataset_reader.h"
#include "pipe/tracking/outputs.h"
#include "value/record.h"

namespace sluice::pipe {

Tracker::Tracker(const CompiledPipe& pipe, storage::Store& store, Options options,
                 TrackingState& state)
    : pipe_(pipe),
      store_(store),
      options_(options),
      state_(state),
      affected_(store, AffectedPrefix(pipe.id), options.affected_bytes_max) {}

std::optional<std::string> Tracker::ReasonForFull() const {
  for (const std::string& name : pipe_.tracking.inverse.datasets) {
    const TrackedDataset* const tracked = state_.Find(name);
    if (!tracked || tracked->incarnation.empty()) continue;
    const auto info = store_.FindDataset(name);
    if (!info || IncarnationName(*info) != tracked->incarnation) {
      return fmt::format("the dataset \"{}\", which it hops to, was replaced", name);
    }
  }
  return std::nullopt;
}

// The end of each dataset. Holds come first, so that nothing behind the ends can be compacted.
Result<void> Tracker::FixEnds() {
  TrackingState now;
  for (const std::string& name : pipe_.tracking.inverse.datasets) {
    const auto info = store_.FindDataset(name);
    const TrackedDataset* const tracked = state_.Find(name);
    if (!info || (tracked && tracked->incarnation == IncarnationName(*info))) continue;
    if (!options_.mistakes->ignore_holds) {
      store_.SetHold(info->number, HolderName(pipe_.id), info->next_offset);
    }
  }
  snapshot_ = store_.TakeSnapshot();
  for (const std::string& name : pipe_.tracking.inverse.datasets) {
    SLUICE_TRY(const auto info, snapshot_->FindDataset(name));
    ends_.push_back({.name = name,
                     .incarnation = info ? IncarnationName(*info) : std::string(),
                     .next = info ? info->next_offset : 0});
  }
  return {};
}

Result<void> Tracker::Begin(Begins how, const Value& since) {
  if (!since.IsNull()) Encode(since, since_);
  const TrackingPlan& plan = pipe_.tracking;
  if (how == Begins::kFull) {
    SLUICE_TRY(BeginFull());
  } else if (how == Begins::kIncremental) {
    SLUICE_TRY(RemoveOldGenerations());
  }
  generation_prefix_ = GenerationPrefix(pipe_.id, state_.generation);
  if (plan.follows()) {
    SLUICE_TRY(options_.indexes->Build(plan.inverse.indexes, Stop()));
    SLUICE_TRY(FixEnds());
  }
  if (how == Begins::kFull) {
    // Until this run's state is stored, the next one may have to follow what the last one left: the
    // holds move in Committed.
    state_.datasets = ends_;
    followed_ = true;
    return {};
  }
  if (how == Begins::kResumedFull) {
    // What was read before the interruption saw less than this run does.
    ends_ = state_.datasets;
    followed_ = true;
    return {};
  }
  for (const TrackedDataset& end : ends_) {
    const TrackedDataset* const tracked = state_.Find(end.name);
    // One that the configuration has added begins here: nothing was joined with it before.
    if (!tracked || end.incarnation.empty()) continue;
    const storage::Offset from = tracked->incarnation == end.incarnation ? tracked->next : 0;
    if (from >= end.next) continue;
    SLUICE_TRY(const auto info, snapshot_->FindDataset(end.name));
    windows_.push_back({.name = end.name, .info = *info, .from = from, .to = end.next});
  }
  SLUICE_TRY(affected_.Resume({.first = static_cast<uint32_t>(state_.pending_first),
                               .count = static_cast<uint32_t>(state_.pending_runs)},
                              state_.pending_after));
  draining_ = state_.pending_runs > 0;
  return {};
}

// What is stored still holds if this run stores nothing: neither what the last one has found nor
// the old generation goes before Committed.
Result<void> Tracker::BeginFull() {
  state_.ClearPending();
  if (pipe_.tracking.keeps_outputs_for_good && state_.generation != 0) return {};
  ++state_.generation;
  // A full run that stored no state may have left something there.
  return RemoveStatePrefix(store_, GenerationPrefix(pipe_.id, state_.generation));
}

Result<void> Tracker::RemoveOldGenerations() {
  for (; state_.oldest_generation < state_.generation; ++state_.oldest_generation) {
    SLUICE_TRY(RemoveStatePrefix(store_, GenerationPrefix(pipe_.id, state_.oldest_generation)));
  }
  return {};
}

Result<bool> Tracker::Invert(const Stop& stop) {
  if (!inversion_) {
    if (windows_.empty()) return false;
    // The newest indexes, all windows from the same.
    if (!snapshot_) snapshot_ = store_.TakeSnapshot();
    const Window& window = windows_.back();
    SLUICE_TRY(const auto now, snapshot_->FindDataset(window.info.number));
    if (!now) {
      // Replaced meanwhile: the next run is a full one.
      windows_.pop_back();
      return true;
    }
    InversionSetup setup{.plan = &pipe_.tracking.inverse,
                         .indexes = options_.indexes,
                         .source = pipe_.source->by_id(),
                         .state_prefix = generation_prefix_,
                         .mistakes = *options_.mistakes};
    inversion_.emplace(std::move(setup), snapshot_, window.info, window.from, window.to, affected_);
  }
  SLUICE_TRY(const bool more, inversion_->Step(stop));
  SLUICE_TRY(CheckThresholds());
  if (!more) {
    inversion_.reset();
    windows_.pop_back();
  }
  return true;
}

Result<void> Tracker::CheckThresholds() {
  const TrackingThresholds& thresholds = pipe_.tracking.thresholds;
  const uint64_t entities = affected_.added();
  const uint64_t bytes = affected_.bytes();
  const auto text = [&](uint64_t entities_limit, uint64_t bytes_limit) {
    return fmt::format(
        "dependency tracking has found {} affected entities, {} bytes of ids; the threshold is {} "
        "entities, {} bytes",
        entities, bytes, entities_limit, bytes_limit);
  };
  if ((thresholds.error_entities != 0 && entities > thresholds.error_entities) ||
      (thresholds.error_bytes != 0 && bytes > thresholds.error_bytes)) {
    return MakeError(Code::kTooLarge, "{}",
                     text(thresholds.error_entities, thresholds.error_bytes));
  }
  if (!warned_ && (entities > thresholds.warning_entities || bytes > thresholds.warning_bytes)) {
    warned_ = true;
    warning_ = text(thresholds.warning_entities, thresholds.warning_bytes);
  }
  return {};
}

std::optional<std::string> Tracker::TakeWarning() { return std::exchange(warning_, std::nullopt); }

Result<Tracker::Again> Tracker::Next(size_t entities_max, const Stop& stop) {
  Again again;
  if (draining_) {
    SLUICE_TRY(auto batch, Drain(entities_max, stop));
    if (batch) {
      again.batch = std::move(*batch);
      return again;
    }
    draining_ = false;
    state_.ClearPending();
    affected_.Clear();
    return again;
  }
  if (!followed_) {
    // The source was read with newer snapshots than this run's first: so are the indexes.
    if (!inversion_) snapshot_.reset();
    SLUICE_TRY(const bool more, Invert(stop));
    if (more) return again;
    followed_ = true;
    found_ = affected_.added();
    SLUICE_TRY(affected_.Seal());
    if (const auto stored = affected_.stored_runs(); stored.count != 0) {
      // They survive a restart, so the tracking offsets need not wait for them.
      state_.pending_first = stored.first;
      state_.pending_runs = stored.count;
      state_.datasets = ends_;
    }
    draining_ = true;
    return again;
  }
  if (pipe_.tracking.keeps_outputs) {
    SLUICE_TRY(auto batch, DrainTakenOver(entities_max, stop));
    if (batch) {
      again.batch = std::move(*batch);
      return again;
    }
  }
  again.done = true;
  return again;
}

Result<std::optional<Batch>> Tracker::Drain(size_t entities_max, const Stop& stop) {
  SLUICE_TRY(const auto ids, affected_.Next(entities_max));
  if (ids.empty()) return std::optional<Batch>();
  if (state_.pending_runs > 0) state_.pending_after = ids.back();
  const Value since = since_.empty() ? Value::Null() : Decode(since_);
  SLUICE_TRY(Batch batch,
             pipe_.source->by_id()->ReadAgain(ids, since, store_.TakeSnapshot(), stop));
  return std::optional(std::move(batch));
}

Result<std::optional<Batch>> Tracker::DrainTakenOver(size_t entities_max, const Stop& stop) {
  const auto snapshot = store_.TakeSnapshot();
  SLUICE_TRY(const auto ids, TakenOver(*snapshot, generation_prefix_, entities_max));
  if (ids.empty()) return std::optional<Batch>();
  for (const std::string& id : ids) changes_.push_back(DoneAgain(generation_prefix_, id));
  SLUICE_TRY(Batch batch, pipe_.source->by_id()->ReadAgain(ids, std::nullopt, snapshot, stop));
  return std::optional(std::move(batch));
}

Result<void> Tracker::Finish(bool full) {
  SLUICE_CHECK(full || followed_ || !pipe_.tracking.follows());
  if (options_.mistakes->track_to_the_end) {
    for (TrackedDataset& end : ends_) {
      const auto info = store_.FindDataset(end.name);
      if (info && IncarnationName(*info) == end.incarnation) end.next = info->next_offset;
    }
  }
  state_.datasets = ends_;
  return {};
}

Result<void> Tracker::Committed() {
  if (!options_.mistakes->ignore_holds) SetHolds(store_, pipe_.id, state_);
  // No stored state names these any more.
  SLUICE_TRY(affected_.RemoveStored());
  return RemoveOldGenerations();
}

}  // namespace sluice::pipe
