// Connecting: all groups of a snapshot at once, by sorting what their entities have in common.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/stop.h"
#include "pipe/merge/components.h"
#include "pipe/merge/merge_setup.h"
#include "pipe/merge/record_sorter.h"

namespace sluice::pipe::merge {

// An entity as a number: its dataset's place and its offset, so that the order of numbers is the
// order of reading.
inline constexpr int kOffsetBits = 48;
inline uint64_t PlaceNumber(size_t dataset, storage::Offset offset) {
  return static_cast<uint64_t>(dataset) << kOffsetBits | offset;
}
inline size_t DatasetOf(uint64_t place) { return static_cast<size_t>(place >> kOffsetBits); }
inline storage::Offset OffsetOf(uint64_t place) {
  return place & ((uint64_t{1} << kOffsetBits) - 1);
}

// A value under a rule, and how many entities have it.
struct ValueUse {
  uint64_t entities = 0;
  uint64_t place = 0;  // One of them.
  Hash128 hash;        // KeyHash of it.
};
// `bytes` is room to work in.
Hash128 KeyHash(size_t rule, const Value& value, std::string& bytes);

// A dataset that is there, by its place in the configured list.
struct Input {
  size_t place = 0;
  storage::DatasetNumber number = 0;
};

struct Connected {
  // Those who are in groups of several; roots may come more than once.
  std::unique_ptr<RecordSorter<Belonging>> belongings;
  // With ids of first members: those who have the id of an entity of another group.
  std::unique_ptr<RecordSorter<uint64_t>> shared_ids;
  KeyCounts counts;
  std::vector<ValueUse> most_used;  // Of the values that join, those that most entities have.
};

// Reads all entities of the snapshot once. Used by one thread; memory does not grow with them.
class Connecting {
 public:
  Connecting(const MergeSetup& setup, std::shared_ptr<const storage::Snapshot> snapshot,
             std::vector<Input> inputs);

  Result<Connected> Run(const Stop& stop);

 private:
  struct Post {
    Hash128 hash;
    uint64_t place = 0;
    auto operator<=>(const Post&) const = default;
  };
  using Posts = RecordSorter<Post>;

  // What one thread has read.
  struct Part {
    std::unique_ptr<Posts> posts;
    std::unique_ptr<Posts> ids;  // Only where ids are those of first members.
    KeyCounts counts;
  };
  // Offsets of an input.
  struct Stretch {
    Input input;
    storage::Offset from = 0;
    storage::Offset to = 0;
  };

  Result<void> ReadAll(const Stop& stop);
  Result<std::vector<Stretch>> Stretches() const;
  Result<void> ReadStretch(const Stretch& stretch, Part& part, const Stop& stop) const;
  Result<void> Join(const Stop& stop);
  void NoteUse(const ValueUse& use);
  Result<void> FindSharedIds();
  Result<std::unique_ptr<Posts>> Overlaps();

  const MergeSetup& setup_;
  const std::shared_ptr<const storage::Snapshot> snapshot_;
  const std::vector<Input> inputs_;
  std::vector<Part> parts_;
  Components components_;
  Connected connected_;
};

}  // namespace sluice::pipe::merge
