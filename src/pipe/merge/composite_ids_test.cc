// Composite ids that stand for several groups, since ids of entities look like the inside of one.

#include "pipe/merge/composite_ids.h"

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

constexpr std::string_view kAlone = R"({"_id":"a|1|b","k":1})";
constexpr std::string_view kFirst = R"({"_id":"a","k":2})";
constexpr std::string_view kSecond = R"({"_id":"b","k":2})";
constexpr std::string_view kMerged = R"({"$ids":["~:a","~:b"],"_id":"0|a|1|b","k":[2,2]})";
constexpr std::string_view kLeft = R"({"$ids":["~:a|1|b"],"_id":"0|a|1|b","k":1})";

struct Hub : TestHub {
  explicit Hub(std::string_view transform = "[]") {
    MustPut(fmt::format(R"([{{"_id":"m","type":"pipe","batch_size":1,"source":{{"type":"merge",
        "version":2,"datasets":["a a","b b"],"equality":[["eq","a.k","b.k"]]}},"transform":{}}}])",
                        transform));
    for (const char* name : {"a", "b"}) Feed(name, {});
    Run("m");
  }
  void FeedOne(const std::string& dataset, std::string_view entity) {
    Feed(dataset, {std::string(entity)});
  }
};

TEST(CompositeIdsTest, WhatLooksComposite) {
  using merge::LooksComposite;
  EXPECT_TRUE(LooksComposite("a|1|b"));
  EXPECT_TRUE(LooksComposite("0|e2|17|e2"));
  EXPECT_FALSE(LooksComposite("0|e2"));
  EXPECT_FALSE(LooksComposite("a|b|c"));
  EXPECT_FALSE(LooksComposite("a||b"));
  EXPECT_FALSE(LooksComposite("a|1"));
  EXPECT_FALSE(LooksComposite(""));
}

// Seed 4525 of the model test: the deletion of "a|1|b" is no deletion of "a" and "b".
TEST(CompositeIdsTest, ADeletionTakesNoOtherGroupAway) {
  Hub hub;
  hub.FeedOne("a", kAlone);
  hub.Run("m");
  EXPECT_EQ(hub.Dataset("m"), kLeft);
  hub.FeedOne("a", kFirst);
  hub.FeedOne("b", kSecond);
  hub.Run("m");
  EXPECT_EQ(hub.Dataset("m"), kMerged);
  hub.FeedOne("a", R"({"_id":"a|1|b","_deleted":true})");
  hub.Run("m");
  EXPECT_EQ(hub.Dataset("m"), kMerged);
  hub.Run("m", RunKind::kFull);
  EXPECT_EQ(hub.Dataset("m"), kMerged);
}

TEST(CompositeIdsTest, OneThatComesLaterDoesNotStand) {
  Hub hub;
  hub.FeedOne("a", kFirst);
  hub.FeedOne("b", kSecond);
  hub.Run("m");
  hub.FeedOne("a", kAlone);
  const auto report = hub.Run("m");
  EXPECT_EQ(hub.Dataset("m"), kMerged);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_NE(report.warnings[0].find("1 groups have the composite id"), std::string::npos)
      << report.warnings[0];
  const auto full = hub.Run("m", RunKind::kFull);
  EXPECT_EQ(hub.Dataset("m"), kMerged);
  ASSERT_EQ(full.warnings.size(), 1U);
  EXPECT_EQ(full.warnings[0], report.warnings[0]);
}

TEST(CompositeIdsTest, TheOtherOneTakesOver) {
  for (const bool full : {false, true}) {
    Hub hub;
    hub.FeedOne("a", kFirst);
    hub.FeedOne("b", kSecond);
    hub.FeedOne("a", kAlone);
    hub.Run("m", full ? RunKind::kFull : RunKind::kIncremental);
    EXPECT_EQ(hub.Dataset("m"), kMerged);
    hub.FeedOne("b", R"({"_id":"b","_deleted":true})");
    hub.Run("m");
    EXPECT_EQ(hub.Dataset("m"), R"({"$ids":["~:a"],"_id":"0|a","k":2} )" + std::string(kLeft));
    EXPECT_EQ(hub.Run("m").counts.read, 0U);
  }
}

// What else the rules have made of a group goes with it, and comes back.
TEST(CompositeIdsTest, OtherOutputsGoAlong) {
  Hub hub(R"([{"type":"dtl","rules":{"default":[["copy","*"],["create","_S.made"]]}}])");
  const auto has = [&](std::string_view id) {
    return hub.Dataset("m").find(fmt::format(R"("_id":"{}")", id)) != std::string::npos;
  };
  hub.FeedOne("a", R"({"_id":"a|1|b","k":1,"made":{"_id":"of one"}})");
  hub.Run("m");
  EXPECT_TRUE(has("of one"));
  hub.FeedOne("a", R"({"_id":"a","k":2,"made":{"_id":"of two"}})");
  hub.FeedOne("b", kSecond);
  hub.Run("m");
  EXPECT_TRUE(has("of two"));
  EXPECT_FALSE(has("of one"));
  std::string incremental = hub.Dataset("m");
  hub.Run("m", RunKind::kFull);
  EXPECT_EQ(hub.Dataset("m"), incremental);
  hub.FeedOne("b", R"({"_id":"b","_deleted":true})");
  hub.Run("m");
  EXPECT_TRUE(has("of two"));
  EXPECT_TRUE(has("of one"));
  incremental = hub.Dataset("m");
  hub.Run("m", RunKind::kFull);
  EXPECT_EQ(hub.Dataset("m"), incremental);
}

}  // namespace
}  // namespace sluice::pipe::testing
