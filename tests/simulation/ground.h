// What a simulated store lies on: where it is opened, and where its faults come from.

#pragma once

#include <cstdint>
#include <memory>

#include "base/random.h"
#include "storage/engine.h"
#include "storage/store.h"
#include "tests/simulation/mistakes.h"

namespace sluice::storage::testing {

enum class EngineKind { kMemory, kRocks };

class Ground {
 public:
  virtual ~Ground() = default;
  // From now on the disk fails, fills, tears and delays writes, or loses power, by chance; within
  // about so many writes.
  virtual void PlanFaults(SeededRandom& random, uint64_t writes) = 0;
  virtual void ClearFaults() = 0;
  virtual Result<std::unique_ptr<Engine>> Open() = 0;
  // After the store is gone: what was not durable may be lost.
  virtual void LosePower() = 0;
  // Before the store is closed, so that closing it saves nothing.
  virtual void CutPower() {}
  virtual bool dead() const = 0;
  // Whether a failed write leaves a store that goes on.
  virtual bool goes_on_after_failure() const = 0;

  // Bits that flip, where there are checksums to tell of them: one piece of data in so many.
  virtual void FlipWrites(uint64_t /*one_in*/) {}           // From now on, until ClearFaults.
  virtual void FlipReadsOnceOpened(uint64_t /*one_in*/) {}  // From the next opening on.
  virtual uint64_t flips() const { return 0; }
};

struct GroundOptions {
  EngineKind kind = EngineKind::kMemory;
  uint64_t seed = 0;
  Mistake mistake = Mistake::kNone;  // Made by an engine around the ground's own.
};

std::unique_ptr<Ground> MakeGround(const GroundOptions& options);

}  // namespace sluice::storage::testing
