#include "storage/bitmap.h"

#include "storage/codec.h"

namespace sluice::storage {
namespace {

// An operand: two groups, what to add and what to remove. A group is the number of its runs, then
// for each the gap since the end of the one before and its length less one.
void AppendRuns(std::span<const Offset> offsets, std::string& out) {
  std::string runs;
  uint64_t count = 0;
  uint64_t end = 0;
  for (size_t i = 0; i < offsets.size();) {
    const uint64_t start = WithinChunk(offsets[i]);
    size_t next = i + 1;
    while (next < offsets.size() && offsets[next] == offsets[next - 1] + 1) ++next;
    AppendVarint(start - end, runs);
    AppendVarint(next - i - 1, runs);
    end = start + (next - i);
    ++count;
    i = next;
  }
  AppendVarint(count, out);
  out.append(runs);
}

bool ApplyRuns(FieldReader& fields, bool add, Roaring& bits) {
  const auto count = fields.Varint();
  uint64_t end = 0;
  for (uint64_t i = 0; i < count && fields.ok(); ++i) {
    const uint64_t start = end + fields.Varint();
    end = start + fields.Varint() + 1;
    if (start >= end || end > kChunkOffsets) return false;
    if (add && end == start + 1) {
      bits.add(static_cast<uint32_t>(start));
    } else if (add) {
      bits.addRange(start, end);
    } else {
      roaring_bitmap_remove_range_closed(&bits.roaring, static_cast<uint32_t>(start),
                                         static_cast<uint32_t>(end - 1));
    }
  }
  return fields.ok();
}

bool ParseInto(std::string_view value, Roaring& bits) {
  if (value.empty()) return true;
  auto* parsed = roaring_bitmap_portable_deserialize_safe(value.data(), value.size());
  if (parsed == nullptr) return false;
  bits = Roaring(parsed);
  return true;
}

void Serialize(Roaring& bits, std::string& out) {
  bits.runOptimize();
  const size_t start = out.size();
  out.resize(start + bits.getSizeInBytes());
  bits.write(out.data() + start);
}

// The part of ascending offsets that lies in one chunk, taken off the front.
std::span<const Offset> TakeChunk(std::span<const Offset>& offsets, uint64_t chunk) {
  size_t count = 0;
  while (count < offsets.size() && ChunkOf(offsets[count]) == chunk) ++count;
  const auto part = offsets.first(count);
  offsets = offsets.subspan(count);
  return part;
}

uint64_t ChunkOfKey(std::string_view key) {
  return LoadBigEndian<uint64_t>(key.substr(key.size() - 8));
}

}  // namespace

bool ApplyBitmapOperands(std::string_view existing, std::span<const std::string_view> operands,
                         std::string& out) {
  Roaring bits;
  if (!ParseInto(existing, bits)) return false;
  for (const auto operand : operands) {
    FieldReader fields(operand);
    // Operands that were merged before the chunk was known are concatenated.
    while (!fields.left().empty()) {
      if (!ApplyRuns(fields, true, bits) || !ApplyRuns(fields, false, bits)) return false;
    }
  }
  Serialize(bits, out);
  return true;
}

Result<Roaring> ParseChunk(std::string_view value) {
  Roaring bits;
  if (!ParseInto(value, bits)) {
    return MakeError(Code::kCorrupt, "expected a chunk of a bitmap, found {} bytes that are none",
                     value.size());
  }
  return bits;
}

void MergeBitmapChanges(DatasetNumber dataset, BitmapKind kind, uint64_t run,
                        std::span<const Offset> added, std::span<const Offset> removed,
                        WriteSet& set) {
  std::string operand;
  while (!added.empty() || !removed.empty()) {
    const uint64_t chunk = added.empty()     ? ChunkOf(removed.front())
                           : removed.empty() ? ChunkOf(added.front())
                                             : ChunkOf(std::min(added.front(), removed.front()));
    operand.clear();
    AppendRuns(TakeChunk(added, chunk), operand);
    AppendRuns(TakeChunk(removed, chunk), operand);
    set.MergeBitmap(BitmapKey(dataset, kind, run, chunk), operand);
  }
}

Result<Roaring> ReadChunk(const ReadView& view, DatasetNumber dataset, BitmapKind kind,
                          uint64_t run, uint64_t chunk) {
  SLUICE_TRY(const auto value, view.Get(Family::kState, BitmapKey(dataset, kind, run, chunk)));
  if (!value) return Roaring();
  return ParseChunk(*value);
}

Result<Roaring> ReadLiveChunk(const ReadView& view, DatasetNumber dataset, uint64_t chunk) {
  SLUICE_TRY(auto live, ReadChunk(view, dataset, BitmapKind::kLatest, 0, chunk));
  SLUICE_TRY(const auto tombstones, ReadChunk(view, dataset, BitmapKind::kTombstone, 0, chunk));
  live -= tombstones;
  return live;
}

Result<std::optional<uint64_t>> NextLatestChunk(const ReadView& view, DatasetNumber dataset,
                                                uint64_t from) {
  const auto range = BitmapRange(dataset, BitmapKind::kLatest, 0);
  const auto cursor = view.NewCursor(Family::kState, range.begin, range.end, Access::kPoint);
  for (cursor->Seek(BitmapKey(dataset, BitmapKind::kLatest, 0, from)); cursor->Valid();
       cursor->Next()) {
    SLUICE_TRY(const auto bits, ParseChunk(cursor->value()));
    if (!bits.isEmpty()) return std::optional(ChunkOfKey(cursor->key()));
  }
  SLUICE_TRY(cursor->status());
  return std::optional<uint64_t>();
}

Result<std::optional<uint64_t>> PreviousLatestChunk(const ReadView& view, DatasetNumber dataset,
                                                    uint64_t from) {
  const auto range = BitmapRange(dataset, BitmapKind::kLatest, 0);
  const auto cursor = view.NewCursor(Family::kState, range.begin, range.end, Access::kPoint);
  for (cursor->SeekForPrev(BitmapKey(dataset, BitmapKind::kLatest, 0, from)); cursor->Valid();
       cursor->Prev()) {
    SLUICE_TRY(const auto bits, ParseChunk(cursor->value()));
    if (!bits.isEmpty()) return std::optional(ChunkOfKey(cursor->key()));
  }
  SLUICE_TRY(cursor->status());
  return std::optional<uint64_t>();
}

Result<uint64_t> CountLiveFrom(const ReadView& view, DatasetNumber dataset, Offset from) {
  uint64_t count = 0;
  SLUICE_TRY(auto chunk, NextLatestChunk(view, dataset, ChunkOf(from)));
  while (chunk) {
    SLUICE_TRY(const auto live, ReadLiveChunk(view, dataset, *chunk));
    count += live.cardinality();
    if (*chunk == ChunkOf(from) && WithinChunk(from) != 0)
      count -= live.rank(WithinChunk(from) - 1);
    SLUICE_TRY(chunk, NextLatestChunk(view, dataset, *chunk + 1));
  }
  return count;
}

Result<std::optional<Offset>> SelectLiveFrom(const ReadView& view, DatasetNumber dataset,
                                             Offset from, uint64_t skip) {
  SLUICE_TRY(auto chunk, NextLatestChunk(view, dataset, ChunkOf(from)));
  while (chunk) {
    SLUICE_TRY(const auto live, ReadLiveChunk(view, dataset, *chunk));
    const bool first = *chunk == ChunkOf(from) && WithinChunk(from) != 0;
    const uint64_t before = first ? live.rank(WithinChunk(from) - 1) : 0;
    const uint64_t here = live.cardinality() - before;
    if (skip < here) {
      uint32_t within = 0;
      SLUICE_CHECK(live.select(static_cast<uint32_t>(before + skip), &within));
      return std::optional((*chunk << kChunkBits) + within);
    }
    skip -= here;
    SLUICE_TRY(chunk, NextLatestChunk(view, dataset, *chunk + 1));
  }
  return std::optional<Offset>();
}

}  // namespace sluice::storage
