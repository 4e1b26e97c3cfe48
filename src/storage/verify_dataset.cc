#include "storage/verify_dataset.h"

#include <algorithm>

#include "storage/commit_builder.h"
#include "storage/keys.h"
#include "storage/reading.h"
#include "storage/snapshot.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::storage {
namespace {

// How often progress is told, and a stop looked at.
constexpr uint64_t kVersionsBetweenLooks = 10'000;

}  // namespace

Result<void> DatasetVerifier::Run() {
  auto counters = ReadCounters(view_, definition_.number);
  if (!counters.ok()) {
    if (counters.error().code != Code::kCorrupt) return counters.TakeError();
    Tell("{}", counters.error().message);
  } else {
    counters_ = *counters;
  }
  SLUICE_TRY(LoadIndexes());
  SLUICE_TRY(CheckLog());
  SLUICE_TRY(CheckLatest());
  for (const auto& index : checked_indexes_) SLUICE_TRY(CheckIndexEntries(index));
  SLUICE_TRY(CheckQueue());
  CheckCounters();
  return {};
}

Result<void> DatasetVerifier::LoadIndexes() {
  for (const auto& stored : indexes_) {
    SLUICE_TRY(const auto value, view_.Get(Family::kState, IndexProgressKey(stored.number)));
    const auto progress = ParseIndexProgress(value.value_or(""));
    if (!progress.ok()) {
      Tell("index {} on {}: {}", stored.number, stored.definition.expression,
           progress.error().message);
      continue;
    }
    auto extractor = options_.find_extractor
                         ? options_.find_extractor(definition_.name, stored.definition)
                         : nullptr;
    checked_indexes_.push_back({stored, *progress, std::move(extractor)});
  }
  return {};
}

Result<void> DatasetVerifier::CheckLog() {
  const auto range = NumberRange(definition_.number);
  const auto cursor = view_.NewCursor(Family::kLog, range.begin, range.end, Access::kScan);
  Arena arena;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    arena.Clear();
    if (cursor->key().size() != kDatasetPrefixBytes + 8) {
      Tell("a key of {} bytes in the log, expected {}", cursor->key().size(),
           kDatasetPrefixBytes + 8);
      continue;
    }
    const Offset offset = OffsetOfLogKey(cursor->key());
    while (!chunk_ || *chunk_ != ChunkOf(offset)) {
      if (chunk_) SLUICE_TRY(CheckChunk(*chunk_));
      SLUICE_TRY(CheckBitmapsAreEmpty(chunk_ ? *chunk_ + 1 : 0, ChunkOf(offset)));
      chunk_ = ChunkOf(offset);
    }
    ++versions_;
    last_offset_ = offset;
    const auto version = ParseVersion(cursor->value());
    if (!version.ok()) {
      Tell("offset {}: {}", offset, version.error().message);
      continue;
    }
    SLUICE_TRY(CheckVersion(offset, *version, arena));
    if (versions_ % kVersionsBetweenLooks != 0) continue;
    if (options_.on_progress) options_.on_progress(definition_.name, versions_, counters_.versions);
    if (stop_.IsSet())
      return MakeError(Code::kCancelled, "stopped while verifying \"{}\"", definition_.name);
  }
  SLUICE_TRY(cursor->status());
  if (chunk_) SLUICE_TRY(CheckChunk(*chunk_));
  return CheckBitmapsAreEmpty(chunk_ ? *chunk_ + 1 : 0, UINT64_MAX);
}

Result<void> DatasetVerifier::CheckVersion(Offset offset, const Version& version, Arena& arena) {
  if (const auto sound = CheckRecord(version.record); !sound.ok()) {
    Tell("offset {}: the record is broken: {}", offset, sound.error().message);
    return {};
  }
  const auto entity = MakeEntity(offset, version, arena);
  const auto id = entity.id();
  if (id.empty()) {
    Tell("offset {}: the record has no _id", offset);
    return {};
  }
  if (IdentityHashOfRecord(version.record) != version.header.hash)
    Tell("offset {} of \"{}\": another hash", offset, id);
  if (entity.dict.Find("_deleted").IsTrue() != version.header.deleted) {
    Tell("offset {} of \"{}\": the header says {}, the record the contrary", offset, id,
         version.header.deleted ? "deleted" : "live");
  }
  if (version.header.previous && *version.header.previous >= offset) {
    Tell("offset {} of \"{}\": its previous version is at {}, which is not before it", offset, id,
         *version.header.previous);
  }
  SLUICE_TRY(const auto latest, ReadLatest(view_, definition_.number, {&id, 1}));
  if (!latest[0]) {
    Tell("\"{}\" has a version at {}, but the latest view does not know it", id, offset);
    return {};
  }
  if (latest[0]->offset != offset) return CheckSuperseded(offset, id, *latest[0]);
  CheckNewest(offset, id, version, *latest[0]);
  return version.header.deleted ? Result<void>() : CheckIndexed(entity, offset);
}

void DatasetVerifier::CheckNewest(Offset offset, std::string_view id, const Version& version,
                                  const Latest& latest) {
  latest_bits_.add(WithinChunk(offset));
  if (version.header.deleted) tombstone_bits_.add(WithinChunk(offset));
  ++(version.header.deleted ? deleted_ : live_);
  if (latest.hash != version.header.hash || latest.deleted != version.header.deleted ||
      latest.previous != version.header.previous) {
    Tell("\"{}\": the latest view and the version at {} differ", id, offset);
  }
}

// A version that is not the newest must be in the history of the one that is.
Result<void> DatasetVerifier::CheckSuperseded(Offset offset, std::string_view id,
                                              const Latest& latest) {
  auto at = latest.previous;
  if (latest.offset < offset) at.reset();
  Arena arena;
  while (at && *at > offset) {
    arena.Clear();
    SLUICE_TRY(const auto entity, ReadVersion(view_, definition_.number, *at, arena));
    if (!entity) break;
    const auto previous = entity->previous.AsInteger();
    if (previous && static_cast<Offset>(*previous) >= *at)
      break;  // Told where that version is checked.
    at = previous ? std::optional(static_cast<Offset>(*previous)) : std::nullopt;
  }
  if (at != offset)
    Tell("\"{}\": its version at {} is not in the history of the newest, at {}", id, offset,
         latest.offset);
  return {};
}

Result<void> DatasetVerifier::CheckIndexed(const Entity& entity, Offset offset) {
  for (auto& index : checked_indexes_) {
    // What the back-fill has not come to is not expected in the index.
    if (index.extractor == nullptr ||
        (offset >= index.progress.next && offset < index.progress.end))
      continue;
    for (const auto& key : ExtractKeys(*index.extractor, entity)) {
      ++index.entries;
      SLUICE_TRY(const auto entry,
                 view_.Get(Family::kIndex, IndexKey(index.stored.number, key, entity.id())));
      if (!entry)
        Tell("index on {}: a key of \"{}\" is missing", index.stored.definition.expression,
             entity.id());
    }
  }
  return {};
}

Result<void> DatasetVerifier::CheckChunk(uint64_t chunk) {
  const auto compare = [&](BitmapKind kind, const Roaring& expected,
                           std::string_view what) -> Result<void> {
    const auto found = ReadChunk(view_, definition_.number, kind, 0, chunk);
    if (!found.ok() && found.error().code != Code::kCorrupt) return found.error();
    if (found.ok() && *found == expected) return {};
    const auto wrong = found.ok() ? (*found ^ expected).cardinality() : kChunkOffsets;
    Tell("the bitmap of {}: {} of the offsets from {} differ from the log", what, wrong,
         chunk << kChunkBits);
    return {};
  };
  SLUICE_TRY(compare(BitmapKind::kLatest, latest_bits_, "latest versions"));
  SLUICE_TRY(compare(BitmapKind::kTombstone, tombstone_bits_, "deletions"));
  latest_bits_ = Roaring();
  tombstone_bits_ = Roaring();
  return {};
}

Result<void> DatasetVerifier::CheckBitmapsAreEmpty(uint64_t from_chunk, uint64_t to_chunk) {
  for (const auto kind : {BitmapKind::kLatest, BitmapKind::kTombstone}) {
    const auto range = BitmapRange(definition_.number, kind, 0);
    const auto end =
        to_chunk == UINT64_MAX ? range.end : BitmapKey(definition_.number, kind, 0, to_chunk);
    const auto cursor = view_.NewCursor(
        Family::kState, BitmapKey(definition_.number, kind, 0, from_chunk), end, Access::kScan);
    for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
      const auto bits = ParseChunk(cursor->value());
      if (bits.ok() && bits->isEmpty()) continue;
      Tell("a bitmap has offsets where the log has no version: {}",
           LoadBigEndian<uint64_t>(cursor->key().substr(cursor->key().size() - 8)) << kChunkBits);
    }
    SLUICE_TRY(cursor->status());
  }
  return {};
}

// Versions were held against the latest view; here, the entries that no version has.
Result<void> DatasetVerifier::CheckLatest() {
  const auto range = NumberRange(definition_.number);
  const auto cursor = view_.NewCursor(Family::kLatest, range.begin, range.end, Access::kScan);
  Arena arena;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    arena.Clear();
    const auto latest = ParseLatest(cursor->value());
    if (!latest.ok()) {
      Tell("the latest view: {}", latest.error().message);
      continue;
    }
    const auto entity = ReadVersion(view_, definition_.number, latest->offset, arena);
    if (!entity.ok()) {
      if (entity.error().code != Code::kCorrupt) return entity.error();
      continue;  // Told already.
    }
    if (*entity && LatestKey(definition_.number, (*entity)->id()) == cursor->key()) continue;
    Tell("the latest view names offset {} for \"{}\", where the log has {}", latest->offset,
         cursor->key().substr(kDatasetPrefixBytes),
         *entity ? (*entity)->id() : std::string_view("nothing"));
  }
  return cursor->status();
}

Result<void> DatasetVerifier::CheckIndexEntries(const CheckedIndex& index) {
  const auto range = NumberRange(index.stored.number);
  const auto cursor = view_.NewCursor(Family::kIndex, range.begin, range.end, Access::kScan);
  uint64_t entries = 0;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) ++entries;
  SLUICE_TRY(cursor->status());
  const auto& expression = index.stored.definition.expression;
  // Each expected entry was found, so a surplus is what no live entity has.
  if (index.extractor != nullptr && entries > index.entries) {
    Tell("index on {}: {} entries that no live entity has", expression, entries - index.entries);
  }
  if (entries != index.progress.entries) {
    Tell("index on {}: {} entries are counted, {} are there", expression, index.progress.entries,
         entries);
  }
  return {};
}

Result<void> DatasetVerifier::CheckQueue() {
  const auto range = QueueRange(definition_.number);
  const auto cursor = view_.NewCursor(Family::kState, range.begin, range.end, Access::kScan);
  uint64_t queued = 0;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    ++queued;
    const Offset superseding = LoadBigEndian<Offset>(cursor->key().substr(5));
    FieldReader fields(cursor->value());
    const Offset out = fields.Varint();
    if (!fields.done() || out >= superseding) {
      Tell("the compaction queue has a bad entry at {}", superseding);
      continue;
    }
    SLUICE_TRY(const auto latest,
               ReadChunk(view_, definition_.number, BitmapKind::kLatest, 0, ChunkOf(out)));
    if (latest.contains(WithinChunk(out)))
      Tell("the compaction queue would remove the latest version at {}", out);
    if (superseding < counters_.queue_begin)
      Tell("the compaction queue begins at {}, but has {}", counters_.queue_begin, superseding);
  }
  SLUICE_TRY(cursor->status());
  if (queued != counters_.queued)
    Tell("{} versions are queued for compaction, {} are counted", queued, counters_.queued);
  return {};
}

void DatasetVerifier::CheckCounters() {
  const auto compare = [&](std::string_view what, uint64_t counted, uint64_t found) {
    if (counted != found) Tell("{} {} are counted, the log has {}", counted, what, found);
  };
  compare("live entities", counters_.live, live_);
  compare("deleted entities", counters_.deleted, deleted_);
  compare("versions", counters_.versions, versions_);
  if (last_offset_ && *last_offset_ >= counters_.next_offset) {
    Tell("the next offset is {}, but {} is used", counters_.next_offset, *last_offset_);
  }
}

}  // namespace sluice::storage
