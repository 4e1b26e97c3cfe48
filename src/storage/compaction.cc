// Removing versions: the queue of superseded ones, its rebuilding, and trimming by time.

#include <algorithm>

#include "base/arena.h"
#include "storage/bitmap.h"
#include "storage/engine_store.h"
#include "storage/keys.h"
#include "storage/reading.h"

namespace sluice::storage {
namespace {

// What one step of Compact removes or looks at. Writers of the dataset wait meanwhile.
constexpr uint64_t kStepVersionsMax = 10'000;
constexpr size_t kStepIdsMax = 1'000;

}  // namespace

Result<void> EngineStore::Compact(const Stop& stop) {
  const std::lock_guard lock(compaction_mutex_);
  for (const auto& dataset : AllDatasets()) SLUICE_TRY(CompactDataset(*dataset, stop));
  return {};
}

Result<void> EngineStore::CompactDataset(Dataset& dataset, const Stop& stop) {
  SLUICE_TRY(RebuildQueue(dataset, stop));
  for (bool more = true; more;) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped while compacting");
    const std::lock_guard lock(dataset.writer_mutex);
    if (dataset.gone) return {};
    CommitBuilder builder(*engine_, dataset, NowMicroseconds());
    SLUICE_TRY(const uint64_t drained, builder.DrainQueue(kStepVersionsMax));
    SLUICE_TRY(ApplyCommit(dataset, builder));
    SLUICE_TRY(const uint64_t trimmed, TrimStep(dataset, kStepVersionsMax));
    SLUICE_TRY(const uint64_t retracted, RetractStep(dataset, kStepIdsMax));
    SLUICE_TRY(const uint64_t expired, ExpireStep(dataset, kStepIdsMax));
    more = drained + trimmed + retracted + expired != 0;
  }
  return {};
}

// After `keep_versions` has changed: walks the histories and queues what falls out by the new
// number. A commit queues by the new number already, so both put the same entries.
Result<void> EngineStore::RebuildQueue(Dataset& dataset, const Stop& stop) {
  std::string after;
  for (bool more = true; more;) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped while compacting");
    const std::lock_guard lock(dataset.writer_mutex);
    if (dataset.gone || !dataset.counters.compact_all) return {};
    SLUICE_TRY(more, QueueStep(dataset, after));
  }
  return {};
}

Result<bool> EngineStore::QueueStep(Dataset& dataset, std::string& after) {
  const auto number = dataset.definition.number;
  const size_t keep = dataset.definition.options.keep_versions;
  CommitBuilder builder(*engine_, dataset, NowMicroseconds());
  const auto range = NumberRange(number);
  const auto cursor = engine_->NewCursor(Family::kLatest, range.begin, range.end, Access::kScan);
  cursor->Seek(after.empty() ? range.begin : after);
  if (!after.empty() && cursor->Valid() && cursor->key() == after) cursor->Next();
  Arena arena;
  for (size_t ids = 0; ids < kStepIdsMax && cursor->Valid(); ++ids, cursor->Next()) {
    after = cursor->key();
    SLUICE_TRY(const auto latest, ParseLatest(cursor->value()));
    std::vector<Offset> newest_first = {latest.offset};
    for (auto previous = latest.previous; previous;) {
      arena.Clear();
      SLUICE_TRY(const auto entity, ReadVersion(*engine_, number, *previous, arena));
      if (!entity) break;
      newest_first.push_back(*previous);
      if (newest_first.size() > keep) {
        std::string value;
        AppendVarint(*previous, value);
        const auto key = QueueKey(number, newest_first[newest_first.size() - 1 - keep]);
        SLUICE_TRY(const auto queued, engine_->Get(Family::kState, key));
        if (!queued) ++builder.counters().queued;
        builder.set().Put(Family::kState, key, value);
      }
      const auto its_previous = entity->previous.AsInteger();
      previous = its_previous ? std::optional(static_cast<Offset>(*its_previous)) : std::nullopt;
    }
  }
  SLUICE_TRY(cursor->status());
  const bool more = cursor->Valid();
  if (!more) builder.counters().compact_all = false;
  SLUICE_TRY(ApplyCommit(dataset, builder));
  return more;
}

// Removes the oldest versions of a dataset that is trimmed by time, latest ones too; says how many.
Result<uint64_t> EngineStore::TrimStep(Dataset& dataset, uint64_t versions_max) {
  const auto& older_than_us = dataset.definition.options.trim_older_than_us;
  if (!older_than_us || dataset.gone) return uint64_t{0};
  const auto number = dataset.definition.number;
  const int64_t cutoff_us = NowMicroseconds() - *older_than_us;
  const Offset end = std::min(dataset.HoldBegin(), dataset.counters.next_offset);
  CommitBuilder builder(*engine_, dataset, NowMicroseconds());
  const auto cursor = engine_->NewCursor(Family::kLog, LogKey(number, dataset.counters.log_begin),
                                         LogKey(number, end), Access::kPoint);
  std::vector<Offset> gone, gone_tombstones;
  uint64_t trimmed = 0;
  for (cursor->Seek(LogKey(number, 0)); cursor->Valid() && trimmed < versions_max; cursor->Next()) {
    SLUICE_TRY(const auto version, ParseVersion(cursor->value()));
    if (version.header.ts_us >= cutoff_us) break;
    const Offset offset = OffsetOfLogKey(cursor->key());
    Arena arena;
    const auto entity = MakeEntity(offset, version, arena);
    const auto id = entity.id();
    SLUICE_TRY(const auto latest, ReadLatest(*engine_, number, {&id, 1}));
    if (latest[0] && latest[0]->offset == offset) {
      for (const auto& index : dataset.indexes) {
        // Without its extractor an index would keep an entry for what is gone.
        if (index.extractor == nullptr) return uint64_t{0};
        if (entity.deleted) continue;
        for (const auto& key : ExtractKeys(*index.extractor, entity)) {
          builder.set().Delete(Family::kIndex, IndexKey(index.number, key, id));
        }
      }
      builder.set().Delete(Family::kLatest, LatestKey(number, id));
      gone.push_back(offset);
      if (entity.deleted) gone_tombstones.push_back(offset);
      --(entity.deleted ? builder.counters().deleted : builder.counters().live);
    }
    builder.set().Delete(Family::kLog, cursor->key());
    --builder.counters().versions;
    builder.counters().log_begin = offset + 1;
    ++trimmed;
  }
  SLUICE_TRY(cursor->status());
  MergeBitmapChanges(number, BitmapKind::kLatest, 0, {}, gone, builder.set());
  MergeBitmapChanges(number, BitmapKind::kTombstone, 0, {}, gone_tombstones, builder.set());
  SLUICE_TRY(ApplyCommit(dataset, builder));
  return trimmed;
}

}  // namespace sluice::storage
