// LookupCache: what the lookups of one run have found, kept from batch to batch.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "dtl/lookup.h"
#include "storage/store.h"

namespace sluice::pipe {

// What a join has met: for people who want to know why it is slow.
struct JoinCounts {
  uint64_t keys = 0;   // Looked up.
  uint64_t found = 0;  // Entities, over all keys.
  uint64_t most = 0;   // For one key, and which one (JSON).
  std::string most_key;
  uint64_t without = 0;  // Entities that had no key: null or missing.
  uint64_t blank = 0;    // Keys that were the empty text.

  void Add(const JoinCounts& other);
};

// An entity that is found stays right as long as its dataset has no newer offset. Used by one
// thread at a time.
class LookupCache {
 public:
  LookupCache() : LookupCache(std::make_shared<Arena>()) {}
  // What it finds lies in this arena, until Trim begins another one.
  explicit LookupCache(std::shared_ptr<Arena> arena) : arena_(std::move(arena)) {}

  struct Dataset {
    std::optional<storage::DatasetNumber> number;  // Nothing: it is not there.
    storage::Offset next_offset = 0;
    storage::CommitSequence checked = 0;  // The snapshot it was last compared with.
    std::unordered_map<std::string_view, const Entity*> entities;  // Live ones; null: none.
    // By an index: its key's bytes behind the expression's number.
    std::unordered_map<std::string, std::span<const Entity* const>> found;
  };

  // As it is in the snapshot.
  Result<Dataset*> Open(const storage::Snapshot& snapshot, std::string_view name);
  // A number for the key's expression.
  size_t NumberOf(const dtl::IndexedKey& key);
  // Begins anew where it holds too much. What was found before stays as long as its arena is held.
  void Trim();
  const std::shared_ptr<Arena>& arena() const { return arena_; }

 private:
  std::shared_ptr<Arena> arena_;
  std::unordered_map<std::string, Dataset> datasets_;
  std::unordered_map<const dtl::IndexedKey*, size_t> numbers_;
};

}  // namespace sluice::pipe
