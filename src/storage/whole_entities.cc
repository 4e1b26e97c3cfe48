// Removing more of an entity than superseded versions: what "$retract" asks for, and deletions that
// are old (features/compaction-feature.rst, compaction.retract and compaction.ttl_deletes_hours).

#include <algorithm>

#include "base/arena.h"
#include "storage/bitmap.h"
#include "storage/engine_store.h"
#include "storage/keys.h"
#include "storage/reading.h"
#include "value/record.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kRetract = "$retract";

// What is kept of an entity, newest first.
struct Kept {
  std::vector<Offset> offsets;
  size_t retracting = SIZE_MAX;  // The newest version that says "$retract"; SIZE_MAX: none.
};

Result<Kept> ReadKept(const ReadView& view, DatasetNumber dataset, Offset newest) {
  Kept kept;
  Arena arena;
  for (auto at = std::optional(newest); at;) {
    arena.Clear();
    SLUICE_TRY(const auto entity, ReadVersion(view, dataset, *at, arena));
    if (!entity) break;
    if (kept.retracting == SIZE_MAX && entity->dict.Find(kRetract).IsTrue())
      kept.retracting = kept.offsets.size();
    kept.offsets.push_back(*at);
    const auto previous = entity->previous.AsInteger();
    at = previous ? std::optional(static_cast<Offset>(*previous)) : std::nullopt;
  }
  return kept;
}

// Removes the versions from the `first`th on, and what the compaction queue has of them.
Result<void> RemoveFrom(const ReadView& view, DatasetNumber dataset, const Kept& kept, size_t first,
                        CommitBuilder& builder) {
  const std::span<const Offset> removed(kept.offsets.begin() + static_cast<std::ptrdiff_t>(first),
                                        kept.offsets.end());
  for (const Offset offset : removed) builder.set().Delete(Family::kLog, LogKey(dataset, offset));
  builder.counters().versions -= removed.size();
  for (const Offset superseding : kept.offsets) {
    const auto key = QueueKey(dataset, superseding);
    SLUICE_TRY(const auto value, view.Get(Family::kState, key));
    if (!value) continue;
    FieldReader fields(*value);
    if (std::ranges::find(removed, fields.Varint()) == removed.end()) continue;
    builder.set().Delete(Family::kState, key);
    --builder.counters().queued;
  }
  return {};
}

}  // namespace

// The mark goes with the commit; what it asks for is done behind it, as far as holds allow.
void EngineStore::MarkRetractions(const Dataset& dataset, std::span<const Append> appends,
                                  CommitBuilder& builder) {
  if (!dataset.definition.options.retract) return;
  for (const auto& append : appends) {
    if (!Decode(append.record).Find(kRetract).IsTrue()) continue;
    builder.set().Put(Family::kState, RetractionKey(dataset.definition.number, append.id),
                      append.id);
  }
}

// Removes what is before the retracting versions of some ids; says of how many. What a hold keeps
// stays marked.
Result<uint64_t> EngineStore::RetractStep(Dataset& dataset, uint64_t ids_max) {
  if (!dataset.definition.options.retract || dataset.gone) return uint64_t{0};
  const auto number = dataset.definition.number;
  const Offset hold = dataset.HoldBegin();
  CommitBuilder builder(*engine_, dataset, NowMicroseconds());
  const auto range = RetractionRange(number);
  const auto cursor = engine_->NewCursor(Family::kState, range.begin, range.end, Access::kPoint);
  uint64_t retracted = 0;
  for (cursor->Seek(range.begin); cursor->Valid() && retracted < ids_max; cursor->Next()) {
    const std::string id(cursor->value());
    const std::string_view view = id;
    SLUICE_TRY(const auto latest, ReadLatest(*engine_, number, {&view, 1}));
    if (latest[0]) {
      SLUICE_TRY(const auto kept, ReadKept(*engine_, number, latest[0]->offset));
      const bool found = kept.retracting != SIZE_MAX;
      if (found && kept.retracting + 1 < kept.offsets.size()) {
        if (kept.offsets[kept.retracting] >= hold) continue;
        SLUICE_TRY(RemoveFrom(*engine_, number, kept, kept.retracting + 1, builder));
        builder.counters().cut_before =
            std::max(builder.counters().cut_before, kept.offsets[kept.retracting]);
      }
    }
    builder.set().Delete(Family::kState, cursor->key());
    ++retracted;
  }
  SLUICE_TRY(cursor->status());
  if (retracted != 0) SLUICE_TRY(ApplyCommit(dataset, builder));
  return retracted;
}

// Removes all of some entities whose deletion is old enough, oldest first; says how many.
Result<uint64_t> EngineStore::ExpireStep(Dataset& dataset, uint64_t ids_max) {
  const auto& ttl_us = dataset.definition.options.ttl_deletes_us;
  if (!ttl_us || dataset.gone || !dataset.MayRemove()) return uint64_t{0};
  const auto number = dataset.definition.number;
  const int64_t cutoff_us = NowMicroseconds() - *ttl_us;
  const Offset hold = dataset.HoldBegin();
  CommitBuilder builder(*engine_, dataset, NowMicroseconds());
  const auto range = BitmapRange(number, BitmapKind::kTombstone, 0);
  const auto cursor = engine_->NewCursor(Family::kState, range.begin, range.end, Access::kPoint);
  std::vector<Offset> gone;
  bool more = true;
  for (cursor->Seek(range.begin); cursor->Valid() && more; cursor->Next()) {
    const auto chunk = LoadBigEndian<uint64_t>(cursor->key().substr(cursor->key().size() - 8));
    SLUICE_TRY(const auto bits, ParseChunk(cursor->value()));
    for (const uint32_t within : bits) {
      const Offset offset = (chunk << kChunkBits) + within;
      SLUICE_TRY(const auto value, engine_->Get(Family::kLog, LogKey(number, offset)));
      if (!value) return MakeError(Code::kCorrupt, "the deletion at offset {} is lost", offset);
      SLUICE_TRY(const auto version, ParseVersion(*value));
      more = offset < hold && gone.size() < ids_max && version.header.ts_us < cutoff_us;
      if (!more) break;
      Arena arena;
      const auto entity = MakeEntity(offset, version, arena);
      SLUICE_TRY(const auto kept, ReadKept(*engine_, number, offset));
      SLUICE_TRY(RemoveFrom(*engine_, number, kept, 0, builder));
      builder.set().Delete(Family::kLatest, LatestKey(number, entity.id()));
      --builder.counters().deleted;
      gone.push_back(offset);
    }
  }
  SLUICE_TRY(cursor->status());
  if (gone.empty()) return uint64_t{0};
  MergeBitmapChanges(number, BitmapKind::kLatest, 0, {}, gone, builder.set());
  MergeBitmapChanges(number, BitmapKind::kTombstone, 0, {}, gone, builder.set());
  SLUICE_TRY(ApplyCommit(dataset, builder));
  return gone.size();
}

}  // namespace sluice::storage
