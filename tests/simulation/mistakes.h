// The mistakes that simulations plant, each of which must be found, and an engine that makes them.

#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "tests/support/forwarding_engine.h"
#include "tests/support/recorded_set.h"

namespace sluice::storage::testing {

enum class Mistake {
  kNone,
  kCommitSplit,             // A commit is written in two parts.
  kStateBeforeData,         // A pipe's offset is saved ahead of the commit that it belongs to.
  kAcknowledgedBeforeSync,  // Durable is said before the sync.
  kIndexKeyNotRemoved,
  kHoldIgnored,
  kOffsetUsedAgain,  // After opening, the last offset is given to other content.
  kBulkNotSynced,    // A bulk load is ingested without the sync before it.
};

// Makes a mistake between the store and a sound engine. Holds and bulk loads are not its matter:
// the first are the store's (RandomDriver::IgnoreHolds), the second RocksDB's (BulkHooks).
class MistakenEngine final : public ForwardingEngine {
 public:
  MistakenEngine(std::unique_ptr<Engine> engine, Mistake mistake)
      : ForwardingEngine(std::move(engine)), mistake_(mistake) {}

  std::unique_ptr<WriteSet> NewWriteSet() const override { return std::make_unique<RecordedSet>(); }
  Result<void> Apply(std::unique_ptr<WriteSet> set) override;
  Result<void> Sync() override;

  // As if the counters lay a commit behind the log.
  Result<void> LowerNextOffsets();

 private:
  const Mistake mistake_;
};

}  // namespace sluice::storage::testing
