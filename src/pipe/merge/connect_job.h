// ConnectJob: a full merge's first step, on a thread of its own, so that pumps go on meanwhile.

#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/stop.h"
#include "pipe/merge/connecting.h"

namespace sluice::pipe::merge {

// Used by one thread at a time.
class ConnectJob {
 public:
  // `since`: the since-value behind all that the snapshot holds of the inputs.
  ConnectJob(std::shared_ptr<const MergeSetup> setup,
             std::shared_ptr<const storage::Snapshot> snapshot, std::vector<Input> inputs,
             std::string since);
  // Stops what goes on.
  ~ConnectJob();
  ConnectJob(const ConnectJob&) = delete;
  ConnectJob& operator=(const ConnectJob&) = delete;

  // Waits for the end: some milliseconds, or as long as it takes. True if it has come.
  enum class Patience { kShort, kToTheEnd };
  Result<bool> Wait(Patience patience, const Stop& stop);
  // From its first record on.
  Result<void> Rewind();
  Connected& connected() { return connected_; }

  const std::shared_ptr<const storage::Snapshot>& snapshot() const { return snapshot_; }
  const std::string& since() const { return since_; }

 private:
  const std::shared_ptr<const MergeSetup> setup_;
  const std::shared_ptr<const storage::Snapshot> snapshot_;
  const std::string since_;
  std::stop_source stop_;
  std::future<Result<Connected>> running_;
  bool ended_ = false;
  Connected connected_;
};

// What a run that was cut off leaves to the next one of the same source. May be used by any thread.
class KeptJob {
 public:
  void Keep(std::unique_ptr<ConnectJob> job);
  // A job over the same state of the same datasets; null where it was over another one.
  std::unique_ptr<ConnectJob> Take(const std::string& since);

 private:
  std::mutex job_mutex_;
  std::unique_ptr<ConnectJob> job_;
};

}  // namespace sluice::pipe::merge
