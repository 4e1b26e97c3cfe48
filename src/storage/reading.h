// Reading versions through a view: by offset, by id, along the log, along a history.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "storage/engine.h"
#include "storage/format.h"
#include "storage/store.h"

namespace sluice::storage {

// The entity of a version; its record is copied into the arena.
Entity MakeEntity(Offset offset, const Version& version, Arena& arena);

// The version at an offset; nothing if it is not kept.
Result<std::optional<Entity>> ReadVersion(const ReadView& view, DatasetNumber dataset,
                                          Offset offset, Arena& arena);
// The versions at the offsets, in their order, which may be any. Each must be there: an offset
// comes from the latest view, so a missing one is kCorrupt.
Result<std::vector<Entity>> ReadVersions(const ReadView& view, DatasetNumber dataset,
                                         std::span<const Offset> offsets, Arena& arena);

// What the latest view says of the ids, in their order; nothing where there is none.
Result<std::vector<std::optional<Latest>>> ReadLatest(const ReadView& view, DatasetNumber dataset,
                                                      std::span<const std::string_view> ids);

// Gives the offsets of latest versions one after the other, in chunks.
class LatestOffsets {
 public:
  enum class Direction { kForward, kReverse };

  // Of [from, to). The view must outlive this.
  LatestOffsets(const ReadView& view, DatasetNumber dataset, bool with_deleted, Offset from,
                Offset to, Direction direction);
  LatestOffsets(const LatestOffsets&) = delete;
  LatestOffsets& operator=(const LatestOffsets&) = delete;

  // Nothing at the end.
  Result<std::optional<Offset>> Next();

 private:
  Result<bool> LoadChunk();

  const ReadView& view_;
  const DatasetNumber dataset_;
  const bool with_deleted_;
  Offset from_;  // What is left is [from_, to_).
  Offset to_;
  const Direction direction_;
  uint64_t chunk_ = 0;
  std::vector<uint32_t> offsets_;  // Of the chunk, ascending; at most 2^16.
  size_t begin_ = 0;               // What is left of them.
  size_t end_ = 0;
};

// Readers keep the snapshot.
std::unique_ptr<LogReader> MakeLogReader(std::shared_ptr<const EngineSnapshot> snapshot,
                                         DatasetNumber dataset, const ReadOptions& options,
                                         Offset next_offset);
std::unique_ptr<LogReader> MakeIdReader(std::shared_ptr<const EngineSnapshot> snapshot,
                                        DatasetNumber dataset, std::string_view after_id,
                                        bool deleted);

}  // namespace sluice::storage
