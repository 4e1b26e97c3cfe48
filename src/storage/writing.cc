// Commits, durability, listeners, and the small values.

#include <chrono>

#include "storage/engine_store.h"
#include "storage/keys.h"
#include "storage/snapshot.h"

namespace sluice::storage {
int64_t EngineStore::NowMicroseconds() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             options_.clock->Now().time_since_epoch())
      .count();
}

Result<std::optional<FullRun>> EngineStore::RunOf(const Dataset& dataset,
                                                  std::optional<uint64_t> full_run) const {
  if (!full_run) return std::optional<FullRun>();
  const auto& current = dataset.counters.full_run;
  if (current && current->number == *full_run) return current;
  return MakeError(Code::kConflict,
                   "full run {} of dataset \"{}\" has ended or was replaced by another", *full_run,
                   dataset.definition.name);
}

Result<void> EngineStore::ApplyCommit(Dataset& dataset, CommitBuilder& builder) {
  if (dataset.gone) {
    return MakeError(Code::kConflict, "dataset \"{}\" was deleted or truncated meanwhile",
                     dataset.definition.name);
  }
  auto set = builder.TakeSet();
  if (!set->empty()) {
    SLUICE_TRY(engine_->Apply(std::move(set)));
    builder.Adopt();
  }
  // What was found unchanged may have been written by a commit that is not durable yet.
  builder.receipt().sequence = engine_->LatestSequence();
  builder.receipt().next_offset = dataset.counters.next_offset;
  return {};
}

Result<CommitReceipt> EngineStore::Write(const Commit& commit) {
  if (commit.dataset == 0) {
    SLUICE_CHECK(commit.appends.empty() && !commit.full_run && !commit.populated);
    auto set = engine_->NewWriteSet();
    for (const auto& change : commit.state) {
      if (change.value) {
        set->Put(Family::kState, UserKey(change.key), *change.value);
      } else {
        set->Delete(Family::kState, UserKey(change.key));
      }
    }
    if (!set->empty()) SLUICE_TRY(engine_->Apply(std::move(set)));
    return CommitReceipt{.sequence = engine_->LatestSequence()};
  }
  if (!commit.appends.empty()) SLUICE_TRY(RequireSpace());
  SLUICE_TRY(const auto dataset, Existing(commit.dataset));
  CommitReceipt receipt;
  CommitEvent event;
  bool tell = false;
  {
    const std::lock_guard lock(dataset->writer_mutex);
    SLUICE_TRY(const auto run, RunOf(*dataset, commit.full_run));
    // Before the commit: whatever fails here, nothing of it was written.
    if (!commit.appends.empty()) SLUICE_TRY(TrimStep(*dataset, DrainedBy(commit.appends.size())));
    const auto kind = commit.appends.size() >= options_.bulk_entities_min
                          ? CommitBuilder::Kind::kBulk
                          : CommitBuilder::Kind::kBatch;
    const bool empty = dataset->counters.live + dataset->counters.deleted == 0;
    if (kind == CommitBuilder::Kind::kBulk && empty) dataset->ids = NewIdFilter();
    CommitBuilder builder(*engine_, *dataset, NowMicroseconds(), kind);
    SLUICE_TRY(builder.Append(commit.appends, run));
    MarkRetractions(*dataset, commit.appends, builder);
    builder.SetState(commit.state);
    if (commit.populated) builder.counters().populated = *commit.populated;
    const uint64_t appended = builder.receipt().appended;
    const bool was_populated = dataset->counters.populated;
    SLUICE_TRY(ApplyCommit(*dataset, builder));
    receipt = builder.receipt();
    // The commit is done. What fails here stays marked, for the next compaction, and shows in
    // Health.
    if (!commit.appends.empty()) (void)RetractStep(*dataset, commit.appends.size()).ok();
    tell = appended != 0 || (dataset->counters.populated && !was_populated);
    event = {.dataset = commit.dataset,
             .name = dataset->definition.name,
             .next_offset = receipt.next_offset,
             .populated = dataset->counters.populated};
  }
  if (tell) Notify(event);
  return receipt;
}

Result<void> EngineStore::SetPopulated(DatasetNumber dataset, bool populated) {
  Commit commit;
  commit.dataset = dataset;
  commit.populated = populated;
  SLUICE_TRY(Write(commit));
  return {};
}

namespace {

std::shared_ptr<const void> TakePlace(const std::shared_ptr<std::atomic<int>>& places) {
  if (places->fetch_sub(1) <= 0) {
    places->fetch_add(1);
    return nullptr;
  }
  return {places.get(), [places](const void*) { places->fetch_add(1); }};
}

}  // namespace

std::shared_ptr<const void> EngineStore::TakeBulkPlace() { return TakePlace(bulk_places_); }

std::unique_ptr<IdFilter> EngineStore::NewIdFilter() {
  auto place = TakePlace(filter_places_);
  return place ? std::make_unique<IdFilter>(std::move(place)) : nullptr;
}

Result<void> EngineStore::WaitDurable(CommitSequence sequence, const Stop& stop) {
  return durability_.Wait(sequence, stop);
}

CommitSequence EngineStore::last_sequence() const { return engine_->LatestSequence(); }

std::shared_ptr<const Snapshot> EngineStore::TakeSnapshot() const {
  return MakeSnapshot(engine_->TakeSnapshot());
}

void EngineStore::Notify(const CommitEvent& event) const {
  const std::shared_lock lock(listeners_mutex_);
  for (const auto& [number, listener] : listeners_) listener(event);
}

uint64_t EngineStore::AddListener(std::function<void(const CommitEvent&)> listener) {
  const std::unique_lock lock(listeners_mutex_);
  listeners_.emplace(next_listener_, std::move(listener));
  return next_listener_++;
}

void EngineStore::RemoveListener(uint64_t number) {
  const std::unique_lock lock(listeners_mutex_);
  listeners_.erase(number);
}

Result<std::optional<std::string>> EngineStore::GetMeta(std::string_view key) const {
  return engine_->Get(Family::kMeta, UserKey(key));
}

Result<void> EngineStore::PutMeta(std::span<const StateChange> changes) {
  auto set = engine_->NewWriteSet();
  for (const auto& change : changes) {
    if (change.value) {
      set->Put(Family::kMeta, UserKey(change.key), *change.value);
    } else {
      set->Delete(Family::kMeta, UserKey(change.key));
    }
  }
  if (set->empty()) return {};
  SLUICE_TRY(engine_->Apply(std::move(set)));
  return durability_.Wait(engine_->LatestSequence(), Stop());
}

Result<void> EngineStore::ScanMeta(
    std::string_view prefix,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const auto range = PrefixRange(UserKey(prefix));
  const auto cursor = engine_->NewCursor(Family::kMeta, range.begin, range.end, Access::kPoint);
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    if (!visit(cursor->key().substr(1), cursor->value())) return {};
  }
  return cursor->status();
}

uint64_t EngineStore::DiskBytes() const { return engine_->DiskBytes(); }

void EngineStore::SetHold(DatasetNumber dataset, const std::string& holder,
                          std::optional<Offset> from) {
  const auto found = FindByNumber(dataset);
  if (found == nullptr) return;
  // A commit under way may remove what it found free: once this returns, none does.
  const std::lock_guard lock(found->writer_mutex);
  found->SetHold(holder, from);
}

std::vector<Store::Hold> EngineStore::ListHolds() const {
  std::vector<Hold> holds;
  for (const auto& dataset : AllDatasets()) {
    const auto number = dataset->Info().number;
    for (const auto& [holder, from] : dataset->Holds()) holds.push_back({number, holder, from});
  }
  return holds;
}

}  // namespace sluice::storage
