// How dependency tracking is bounded, and what an operator does with it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Pipe(std::string_view more = "") {
  return fmt::format(R"([{{"_id": "out", "type": "pipe",
      "source": {{"type": "dataset", "dataset": "line"}},
      "transform": {{"type": "dtl", "rules": {{"default": [["copy", "_id"],
          ["add", "c", ["hops", {{"datasets": ["order o", "customer c"],
              "where": [["eq", "_S.order", "o._id"], ["eq", "o.customer", "c._id"]],
              "return": "c.name"}}]]]}}}}{}}}])",
                     more);
}

// Lines of orders, all of one customer.
void Fill(TestHub& hub, int orders) {
  std::vector<std::string> all, lines;
  for (int i = 0; i < orders; ++i) {
    all.push_back(fmt::format(R"({{"_id":"o{}","customer":"c"}})", i));
    lines.push_back(fmt::format(R"({{"_id":"l{0}","order":"o{0}"}})", i));
  }
  hub.Feed("customer", {R"({"_id":"c","name":"Ann"})"});
  hub.Feed("order", all);
  hub.Feed("line", lines);
}

TEST(TrackingLimitsTest, AKeyOfManyEntitiesIsFollowedPageByPage) {
  TestHub hub;
  Fill(hub, 12'345);
  hub.MustPut(Pipe());
  hub.Run("out");
  hub.Feed("customer", {R"({"_id":"c","name":"Bea"})"});
  const auto report = hub.Run("out");
  EXPECT_EQ(report.counts.affected, 12'345U);
  EXPECT_EQ(report.counts.again, 12'345U);
  EXPECT_EQ(report.counts.written, 12'345U);
  EXPECT_THAT(hub.Dataset("out"), Not(HasSubstr("Ann")));
}

TEST(TrackingLimitsTest, AfterResetTrackingOldChangesAreNotFollowed) {
  TestHub hub;
  Fill(hub, 3);
  hub.MustPut(Pipe());
  hub.Run("out");
  hub.Feed("customer", {R"({"_id":"c","name":"Bea"})"});
  const auto status = Ok(hub.hub->Operate("out", PumpOperation::kResetTracking));
  EXPECT_THAT(status.supported_operations, ::testing::Contains("reset-tracking"));
  EXPECT_TRUE(hub.store().ListHolds().empty());
  EXPECT_EQ(hub.Run("out").counts.again, 0U);
  EXPECT_THAT(hub.Dataset("out"), HasSubstr("Ann"));
  // It goes on from where the run found the dataset.
  hub.Feed("customer", {R"({"_id":"c","name":"Cia"})"});
  EXPECT_EQ(hub.Run("out").counts.again, 3U);
  EXPECT_THAT(hub.Dataset("out"), HasSubstr("Cia"));
}

constexpr std::string_view kHot = R"([{"_id": "out", "type": "pipe",
    "source": {"type": "dataset", "dataset": "customer"},
    "transform": {"type": "dtl", "rules": {"default": [["copy", "_id"],
        ["add", "o", ["hops", {"datasets": ["order o"], "return": "o._id",
            "where": ["eq", "_S._id", "o.customer"]}]]]}},
    "dependency_tracking": {"dependency_warning_threshold": WARN,
                            "dependency_error_threshold": FAIL,
                            "enable_hops_thresholds": ON}}])";

RunReport RunHot(int warn, int fail, bool on) {
  TestHub hub;
  Fill(hub, 10);
  std::string config(kHot);
  const auto set = [&](std::string_view name, const std::string& value) {
    config.replace(config.find(name), name.size(), value);
  };
  set("WARN", std::to_string(warn));
  set("FAIL", std::to_string(fail));
  set("ON", on ? "true" : "false");
  hub.MustPut(config);
  return hub.TryRun("out");
}

TEST(TrackingLimitsTest, ThresholdsHoldForHopsWhereTheyAreEnabled) {
  EXPECT_EQ(RunHot(5, 9, false).outcome, RunOutcome::kCompleted);
  const auto failed = RunHot(5, 9, true);
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code, Code::kTooLarge);
  EXPECT_THAT(failed.error->message, HasSubstr("the threshold is 9 entities"));
  const auto warned = RunHot(5, 10, true);
  EXPECT_EQ(warned.outcome, RunOutcome::kCompleted);
  EXPECT_THAT(warned.warnings, ::testing::ElementsAre(HasSubstr("the threshold is 5 entities")));
  EXPECT_TRUE(RunHot(10, 10, true).warnings.empty());
}

}  // namespace
}  // namespace sluice::pipe::testing
