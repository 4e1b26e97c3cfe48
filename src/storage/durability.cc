#include "storage/durability.h"

#include <algorithm>

namespace sluice::storage {

Result<void> DurabilityGate::Wait(uint64_t sequence, const Stop& stop) {
  std::unique_lock lock(gate_mutex_);
  while (durable_ < sequence) {
    if (syncing_) {
      // Someone syncs: it may have begun too early for us, so look again when it is done.
      const bool done =
          changed_.wait(lock, stop.token(), [&] { return !syncing_ || durable_ >= sequence; });
      if (!done) return MakeError(Code::kCancelled, "stopped while waiting for the disk");
      continue;
    }
    syncing_ = true;
    lock.unlock();
    // Whatever is visible now has been written to the log before, so the sync covers it.
    const uint64_t covered = engine_.LatestSequence();
    auto synced = engine_.Sync();
    lock.lock();
    syncing_ = false;
    if (synced.ok()) durable_ = std::max(durable_, covered);
    changed_.notify_all();
    if (!synced.ok()) return synced;
  }
  return {};
}

}  // namespace sluice::storage
