// Bitmaps over offsets, in chunks of 2^16, each a value of its own in the state family.
//
// A commit never reads a chunk: it merges an *operand*, which lists runs of offsets to add and to
// remove, and the engine applies operands when the chunk is read or compacted.

#pragma once

#include <cstdint>
#include <optional>
#include <roaring/roaring.hh>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "storage/engine.h"
#include "storage/keys.h"

namespace sluice::storage {

inline constexpr uint64_t kChunkBits = 16;
inline constexpr uint64_t kChunkOffsets = uint64_t{1} << kChunkBits;

inline uint64_t ChunkOf(Offset offset) { return offset >> kChunkBits; }
inline uint32_t WithinChunk(Offset offset) {
  return static_cast<uint32_t>(offset & (kChunkOffsets - 1));
}

// Applies operands to a chunk's value, oldest first; false if any of the bytes are corrupt.
bool ApplyBitmapOperands(std::string_view existing, std::span<const std::string_view> operands,
                         std::string& out);
// The chunk of a value that ApplyBitmapOperands made.
Result<Roaring> ParseChunk(std::string_view value);

// Merges what a commit adds to and removes from one bitmap. Both ascend, and no offset is in both.
void MergeBitmapChanges(DatasetNumber dataset, BitmapKind kind, uint64_t run,
                        std::span<const Offset> added, std::span<const Offset> removed,
                        WriteSet& set);

// A chunk of a bitmap as a view has it; empty if it is not there.
Result<Roaring> ReadChunk(const ReadView& view, DatasetNumber dataset, BitmapKind kind,
                          uint64_t run, uint64_t chunk);
// The latest versions that are no deletion.
Result<Roaring> ReadLiveChunk(const ReadView& view, DatasetNumber dataset, uint64_t chunk);

// The first chunk at or after `from` (before: the last at or before) that has a latest version;
// nothing if there is none. Offsets may be sparse, so chunks are not counted through.
Result<std::optional<uint64_t>> NextLatestChunk(const ReadView& view, DatasetNumber dataset,
                                                uint64_t from);
Result<std::optional<uint64_t>> PreviousLatestChunk(const ReadView& view, DatasetNumber dataset,
                                                    uint64_t from);

// Latest live versions at or after `from`.
Result<uint64_t> CountLiveFrom(const ReadView& view, DatasetNumber dataset, Offset from);
// The first offset at or after `from` with `skip` live ones between; nothing if there are not that
// many.
Result<std::optional<Offset>> SelectLiveFrom(const ReadView& view, DatasetNumber dataset,
                                             Offset from, uint64_t skip);

}  // namespace sluice::storage
