// A merge source in front of hops: merged entities are processed again when what they are joined
// with changes, and what they gave goes when their groups come apart.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Pipe(std::string_view identity, std::string_view rules) {
  return fmt::format(R"([{{"_id": "m", "type": "pipe",
      "source": {{"type": "merge", "version": 2, "datasets": ["a a", "b b"],
                  "equality": [["eq", "a.k", "b.k"]], "identity": "{}"}},
      "transform": {{"type": "dtl", "rules": {{"default": [{}]}}}}}}])",
                     identity, rules);
}

constexpr std::string_view kHops = R"(["copy", "*"], ["add", "c", ["hops", {
    "datasets": ["city c"], "where": ["eq", "_S.city", "c._id"], "return": "c.name"}]])";

class MergeHopsTest : public ::testing::TestWithParam<const char*> {
 protected:
  void Begin(std::string_view rules) {
    hub.Feed("city", {R"({"_id":"o","name":"Oslo"})", R"({"_id":"b","name":"Bergen"})"});
    hub.Feed("a", {R"({"_id":"a1","k":1,"city":"o"})", R"({"_id":"a2","k":2,"city":"b"})",
                   R"({"_id":"a|0|3","k":3,"city":"o"})"});
    hub.Feed("b", {R"({"_id":"b1","k":1,"city":"b"})", R"({"_id":"b3","k":3})",
                   R"({"_id":"b4","k":4,"city":"o"})"});
    hub.MustPut(Pipe(GetParam(), rules));
    hub.Run("m");
  }
  TestHub hub;
};

TEST_P(MergeHopsTest, ExactlyTheAffectedGroupsAreProcessedAgain) {
  Begin(kHops);
  hub.Feed("city", {R"({"_id":"b","name":"Bjorgvin"})"});
  auto report = hub.Run("m");
  EXPECT_EQ(report.kind, RunKind::kIncremental);
  EXPECT_EQ(report.counts.again, 2U);  // a1 with b1, and a2.
  EXPECT_THAT(hub.Dataset("m"), Not(HasSubstr("Bergen")));
  hub.Feed("city", {R"({"_id":"o","name":"Kristiania"})"});
  EXPECT_EQ(hub.Run("m").counts.again, 3U);
  EXPECT_THAT(hub.Dataset("m"), Not(HasSubstr("Oslo")));
  EXPECT_EQ(hub.Run("m").counts.again, 0U);
}

TEST_P(MergeHopsTest, AGroupThatHasComeApartIsFollowedAsItIsNow) {
  Begin(kHops);
  hub.Feed("b", {R"({"_id":"b1","k":9,"city":"b"})"});
  hub.Run("m");
  hub.Feed("city", {R"({"_id":"b","name":"Bjorgvin"})"});
  EXPECT_EQ(hub.Run("m").counts.again, 2U);  // b1 and a2.
  EXPECT_THAT(hub.Dataset("m"), Not(HasSubstr("Bergen")));
}

TEST_P(MergeHopsTest, WhatARunReadsItselfIsNotProcessedTwice) {
  Begin(kHops);
  hub.Feed("b", {R"({"_id":"b1","k":1,"city":"b","n":1})"});
  hub.Feed("city", {R"({"_id":"b","name":"Bjorgvin"})"});
  const auto report = hub.Run("m");
  EXPECT_EQ(report.counts.read, 1U);
  EXPECT_EQ(report.counts.again, 1U);
  EXPECT_THAT(hub.Dataset("m"), Not(HasSubstr("Bergen")));
}

TEST_P(MergeHopsTest, RulesThatDoNotCopyDeletionsBringNothingBack) {
  Begin(R"(["add", "k", "_S.k"], ["create", "_S.made"])");
  hub.Feed("b", {R"({"_id":"b4","k":2,"made":[{"_id":"p"}]})"});
  hub.Run("m");
  hub.Feed("b", {R"({"_id":"b4","k":5,"made":[{"_id":"q"}]})"});
  hub.Run("m");
  const std::string incremental = hub.Dataset("m");
  hub.Run("m", RunKind::kFull);
  EXPECT_EQ(hub.Dataset("m"), incremental);
}

// The rules make a live entity of a deleted one. It is the only one of its id until a live one
// comes, which has none of its own, since it joins another one at once.
TEST_P(MergeHopsTest, ADeletedEntityGivesWayToALiveOneOfItsIdThatJoinsAtOnce) {
  TestHub t;
  t.Feed("a", {R"({"_id":"x","_deleted":true})", R"({"_id":"a1","k":1})"});
  t.Feed("b", {R"({"_id":"b1","k":2})"});
  t.MustPut(Pipe(GetParam(), R"(["copy", "_id"])"));
  t.Run("m");
  EXPECT_THAT(t.Dataset("m"), HasSubstr("x\""));
  t.Feed("b", {R"({"_id":"x","k":1})"});
  EXPECT_EQ(t.Run("m").kind, RunKind::kIncremental);
  const std::string incremental = t.Dataset("m");
  t.Run("m", RunKind::kFull);
  EXPECT_EQ(t.Dataset("m"), incremental);
}

INSTANTIATE_TEST_SUITE_P(Identities, MergeHopsTest, ::testing::Values("composite", "first"));

}  // namespace
}  // namespace sluice::pipe::testing
