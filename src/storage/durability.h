// Group fsync: whoever waits for durability first syncs for all who have committed by then.

#pragma once

#include <condition_variable>
#include <mutex>

#include "base/stop.h"
#include "storage/engine.h"

namespace sluice::storage {

class DurabilityGate {
 public:
  // Everything up to `durable` survives a loss of power already.
  DurabilityGate(Engine& engine, uint64_t durable) : engine_(engine), durable_(durable) {}

  // Returns when the write with this sequence, and all before it, survive a loss of power;
  // kCancelled if `stop` is set first. May be called by any thread.
  Result<void> Wait(uint64_t sequence, const Stop& stop);

 private:
  Engine& engine_;
  std::mutex gate_mutex_;
  std::condition_variable_any changed_;
  uint64_t durable_;
  bool syncing_ = false;
};

}  // namespace sluice::storage
