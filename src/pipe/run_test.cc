// Runs of one pump: full and incremental, offsets, deletion tracking, errors and retries.

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

constexpr std::string_view kCopy = R"([{"_id": "copy", "type": "pipe",
    "source": {"type": "dataset", "dataset": "in"}}])";
constexpr std::string_view kCollect = R"([
    {"_id": "out", "type": "system:url", "url_pattern": "http://localhost/%s"},
    {"_id": "collect", "type": "pipe",
     "source": {"type": "json", "system": "out", "url": "x"}}])";

TEST(RunTest, CopiesADatasetAndThenOnlyWhatChanged) {
  TestHub t;
  t.MustPut(kCopy);
  t.Feed("in", {R"({"_id":"a","v":1})", R"({"_id":"b","v":1})"});
  const RunReport first = t.Run("copy");
  EXPECT_EQ(first.kind, RunKind::kFull);
  EXPECT_EQ(first.counts.read, 2u);
  EXPECT_EQ(first.counts.written, 2u);
  EXPECT_EQ(t.Dataset("copy"), R"({"_id":"a","v":1} {"_id":"b","v":1})");
  EXPECT_TRUE(t.store().FindDataset("copy")->populated);

  t.Feed("in", {R"({"_id":"b","v":2})"});
  const RunReport second = t.Run("copy");
  EXPECT_EQ(second.kind, RunKind::kIncremental);
  EXPECT_EQ(second.counts.read, 1u);
  EXPECT_EQ(t.Dataset("copy"), R"({"_id":"a","v":1} {"_id":"b","v":2})");

  EXPECT_EQ(t.Run("copy").counts.read, 0u);
  EXPECT_EQ(Ok(t.hub->GetPipe("copy")).pump.offset, "2");
}

TEST(RunTest, PassesDeletionsOn) {
  TestHub t;
  t.MustPut(kCopy);
  t.Feed("in", {R"({"_id":"a","v":1})", R"({"_id":"b","v":1})"});
  t.Run("copy");
  t.Feed("in", {R"({"_id":"a","_deleted":true})"});
  EXPECT_EQ(t.Run("copy").counts.deleted, 1u);
  EXPECT_EQ(t.Dataset("copy"), R"({"_id":"b","v":1})");
}

TEST(RunTest, AFullRunDeletesWhatDidNotCome) {
  TestHub t;
  t.MustPut(kCollect);
  t.world.source = {R"({"_id":"a"})", R"({"_id":"b"})", R"({"_id":"c"})"};
  t.Run("collect");
  t.world.source = {R"({"_id":"a"})", R"({"_id":"c","v":2})"};
  const RunReport report = t.Run("collect");
  EXPECT_EQ(report.kind, RunKind::kFull);
  EXPECT_EQ(report.counts.deleted, 1u);
  EXPECT_EQ(report.counts.unchanged, 1u);
  EXPECT_EQ(t.Dataset("collect"), R"({"_id":"a"} {"_id":"c","v":2})");
}

TEST(RunTest, AFailedReadDeletesNothing) {
  TestHub t;
  t.MustPut(kCollect);
  t.world.source = {R"({"_id":"a"})", R"({"_id":"b"})"};
  t.Run("collect");
  t.world.source = {R"({"_id":"a"})", R"({"_id":"c"})"};
  t.world.fail_read_after = 1;
  t.world.read_failures = 1;
  const RunReport report = t.TryRun("collect");
  EXPECT_EQ(report.outcome, RunOutcome::kFailed);
  EXPECT_EQ(report.error->code, Code::kUnavailable);
  EXPECT_EQ(t.Dataset("collect"), R"({"_id":"a"} {"_id":"b"})");
  t.Run("collect");
  EXPECT_EQ(t.Dataset("collect"), R"({"_id":"a"} {"_id":"c"})");
}

TEST(RunTest, AnEmptySourceFailsWhereItSaysSo) {
  TestHub t;
  t.MustPut(kCollect);
  t.world.source = {R"({"_id":"a"})"};
  t.Run("collect");
  t.MustPutOne(R"({"_id": "collect", "type": "pipe", "source":
      {"type": "json", "system": "out", "url": "x", "if_source_empty": "fail"}})");
  t.world.source.clear();
  EXPECT_EQ(t.TryRun("collect").outcome, RunOutcome::kFailed);
  EXPECT_EQ(t.Dataset("collect"), R"({"_id":"a"})");
}

TEST(RunTest, ReadsAreTriedAgainAsThePumpSays) {
  TestHub t;
  t.MustPut(R"([{"_id": "out", "type": "system:url", "url_pattern": "http://localhost/%s"},
      {"_id": "collect", "type": "pipe", "source": {"type": "json", "system": "out", "url": "x"},
       "pump": {"max_read_retries": 2}}])");
  t.world.source = {R"({"_id":"a"})", R"({"_id":"b"})"};
  t.world.fail_read_after = 1;
  t.world.read_failures = 2;
  const RunReport report = t.Run("collect");
  EXPECT_EQ(report.counts.read_errors, 2u);
  EXPECT_EQ(t.Dataset("collect"), R"({"_id":"a"} {"_id":"b"})");
  EXPECT_NE(t.Dataset(ExecutionLogName("collect")).find("read-error"), std::string::npos);
}

TEST(RunTest, AReplacedSourceIsReadFromTheBeginning) {
  TestHub t;
  t.MustPut(kCopy);
  t.Feed("in", {R"({"_id":"a"})", R"({"_id":"b"})", R"({"_id":"c"})"});
  t.Run("copy");
  Ok(t.store().DeleteDataset("in"));
  // What is not populated yet takes nothing away.
  t.Feed("in", {R"({"_id":"b"})"}, /*populated=*/false);
  EXPECT_EQ(t.Run("copy").kind, RunKind::kFull);
  EXPECT_EQ(t.Dataset("copy"), R"({"_id":"a"} {"_id":"b"} {"_id":"c"})");
  EXPECT_EQ(t.Run("copy").kind, RunKind::kIncremental);
  t.Feed("in", {R"({"_id":"d"})"}, /*populated=*/true);
  EXPECT_EQ(t.Run("copy").kind, RunKind::kFull);
  EXPECT_EQ(t.Dataset("copy"), R"({"_id":"b"} {"_id":"d"})");
}

TEST(RunTest, ADeletedSinkIsFilledAgain) {
  TestHub t;
  t.MustPut(kCopy);
  t.Feed("in", {R"({"_id":"a"})"});
  t.Run("copy");
  Ok(t.hub->DeleteDataset("copy"));
  EXPECT_EQ(t.Dataset("copy"), "none");
  t.Run("copy");
  EXPECT_EQ(t.Dataset("copy"), R"({"_id":"a"})");
}

TEST(RunTest, OffsetsSurviveARestart) {
  TestHub t;
  t.MustPut(kCopy);
  t.Feed("in", {R"({"_id":"a"})"});
  t.Run("copy");
  t.Reopen();
  const RunReport report = t.Run("copy");
  EXPECT_EQ(report.kind, RunKind::kIncremental);
  EXPECT_EQ(report.counts.read, 0u);
}

TEST(RunTest, FilteredEntitiesAreDeletedAndLeaveNoTombstones) {
  TestHub t;
  t.MustPut(R"([{"_id": "big", "type": "pipe", "source": {"type": "dataset", "dataset": "in"},
      "transform": {"type": "dtl", "rules": {"default":
        [["copy", "*"], ["filter", ["gt", "_S.v", 5]]]}}}])");
  t.Feed("in", {R"({"_id":"a","v":9})", R"({"_id":"b","v":1})"});
  EXPECT_EQ(t.Run("big").counts.filtered, 1u);
  EXPECT_EQ(t.History("big"), R"({"_id":"a","v":9})");
  t.Feed("in", {R"({"_id":"a","v":2})"});
  t.Run("big");
  EXPECT_EQ(t.Dataset("big"), "");
  EXPECT_EQ(t.store().FindDataset("big")->deleted, 1u);
}

TEST(RunTest, NamespacesAreAddedAndRemoved) {
  TestHub t;
  t.MustPut(R"([{"_id": "p", "type": "pipe", "add_namespaces": true,
       "source": {"type": "embedded", "entities":
         [{"_id": "1", "x": {"y": ["~:a:b", {"_id": "2", "z": 1}]}, "$k": {"w": 1}, "p:q": 1}]}},
      {"_id": "r", "type": "pipe", "remove_namespaces": true,
       "source": {"type": "dataset", "dataset": "p"}}])");
  t.Run("p");
  EXPECT_EQ(t.Dataset("p"), R"({"$k":{"w":1},"_id":"p:1","p:q":1,)"
                            R"("p:x":{"p:y":["~:a:b",{"_id":"p:2","p:z":1}]}})");
  t.Run("r");
  EXPECT_EQ(t.Dataset("r"),
            R"({"$k":{"w":1},"_id":"1","q":1,"x":{"y":["~:b",{"_id":"2","z":1}]}})");
}

TEST(RunTest, ChainedTransformsAndChildren) {
  TestHub t;
  t.MustPut(R"([{"_id": "p", "type": "pipe",
       "source": {"type": "embedded", "entities": [{"_id": "1", "v": 1}]},
       "transform": [
         {"type": "dtl", "rules": {"default": [["copy", "*"], ["add", "v", ["plus", "_S.v", 1]]]}},
         {"type": "dtl", "rules": {"default": [["copy", "*"], ["add", "v", ["plus", "_S.v", 1]]]}}
       ]},
      {"_id": "c", "type": "pipe",
       "source": {"type": "embedded", "entities":
         [{"_id": "1", "$children": [{"_id": "a"}, {"x": 1}, {"_id": "b", "_deleted": true}]}]},
       "transform": {"type": "emit_children"}}])");
  t.Run("p");
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"1","v":3})");
  t.Run("c");
  EXPECT_EQ(t.Dataset("c"), R"({"_id":"a"})");
}

TEST(RunTest, HopsReadOtherDatasetsOverAnIndex) {
  TestHub t;
  t.MustPut(R"([{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "in"},
      "transform": {"type": "dtl", "rules": {"default": [["copy", "*"],
        ["add", "found", ["hops", {"datasets": ["other o"],
          "where": [["eq", "_S.key", "o.key"]], "return": "o._id"}]]]}}}])");
  t.Feed("other", {R"({"_id":"x","key":1})", R"({"_id":"y","key":1.0})", R"({"_id":"z","key":2})"});
  t.Feed("in", {R"({"_id":"a","key":1})", R"({"_id":"b","key":3})"});
  t.Run("p");
  EXPECT_EQ(t.Dataset("p"),
            R"({"_id":"a","found":["x","y"],"key":1} {"_id":"b","found":[],"key":3})");
  // One over `other.key`, and one over `in.key` to follow its changes back.
  EXPECT_EQ(t.store().ListIndexes({}).size(), 2u);
  t.Reopen();
  t.Feed("other", {R"({"_id":"w","key":3})"});  // Refused unless the index was registered again.
  t.Feed("in", {R"({"_id":"b","key":3,"v":1})"});
  t.Run("p");
  EXPECT_NE(t.Dataset("p").find(R"("found":["w"])"), std::string::npos);
  t.MustPut("[]");
  EXPECT_TRUE(t.store().ListIndexes({}).empty());
}

constexpr std::string_view kShare = R"([
    {"_id": "out", "type": "system:url", "url_pattern": "http://localhost/%s"},
    {"_id": "share", "type": "pipe", "source": {"type": "dataset", "dataset": "in"},
     "sink": {"type": "json", "system": "out", "url": "x"}, "pump": {
       "max_write_errors_in_retry_dataset": 10, "max_consecutive_write_errors": 5,
       "max_retries_per_entity": 2, "dead_letter_dataset": "dead"}}])";

TEST(RunTest, WritesThatFailAreTriedAgainInTheNextRun) {
  TestHub t;
  t.MustPut(kShare);
  t.Feed("in", {R"({"_id":"a"})", R"({"_id":"b"})", R"({"_id":"c"})"});
  t.world.refusals["b"] = 1;
  const RunReport first = t.Run("share");
  EXPECT_EQ(first.counts.write_errors, 1u);
  EXPECT_EQ(t.world.sent, (std::vector<std::string>{R"({"_id":"a"})", R"({"_id":"c"})"}));
  EXPECT_EQ(Ok(t.hub->GetPipe("share")).pump.retries, 1u);
  const RunReport second = t.Run("share");
  EXPECT_EQ(second.counts.retried, 1u);
  EXPECT_EQ(t.world.sent.back(), R"({"_id":"b"})");
  EXPECT_EQ(Ok(t.hub->GetPipe("share")).pump.retries, 0u);
  EXPECT_EQ(t.Run("share").counts.retried, 0u);
}

TEST(RunTest, WhatFailsTooOftenIsADeadLetter) {
  TestHub t;
  t.MustPut(kShare);
  t.Feed("in", {R"({"_id":"a"})", R"({"_id":"b"})"});
  t.world.refusals["b"] = 100;
  t.Run("share");
  t.Run("share");
  EXPECT_EQ(t.Dataset("dead"), "none");
  t.Run("share");
  EXPECT_EQ(t.Dataset("dead"), R"({"_id":"b"})");
  EXPECT_EQ(t.Run("share").counts.retried, 0u);
}

TEST(RunTest, WithoutRetriesTheFirstErrorEndsTheRunAndIsLogged) {
  TestHub t;
  t.MustPut(R"([{"_id": "out", "type": "system:url", "url_pattern": "http://localhost/%s"},
      {"_id": "share", "type": "pipe", "source": {"type": "dataset", "dataset": "in"},
       "sink": {"type": "json", "system": "out", "url": "x"}}])");
  t.Feed("in", {R"({"_id":"a"})", R"({"_id":"b"})"});
  t.world.refusals["b"] = 2;
  EXPECT_EQ(t.TryRun("share").outcome, RunOutcome::kFailed);
  const std::string log = t.Dataset(ExecutionLogName("share"));
  EXPECT_NE(log.find("pump-failed"), std::string::npos);
  EXPECT_NE(log.find(R"("exception_entity":{"_id":"b"})"), std::string::npos);
  EXPECT_NE(log.find("refused b"), std::string::npos);
}

TEST(RunTest, RunsAreLoggedUnlessTheyFindNothing) {
  TestHub t;
  t.MustPut(kCopy);
  t.Feed("in", {R"({"_id":"a"})"});
  t.Run("copy");
  const std::string log = t.History(ExecutionLogName("copy"));
  EXPECT_NE(log.find(R"("event_type":"pump-started")"), std::string::npos);
  EXPECT_NE(log.find(R"("event_type":"pump-completed")"), std::string::npos);
  EXPECT_NE(log.find(R"("changes_last_run":1)"), std::string::npos);
  EXPECT_NE(log.find(R"("sync_type":"full")"), std::string::npos);
  EXPECT_NE(log.find(R"("pump_started_location":0)"), std::string::npos);
  EXPECT_NE(log.find(R"("start_time":"2027-01-15T08:00:00.000000Z")"), std::string::npos) << log;
  t.Run("copy");
  EXPECT_EQ(t.History(ExecutionLogName("copy")), log);
}

TEST(RunTest, SinceValuesOfTheOutsideAreFollowed) {
  TestHub t;
  t.MustPut(R"([{"_id": "out", "type": "system:url", "url_pattern": "http://localhost/%s"},
      {"_id": "collect", "type": "pipe", "source": {"type": "json", "system": "out", "url": "x",
        "supports_since": true, "is_chronological": true}, "pump": {"rescan_run_count": 3}}])");
  t.world.source = {R"({"_id":"a"})", R"({"_id":"b"})"};
  EXPECT_EQ(t.Run("collect").kind, RunKind::kFull);
  t.world.source.push_back(R"({"_id":"c"})");
  const RunReport report = t.Run("collect");
  EXPECT_EQ(report.kind, RunKind::kIncremental);
  EXPECT_EQ(report.counts.read, 1u);
  EXPECT_EQ(t.Run("collect").kind, RunKind::kIncremental);
  t.world.source.erase(t.world.source.begin());
  EXPECT_EQ(t.Run("collect").kind, RunKind::kRescan);
  EXPECT_EQ(t.Dataset("collect"), R"({"_id":"b"} {"_id":"c"})");
}

TEST(RunTest, AFullRunThatWasCutOffGoesOnWhereItWas) {
  TestHub t;
  t.MustPut(R"([{"_id": "out", "type": "system:url", "url_pattern": "http://localhost/%s"},
      {"_id": "collect", "type": "pipe", "batch_size": 1, "source": {"type": "json",
        "system": "out", "url": "x", "supports_since": true, "is_chronological": true}}])");
  t.world.source = {R"({"_id":"a"})", R"({"_id":"b"})", R"({"_id":"c"})"};
  t.Run("collect");
  t.world.source = {R"({"_id":"a"})", R"({"_id":"c","v":1})", R"({"_id":"d"})"};
  Ok(t.hub->Operate("collect", PumpOperation::kReset));
  t.world.fail_read_after = 2;
  t.world.read_failures = 1;
  EXPECT_EQ(t.TryRun("collect").outcome, RunOutcome::kFailed);
  t.Reopen();
  const RunReport report = t.Run("collect");
  EXPECT_EQ(report.kind, RunKind::kFull);
  EXPECT_EQ(t.Dataset("collect"), R"({"_id":"a"} {"_id":"c","v":1} {"_id":"d"})");
}

}  // namespace
}  // namespace sluice::pipe::testing
