// Dependency tracking, counted: for changes that affect k source entities exactly k are processed
// again. That the outcome is right is for tests/model.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipe/hub_testing.h"
#include "pipe/tracking/affected.h"

namespace sluice::pipe::testing {
namespace {

using ::testing::HasSubstr;

std::string Pipe(std::string_view rules, std::string_view more = "") {
  return fmt::format(R"([{{"_id": "out", "type": "pipe", "batch_size": 3,
      "source": {{"type": "dataset", "dataset": "order"}},
      "transform": {{"type": "dtl", "rules": {{"default": [["copy", "_id"], ["copy", "_deleted"],
      {}]}}}}{}}}])",
                     rules, more);
}

constexpr std::string_view kWhole = R"(["add", "c", ["hops", {"datasets": ["customer c"],
    "where": ["eq", "_S.customer", "c._id"]}]])";
constexpr std::string_view kName = R"(["add", "c", ["hops", {"datasets": ["customer c"],
    "where": ["eq", "_S.customer", "c._id"], "return": "c.name"}]])";
constexpr std::string_view kFiltered = R"(["add", "c", ["hops", {"datasets": ["customer c"],
    "where": [["eq", "_S.customer", "c._id"], ["gt", "c.level", 5]], "return": "c.name"}]])";
constexpr std::string_view kTwoLevels = R"(["add", "c", ["hops", {
    "datasets": ["customer c", "country l"],
    "where": [["eq", "_S.customer", "c._id"], ["eq", "c.country", "l.code"]],
    "return": "l.name"}]])";

class TrackingTest : public ::testing::Test {
 protected:
  void Begin(const std::string& config, TestHub& hub) {
    Fill(hub);
    hub.MustPut(config);
    hub.Run("out");
  }
  // Ten orders of each of three customers, in two countries.
  static void Fill(TestHub& hub) {
    std::vector<std::string> orders;
    for (int i = 0; i < 30; ++i) {
      orders.push_back(fmt::format(R"({{"_id":"o{}","customer":"c{}"}})", i, i % 3));
    }
    hub.Feed("order", orders);
    hub.Feed("customer", {R"({"_id":"c0","name":"Ann","level":1,"country":"no"})",
                          R"({"_id":"c1","name":"Bo","level":9,"country":"no"})",
                          R"({"_id":"c2","name":"Cy","level":9,"country":"se"})"});
    hub.Feed("country", {R"({"_id":"1","code":"no","name":"Norway"})",
                         R"({"_id":"2","code":"se","name":"Sweden"})"});
  }
};

TEST_F(TrackingTest, ProcessesTheAffectedAgain) {
  TestHub hub;
  Begin(Pipe(kWhole), hub);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bob","level":9,"country":"no"})"});
  const auto report = hub.Run("out");
  EXPECT_EQ(report.counts.again, 10U);
  EXPECT_EQ(report.counts.read, 0U);
  EXPECT_EQ(report.counts.written, 10U);
  EXPECT_THAT(hub.Dataset("out"), HasSubstr("Bob"));
  EXPECT_EQ(hub.Run("out").counts.again, 0U);
}

TEST_F(TrackingTest, PropertiesThatAreNotReadAffectNone) {
  TestHub hub;
  Begin(Pipe(kName), hub);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bo","level":3,"country":"se"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 0U);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bob","level":3,"country":"se"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 10U);
}

TEST_F(TrackingTest, FiltersOfOneAliasCount) {
  TestHub hub;
  Begin(Pipe(kFiltered), hub);
  hub.Feed("customer", {R"({"_id":"c0","name":"Anna","level":2,"country":"no"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 0U);
  hub.Feed("customer", {R"({"_id":"c0","name":"Anna","level":7,"country":"no"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 10U);
  hub.Feed("customer", {R"({"_id":"c0","name":"Anna","level":1,"country":"no"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 10U);
}

TEST_F(TrackingTest, FollowsSeveralLevels) {
  TestHub hub;
  Begin(Pipe(kTwoLevels), hub);
  hub.Feed("country", {R"({"_id":"1","code":"no","name":"Noreg"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 20U);
  // What the old version joined is affected too.
  hub.Feed("country", {R"({"_id":"1","code":"nn","name":"Noreg"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 20U);
  EXPECT_THAT(hub.Dataset("out"), ::testing::Not(HasSubstr("Noreg")));
}

TEST_F(TrackingTest, WhatTheRunReadsItselfIsNotProcessedTwice) {
  TestHub hub;
  Begin(Pipe(kWhole), hub);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bob","level":9})"});
  hub.Feed("order", {R"({"_id":"o1","customer":"c1","n":1})"});
  const auto report = hub.Run("out");
  EXPECT_EQ(report.counts.read, 1U);
  EXPECT_EQ(report.counts.again, 9U);
}

TEST_F(TrackingTest, TheSameOutputWritesNothing) {
  TestHub hub;
  Begin(Pipe(R"(["add", "n", ["eq", null, ["hops", {"datasets": ["customer c"],
      "where": ["eq", "_S.customer", "c._id"]}]]])"),
        hub);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bob"})"});
  const auto report = hub.Run("out");
  EXPECT_EQ(report.counts.again, 10U);
  EXPECT_EQ(report.counts.written, 0U);
  EXPECT_EQ(report.counts.unchanged, 10U);
}

TEST_F(TrackingTest, DependenciesMayBeLeftAlone) {
  TestHub hub;
  Begin(Pipe(R"(["add", "c", ["hops", {"datasets": ["customer c"], "track-dependencies": false,
      "where": ["eq", "_S.customer", "c._id"]}]])"),
        hub);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bob"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 0U);
  EXPECT_THAT(Ok(hub.hub->ExplainPipe("out")), HasSubstr(R"("exact":false)"));
}

TEST_F(TrackingTest, TheHoldIsTheTrackingOffsetAlsoAfterARestart) {
  TestHub hub;
  Begin(Pipe(kWhole), hub);
  const auto held = [&]() -> std::optional<storage::Offset> {
    const auto number = hub.store().FindDataset("customer")->number;
    for (const auto& hold : hub.store().ListHolds()) {
      if (hold.dataset == number && hold.holder == "pipe:out") return hold.from;
    }
    return std::nullopt;
  };
  EXPECT_EQ(held(), 3U);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bob"})"});
  EXPECT_EQ(held(), 3U);
  hub.store().SetHold(hub.store().FindDataset("customer")->number, "pipe:out", std::nullopt);
  hub.Reopen();
  EXPECT_EQ(held(), 3U);
  hub.Run("out");
  EXPECT_EQ(held(), 4U);
  Ok(hub.hub->DeletePipe("out"));
  EXPECT_EQ(held(), std::nullopt);
}

TEST_F(TrackingTest, AReplacedDatasetMakesTheNextRunAFullOne) {
  TestHub hub;
  Begin(Pipe(kWhole), hub);
  Ok(hub.store().TruncateDataset("customer"));
  Ok(hub.store().SetPopulated(hub.store().FindDataset("customer")->number, true));
  const auto report = hub.Run("out");
  EXPECT_EQ(report.kind, RunKind::kFull);
  EXPECT_THAT(hub.Dataset("out"), ::testing::Not(HasSubstr("Ann")));
}

TEST_F(TrackingTest, WaitsForWhatItLooksUpAndSaysSo) {
  TestHub hub;
  hub.Feed("order", {R"({"_id":"o1","customer":"c1"})"});
  hub.Feed("customer", {R"({"_id":"c1"})"}, /*populated=*/false);
  hub.MustPut(Pipe(kWhole));
  EXPECT_EQ(hub.Run("out").counts.read, 0U);
  EXPECT_EQ(hub.Dataset("out"), "none");
  Ok(hub.store().SetPopulated(hub.store().FindDataset("customer")->number, true));
  EXPECT_EQ(hub.Run("out").counts.read, 1U);
}

TEST_F(TrackingTest, MoreThanAStatedThresholdFails) {
  TestHub hub;
  Begin(Pipe(kWhole, R"(, "dependency_tracking": {"dependency_error_threshold": 5,
                          "dependency_warning_threshold": 2})"),
        hub);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bob"})"});
  const auto report = hub.TryRun("out");
  EXPECT_EQ(report.outcome, RunOutcome::kFailed);
  EXPECT_EQ(report.error->code, Code::kTooLarge);
}

TEST_F(TrackingTest, KeysThatReadTheTargetAreRecorded) {
  TestHub hub;
  Begin(Pipe(R"(["add", "k", "_S.customer"], ["add", "c", ["hops", {"datasets": ["customer c"],
      "where": ["eq", "_T.k", "c._id"]}]])"),
        hub);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bob"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 10U);
  hub.Feed("order", {R"({"_id":"o1","customer":"c0"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 0U);
  hub.Feed("customer", {R"({"_id":"c1","name":"Bo"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 9U);
}

TEST(AffectedSetTest, WhatDoesNotFitGoesToTheStoreAndComesBackSorted) {
  const auto store = storage::MakeMemoryStore({});
  AffectedSet set(*store, "pipe/p/affected/");
  // 40,000 ids of 1,000 bytes: five times what memory takes.
  const std::string tail(1000, 'x');
  for (int i = 0; i < 40'000; ++i) Ok(set.Add(fmt::format("{:06}{}", i * 7 % 40'000, tail)));
  Ok(set.Add(fmt::format("{:06}{}", 5, tail)));
  Ok(set.Seal());
  EXPECT_GT(set.stored_runs().count, 2U);
  int next = 0;
  std::string last;
  while (next < 20'000) {
    for (const std::string& id : Ok(set.Next(100))) {
      ASSERT_EQ(id.substr(0, 6), fmt::format("{:06}", next++));
      last = id;
    }
  }
  AffectedSet resumed(*store, "pipe/p/affected/");
  Ok(resumed.Resume(set.stored_runs(), last));
  EXPECT_EQ(Ok(resumed.Next(1))[0].substr(0, 6), fmt::format("{:06}", next));
  resumed.Clear();
  EXPECT_EQ(Ok(resumed.Next(1)).size(), 0U);
  Ok(resumed.RemoveStored());
  Ok(store->TakeSnapshot()->ScanState("pipe/p/", [](std::string_view, std::string_view) {
    ADD_FAILURE() << "something is left";
    return false;
  }));
}

}  // namespace
}  // namespace sluice::pipe::testing
