// Group fsync: whoever waits for durability first syncs for all who have committed by then.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/stop.h"
#include "storage/engine.h"

namespace sluice::storage {

// Those whom one sync served come back together a little later, while the next sync may have begun
// without them. So whoever syncs first waits for as many as were there the last time, no longer
// than a sync takes and never longer than two milliseconds. One alone never waits.
class DurabilityGate {
 public:
  // Everything up to `durable` survives a loss of power already.
  DurabilityGate(Engine& engine, uint64_t durable, const Clock& clock)
      : engine_(engine), clock_(clock), durable_(durable) {}

  // Returns when the write with this sequence, and all before it, survive a loss of power;
  // kCancelled if `stop` is set first. May be called by any thread.
  Result<void> Wait(uint64_t sequence, const Stop& stop);

 private:
  using Lock = std::unique_lock<std::mutex>;

  Result<void> WaitInLine(Lock& lock, uint64_t sequence, const Stop& stop);
  Result<void> SyncForAll(Lock& lock, const Stop& stop);

  Engine& engine_;
  const Clock& clock_;
  std::mutex gate_mutex_;  // Guards the below.
  std::condition_variable_any changed_;
  std::condition_variable_any joined_;  // What the one who gathers waits for.
  uint64_t durable_;
  bool syncing_ = false;                  // Somebody gathers or syncs.
  std::multiset<uint64_t> waiting_;       // What is waited for and not durable.
  size_t expected_ = 1;                   // How many were waiting when the last sync was done.
  std::chrono::nanoseconds sync_time_{};  // Of the last sync.
};

}  // namespace sluice::storage
