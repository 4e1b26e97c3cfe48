// DatasetLoad: entities on their way into a dataset, in commits whose size follows the load.

#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "pipe/dataset_sink.h"
#include "storage/commit_unit.h"
#include "value/dataset_records.h"

namespace sluice::pipe {

// Takes batches and keeps their records, not the batches, until there are enough for one commit or
// the oldest has waited for long. Large commits go on while the next records are prepared, one at a
// time and in order. Used by one thread.
class DatasetLoad {
 public:
  // Makes the commit of these. May be called by a thread of its own.
  using CommitBy =
      std::function<Result<storage::CommitReceipt>(std::span<const storage::Append> appends)>;

  explicit DatasetLoad(const DatasetSink& sink) : sink_(sink) {}
  ~DatasetLoad() { Drop(); }
  DatasetLoad(const DatasetLoad&) = delete;
  DatasetLoad& operator=(const DatasetLoad&) = delete;

  // Prepares a batch. On an error nothing of it is kept, but what was there before is.
  Result<void> Add(const Batch& batch);
  // Whether it is time for a commit.
  bool Full() const;
  // Whether the load waits for more than an ordinary commit holds.
  bool bulk() const { return unit_ && unit_->bulk(); }
  size_t entities() const { return held_.appends.size(); }

  // Commits what is held, once what was sent is committed. On an error all of it is dropped.
  Result<WriteCounts> Commit(const CommitBy& commit);
  // The same, but does not wait for what is held now where it is large. Gives the counts of what
  // was sent before, or its error.
  Result<WriteCounts> Send(CommitBy commit);
  // Waits for what was sent.
  Result<WriteCounts> Wait();
  bool under_way() const { return under_way_.valid(); }
  // Drops what is held; what was sent is committed, or not, when this returns.
  void Drop();

 private:
  struct Held {
    std::deque<DatasetRecords> records;  // What `appends` view.
    std::vector<storage::Append> appends;
    size_t bytes = 0;
    uint64_t ignored = 0;
  };

  size_t BytesExpected(size_t entities) const;
  Result<WriteCounts> Ended(const Held& held, Result<storage::CommitReceipt> receipt);

  const DatasetSink& sink_;
  Held held_;
  std::optional<storage::CommitUnit> unit_;
  SteadyTime oldest_;
  Held sent_;
  std::future<Result<storage::CommitReceipt>> under_way_;  // Of sent_.
};

}  // namespace sluice::pipe
