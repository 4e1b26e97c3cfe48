// Which outputs came from which source entity.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

std::string Pipe(std::string_view rules, std::string_view more = "") {
  return fmt::format(R"([{{"_id": "out", "type": "pipe",
      "source": {{"type": "dataset", "dataset": "in"}},
      "transform": [{{"type": "dtl", "rules": {{"default": [{}]}}}}{}]}}])",
                     rules, more);
}

constexpr std::string_view kRewritten = R"(["copy", "*"], ["add", "_id", "_S.to"])";

TEST(OutputsTest, AnOldIdGoes) {
  TestHub hub;
  hub.Feed("in", {R"({"_id":"a","to":"x"})"});
  hub.MustPut(Pipe(kRewritten));
  hub.Run("out");
  hub.Feed("in", {R"({"_id":"a","to":"y"})"});
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"y","to":"y"})");
}

TEST(OutputsTest, TheLastOneWinsAndTheOneBeforeTakesOver) {
  TestHub hub;
  hub.Feed("in", {R"({"_id":"a","to":"x","v":1})", R"({"_id":"b","to":"x","v":2})"});
  hub.MustPut(Pipe(kRewritten));
  const auto report = hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"x","to":"x","v":2})");
  ASSERT_EQ(report.warnings.size(), 1U);
  hub.Feed("in", {R"({"_id":"b","_deleted":true,"to":"x"})"});
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"x","to":"x","v":1})");
  hub.Feed("in", {R"({"_id":"a","to":"z","v":1})"});
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"z","to":"z","v":1})");
}

TEST(OutputsTest, AnEarlierOneDoesNotOverwriteALaterOne) {
  TestHub hub;
  hub.Feed("look", {R"({"_id":"l","n":1})"});
  hub.Feed("in", {R"({"_id":"a","to":"x","k":"l"})", R"({"_id":"b","to":"x"})"});
  hub.MustPut(Pipe(R"(["copy", "to"], ["add", "from", "_S._id"], ["add", "_id", "_S.to"],
      ["add", "h", ["hops", {"datasets": ["look l"], "where": ["eq", "_S.k", "l._id"],
                             "return": "l.n"}]])"));
  hub.Run("out");
  hub.Feed("look", {R"({"_id":"l","n":2})"});
  EXPECT_EQ(hub.Run("out").counts.again, 1U);
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"x","from":"b","h":[],"to":"x"})");
}

// "e1" is given from the dataset b until that entity joins one of a; then its place is in a, before
// that of "e2", which has been there all the time and is not read by the run.
TEST(OutputsTest, AnEntityWhosePlaceMovesBackLeavesItsOutputToTheLastOne) {
  TestHub hub;
  hub.Feed("a", {R"({"_id":"e1","k":9,"v":"a1"})"});
  hub.Feed("b", {R"({"_id":"e2","k":8,"v":"b2"})", R"({"_id":"e1","k":1,"v":"b1"})"});
  hub.MustPut(R"([{"_id": "out", "type": "pipe",
      "source": {"type": "merge", "version": 2, "datasets": ["a a", "b b"], "identity": "first",
                 "equality": [["eq", "a.k", "b.k"]]},
      "transform": {"type": "dtl", "rules": {"default": [["copy", "v"], ["add", "_id", "x"]]}}}])");
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"x","v":"b1"})");
  hub.Feed("a", {R"({"_id":"z","k":1,"v":"z"})"});
  EXPECT_EQ(hub.Run("out").kind, RunKind::kIncremental);
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"x","v":"b2"})");
}

TEST(OutputsTest, CreatedEntitiesGoWithTheirSource) {
  TestHub hub;
  hub.Feed("in", {R"({"_id":"a","made":[{"_id":"p"},{"_id":"q"}]})"});
  hub.MustPut(Pipe(R"(["copy", "_id"], ["copy", "_deleted"], ["create", "_S.made"])"));
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"a"} {"_id":"p"} {"_id":"q"})");
  hub.Feed("in", {R"({"_id":"a","made":[{"_id":"q"}]})"});
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"a"} {"_id":"q"})");
  hub.Feed("in", {R"({"_id":"a","_deleted":true})"});
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), "");
}

TEST(OutputsTest, ChildrenThatNoLongerComeAreDeleted) {
  TestHub hub;
  hub.Feed("in", {R"({"_id":"a","$children":[{"_id":"a1"},{"_id":"a2"}]})"});
  hub.MustPut(Pipe(R"(["copy", "*"])", R"(, {"type": "emit_children"})"));
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"a1"} {"_id":"a2"})");
  hub.Feed("in", {R"({"_id":"a","$children":[{"_id":"a2"}]})"});
  hub.Run("out");
  EXPECT_EQ(hub.Dataset("out"), R"({"_id":"a2"})");
}

std::string Outside(std::string_view rules) {
  return fmt::format(R"([{{"_id": "there", "type": "system:url", "url_pattern": "http://there/%s"}},
      {{"_id": "out", "type": "pipe", "batch_size": 2,
      "source": {{"type": "dataset", "dataset": "in"}},
      "sink": {{"type": "json", "system": "there", "url": "x"}},
      "transform": [{{"type": "dtl", "rules": {{"default": [{}]}}}}]}}])",
                     rules);
}

std::vector<std::string> Sent(TestHub& hub) {
  return hub.world.With([](World& world) { return std::exchange(world.sent, {}); });
}

TEST(OutputsTest, ATargetOutsideIsToldWhatNoLongerComes) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  TestHub hub;
  hub.MustPut(Outside(R"(["copy", "*"], ["add", "_id", "_S.to"])"));
  hub.Feed("in", {R"({"_id":"a","to":"x"})", R"({"_id":"b","to":"y"})"});
  hub.Run("out");
  EXPECT_THAT(Sent(hub), ElementsAre(R"({"_id":"x","to":"x"})", R"({"_id":"y","to":"y"})"));
  hub.Feed("in", {R"({"_id":"a","to":"z"})"});
  hub.Run("out");
  EXPECT_THAT(Sent(hub), ElementsAre(R"({"_id":"z","to":"z"})", R"({"_deleted":true,"_id":"x"})"));
  // What was sent is known after a restart, and after a reset.
  hub.Feed("in", {R"({"_id":"b","to":"z"})"});
  Ok(hub.hub->Operate("out", PumpOperation::kReset));
  hub.Reopen();
  hub.Run("out");
  EXPECT_THAT(Sent(hub), ElementsAre(R"({"_id":"z","to":"z"})", R"({"_id":"z","to":"z"})",
                                     R"({"_deleted":true,"_id":"y"})"));
  hub.Run("out");
  EXPECT_THAT(Sent(hub), IsEmpty());
}

TEST(OutputsTest, ATargetOutsideIsToldOfCreatedEntitiesThatAreFilteredNow) {
  TestHub hub;
  hub.MustPut(Outside(R"(["filter", ["eq", "_S.on", true]], ["copy", "_id"],
                         ["create", "_S.made"])"));
  hub.Feed("in", {R"({"_id":"a","on":true,"made":[{"_id":"p"}]})"});
  hub.Run("out");
  EXPECT_THAT(Sent(hub), ::testing::ElementsAre(R"({"_id":"p"})", R"({"_id":"a"})"));
  hub.Feed("in", {R"({"_id":"a","on":false,"made":[{"_id":"p"}]})"});
  hub.Run("out");
  EXPECT_THAT(Sent(hub), ::testing::UnorderedElementsAre(R"({"_deleted":true,"_id":"a"})",
                                                         R"({"_deleted":true,"_id":"p"})"));
}

}  // namespace
}  // namespace sluice::pipe::testing
