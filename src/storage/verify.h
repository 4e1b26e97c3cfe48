// Holds everything that is derived against the logs it is derived from, and makes it anew.
//
// Derived are the latest view, the bitmaps, the indexes, the counters and the compaction queue.
// What logs cannot give back (state of pipes, what a full run has seen, populated, source offsets)
// is primary: it is checked for consistency, and kept as it is.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/stop.h"
#include "storage/engine.h"
#include "storage/store.h"

namespace sluice::storage {

// Finds the extractor of an index by its dataset and definition; null where it is not known: then
// only what can be told without it is checked.
using FindExtractor = std::function<std::shared_ptr<const KeyExtractor>(
    std::string_view dataset, const IndexDefinition& definition)>;

struct VerifyOptions {
  FindExtractor find_extractor;
  // A dataset and what is wrong with it; an empty name for what belongs to none.
  std::function<void(std::string_view dataset, const std::string& difference)> on_difference;
  // How many of a dataset's versions have been read.
  std::function<void(std::string_view dataset, uint64_t done, uint64_t total)> on_progress;
};

struct VerifySummary {
  uint64_t datasets = 0;
  uint64_t versions = 0;
  uint64_t differences = 0;
};

// Memory is a bit for each version of the largest dataset, and otherwise bounded. A sound dataset
// costs one pass over its ranges; one that is not is looked at version by version.
Result<VerifySummary> Verify(const ReadView& view, const VerifyOptions& options, const Stop& stop);

struct RebuildSummary {
  uint64_t datasets = 0;
  uint64_t versions = 0;
};

// Makes latest view, bitmaps and counters of every dataset from its log. Indexes are emptied and
// filled again by BuildIndex, the queue by Compact. Nobody else may write meanwhile. Breaking off
// leaves a store that has to be rebuilt.
Result<RebuildSummary> Rebuild(Engine& engine, const VerifyOptions& options, const Stop& stop);

// Adds what Engine::CheckFiles finds: what damaged files leave out, reading does not miss.
Result<void> VerifyFiles(const Engine& engine, const VerifyOptions& options,
                         VerifySummary& summary);

// Both for a store on disk that no process has open.
Result<VerifySummary> VerifyFolder(const std::string& folder, const StoreOptions& store_options,
                                   const VerifyOptions& options, const Stop& stop);
Result<RebuildSummary> RebuildFolder(const std::string& folder, const StoreOptions& store_options,
                                     const VerifyOptions& options, const Stop& stop);

}  // namespace sluice::storage
