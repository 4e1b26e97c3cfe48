// SourceDatasets: the datasets that a source of several reads, and what holds for all of them
// together (configuration-sources-union-datasets.rst, configuration-sources-merge-datasets.rst).

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipe/dataset_positions.h"
#include "pipe/registry.h"

namespace sluice::pipe {

// What the options that these sources share are for.
inline constexpr const char* kInitialDatasetsDoc =
    "Those that must be populated before the source is; all where it is not stated.";
inline constexpr const char* kIgnoreNonExistentDoc =
    "False: a dataset that is not there keeps the source from being populated. True: only one that "
    "a pipe is going to make does.";

// A dataset that was there when a run opened its source.
struct OpenedDataset {
  std::string name;
  storage::DatasetNumber number = 0;
};

// The datasets of one run, those that are not there left out.
struct OpenedDatasets {
  std::vector<OpenedDataset> datasets;
  // Of each of `datasets`; behind them, as they were, those of the since-value that are gone: until
  // a full run has taken away what came from them, every since-value must name them.
  DatasetPositions positions;
  // One was missing whose entities must not be taken for gone.
  bool incomplete = false;
};

// May be called by any thread.
class SourceDatasets {
 public:
  struct Options {
    std::vector<std::string> datasets;
    std::optional<std::vector<std::string>> initial_datasets;
    bool ignore_non_existent_datasets = true;
  };

  // `kind` begins the scope: since-values of another type of source are not kept.
  SourceDatasets(std::string_view kind, Options options, const MakeContext& context);

  const std::vector<std::string>& names() const { return options_.datasets; }

  // See Source.
  bool populated() const;
  std::string since_scope() const;
  // A since-value names the incarnations that something was read of, so the scope need not.
  // Datasets that have been added to the list or have come to be are read from their beginnings.
  // One that is gone, replaced or no longer listed makes it false: what came from it must go.
  bool KeepsSince(const Value& since, std::string_view stored) const;
  std::optional<storage::Offset> PositionIn(std::string_view dataset, const Value& since) const;
  Value SinceAtEnd(Arena& arena) const;

  Result<OpenedDatasets> Open(const storage::Snapshot& snapshot, const Value& since) const;

 private:
  const std::vector<std::string>& MustBePopulated() const {
    return options_.initial_datasets ? *options_.initial_datasets : options_.datasets;
  }
  // One that is not there, but is needed, or is going to be there once its pipe has run.
  bool IsAwaited(const std::string& dataset) const;

  std::string kind_;
  Options options_;
  storage::Store* store_;
  std::function<bool(std::string_view)> dataset_exists_;
};

}  // namespace sluice::pipe
