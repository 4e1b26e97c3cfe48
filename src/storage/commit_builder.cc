#include "storage/commit_builder.h"

#include <algorithm>
#include <iterator>

#include "storage/bitmap.h"
#include "storage/keys.h"
#include "storage/reading.h"

namespace sluice::storage {
namespace {

// How far ahead the memory of slots is asked for.
constexpr size_t kPrefetched = 12;

std::vector<Offset> Without(const std::vector<Offset>& offsets, const std::vector<Offset>& others) {
  std::vector<Offset> left;
  left.reserve(offsets.size());
  std::set_difference(offsets.begin(), offsets.end(), others.begin(), others.end(),
                      std::back_inserter(left));
  return left;
}

}  // namespace

CommitBuilder::CommitBuilder(const Engine& engine, Dataset& dataset, int64_t now_us, Kind kind)
    : engine_(engine),
      dataset_(dataset),
      number_(dataset.definition.number),
      now_us_(now_us),
      set_(kind == Kind::kBulk ? engine.NewBulkSet() : engine.NewWriteSet()),
      counters_(dataset.counters),
      hold_(dataset.HoldBegin()),
      may_remove_(dataset.MayRemove()),
      source_notes_(dataset.source_notes) {
  for (const auto& index : dataset.indexes) progress_.push_back(index.progress);
}

Result<void> CommitBuilder::Append(std::span<const storage::Append> appends,
                                   const std::optional<FullRun>& run) {
  if (appends.empty()) return {};
  for (const auto& index : dataset_.indexes) {
    if (index.extractor == nullptr) {
      return MakeError(
          Code::kUnavailable,
          "dataset \"{}\" takes no entities yet: what fills its index on {} has not been started",
          dataset_.definition.name, index.definition.expression);
    }
  }
  const bool empty = counters_.live + counters_.deleted == 0;
  SLUICE_TRY(auto slots, Slots::Make(engine_, number_, appends, empty, dataset_.ids.get()));
  // Once most ids are known, or too many, looking them up is as good.
  if (dataset_.ids && (dataset_.ids->full() || 2 * slots.count_before() > slots.all().size())) {
    dataset_.ids.reset();
  }
  SLUICE_TRY(AppendVersions(slots, appends, run));
  WriteLatest(slots);
  if (run && !seen_.empty()) {
    std::sort(seen_.begin(), seen_.end());
    seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
    MergeBitmapChanges(number_, BitmapKind::kSeen, run->number, seen_, {}, *set_);
  }
  if (receipt_.appended == 0) return {};
  SLUICE_TRY(RemoveWhatFallsOut());
  WriteBitmaps(slots);
  SLUICE_TRY(WriteIndexes(slots, appends));
  counters_.updated_us = now_us_;
  return {};
}

Result<void> CommitBuilder::AppendVersions(Slots& slots, std::span<const storage::Append> appends,
                                           const std::optional<FullRun>& run) {
  for (uint32_t i = 0; i < appends.size(); ++i) {
    const auto& append = appends[i];
    auto& slot = slots.of_append(i);
    slots.Prefetch(i + kPrefetched);
    const bool drop = append.only_if_live && append.deleted;
    if (drop && !slot.now) {
      ++receipt_.unchanged;
      if (counters_.full_run && !run) SLUICE_TRY(NoteSource(append));
      continue;
    }
    SLUICE_TRY(const bool overtaken, IsOvertaken(slot, append, run));
    const bool unchanged =
        drop ? slot.now->deleted : !append.force && slot.now && slot.now->hash == append.hash;
    if (!overtaken && !unchanged) {
      SLUICE_TRY(AppendVersion(slot, append, i));
      continue;
    }
    ++(overtaken ? receipt_.overtaken : receipt_.unchanged);
    // What was appended since the run began counts as seen by its offset alone.
    if (run && slot.now && slot.now->offset < run->begin) seen_.push_back(slot.now->offset);
    if (!overtaken && append.source && slot.now->source != append.source) {
      slot.now->source = append.source;
      slot.touched = true;
    }
  }
  return {};
}

Result<void> CommitBuilder::AppendVersion(Slot& slot, const storage::Append& append,
                                          uint32_t position) {
  const Offset offset = append.offset.value_or(counters_.next_offset);
  if (offset < counters_.next_offset) {
    return MakeError(Code::kBadData, "offset {} of \"{}\" is used already: expected {} or higher",
                     offset, append.id, counters_.next_offset);
  }
  const auto previous = slot.now ? std::optional(slot.now->offset) : std::nullopt;
  if (slot.now) {
    SLUICE_TRY(const auto out, FallsOut(slot));
    if (out) falls_out_.push_back({offset, *out});
  }
  buffer_.clear();
  AppendVersionHeader(
      {.deleted = append.deleted, .ts_us = now_us_, .hash = append.hash, .previous = previous},
      buffer_);
  std::string key;  // Short enough not to be allocated.
  AppendBigEndian(number_, key);
  AppendBigEndian(offset, key);
  set_->PutParts(Family::kLog, key, buffer_, append.record);
  added_.push_back(offset);
  if (append.deleted) added_tombstones_.push_back(offset);
  if (slot.appended) replaced_.push_back(slot.now->offset);
  if (previous) new_versions_.push_back({offset, previous});

  const std::string_view long_id = IsLongId(append.id) ? append.id : std::string_view();
  slot.now = Latest{.deleted = append.deleted,
                    .offset = offset,
                    .hash = append.hash,
                    .previous = previous,
                    .source = append.source,
                    .long_id = long_id};
  slot.appended = true;
  slot.last_append = position;
  counters_.next_offset = offset + 1;
  ++counters_.versions;
  ++receipt_.appended;
  if (append.deleted) ++receipt_.deleted;
  return {};
}

Result<void> CommitBuilder::RemoveWhatFallsOut() {
  SLUICE_TRY(DrainQueue(DrainedBy(receipt_.appended)));
  for (const auto& [superseding, out] : falls_out_) {
    // Oldest first, so behind what is still queued: histories are never cut in the middle.
    if (may_remove_ && counters_.queued == 0 && superseding < hold_) {
      RemoveVersion(out);
      continue;
    }
    buffer_.clear();
    AppendVarint(out, buffer_);
    set_->Put(Family::kState, QueueKey(number_, superseding), buffer_);
    ++counters_.queued;
  }
  return {};
}

void CommitBuilder::RemoveVersion(Offset offset) {
  // What was trimmed by time meanwhile is gone already.
  if (offset < counters_.log_begin) return;
  set_->Delete(Family::kLog, LogKey(number_, offset));
  --counters_.versions;
}

// The version that keeping N leaves out once one more is appended to the slot's id.
Result<std::optional<Offset>> CommitBuilder::FallsOut(const Slot& slot) const {
  const uint32_t keep = dataset_.definition.options.keep_versions;
  if (keep == 0) return std::optional<Offset>();
  if (keep == 1) return std::optional(slot.now->offset);
  auto out = slot.now->previous;
  for (uint32_t kept = 2; kept < keep && out; ++kept) {
    SLUICE_TRY(out, PreviousOf(*out));
  }
  if (!out || *out >= counters_.cut_before) return out;
  // A smaller number of versions may have removed it already.
  SLUICE_TRY(const auto value, engine_.Get(Family::kLog, LogKey(number_, *out)));
  return value ? out : std::nullopt;
}

Result<std::optional<Offset>> CommitBuilder::PreviousOf(Offset offset) const {
  const auto mine =
      std::lower_bound(new_versions_.begin(), new_versions_.end(), offset,
                       [](const NewVersion& version, Offset at) { return version.offset < at; });
  if (mine != new_versions_.end() && mine->offset == offset) return mine->previous;
  SLUICE_TRY(const auto value, engine_.Get(Family::kLog, LogKey(number_, offset)));
  if (!value) return std::optional<Offset>();
  SLUICE_TRY(const auto version, ParseVersion(*value));
  return version.header.previous;
}

void CommitBuilder::WriteLatest(Slots& slots) {
  const auto all = slots.all();
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& slot = all[i];
    // Keys lie in the order of the appends.
    if (i + kPrefetched < all.size()) __builtin_prefetch(all[i + kPrefetched].key.data());
    if (!slot.appended && !slot.touched) continue;
    buffer_.clear();
    AppendLatest(*slot.now, buffer_);
    set_->Put(Family::kLatest, slot.key, buffer_);
    if (slot.before) --(slot.before->deleted ? counters_.deleted : counters_.live);
    ++(slot.now->deleted ? counters_.deleted : counters_.live);
  }
}

void CommitBuilder::WriteBitmaps(Slots& slots) {
  std::vector<Offset> removed, removed_tombstones;
  for (const auto& slot : slots.all()) {
    if (!slots.any_before()) break;
    if (!slot.appended || !slot.before) continue;
    removed.push_back(slot.before->offset);
    if (slot.before->deleted) removed_tombstones.push_back(slot.before->offset);
  }
  for (auto* offsets : {&replaced_, &removed, &removed_tombstones}) {
    std::sort(offsets->begin(), offsets->end());
  }
  MergeBitmapChanges(number_, BitmapKind::kLatest, 0, Without(added_, replaced_), removed, *set_);
  MergeBitmapChanges(number_, BitmapKind::kTombstone, 0, Without(added_tombstones_, replaced_),
                     removed_tombstones, *set_);
}

void CommitBuilder::SetState(std::span<const StateChange> changes) {
  for (const auto& change : changes) {
    const auto key = UserKey(change.key);
    if (change.value) {
      set_->Put(Family::kState, key, *change.value);
    } else {
      set_->Delete(Family::kState, key);
    }
  }
}

Result<uint64_t> CommitBuilder::DrainQueue(uint64_t versions_max) {
  if (counters_.queued == 0 || versions_max == 0 || !may_remove_) return uint64_t{0};
  const auto range = QueueRange(number_);
  const auto cursor = engine_.NewCursor(Family::kState, QueueKey(number_, counters_.queue_begin),
                                        range.end, Access::kPoint);
  uint64_t drained = 0;
  for (cursor->Seek(range.begin); cursor->Valid() && drained < versions_max; cursor->Next()) {
    const Offset superseding = LoadBigEndian<Offset>(cursor->key().substr(5));
    if (superseding >= hold_) return drained;
    FieldReader fields(cursor->value());
    const Offset out = fields.Varint();
    if (!fields.done())
      return MakeError(Code::kCorrupt, "dataset {}: a bad entry in its compaction queue", number_);
    RemoveVersion(out);
    set_->Delete(Family::kState, cursor->key());
    counters_.queue_begin = superseding + 1;
    --counters_.queued;
    ++drained;
  }
  SLUICE_TRY(cursor->status());
  return drained;
}

bool CommitBuilder::SetIndexProgress(uint32_t index, const IndexProgress& progress) {
  for (size_t i = 0; i < dataset_.indexes.size(); ++i) {
    if (dataset_.indexes[i].number != index) continue;
    progress_[i] = progress;
    set_->Put(Family::kState, IndexProgressKey(index), EncodeIndexProgress(progress));
    return true;
  }
  return false;
}

std::unique_ptr<WriteSet> CommitBuilder::TakeSet() {
  auto encoded = EncodeCounters(counters_);
  if (encoded != EncodeCounters(dataset_.counters))
    set_->Put(Family::kState, CountersKey(number_), encoded);
  return std::move(set_);
}

void CommitBuilder::Adopt() {
  dataset_.counters = counters_;
  dataset_.source_notes = source_notes_;
  for (size_t i = 0; i < progress_.size(); ++i) dataset_.indexes[i].progress = progress_[i];
  dataset_.PublishCounters();
}

}  // namespace sluice::storage
