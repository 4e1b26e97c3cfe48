// Verifies one dataset in one pass over each of its ranges, by sums.
//
// Whether a dataset is sound is told by comparing sets: what the versions of the log say that the
// latest view, the histories and the indexes hold, and what these hold. Each set is summed up (the
// hashes of its members, modulo 2^128), so nothing is looked up and nothing is kept but one bit a
// version. Where sums differ, verify_dataset.h finds out what it is.

#pragma once

#include <roaring/roaring64map.hh>
#include <string>
#include <vector>

#include "base/arena.h"
#include "storage/bitmap.h"
#include "storage/format.h"
#include "storage/verify.h"

namespace sluice::storage {

// A set of byte strings by its number of members and the sum of their hashes.
class SetSum {
 public:
  void Add(std::string_view member);
  void Remove(std::string_view member);
  bool operator==(const SetSum&) const = default;

 private:
  uint64_t members_ = 0;
  unsigned __int128 sum_ = 0;
};

class DatasetSums {
 public:
  DatasetSums(const ReadView& view, const DatasetDefinition& definition,
              const std::vector<StoredIndex>& indexes, const VerifyOptions& options,
              const Stop& stop)
      : view_(view),
        definition_(definition),
        number_(definition.number),
        indexes_(indexes),
        options_(options),
        stop_(stop) {}

  // Whether everything is as it should be. An error only where it could not be read (kCorrupt where
  // bytes are no values of ours) or was stopped.
  Result<bool> Run();

  uint64_t versions() const { return versions_; }

 private:
  struct SummedIndex {
    const StoredIndex* stored;
    IndexProgress progress;
    std::shared_ptr<const KeyExtractor> extractor;
    SetSum expected;
    uint64_t entries = 0;
  };

  Result<bool> LoadIndexes();
  Result<bool> SumLog();
  // False where the version contradicts itself.
  bool AddVersion(Offset offset, const Version& version, Arena& arena);
  void AddIndexed(const Entity& entity, Offset offset);
  // Reads the bitmaps of the chunk that `offset` lies in; false if the last one had bits without a
  // version.
  Result<bool> EnterChunk(Offset offset);
  bool LeaveChunk() const;
  Result<bool> SumLatest();
  Result<bool> SumIndex(const SummedIndex& index);
  Result<bool> CountBitmaps();
  Result<bool> CountQueue();
  Result<void> Look(uint64_t done) const;

  const ReadView& view_;
  const DatasetDefinition& definition_;
  const DatasetNumber number_;
  const std::vector<StoredIndex>& indexes_;
  const VerifyOptions& options_;
  const Stop& stop_;

  Counters counters_;
  std::vector<SummedIndex> summed_;
  uint64_t versions_ = 0;
  uint64_t live_ = 0;
  uint64_t deleted_ = 0;
  std::optional<Offset> last_offset_;
  Roaring64Map offsets_;  // Of all versions that are kept.
  SetSum latest_;         // Id, offset, hash, deleted, previous: as the log says.
  SetSum superseded_;     // Id and offset of versions that are not the latest.
  SetSum referred_;       // Id and offset of those that a later version names as previous.
  std::optional<uint64_t> chunk_;
  Roaring latest_bits_;
  Roaring tombstone_bits_;
  uint64_t latest_in_chunk_ = 0;
  uint64_t tombstones_in_chunk_ = 0;
  std::string member_;
};

}  // namespace sluice::storage
