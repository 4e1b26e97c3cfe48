#include "storage/verify_sums.h"

#include <xxhash.h>

#include "storage/codec.h"
#include "storage/commit_builder.h"
#include "storage/keys.h"
#include "storage/reading.h"
#include "storage/snapshot.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::storage {
namespace {

// How often progress is told, and a stop looked at.
constexpr uint64_t kStepsBetweenLooks = 10'000;

unsigned __int128 HashOf(std::string_view bytes) {
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return (static_cast<unsigned __int128>(hash.high64) << 64) | hash.low64;
}

// `id_key`: the id as it is in a key of the latest family.
void EncodeMember(std::string_view id_key, Offset offset, std::string& out) {
  out.clear();
  AppendBigEndian(offset, out);
  out.append(id_key);
}

void AppendLatestFacts(const VersionHeader& header, std::string& out) {
  out.push_back(header.deleted ? 1 : 0);
  AppendBigEndian(header.hash.high, out);
  AppendBigEndian(header.hash.low, out);
  AppendVarint(header.previous ? *header.previous + 1 : 0, out);
}

}  // namespace

void SetSum::Add(std::string_view member) {
  ++members_;
  sum_ += HashOf(member);
}

void SetSum::Remove(std::string_view member) {
  --members_;
  sum_ -= HashOf(member);
}

Result<bool> DatasetSums::Run() {
  SLUICE_TRY(counters_, ReadCounters(view_, number_));
  SLUICE_TRY(bool sound, LoadIndexes());
  for (const auto step : {&DatasetSums::SumLog, &DatasetSums::SumLatest, &DatasetSums::CountBitmaps,
                          &DatasetSums::CountQueue}) {
    if (!sound) return false;
    SLUICE_TRY(sound, (this->*step)());
  }
  for (const auto& index : summed_) {
    if (!sound) return false;
    SLUICE_TRY(sound, SumIndex(index));
  }
  return sound && counters_.live == live_ && counters_.deleted == deleted_ &&
         counters_.versions == versions_ &&
         (!last_offset_ || *last_offset_ < counters_.next_offset);
}

Result<void> DatasetSums::Look(uint64_t done) const {
  if (done % kStepsBetweenLooks != 0) return {};
  if (options_.on_progress) options_.on_progress(definition_.name, versions_, counters_.versions);
  if (!stop_.IsSet()) return {};
  return MakeError(Code::kCancelled, "stopped while verifying \"{}\"", definition_.name);
}

Result<bool> DatasetSums::LoadIndexes() {
  for (const auto& stored : indexes_) {
    SLUICE_TRY(const auto value, view_.Get(Family::kState, IndexProgressKey(stored.number)));
    const auto progress = ParseIndexProgress(value.value_or(""));
    if (!progress.ok()) return false;
    auto extractor = options_.find_extractor
                         ? options_.find_extractor(definition_.name, stored.definition)
                         : nullptr;
    summed_.push_back({&stored, *progress, std::move(extractor), {}, 0});
  }
  return true;
}

Result<bool> DatasetSums::SumLog() {
  const auto range = NumberRange(number_);
  const auto cursor = view_.NewCursor(Family::kLog, range.begin, range.end, Access::kScan);
  Arena arena;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    arena.Clear();
    if (cursor->key().size() != kDatasetPrefixBytes + 8) return false;
    const Offset offset = OffsetOfLogKey(cursor->key());
    if (!chunk_ || *chunk_ != ChunkOf(offset)) {
      SLUICE_TRY(const bool entered, EnterChunk(offset));
      if (!entered) return false;
    }
    const auto version = ParseVersion(cursor->value());
    if (!version.ok() || !AddVersion(offset, *version, arena)) return false;
    last_offset_ = offset;
    SLUICE_TRY(Look(++versions_));
  }
  SLUICE_TRY(cursor->status());
  offsets_.clear();
  return LeaveChunk() && superseded_ == referred_;
}

Result<bool> DatasetSums::EnterChunk(Offset offset) {
  if (!LeaveChunk()) return false;
  offsets_.runOptimize();
  chunk_ = ChunkOf(offset);
  for (auto [kind, bits] : {std::pair(BitmapKind::kLatest, &latest_bits_),
                            std::pair(BitmapKind::kTombstone, &tombstone_bits_)}) {
    auto read = ReadChunk(view_, number_, kind, 0, *chunk_);
    if (!read.ok() && read.error().code != Code::kCorrupt) return read.TakeError();
    if (!read.ok()) return false;
    *bits = *std::move(read);
  }
  latest_in_chunk_ = tombstones_in_chunk_ = 0;
  return true;
}

bool DatasetSums::LeaveChunk() const {
  return latest_bits_.cardinality() == latest_in_chunk_ &&
         tombstone_bits_.cardinality() == tombstones_in_chunk_;
}

bool DatasetSums::AddVersion(Offset offset, const Version& version, Arena& arena) {
  const auto& header = version.header;
  if (!CheckRecord(version.record).ok() || IdentityHashOfRecord(version.record) != header.hash)
    return false;
  const auto entity = MakeEntity(offset, version, arena);
  const auto id = entity.id();
  if (id.empty() || entity.dict.Find("_deleted").IsTrue() != header.deleted) return false;
  std::string id_key;
  AppendIdKey(id, id_key);
  if (header.previous) {
    if (*header.previous >= offset) return false;
    if (offsets_.contains(*header.previous)) {
      EncodeMember(id_key, *header.previous, member_);
      referred_.Add(member_);
    }
  }
  offsets_.add(offset);
  EncodeMember(id_key, offset, member_);
  const bool latest = latest_bits_.contains(WithinChunk(offset));
  const bool tombstone = tombstone_bits_.contains(WithinChunk(offset));
  if (!latest) {
    superseded_.Add(member_);
    return !tombstone;
  }
  ++latest_in_chunk_;
  if (tombstone) ++tombstones_in_chunk_;
  AppendLatestFacts(header, member_);
  latest_.Add(member_);
  ++(header.deleted ? deleted_ : live_);
  if (!header.deleted) AddIndexed(entity, offset);
  return tombstone == header.deleted;
}

void DatasetSums::AddIndexed(const Entity& entity, Offset offset) {
  for (auto& index : summed_) {
    // What the back-fill has not come to is not expected in the index.
    if (index.extractor == nullptr ||
        (offset >= index.progress.next && offset < index.progress.end))
      continue;
    for (const auto& key : ExtractKeys(*index.extractor, entity)) {
      ++index.entries;
      index.expected.Add(IndexKey(index.stored->number, key, entity.id()));
    }
  }
}

Result<bool> DatasetSums::SumLatest() {
  const auto range = NumberRange(number_);
  const auto cursor = view_.NewCursor(Family::kLatest, range.begin, range.end, Access::kScan);
  uint64_t done = 0;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    const auto latest = ParseLatest(cursor->value());
    if (!latest.ok()) return false;
    const auto id_key = cursor->key().substr(kDatasetPrefixBytes);
    const bool is_long = id_key.size() > kIdBytesInKey;
    if (is_long && LatestKey(number_, latest->long_id) != cursor->key()) return false;
    EncodeMember(id_key, latest->offset, member_);
    AppendLatestFacts({.deleted = latest->deleted,
                       .ts_us = 0,
                       .hash = latest->hash,
                       .previous = latest->previous},
                      member_);
    latest_.Remove(member_);
    SLUICE_TRY(Look(++done));
  }
  SLUICE_TRY(cursor->status());
  return latest_ == SetSum();
}

Result<bool> DatasetSums::SumIndex(const SummedIndex& index) {
  const auto range = NumberRange(index.stored->number);
  const auto cursor = view_.NewCursor(Family::kIndex, range.begin, range.end, Access::kScan);
  SetSum found;
  uint64_t entries = 0;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    found.Add(cursor->key());
    SLUICE_TRY(Look(++entries));
  }
  SLUICE_TRY(cursor->status());
  return entries == index.progress.entries &&
         (index.extractor == nullptr || found == index.expected);
}

// Chunks that lie where the log has no version.
Result<bool> DatasetSums::CountBitmaps() {
  for (const auto kind : {BitmapKind::kLatest, BitmapKind::kTombstone}) {
    const auto range = BitmapRange(number_, kind, 0);
    const auto cursor = view_.NewCursor(Family::kState, range.begin, range.end, Access::kScan);
    uint64_t bits = 0;
    for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
      const auto chunk = ParseChunk(cursor->value());
      if (!chunk.ok()) return false;
      bits += chunk->cardinality();
    }
    SLUICE_TRY(cursor->status());
    if (bits != (kind == BitmapKind::kLatest ? live_ + deleted_ : deleted_)) return false;
  }
  return true;
}

Result<bool> DatasetSums::CountQueue() {
  const auto range = QueueRange(number_);
  const auto cursor = view_.NewCursor(Family::kState, range.begin, range.end, Access::kScan);
  uint64_t queued = 0;
  std::optional<uint64_t> chunk;
  Roaring latest;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    SLUICE_TRY(Look(++queued));
    const Offset superseding = LoadBigEndian<Offset>(cursor->key().substr(5));
    FieldReader fields(cursor->value());
    const Offset out = fields.Varint();
    if (!fields.done() || out >= superseding || superseding < counters_.queue_begin) return false;
    if (chunk != ChunkOf(out)) {
      chunk = ChunkOf(out);
      SLUICE_TRY(latest, ReadChunk(view_, number_, BitmapKind::kLatest, 0, *chunk));
    }
    if (latest.contains(WithinChunk(out))) return false;
  }
  SLUICE_TRY(cursor->status());
  return queued == counters_.queued;
}

}  // namespace sluice::storage
