#include "storage/reading.h"

#include <algorithm>
#include <numeric>

#include "storage/bitmap.h"
#include "storage/keys.h"
#include "value/record.h"

namespace sluice::storage {
namespace {

Error MissingVersion(DatasetNumber dataset, Offset offset) {
  return MakeError(Code::kCorrupt,
                   "dataset {} has no version at offset {}, where the latest view expects one",
                   dataset, offset);
}

}  // namespace

Entity MakeEntity(Offset offset, const Version& version, Arena& arena) {
  Entity entity;
  entity.dict = Decode(arena.Copy(version.record));
  entity.updated = Value::Integer(static_cast<int64_t>(offset));
  if (version.header.previous)
    entity.previous = Value::Integer(static_cast<int64_t>(*version.header.previous));
  entity.ts_us = version.header.ts_us;
  entity.hash = version.header.hash;
  entity.deleted = version.header.deleted;
  entity.stored = true;
  return entity;
}

Result<std::optional<Entity>> ReadVersion(const ReadView& view, DatasetNumber dataset,
                                          Offset offset, Arena& arena) {
  SLUICE_TRY(const auto value, view.Get(Family::kLog, LogKey(dataset, offset)));
  if (!value) return std::optional<Entity>();
  SLUICE_TRY(const auto version, ParseVersion(*value));
  return std::optional(MakeEntity(offset, version, arena));
}

Result<std::vector<Entity>> ReadVersions(const ReadView& view, DatasetNumber dataset,
                                         std::span<const Offset> offsets, Arena& arena) {
  std::vector<size_t> order(offsets.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return offsets[a] < offsets[b]; });
  std::vector<std::string> keys(offsets.size());
  std::vector<std::string_view> views(offsets.size());
  for (size_t i = 0; i < order.size(); ++i) {
    keys[i] = LogKey(dataset, offsets[order[i]]);
    views[i] = keys[i];
  }
  std::vector<Entity> entities(offsets.size());
  Result<void> parsed;
  size_t found = 0;
  SLUICE_TRY(view.MultiGet(Family::kLog, views, [&](size_t i, std::string_view value) {
    auto version = ParseVersion(value);
    if (!version.ok()) {
      if (parsed.ok()) parsed = version.TakeError();
      return;
    }
    entities[order[i]] = MakeEntity(offsets[order[i]], *version, arena);
    ++found;
  }));
  SLUICE_TRY(std::move(parsed));
  if (found != offsets.size()) {
    const auto missing =
        std::find_if(entities.begin(), entities.end(), [](const Entity& e) { return !e.stored; });
    return MissingVersion(dataset, offsets[static_cast<size_t>(missing - entities.begin())]);
  }
  return entities;
}

Result<std::vector<std::optional<Latest>>> ReadLatest(const ReadView& view, DatasetNumber dataset,
                                                      std::span<const std::string_view> ids) {
  std::vector<std::string> keys(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) keys[i] = LatestKey(dataset, ids[i]);
  std::vector<size_t> order(ids.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return keys[a] < keys[b]; });
  std::vector<std::string_view> views(ids.size());
  for (size_t i = 0; i < order.size(); ++i) views[i] = keys[order[i]];
  std::vector<std::optional<Latest>> latest(ids.size());
  Result<void> parsed;
  SLUICE_TRY(view.MultiGet(Family::kLatest, views, [&](size_t i, std::string_view value) {
    auto one = ParseLatest(value);
    if (!one.ok()) {
      if (parsed.ok()) parsed = one.TakeError();
      return;
    }
    const auto id = ids[order[i]];
    // Another id with the same shortened key is another entity.
    if (IsLongId(id) && one->long_id != id) return;
    latest[order[i]] = *one;
    latest[order[i]]->long_id = {};
  }));
  SLUICE_TRY(std::move(parsed));
  return latest;
}

LatestOffsets::LatestOffsets(const ReadView& view, DatasetNumber dataset, bool with_deleted,
                             Offset from, Offset to, Direction direction)
    : view_(view),
      dataset_(dataset),
      with_deleted_(with_deleted),
      from_(from),
      to_(to),
      direction_(direction) {}

Result<std::optional<Offset>> LatestOffsets::Next() {
  while (begin_ == end_) {
    SLUICE_TRY(const bool more, LoadChunk());
    if (!more) return std::optional<Offset>();
  }
  const size_t at = direction_ == Direction::kForward ? begin_++ : --end_;
  return std::optional((chunk_ << kChunkBits) + offsets_[at]);
}

Result<bool> LatestOffsets::LoadChunk() {
  if (from_ >= to_) return false;
  const bool forward = direction_ == Direction::kForward;
  SLUICE_TRY(const auto number, forward ? NextLatestChunk(view_, dataset_, ChunkOf(from_))
                                        : PreviousLatestChunk(view_, dataset_, ChunkOf(to_ - 1)));
  if (!number || (forward ? *number > ChunkOf(to_ - 1) : *number < ChunkOf(from_))) {
    from_ = to_;
    return false;
  }
  SLUICE_TRY(const Roaring bits, with_deleted_
                                     ? ReadChunk(view_, dataset_, BitmapKind::kLatest, 0, *number)
                                     : ReadLiveChunk(view_, dataset_, *number));
  offsets_.resize(bits.cardinality());
  bits.toUint32Array(offsets_.data());
  const auto place = [&](Offset offset) -> size_t {
    if (ChunkOf(offset) < *number) return 0;
    if (ChunkOf(offset) > *number) return offsets_.size();
    const auto found = std::lower_bound(offsets_.begin(), offsets_.end(), WithinChunk(offset));
    return static_cast<size_t>(found - offsets_.begin());
  };
  begin_ = place(from_);
  end_ = place(to_);
  chunk_ = *number;
  if (forward) {
    from_ = std::min(to_, (chunk_ + 1) << kChunkBits);
  } else {
    to_ = std::max(from_, chunk_ << kChunkBits);
  }
  return true;
}

}  // namespace sluice::storage
