// Making what is derived anew from the logs.

#include <algorithm>

#include "base/arena.h"
#include "storage/bitmap.h"
#include "storage/keys.h"
#include "storage/reading.h"
#include "storage/slots.h"
#include "storage/snapshot.h"
#include "storage/verify.h"
#include "storage/verify_primary.h"

namespace sluice::storage {
namespace {

// Versions that are read and written at a time, and when a batch ends early.
constexpr size_t kBatchVersionsMax = 2'000;
constexpr size_t kBatchBytesMax = 8 * 1024 * 1024;

class DatasetRebuilder {
 public:
  DatasetRebuilder(Engine& engine, const DatasetDefinition& definition)
      : engine_(engine),
        definition_(definition),
        number_(definition.number),
        before_(engine.TakeSnapshot()) {}

  Result<uint64_t> Run(const VerifyOptions& options, const Stop& stop) {
    SLUICE_TRY(Clear());
    const auto range = NumberRange(number_);
    const auto cursor = before_->NewCursor(Family::kLog, range.begin, range.end, Access::kScan);
    for (cursor->Seek(range.begin); cursor->Valid();) {
      if (stop.IsSet())
        return MakeError(Code::kCancelled, "stopped while rebuilding \"{}\"", definition_.name);
      SLUICE_TRY(AddBatch(*cursor));
      if (options.on_progress) options.on_progress(definition_.name, counters_.versions, 0);
    }
    SLUICE_TRY(cursor->status());
    auto set = engine_.NewWriteSet();
    // What falls out of keeping N is found by walking every history once.
    counters_.compact_all = definition_.options.keep_versions != 0 &&
                            counters_.versions > counters_.live + counters_.deleted;
    counters_.cut_before = counters_.next_offset;
    set->Put(Family::kState, CountersKey(number_), EncodeCounters(counters_));
    SLUICE_TRY(engine_.Apply(std::move(set)));
    return counters_.versions;
  }

 private:
  // Removes what is derived, and keeps of the counters what is not.
  Result<void> Clear() {
    const auto kept = ReadCounters(*before_, number_);
    if (kept.ok()) {
      counters_.populated = kept->populated;
      counters_.next_offset = kept->next_offset;
      counters_.updated_us = kept->updated_us;
      counters_.last_full_run = kept->last_full_run;
      counters_.full_run = kept->full_run;
    } else if (kept.error().code != Code::kCorrupt) {
      return kept.error();
    }
    auto set = engine_.NewWriteSet();
    const auto latest = NumberRange(number_);
    set->DeleteRange(Family::kLatest, latest.begin, latest.end);
    for (const auto& range :
         {BitmapRange(number_, BitmapKind::kLatest, 0),
          BitmapRange(number_, BitmapKind::kTombstone, 0), QueueRange(number_)}) {
      set->DeleteRange(Family::kState, range.begin, range.end);
    }
    set->Put(Family::kState, CountersKey(number_), EncodeCounters(counters_));
    return engine_.Apply(std::move(set));
  }

  struct BatchVersion {
    Offset offset;
    VersionHeader header;
    std::string_view id;
  };

  Result<void> AddBatch(Cursor& cursor) {
    Arena arena;
    std::vector<BatchVersion> versions;
    for (; cursor.Valid() && versions.size() < kBatchVersionsMax && arena.bytes() < kBatchBytesMax;
         cursor.Next()) {
      SLUICE_TRY(const auto version, ParseVersion(cursor.value()));
      const Offset offset = OffsetOfLogKey(cursor.key());
      Arena entity_arena;
      const auto entity = MakeEntity(offset, version, entity_arena);
      if (entity.id().empty())
        return MakeError(Code::kCorrupt, "\"{}\": no _id at offset {}", definition_.name, offset);
      versions.push_back({offset, version.header, arena.Copy(entity.id())});
    }
    std::vector<Append> appends;
    for (const auto& version : versions) {
      Append append;
      append.id = version.id;
      appends.push_back(append);
    }
    SLUICE_TRY(auto slots,
               Slots::Make(engine_, number_, appends, counters_.live + counters_.deleted == 0));
    for (size_t i = 0; i < versions.size(); ++i) {
      auto& slot = slots.of_append(i);
      const auto& version = versions[i];
      slot.now = Latest{.deleted = version.header.deleted,
                        .offset = version.offset,
                        .hash = version.header.hash,
                        .previous = version.header.previous,
                        .source = {},
                        .long_id = IsLongId(version.id) ? version.id : std::string_view()};
      slot.last_append = static_cast<uint32_t>(i);
    }
    counters_.versions += versions.size();
    if (!versions.empty())
      counters_.next_offset = std::max(counters_.next_offset, versions.back().offset + 1);
    return WriteSlots(slots, appends);
  }

  Result<void> WriteSlots(Slots& slots, std::span<const Append> appends) {
    auto set = engine_.NewWriteSet();
    std::vector<std::string_view> ids;
    for (const auto& slot : slots.all()) ids.push_back(appends[slot.last_append].id);
    const auto old = ReadLatest(*before_, number_, ids);
    if (!old.ok() && old.error().code != Code::kCorrupt) return old.error();
    std::vector<Offset> added, removed, added_tombstones, removed_tombstones;
    std::string value;
    size_t at = 0;
    for (auto& slot : slots.all()) {
      // The log does not say what a version was made from; the old view does, if it names the same
      // version.
      if (old.ok() && (*old)[at] && (*old)[at]->offset == slot.now->offset)
        slot.now->source = (*old)[at]->source;
      ++at;
      value.clear();
      AppendLatest(*slot.now, value);
      set->Put(Family::kLatest, slot.key, value);
      added.push_back(slot.now->offset);
      if (slot.now->deleted) added_tombstones.push_back(slot.now->offset);
      ++(slot.now->deleted ? counters_.deleted : counters_.live);
      if (!slot.before) continue;
      removed.push_back(slot.before->offset);
      if (slot.before->deleted) removed_tombstones.push_back(slot.before->offset);
      --(slot.before->deleted ? counters_.deleted : counters_.live);
    }
    for (auto* offsets : {&added, &removed, &added_tombstones, &removed_tombstones}) {
      std::sort(offsets->begin(), offsets->end());
    }
    MergeBitmapChanges(number_, BitmapKind::kLatest, 0, added, removed, *set);
    MergeBitmapChanges(number_, BitmapKind::kTombstone, 0, added_tombstones, removed_tombstones,
                       *set);
    return engine_.Apply(std::move(set));
  }

  Engine& engine_;
  const DatasetDefinition& definition_;
  const DatasetNumber number_;
  const std::shared_ptr<const EngineSnapshot> before_;
  Counters counters_;
};

// Empties every index; BuildIndex fills it again once its extractor is there.
Result<void> EmptyIndexes(Engine& engine) {
  const auto range = PrefixRange("x");
  const auto cursor = engine.NewCursor(Family::kMeta, range.begin, range.end, Access::kScan);
  auto set = engine.NewWriteSet();
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    SLUICE_TRY(const auto index, ParseIndexDefinition(cursor->value()));
    SLUICE_TRY(const auto counters, ReadCounters(engine, index.dataset));
    const auto entries = NumberRange(index.number);
    set->DeleteRange(Family::kIndex, entries.begin, entries.end);
    set->Put(Family::kState, IndexProgressKey(index.number),
             EncodeIndexProgress({.next = 0, .end = counters.next_offset}));
  }
  SLUICE_TRY(cursor->status());
  return engine.Apply(std::move(set));
}

}  // namespace

Result<RebuildSummary> Rebuild(Engine& engine, const VerifyOptions& options, const Stop& stop) {
  RebuildSummary summary;
  std::vector<DatasetDefinition> definitions;
  const auto range = PrefixRange("d");
  const auto cursor = engine.NewCursor(Family::kMeta, range.begin, range.end, Access::kScan);
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    SLUICE_TRY(const auto definition, ParseDatasetDefinition(cursor->value()));
    SLUICE_TRY(const auto versions, DatasetRebuilder(engine, definition).Run(options, stop));
    summary.versions += versions;
    ++summary.datasets;
    definitions.push_back(definition);
  }
  SLUICE_TRY(cursor->status());
  SLUICE_TRY(RemoveStrayState(engine, definitions));
  SLUICE_TRY(EmptyIndexes(engine));
  return summary;
}

}  // namespace sluice::storage
