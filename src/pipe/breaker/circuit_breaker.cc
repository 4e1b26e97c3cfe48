#include "pipe/breaker/circuit_breaker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "pipe/pipe_state.h"
#include "pipe/tracking/tracking_state.h"

namespace sluice::pipe {
namespace {

using Stage = Uncommitted::Stage;

// What is put into the dataset at once.
constexpr size_t kEntitiesAtOnce = 2'000;
constexpr size_t kBytesAtOnce = 8 << 20;

std::string HolderOf(std::string_view pipe) { return fmt::format("circuit breaker of {}", pipe); }

Result<void> WriteState(storage::Store& store, std::vector<storage::StateChange> changes) {
  storage::Commit commit;
  commit.state = std::move(changes);
  SLUICE_TRY(store.Write(commit));
  return {};
}

std::optional<uint64_t> LimitOf(const DatasetSinkOptions& options,
                                const storage::DatasetInfo& info) {
  std::optional<uint64_t> limit = options.breaker_count;
  if (options.breaker_factor) {
    const double entities = static_cast<double>(info.live + info.deleted);
    const double product = std::floor(*options.breaker_factor * entities);
    const auto bounded =
        product < 1e18 ? static_cast<uint64_t>(product) : std::numeric_limits<uint64_t>::max();
    limit = std::max(limit.value_or(0), bounded);
  }
  if (!limit && options.may_trip) limit = std::numeric_limits<uint64_t>::max();
  return limit;
}

// Puts what is uncommitted into the dataset, oldest first; the full run sees it.
Result<void> PutAll(storage::Store& store, std::string_view pipe, Uncommitted& uncommitted,
                    const Stop& stop) {
  if (uncommitted.full_run && store.CurrentFullRun(uncommitted.dataset) != uncommitted.full_run) {
    uncommitted.full_run.reset();
  }
  while (true) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    const auto snapshot = store.TakeSnapshot();
    SLUICE_TRY(const auto entities,
               ReadUncommitted(*snapshot, pipe, kEntitiesAtOnce, kBytesAtOnce));
    if (entities.empty()) return {};
    storage::Commit commit;
    commit.dataset = uncommitted.dataset;
    commit.full_run = uncommitted.full_run;
    std::vector<storage::Append> appends;
    for (const UncommittedEntity& entity : entities) {
      storage::Append& append = appends.emplace_back();
      append.record = entity.record;
      append.id = entity.id;
      append.hash = entity.hash;
      append.deleted = entity.deleted;
      DropEntity(pipe, entity.id, entity.number, commit.state);
    }
    commit.appends = appends;
    SLUICE_TRY(store.Write(commit));
  }
}

// What was decided is carried out, also by whoever comes after a crash.
Result<void> FinishCommitting(storage::Store& store, std::string_view pipe, Uncommitted uncommitted,
                              const Stop& stop) {
  SLUICE_TRY(PutAll(store, pipe, uncommitted, stop));
  if (!uncommitted.end || !uncommitted.full_run) {
    return WriteState(store, {DropUncommitted(pipe)});
  }
  auto end = *std::move(uncommitted.end);
  end.state.push_back(DropUncommitted(pipe));
  SLUICE_TRY(store.FinishFullRun(uncommitted.dataset, *uncommitted.full_run, end, stop));
  return {};
}

Result<Uncommitted> LoadTripped(const storage::Store& store, std::string_view pipe) {
  SLUICE_TRY(auto uncommitted, LoadUncommitted(*store.TakeSnapshot(), pipe));
  if (!uncommitted || uncommitted->stage == Stage::kOpen) {
    return MakeError(Code::kConflict, "the circuit breaker of the pipe \"{}\" has not tripped",
                     pipe);
  }
  return *std::move(uncommitted);
}

void ReleaseHold(storage::Store& store, std::string_view pipe) {
  for (const auto& hold : store.ListHolds()) {
    if (hold.holder == HolderOf(pipe)) store.SetHold(hold.dataset, hold.holder, std::nullopt);
  }
}

// Whether the pipe keeps more than its offset, which cannot be taken back.
Result<bool> KeepsMore(const storage::Store& store, std::string_view pipe,
                       const Uncommitted& uncommitted) {
  bool keeps = false;
  const std::string plain[] = {StateKey(pipe), SwitchesKey(pipe), ReceiverKey(pipe)};
  const std::string own = UncommittedPrefix(pipe);
  const auto snapshot = store.TakeSnapshot();
  SLUICE_TRY(snapshot->ScanState(StatePrefix(pipe), [&](std::string_view key, std::string_view) {
    keeps = !key.starts_with(own) && std::ranges::find(plain, key) == std::end(plain);
    return !keeps;
  }));
  if (keeps || !uncommitted.full_run) return keeps;
  SLUICE_TRY(const auto now, LoadPipeState(store, pipe));
  return !now.tracking.datasets.empty();
}

// The pipe's state once the run is taken back.
Result<storage::StateChange> StateAfterRollback(const storage::Store& store, std::string_view pipe,
                                                const Uncommitted& uncommitted) {
  SLUICE_TRY(const bool keeps_more, KeepsMore(store, pipe, uncommitted));
  if (!keeps_more) {
    return storage::StateChange{StateKey(pipe),
                                uncommitted.state_before.empty()
                                    ? std::nullopt
                                    : std::optional<std::string>(uncommitted.state_before)};
  }
  SLUICE_TRY(auto state, LoadPipeState(store, pipe));
  state.full_pending = true;
  state.full_run = 0;
  state.since.clear();
  return storage::StateChange{StateKey(pipe), Encode(state)};
}

}  // namespace

// One batch on its way into what is uncommitted: what is known of its ids, and what changes.
class CircuitBreaker::Batch {
  using Head = storage::Snapshot::Head;

 public:
  Batch(const storage::Snapshot& snapshot, const std::string& pipe, Uncommitted& uncommitted)
      : snapshot_(snapshot), pipe_(pipe), uncommitted_(uncommitted) {}

  Result<void> Add(const storage::Append& append, const std::optional<Head>& base) {
    SLUICE_TRY(Slot * slot, Find(append.id, base));
    const bool is = slot->append || slot->kept || base;
    const bool deleted = slot->append ? slot->append->deleted
                         : slot->kept ? slot->kept->deleted
                                      : base && base->deleted;
    const Hash128 hash = slot->append ? slot->append->hash
                         : slot->kept ? slot->kept->hash
                         : base       ? base->hash
                                      : Hash128{};
    const bool unchanged = append.only_if_live ? !is || deleted : is && hash == append.hash;
    if (unchanged) {
      ++receipt.unchanged;
      if (!slot->append && !slot->kept) same.push_back(append);
      return {};
    }
    ++receipt.appended;
    if (append.deleted) ++receipt.deleted;
    slot->dropped = base && base->hash == append.hash;
    slot->append = slot->dropped ? nullptr : &append;
    if (slot->dropped) same.push_back(append);
    if (!slot->touched) touched_.push_back(slot);
    slot->touched = true;
    if (slot->dropped && slot->stored) slot->kept.reset();
    return {};
  }

  // What is to be stored, the summary aside.
  std::vector<storage::StateChange> TakeChanges() {
    std::vector<storage::StateChange> changes;
    for (const Slot* slot : touched_) {
      if (slot->stored) {
        DropEntity(pipe_, slot->id, *slot->stored, changes);
        --uncommitted_.entities;
        uncommitted_.live -= slot->was_live ? 1 : 0;
      }
      if (slot->append == nullptr) continue;
      const UncommittedHead head{.number = uncommitted_.next++,
                                 .hash = slot->append->hash,
                                 .deleted = slot->append->deleted,
                                 .was_live = slot->was_live};
      PutEntity(pipe_, head, *slot->append, changes);
      ++uncommitted_.entities;
      uncommitted_.live += slot->was_live ? 1 : 0;
    }
    return changes;
  }

  std::vector<storage::Append> same;  // As the dataset has them: a full run sees them.
  storage::CommitReceipt receipt;

 private:
  struct Slot {
    std::string_view id;
    std::optional<UncommittedHead> kept;
    std::optional<uint64_t> stored;  // The number of what is stored.
    bool was_live = false;
    const storage::Append* append = nullptr;  // The newest of the batch.
    bool dropped = false;                     // Back to what the dataset has.
    bool touched = false;
  };

  Result<Slot*> Find(std::string_view id, const std::optional<Head>& base) {
    const auto [found, is_new] = slots_.try_emplace(id);
    Slot& slot = found->second;
    if (!is_new) return &slot;
    slot.id = id;
    slot.was_live = base && !base->deleted;
    if (uncommitted_.entities == 0) return &slot;
    SLUICE_TRY(slot.kept, FindHead(snapshot_, pipe_, id));
    if (slot.kept) slot.stored = slot.kept->number;
    if (slot.kept) slot.was_live = slot.kept->was_live;
    return &slot;
  }

  const storage::Snapshot& snapshot_;
  const std::string& pipe_;
  Uncommitted& uncommitted_;
  std::unordered_map<std::string_view, Slot> slots_;
  std::vector<const Slot*> touched_;
};

Result<std::unique_ptr<CircuitBreaker>> CircuitBreaker::Open(const DatasetSink& sink,
                                                             const storage::DatasetInfo& info,
                                                             std::optional<uint64_t> full_run,
                                                             bool anew, const Stop& stop) {
  storage::Store& store = sink.store();
  const std::string& pipe = sink.options().pipe;
  if (pipe.empty()) return std::unique_ptr<CircuitBreaker>();
  SLUICE_TRY(auto kept, LoadUncommitted(*store.TakeSnapshot(), pipe));
  if (kept && kept->stage == Stage::kTripped) {
    return MakeError(Code::kConflict, "{}", kept->message);
  }
  if (kept && kept->stage == Stage::kCommitting && kept->dataset == info.number) {
    SLUICE_TRY(FinishCommitting(store, pipe, *kept, stop));
    kept.reset();
  }
  if (kept && (kept->stage != Stage::kOpen || kept->dataset != info.number || anew)) {
    SLUICE_TRY(RemoveStatePrefix(store, UncommittedPrefix(pipe)));
    kept.reset();
  }
  const auto limit = LimitOf(sink.options(), info);
  const bool active = limit && info.populated && info.live + info.deleted != 0;
  if (!kept && !active) return std::unique_ptr<CircuitBreaker>();
  const bool is_stored = kept.has_value();
  if (!kept) {
    kept.emplace();
    kept->dataset = info.number;
    SLUICE_TRY(auto before, store.TakeSnapshot()->GetState(StateKey(pipe)));
    kept->state_before = std::move(before).value_or("");
  }
  kept->full_run = full_run;
  return std::unique_ptr<CircuitBreaker>(new CircuitBreaker(
      sink, limit.value_or(std::numeric_limits<uint64_t>::max()), is_stored, *std::move(kept)));
}

Error CircuitBreaker::Tripped() const {
  return MakeError(Code::kConflict, "{}", uncommitted_.message);
}

std::string CircuitBreaker::TooMany(uint64_t entities) const {
  return fmt::format(
      "the circuit breaker of the dataset \"{}\" has tripped: the run changes {} entities, and {} "
      "are allowed; roll back or commit",
      sink_.dataset(), entities, limit_);
}

Result<storage::CommitReceipt> CircuitBreaker::Stage(std::span<const storage::Append> appends,
                                                     DatasetWrite write) {
  if (uncommitted_.stage == Uncommitted::Stage::kTripped) return Tripped();
  storage::Store& store = sink_.store();
  const auto snapshot = store.TakeSnapshot();
  std::vector<std::string_view> ids;
  ids.reserve(appends.size());
  for (const auto& append : appends) ids.push_back(append.id);
  SLUICE_TRY(const auto heads, snapshot->Heads(uncommitted_.dataset, ids));
  Uncommitted next = uncommitted_;
  Batch batch(*snapshot, pipe_, next);
  for (size_t i = 0; i < appends.size(); ++i) SLUICE_TRY(batch.Add(appends[i], heads[i]));
  storage::Commit commit;
  commit.dataset = uncommitted_.dataset;
  commit.state = std::move(write.state);
  auto changes = batch.TakeChanges();
  if (next.entities > limit_) {
    next.stage = Uncommitted::Stage::kTripped;
    next.message = TooMany(next.entities);
  }
  if (!changes.empty()) changes.push_back(PutUncommitted(pipe_, next));
  const bool stores = !changes.empty();
  commit.state.insert(commit.state.end(), std::make_move_iterator(changes.begin()),
                      std::make_move_iterator(changes.end()));
  if (write.full_run) {
    commit.appends = batch.same;
    commit.full_run = write.full_run;
  }
  SLUICE_TRY(const auto receipt, store.Write(commit));
  uncommitted_ = std::move(next);
  is_stored_ = is_stored_ || stores;
  if (uncommitted_.stage == Uncommitted::Stage::kTripped) {
    store.SetHold(uncommitted_.dataset, HolderOf(pipe_), 0);
    return Tripped();
  }
  batch.receipt.sequence = receipt.sequence;
  batch.receipt.next_offset = receipt.next_offset;
  return batch.receipt;
}

Result<void> CircuitBreaker::CheckEnd(const storage::Store::FullRunOptions& end) {
  if (uncommitted_.stage == Uncommitted::Stage::kTripped) return Tripped();
  if (!end.delete_unseen || !uncommitted_.full_run) return {};
  storage::Store& store = sink_.store();
  SLUICE_TRY(const auto unseen, store.CountUnseen(uncommitted_.dataset, *uncommitted_.full_run));
  // What the run has changed is not in the dataset, and so not seen there.
  const uint64_t deletions = unseen - std::min(unseen, uncommitted_.live);
  if (uncommitted_.entities + deletions <= limit_) return {};
  uncommitted_.end = end;
  SLUICE_TRY(Trip(TooMany(uncommitted_.entities + deletions)));
  return Tripped();
}

Result<void> CircuitBreaker::Commit(const Stop& stop) {
  if (uncommitted_.stage == Uncommitted::Stage::kTripped) return Tripped();
  if (!is_stored_) return {};
  uncommitted_.stage = Uncommitted::Stage::kCommitting;
  SLUICE_TRY(WriteState(sink_.store(), {PutUncommitted(pipe_, uncommitted_)}));
  auto committing = uncommitted_;
  SLUICE_TRY(FinishCommitting(sink_.store(), pipe_, std::move(committing), stop));
  is_stored_ = false;
  return {};
}

Result<void> CircuitBreaker::Trip(std::string_view message) {
  if (uncommitted_.stage == Uncommitted::Stage::kTripped) return {};
  Uncommitted next = uncommitted_;
  next.stage = Uncommitted::Stage::kTripped;
  next.message = message;
  SLUICE_TRY(WriteState(sink_.store(), {PutUncommitted(pipe_, next)}));
  sink_.store().SetHold(next.dataset, HolderOf(pipe_), 0);
  uncommitted_ = std::move(next);
  return {};
}

Result<std::optional<std::string>> FindTripped(const storage::Store& store, std::string_view pipe) {
  SLUICE_TRY(auto uncommitted, LoadUncommitted(*store.TakeSnapshot(), pipe));
  if (!uncommitted || uncommitted->stage != Stage::kTripped) return std::optional<std::string>();
  return std::optional(std::move(uncommitted->message));
}

Result<void> HoldWhileTripped(storage::Store& store, std::string_view pipe) {
  SLUICE_TRY(const auto uncommitted, LoadUncommitted(*store.TakeSnapshot(), pipe));
  if (uncommitted && uncommitted->stage == Stage::kTripped) {
    store.SetHold(uncommitted->dataset, HolderOf(pipe), 0);
  }
  return {};
}

Result<void> CommitTripped(storage::Store& store, std::string_view pipe, const Stop& stop) {
  SLUICE_TRY(auto uncommitted, LoadTripped(store, pipe));
  if (uncommitted.stage == Stage::kDiscarding) {
    return MakeError(Code::kConflict, "the run of the pipe \"{}\" is being rolled back", pipe);
  }
  uncommitted.stage = Stage::kCommitting;
  SLUICE_TRY(WriteState(store, {PutUncommitted(pipe, uncommitted)}));
  SLUICE_TRY(FinishCommitting(store, pipe, std::move(uncommitted), stop));
  ReleaseHold(store, pipe);
  return {};
}

Result<void> RollbackTripped(storage::Store& store, std::string_view pipe) {
  SLUICE_TRY(auto uncommitted, LoadTripped(store, pipe));
  if (uncommitted.stage == Stage::kCommitting) {
    return MakeError(Code::kConflict, "the run of the pipe \"{}\" is being committed", pipe);
  }
  if (uncommitted.stage != Stage::kDiscarding) {
    if (uncommitted.full_run) {
      auto aborted = store.AbortFullRun(uncommitted.dataset, *uncommitted.full_run);
      // kConflict: the dataset is gone, and the full run with it.
      if (!aborted.ok() && aborted.error().code != Code::kConflict) return aborted;
    }
    SLUICE_TRY(auto restored, StateAfterRollback(store, pipe, uncommitted));
    uncommitted.stage = Stage::kDiscarding;
    SLUICE_TRY(WriteState(store, {std::move(restored), PutUncommitted(pipe, uncommitted)}));
  }
  SLUICE_TRY(RemoveStatePrefix(store, UncommittedPrefix(pipe)));
  ReleaseHold(store, pipe);
  return {};
}

}  // namespace sluice::pipe
