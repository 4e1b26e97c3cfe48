// What datasets, indexes and commits are: the words that every user of a store shares.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "value/value.h"

namespace sluice::storage {

// A version's place in its dataset's log, from 0; shown as `_updated`. Never given to other
// content.
using Offset = uint64_t;
// A dataset's incarnation: never used again after the dataset is deleted or truncated.
using DatasetNumber = uint32_t;
// Grows with each commit of this store since it was opened; 0 is "nothing".
using CommitSequence = uint64_t;

// A since-value together with the incarnation it belongs to.
struct Position {
  DatasetNumber dataset = 0;
  Offset next = 0;  // The first offset not read yet.
};

// Makes the index keys of an entity. Implemented above storage; must be pure.
class KeyExtractor {
 public:
  virtual ~KeyExtractor() = default;
  // Calls `add` with each key (value/relations.h, AppendEqualityKey bytes) of the live entity.
  virtual void Extract(const Entity& entity,
                       const std::function<void(std::string_view key)>& add) const = 0;
};

struct IndexDefinition {
  std::string expression;        // Canonical text; with the dataset it names the index.
  uint32_t meaning_version = 1;  // Another version rebuilds the index.
};

struct IndexInfo {
  uint32_t number = 0;
  IndexDefinition definition;
  DatasetNumber dataset = 0;
  bool ready = false;    // The back-fill is complete.
  uint64_t entries = 0;  // Estimated.
};

struct DatasetOptions {
  uint32_t keep_versions = 2;                 // features/compaction-feature.rst; 0 keeps all.
  std::optional<int64_t> trim_older_than_us;  // System datasets: by time (720 h).
  bool compaction = true;
  // An entity goes with all its versions once its deletion is so old.
  std::optional<int64_t> ttl_deletes_us = {};
  // A version with "$retract": true removes those before it; the property stays.
  bool retract = false;
  std::string owner;  // The pipe that writes it; empty for none.
  bool operator==(const DatasetOptions&) const = default;
};

struct DatasetInfo {
  std::string name;
  DatasetNumber number = 0;
  std::array<uint8_t, 16> uuid{};  // Of the incarnation; shown to clients as the generation.
  DatasetOptions options;
  bool populated = false;  // A full run has completed.
  uint64_t live = 0;       // Latest versions that are not deleted.
  uint64_t deleted = 0;    // Latest versions that are.
  uint64_t versions = 0;   // Log entries that are kept.
  uint64_t queued = 0;     // Versions that wait for compaction: a hold keeps them, or populated.
  Offset next_offset = 0;  // What the next append gets.
  int64_t created_us = 0;
  int64_t updated_us = 0;  // Time of the last append; 0 if none.
};

// Where in another dataset something was made from.
struct SourceOffset {
  DatasetNumber dataset = 0;
  Offset offset = 0;
  bool operator==(const SourceOffset&) const = default;
};

// One version for the writer queue.
struct Append {
  std::string_view record;  // Made by EncodeForDataset; must outlive the call.
  std::string_view id;      // Its `_id`.
  Hash128 hash;             // IdentityHashOfRecord(record).
  bool deleted = false;
  // A deletion that is dropped, as unchanged, where the id has no version or its latest is a
  // deletion already: filtered entities must not leave tombstones of what never was there.
  bool only_if_live = false;
  bool force = false;            // Append although the hash is equal.
  std::optional<Offset> offset;  // The writer's own, for replicas: must be at least next_offset.
  // What this was made from, for conflicts between a rescan and incremental runs: dropped where the
  // id's last append (or the last found unchanged) came from a higher offset of the same source
  // dataset.
  std::optional<SourceOffset> source;
};

// A key of the `state` space, set or (nothing) removed. Keys are the caller's, by convention
// "pipe/ID/…".
struct StateChange {
  std::string key;
  std::optional<std::string> value;
};

// Everything in it becomes visible and durable together, or not at all.
struct Commit {
  DatasetNumber dataset = 0;  // 0: no appends, state only.
  std::span<const Append> appends;
  std::vector<StateChange> state;
  // Marks what is appended, found unchanged or overtaken as seen by this full run (see
  // BeginFullRun). kConflict if another run has begun since, or the run has ended.
  std::optional<uint64_t> full_run;
  std::optional<bool> populated;  // Sets the dataset's flag with the commit.
  // A commit whose dataset incarnation is gone fails with kConflict.
};

struct CommitReceipt {
  CommitSequence sequence = 0;  // For WaitDurable.
  uint64_t appended = 0;
  uint64_t unchanged = 0;
  uint64_t deleted = 0;    // Of the appended: deletions.
  uint64_t overtaken = 0;  // Dropped because of Append::source.
  Offset next_offset = 0;  // After the commit.
};

}  // namespace sluice::storage
