#include "storage/durability.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "storage/memory_engine.h"
#include "tests/support/forwarding_engine.h"

namespace sluice::storage {
namespace {

// An engine whose syncs wait until they are let through.
class SlowEngine final : public testing::ForwardingEngine {
 public:
  SlowEngine() : ForwardingEngine(MakeMemoryEngine()) {}

  Result<void> Sync() override {
    ++syncs;
    syncing.count_down();
    go.wait();
    if (fails) return MakeError(Code::kIo, "the disk is gone");
    return {};
  }

  uint64_t Write() {
    auto set = NewWriteSet();
    set->Put(Family::kState, "k", "v");
    EXPECT_TRUE(Apply(std::move(set)).ok());
    return LatestSequence();
  }

  std::atomic<int> syncs = 0;
  std::latch syncing{1};
  std::latch go{1};
  bool fails = false;
};

TEST(DurabilityGate, WaitersShareASync) {
  SlowEngine engine;
  DurabilityGate gate(engine, 0, SystemClock());
  const auto first = engine.Write();
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { EXPECT_TRUE(gate.Wait(first, Stop()).ok()); });
  engine.syncing.wait();
  // These commits come too late for the sync under way; one more covers them all.
  for (int i = 0; i < 8; ++i) {
    const auto sequence = engine.Write();
    threads.emplace_back([&gate, sequence] { EXPECT_TRUE(gate.Wait(sequence, Stop()).ok()); });
  }
  engine.go.count_down();
  threads.clear();
  EXPECT_EQ(engine.syncs, 2);
  EXPECT_TRUE(gate.Wait(first, Stop()).ok());
  EXPECT_EQ(engine.syncs, 2);
}

TEST(DurabilityGate, AWaiterMayGiveUp) {
  SlowEngine engine;
  DurabilityGate gate(engine, 0, SystemClock());
  const auto sequence = engine.Write();
  std::jthread leader([&] { EXPECT_TRUE(gate.Wait(sequence, Stop()).ok()); });
  engine.syncing.wait();
  std::stop_source source;
  source.request_stop();
  const auto given_up = gate.Wait(sequence, Stop(source.get_token()));
  ASSERT_FALSE(given_up.ok());
  EXPECT_EQ(given_up.error().code, Code::kCancelled);
  engine.go.count_down();
}

TEST(DurabilityGate, AFailedSyncMakesNothingDurable) {
  SlowEngine engine;
  engine.fails = true;
  engine.go.count_down();
  DurabilityGate gate(engine, 0, SystemClock());
  const auto sequence = engine.Write();
  EXPECT_FALSE(gate.Wait(sequence, Stop()).ok());
  EXPECT_FALSE(gate.Wait(sequence, Stop()).ok());
  engine.fails = false;
  EXPECT_TRUE(gate.Wait(sequence, Stop()).ok());
}

}  // namespace
}  // namespace sluice::storage
