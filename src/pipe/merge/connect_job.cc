#include "pipe/merge/connect_job.h"

#include <chrono>

namespace sluice::pipe::merge {
namespace {

// How long a pump's thread waits before it looks after others.
constexpr auto kShortWait = std::chrono::milliseconds(20);

}  // namespace

ConnectJob::ConnectJob(std::shared_ptr<const MergeSetup> setup,
                       std::shared_ptr<const storage::Snapshot> snapshot, std::vector<Input> inputs,
                       std::string since)
    : setup_(std::move(setup)), snapshot_(std::move(snapshot)), since_(std::move(since)) {
  running_ = std::async(std::launch::async, [this, inputs = std::move(inputs)] {
    return Connecting(*setup_, snapshot_, inputs).Run(Stop(stop_.get_token()));
  });
}

ConnectJob::~ConnectJob() {
  stop_.request_stop();
  if (running_.valid()) running_.wait();
}

Result<bool> ConnectJob::Wait(Patience patience, const Stop& stop) {
  while (!ended_) {
    if (running_.wait_for(kShortWait) == std::future_status::ready) {
      SLUICE_TRY(connected_, running_.get());
      ended_ = true;
    } else if (stop.IsSet()) {
      return MakeError(Code::kCancelled, "stopped");
    } else if (patience == Patience::kShort) {
      return false;
    }
  }
  return true;
}

Result<void> ConnectJob::Rewind() {
  if (!ended_) return {};
  SLUICE_TRY(connected_.belongings->Rewind());
  return connected_.shared_ids ? connected_.shared_ids->Rewind() : Result<void>();
}

void KeptJob::Keep(std::unique_ptr<ConnectJob> job) {
  const std::lock_guard lock(job_mutex_);
  job_ = std::move(job);
}

std::unique_ptr<ConnectJob> KeptJob::Take(const std::string& since) {
  std::unique_ptr<ConnectJob> job;
  {
    const std::lock_guard lock(job_mutex_);
    job = std::move(job_);
  }
  if (job && job->since() != since) job.reset();
  return job;
}

}  // namespace sluice::pipe::merge
