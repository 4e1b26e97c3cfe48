// DatasetLoad: entities on their way into a dataset, in commits whose size follows the load.

#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "pipe/dataset_sink.h"
#include "storage/commit_unit.h"
#include "value/dataset_records.h"

namespace sluice::pipe {

// Takes batches and keeps their records, not the batches, until there are enough for one commit or
// the oldest has waited for long. Used by one thread.
class DatasetLoad {
 public:
  explicit DatasetLoad(const DatasetSink& sink) : sink_(sink) {}

  // Prepares a batch. On an error nothing of it is kept, but what was there before is.
  Result<void> Add(const Batch& batch);
  // Whether it is time for a commit.
  bool Full() const;
  // Whether the load waits for more than an ordinary commit holds.
  bool bulk() const { return unit_ && unit_->bulk(); }
  size_t entities() const { return appends_.size(); }
  // Commits everything, if there is anything; on an error it is dropped. Makes the dataset where it
  // is missing. Sets `receipt`, if given, for WaitDurable.
  Result<WriteCounts> Commit(const DatasetWrite& write, storage::CommitReceipt* receipt = nullptr);
  void Drop();

 private:
  size_t BytesExpected(size_t entities) const;

  const DatasetSink& sink_;
  std::deque<DatasetRecords> records_;
  std::vector<storage::Append> appends_;
  size_t bytes_ = 0;
  uint64_t ignored_ = 0;
  std::optional<storage::CommitUnit> unit_;
  SteadyTime oldest_;
};

}  // namespace sluice::pipe
