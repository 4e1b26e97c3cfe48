// The values of each family: what a version, the latest view, a dataset's counters and definitions
// look like on disk. Parse functions give kCorrupt for bytes that no function here made.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/store.h"

namespace sluice::storage {

// The format of everything in a store's folder. A program refuses newer ones.
inline constexpr uint32_t kStoreFormat = 1;

// In front of the record of a version in the log.
struct VersionHeader {
  bool deleted = false;
  int64_t ts_us = 0;
  Hash128 hash;
  std::optional<Offset> previous;  // The version that this one superseded, kept or not.
};

struct Version {
  VersionHeader header;
  std::string_view record;
};

void AppendVersionHeader(const VersionHeader& header, std::string& out);
Result<Version> ParseVersion(std::string_view value);

// The newest version of an id.
struct Latest {
  bool deleted = false;
  Offset offset = 0;
  Hash128 hash;
  std::optional<Offset> previous;
  std::optional<SourceOffset> source;
  std::string_view long_id;  // The full id where its key is shortened; else empty.
};

void AppendLatest(const Latest& latest, std::string& out);
Result<Latest> ParseLatest(std::string_view value);

// A full run that has begun and not ended.
struct FullRun {
  uint64_t number = 0;
  Offset begin = 0;  // The dataset's next_offset when it began.
};

// What changes with a dataset's commits.
struct Counters {
  bool populated = false;
  // The options ask for fewer versions than were kept: Compact must look at every entity once.
  bool compact_all = false;
  uint64_t live = 0;
  uint64_t deleted = 0;
  uint64_t versions = 0;
  uint64_t queued = 0;  // Entries of the compaction queue.
  Offset next_offset = 0;
  Offset queue_begin = 0;  // No entry of the queue lies before it.
  Offset log_begin = 0;    // No version lies before it.
  Offset cut_before = 0;   // Histories may be shorter than the options say before it.
  int64_t updated_us = 0;
  uint64_t last_full_run = 0;  // Numbers of full runs are given once.
  std::optional<FullRun> full_run;
};

std::string EncodeCounters(const Counters& counters);
Result<Counters> ParseCounters(std::string_view value);

struct DatasetDefinition {
  DatasetNumber number = 0;
  std::string name;
  std::array<uint8_t, 16> uuid{};
  DatasetOptions options;
  int64_t created_us = 0;
};

std::string EncodeDatasetDefinition(const DatasetDefinition& definition);
Result<DatasetDefinition> ParseDatasetDefinition(std::string_view value);

struct StoredIndex {
  uint32_t number = 0;
  DatasetNumber dataset = 0;
  IndexDefinition definition;
};

std::string EncodeIndexDefinition(const StoredIndex& index);
Result<StoredIndex> ParseIndexDefinition(std::string_view value);

// How far the back-fill of an index has come: versions before `next` are in it, those from `end` on
// were put there by their own commits. `next` == `end`: ready.
struct IndexProgress {
  Offset next = 0;
  Offset end = 0;
  uint64_t entries = 0;
  bool ready() const { return next >= end; }
};

std::string EncodeIndexProgress(const IndexProgress& progress);
Result<IndexProgress> ParseIndexProgress(std::string_view value);

std::string EncodeNumber(uint64_t number);
Result<uint64_t> ParseNumber(std::string_view value);

}  // namespace sluice::storage
