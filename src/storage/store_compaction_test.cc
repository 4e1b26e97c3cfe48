// What both stores promise: compaction, holds, trimming.

#include <gmock/gmock.h>

#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CompactionContract : public StoreContract {
 protected:
  DatasetNumber Populated(const DatasetOptions& options) {
    const auto dataset = store.Create("d", options);
    Ok(store->SetPopulated(dataset, true));
    return dataset;
  }
  void WriteVersions(DatasetNumber dataset, int first, int count) {
    for (int v = first; v < first + count; ++v) store.Write(dataset, {Make("a", v)});
  }
  Strings History(DatasetNumber dataset) { return store.Read(dataset, {.history = true}); }
};

INSTANTIATE_TEST_SUITE_P(Stores, CompactionContract,
                         ::testing::Values(StoreKind::kMemory, StoreKind::kRocks), StoreName);

TEST_P(CompactionContract, KeepsAsManyVersionsAsAsked) {
  for (const uint32_t keep : {1u, 2u, 3u, 5u}) {
    const auto name = "keep" + std::to_string(keep);
    const auto d = store.Create(name, {.keep_versions = keep});
    Ok(store->SetPopulated(d, true));
    for (int v = 0; v < 8; ++v) store.Write(d, {Make("a", v), Make("b", 0)});
    EXPECT_EQ(store.Read(d, {.history = true}).size(), keep + 1) << keep;
    EXPECT_EQ(store.Info(name).versions, keep + 1) << keep;
    Arena arena;
    EXPECT_EQ(Ok(store->TakeSnapshot()->History(d, "a", 99, arena)).size(), keep) << keep;
  }
  const auto all = store.Create("all", {.keep_versions = 0});
  Ok(store->SetPopulated(all, true));
  for (int v = 0; v < 8; ++v) store.Write(all, {Make("a", v)});
  EXPECT_EQ(store.Info("all").versions, 8u);
}

TEST_P(CompactionContract, SeveralVersionsInOneCommitCountToo) {
  const auto d = Populated({.keep_versions = 3});
  store.Write(d, {Make("a", 0), Make("a", 1), Make("a", 2), Make("a", 3), Make("a", 4)});
  store.Write(d, {Make("b", 0)});
  EXPECT_THAT(History(d), ElementsAre("2 a=2", "3 a=3", "4 a=4", "5 b=0"));
}

TEST_P(CompactionContract, RemovesNothingBeforeItIsPopulated) {
  const auto d = store.Create("d", {.keep_versions = 1});
  WriteVersions(d, 0, 5);
  Ok(store->Compact(Stop()));
  EXPECT_EQ(store.Info().versions, 5u);
  Ok(store->SetPopulated(d, true));
  store.Reopen();
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), ElementsAre("4 a=4"));
}

TEST_P(CompactionContract, StopsAtHolds) {
  const auto d = Populated({.keep_versions = 1});
  store->SetHold(d, "pipe", 2);
  store->SetHold(d, "reader", 4);
  ASSERT_EQ(store->ListHolds().size(), 2u);
  EXPECT_EQ(store->ListHolds()[0].holder, "pipe");
  WriteVersions(d, 0, 6);
  // Kept: from 2 on, and the newest before 2.
  EXPECT_THAT(History(d), ElementsAre("1 a=1", "2 a=2", "3 a=3", "4 a=4", "5 a=5"));
  store->SetHold(d, "pipe", std::nullopt);
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), ElementsAre("3 a=3", "4 a=4", "5 a=5"));
  store->SetHold(d, "reader", 99);
  WriteVersions(d, 6, 1);
  EXPECT_THAT(History(d), ElementsAre("6 a=6"));
  EXPECT_EQ(store.Info().versions, 1u);
}

TEST_P(CompactionContract, FollowsAChangedNumberOfVersions) {
  const auto d = Populated({.keep_versions = 5});
  WriteVersions(d, 0, 8);
  store.Write(d, {Make("b", 0)});
  EXPECT_EQ(store.Info().versions, 6u);
  store.Create("d", {.keep_versions = 2});
  WriteVersions(d, 8, 1);
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), ElementsAre("7 a=7", "8 b=0", "9 a=8"));
  EXPECT_EQ(store.Info().versions, 3u);
  store.Create("d", {.keep_versions = 4});
  WriteVersions(d, 9, 3);
  Ok(store->Compact(Stop()));
  EXPECT_EQ(store.Info().versions, 5u);
  store.Create("d", {.keep_versions = 0});
  WriteVersions(d, 12, 5);
  Ok(store->Compact(Stop()));
  EXPECT_EQ(store.Info().versions, 10u);
}

TEST_P(CompactionContract, CanBeSwitchedOff) {
  const auto d = Populated({.keep_versions = 1, .compaction = false});
  WriteVersions(d, 0, 4);
  Ok(store->Compact(Stop()));
  EXPECT_EQ(store.Info().versions, 4u);
}

TEST_P(CompactionContract, SnapshotsKeepWhatTheySaw) {
  const auto d = Populated({.keep_versions = 1});
  WriteVersions(d, 0, 1);
  const auto before = store->TakeSnapshot();
  WriteVersions(d, 1, 3);
  EXPECT_THAT(TestStore::Drain(*Ok(before->ReadLog(d, {}))), ElementsAre("0 a=0"));
  EXPECT_THAT(History(d), ElementsAre("3 a=3"));
}

TEST_P(CompactionContract, TrimsByTime) {
  const auto d = store.Create("system:log", {.keep_versions = 0, .trim_older_than_us = 100});
  const auto index =
      Ok(store->CreateIndex(d, {.expression = "t"}, std::make_shared<TagExtractor>()));
  store.Write(d, {Make("a", 1, {"x"}), Make("b", 1, {"x"}), Deleted("c")});
  store.clock().now_us += 90;
  store.Write(d, {Make("a", 2, {"x"})});
  store.clock().now_us += 20;
  store.Write(d, {Make("e", 1, {"x"})});
  EXPECT_THAT(History(d), ElementsAre("3 a=2", "4 e=1"));
  EXPECT_THAT(store.Read(d), ElementsAre("3 a=2", "4 e=1"));
  EXPECT_THAT(store.Find(index.number, "x"), ElementsAre("a", "e"));
  EXPECT_EQ(store.Info("system:log").live, 2u);
  EXPECT_EQ(store.Info("system:log").deleted, 0u);
  EXPECT_EQ(store.Info("system:log").versions, 2u);
  EXPECT_EQ(Ok(store->TakeSnapshot()->CountLive(d, 1)), 2u);
  store.clock().now_us += 1'000;
  store->SetHold(d, "reader", 4);
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), ElementsAre("4 e=1"));
  store->SetHold(d, "reader", std::nullopt);
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), IsEmpty());
  EXPECT_EQ(store.Write(d, {Make("a", 1)}).next_offset, 6u);
}

TEST_P(CompactionContract, TrimmingAndKeepingVersionsCountOnce) {
  const auto d = store.Create("d", {.keep_versions = 1, .trim_older_than_us = 100});
  WriteVersions(d, 0, 3);  // Queued, since the dataset is not populated.
  store.clock().now_us += 1'000;
  WriteVersions(d, 3, 2);
  EXPECT_EQ(store.Info().versions, 2u);
  Ok(store->SetPopulated(d, true));
  Ok(store->Compact(Stop()));
  EXPECT_EQ(store.Info().versions, 1u);
  EXPECT_THAT(History(d), ElementsAre("4 a=4"));
}

TEST_P(CompactionContract, StopsWhenAsked) {
  store.Create();
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(CodeOf(store->Compact(Stop(source.get_token()))), Code::kCancelled);
}

}  // namespace
}  // namespace sluice::storage::testing
