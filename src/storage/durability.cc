#include "storage/durability.h"

#include <algorithm>

namespace sluice::storage {
namespace {

constexpr std::chrono::milliseconds kGatherMax(2);

}  // namespace

Result<void> DurabilityGate::Wait(uint64_t sequence, const Stop& stop) {
  Lock lock(gate_mutex_);
  if (durable_ >= sequence) return {};
  waiting_.insert(sequence);
  if (waiting_.size() >= expected_) joined_.notify_one();
  auto waited = WaitInLine(lock, sequence, stop);
  // The sync that served it took it out already.
  if (!waited.ok() && durable_ < sequence) waiting_.erase(waiting_.find(sequence));
  return waited;
}

Result<void> DurabilityGate::WaitInLine(Lock& lock, uint64_t sequence, const Stop& stop) {
  while (durable_ < sequence) {
    if (!syncing_) {
      SLUICE_TRY(SyncForAll(lock, stop));
      continue;
    }
    // Someone syncs: it may have begun too early for us, so look again when it is done.
    const bool done =
        changed_.wait(lock, stop.token(), [&] { return !syncing_ || durable_ >= sequence; });
    if (!done) return MakeError(Code::kCancelled, "stopped while waiting for the disk");
  }
  return {};
}

Result<void> DurabilityGate::SyncForAll(Lock& lock, const Stop& stop) {
  syncing_ = true;
  if (waiting_.size() < expected_) {
    const auto longest = std::min<std::chrono::nanoseconds>(kGatherMax, sync_time_);
    // However it ends, there are some to sync for.
    (void)joined_.wait_for(lock, stop.token(), longest,
                           [&] { return waiting_.size() >= expected_; });
  }
  lock.unlock();
  const SteadyTime start = clock_.Steady();
  // Whatever is visible now has been written to the log before, so the sync covers it.
  const uint64_t covered = engine_.LatestSequence();
  auto synced = engine_.Sync();
  const auto took = clock_.Steady() - start;
  lock.lock();
  syncing_ = false;
  sync_time_ = took;
  expected_ = waiting_.size();
  if (synced.ok()) {
    durable_ = std::max(durable_, covered);
    waiting_.erase(waiting_.begin(), waiting_.upper_bound(durable_));
  }
  changed_.notify_all();
  return synced;
}

}  // namespace sluice::storage
