// Runs that end at any of their writes: what was affected and not written yet is found again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipe/hub_testing.h"
#include "pipe/pipe_state.h"
#include "pipe/tracking/affected.h"
#include "tests/support/fault_engine.h"

namespace sluice::pipe::testing {
namespace {

using storage::testing::FaultDisk;

// More than fit in one commit, so that the last one is a part of them.
constexpr int kOrders = static_cast<int>(limits::kCommitEntitiesMax) + 1'500;
// So few that their ids take several runs in the store.
constexpr size_t kAffectedBytes = 300'000;

constexpr std::string_view kPipe = R"([{"_id": "out", "type": "pipe",
    "source": {"type": "dataset", "dataset": "order"},
    "transform": {"type": "dtl", "rules": {"default": [["copy", "_id"], ["add", "c", ["hops", {
        "datasets": ["customer c"], "where": ["eq", "_S.customer", "c.code"],
        "return": "c.name"}]]]}}}])";

// A hub on a disk that ends at a given write.
class CrashingHub {
 public:
  CrashingHub()
      : hub_({.engine = [this] { return disk_.Open(); }, .affected_bytes_max = kAffectedBytes}) {
    std::vector<std::string> orders;
    for (int i = 0; i < kOrders; ++i) {
      orders.push_back(fmt::format(R"({{"_id":"o{}","customer":1}})", i));
    }
    hub_.Feed("order", orders);
    hub_.Feed("customer", {R"({"_id":"c","code":1,"name":"Ann"})"});
    hub_.MustPut(kPipe);
    hub_.Run("out");
  }

  // False where the run has ended before so many writes; the hub begins again anyway.
  bool RunUntil(uint64_t writes, RunKind kind = RunKind::kIncremental) {
    disk_.LosePowerAfter(writes);
    const auto report = hub_.TryRun("out", kind);
    const bool crashed = disk_.dead();
    disk_.Crash();
    hub_.Reopen();
    EXPECT_TRUE(crashed || report.outcome == RunOutcome::kCompleted);
    return crashed;
  }
  void ExpectAllWritten() {
    hub_.Run("out");
    EXPECT_EQ(hub_.Dataset("out").find("Ann"), std::string::npos);
    EXPECT_EQ(hub_.Run("out").counts.again, 0U);
    size_t left = 0;
    Ok(hub_.store().TakeSnapshot()->ScanState(AffectedPrefix("out"),
                                              [&](std::string_view, std::string_view) {
                                                ++left;
                                                return true;
                                              }));
    EXPECT_EQ(left, 0U);
  }
  bool IsPending() { return Ok(LoadPipeState(hub_.store(), "out")).tracking.pending_runs > 0; }
  TestHub& hub() { return hub_; }
  FaultDisk& disk() { return disk_; }

 private:
  FaultDisk disk_{1};
  TestHub hub_;
};

TEST(TrackingCrashTest, AffectedEntitiesInTheStoreOutliveTheirProcessing) {
  bool was_pending = false;
  for (uint64_t writes = 0;; ++writes) {
    SCOPED_TRACE(writes);
    CrashingHub crashing;
    crashing.hub().Feed("customer", {R"({"_id":"c","code":1,"name":"Bea"})"});
    const bool crashed = crashing.RunUntil(writes);
    was_pending |= crashing.IsPending();
    crashing.ExpectAllWritten();
    if (!crashed || ::testing::Test::HasFailure()) break;
  }
  EXPECT_TRUE(was_pending);
}

// What a run has found and not processed is there until a full run has stored that it begins.
TEST(TrackingCrashTest, AffectedEntitiesInTheStoreOutliveAFullRunThatStoresNothing) {
  for (uint64_t writes = 0;; ++writes) {
    SCOPED_TRACE(writes);
    CrashingHub crashing;
    crashing.hub().Feed("customer", {R"({"_id":"c","code":1,"name":"Bea"})"});
    for (uint64_t first = 1; !crashing.IsPending(); ++first) ASSERT_TRUE(crashing.RunUntil(first));
    const bool crashed = crashing.RunUntil(writes, RunKind::kRescan);
    crashing.ExpectAllWritten();
    if (!crashed || ::testing::Test::HasFailure()) break;
  }
}

// The next run follows from the stored offset, so nothing behind it may have been compacted.
TEST(TrackingCrashTest, AFullRunThatStoresNothingLeavesTheHold) {
  CrashingHub crashing;
  TestHub& hub = crashing.hub();
  // The newest two are kept anyway.
  hub.Feed("customer",
           {R"({"_id":"c","code":2,"name":"Bea"})", R"({"_id":"c","code":3,"name":"Bea"})"});
  crashing.disk().Fill(100);
  EXPECT_EQ(hub.TryRun("out", RunKind::kRescan).outcome, RunOutcome::kFailed);
  crashing.disk().Fill(0);
  hub.Feed("customer", {R"({"_id":"c","code":4,"name":"Bea"})"});
  Ok(hub.store().Compact(Stop()));
  EXPECT_EQ(hub.Run("out").kind, RunKind::kIncremental);
  EXPECT_EQ(hub.Dataset("out").find("Ann"), std::string::npos);
}

TEST(TrackingCrashTest, WhatAFullRunLeftWithoutItsStateIsRemoved) {
  TestHub hub;
  hub.Feed("order", {R"({"_id":"o1","customer":1,"_deleted":true})"});
  hub.Feed("customer", {R"({"_id":"c","code":1,"name":"Ann"})"});
  hub.MustPut(kPipe);
  const std::string left = GenerationPrefix("out", 1) + "left";
  Ok(StoreState(hub.store(), left, "x"));
  hub.Run("out");
  EXPECT_FALSE(Ok(hub.store().TakeSnapshot()->GetState(left)));
}

TEST(TrackingCrashTest, OldGenerationsAreLookedForOnce) {
  TestHub hub;
  hub.Feed("order", {R"({"_id":"o1","customer":1})"});
  hub.Feed("customer", {R"({"_id":"c","code":1,"name":"Ann"})"});
  hub.MustPut(kPipe);
  hub.Run("out");
  Ok(hub.hub->Operate("out", PumpOperation::kReset));
  EXPECT_EQ(hub.Run("out").kind, RunKind::kFull);
  hub.Run("out");
  const auto state = Ok(LoadPipeState(hub.store(), "out")).tracking;
  EXPECT_EQ(state.generation, 2);
  EXPECT_EQ(state.oldest_generation, 2);
}

// Runs that a crash left behind are longer than those that come in their place.
TEST(AffectedSetTest, WhatACrashHasLeftIsNotRead) {
  const auto store = storage::MakeMemoryStore({});
  const auto fill = [&](AffectedSet& set, int ids, char kind) {
    for (int i = 0; i < ids; ++i) Ok(set.Add(fmt::format("{}{:06}", kind, i)));
  };
  AffectedSet first(*store, "p/", 100'000);
  fill(first, 2'000, 'a');
  Ok(first.Seal());
  AffectedSet lost(*store, "p/", 1'000'000);
  Ok(lost.Resume(first.stored_runs(), ""));
  fill(lost, 20'000, 'd');
  AffectedSet second(*store, "p/", 1'000);
  Ok(second.Resume(first.stored_runs(), ""));
  second.Clear();
  fill(second, 100, 'c');
  Ok(second.Seal());
  EXPECT_EQ(Ok(second.Next(1'000)).size(), 100U);
  // Those that are pending are still there.
  AffectedSet again(*store, "p/");
  Ok(again.Resume(first.stored_runs(), "a000999"));
  EXPECT_THAT(Ok(again.Next(10'000)), ::testing::SizeIs(1'000));
}

}  // namespace
}  // namespace sluice::pipe::testing
