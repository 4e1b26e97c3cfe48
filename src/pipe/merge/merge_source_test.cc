#include "pipe/merge/merge_source.h"

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"
#include "pipe/merge/groups.h"

namespace sluice::pipe::testing {
namespace {

constexpr std::string_view kRules =
    R"("datasets": ["A a", "B b", "C c"],
       "equality": [["eq", "a.f1", "b.f1"], ["eq", "b.f2", "c.f3"]])";

std::string PipeText(std::string_view source, std::string_view more = "") {
  return fmt::format(R"({{"_id": "m", "type": "pipe", "batch_size": 3,
      "source": {{"type": "merge", "version": 2, {}}}{}}})",
                     source, more);
}

TEST(MergeSourceTest, ThePagesExample) {
  TestHub t;
  t.MustPut(PipeText(kRules));
  t.Feed("A", {R"({"_id":"a1","f1":1})", R"({"_id":"a2","f1":2})"});
  t.Feed("B", {R"({"_id":"b1","f1":1,"f2":"x"})", R"({"_id":"b2","f1":3})"});
  t.Feed("C", {R"({"_id":"c1","f3":"x"})", R"({"_id":"c2","_deleted":true,"f3":"Y"})",
               R"({"_id":"c3","_deleted":true,"f3":"x"})"});
  EXPECT_EQ(t.Run("m").kind, RunKind::kFull);
  EXPECT_EQ(
      t.Dataset("m"),
      R"({"$ids":["~:a1","~:b1","~:c1"],"_id":"0|a1|1|b1|2|c1","f1":[1,1],"f2":"x","f3":"x"} )"
      R"({"$ids":["~:a2"],"_id":"0|a2","f1":2} {"$ids":["~:b2"],"_id":"1|b2","f1":3})");
  EXPECT_NE(t.History("m").find(R"({"$ids":["~:c2"],"_deleted":true,"_id":"2|c2","f3":"Y"})"),
            std::string::npos);
  EXPECT_TRUE(t.store().FindDataset("m")->populated);
  EXPECT_EQ(t.Run("m").kind, RunKind::kIncremental);
  EXPECT_EQ(t.Run("m").counts.read, 0u);
}

TEST(MergeSourceTest, WhatJoinsAndSplitsReplacesIds) {
  TestHub t;
  t.MustPut(PipeText(kRules));
  t.Feed("A", {R"({"_id":"a1","f1":1})"});
  t.Feed("B", {R"({"_id":"b1","f1":2})"});
  t.Feed("C", {});
  t.Run("m");
  t.Feed("B", {R"({"_id":"b1","f1":1})"});
  EXPECT_EQ(t.Run("m").kind, RunKind::kIncremental);
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:a1","~:b1"],"_id":"0|a1|1|b1","f1":[1,1]})");
  const std::string joined = t.History("m");
  EXPECT_NE(joined.find(R"({"$replaced":true,"_deleted":true,"_id":"0|a1"})"), std::string::npos);
  EXPECT_NE(joined.find(R"({"$replaced":true,"_deleted":true,"_id":"1|b1"})"), std::string::npos);
  t.Feed("A", {R"({"_id":"a1","f1":3})"});
  EXPECT_EQ(t.Run("m").counts.read, 3u) << "A deletion and what is left of the group.";
  EXPECT_EQ(t.Dataset("m"),
            R"({"$ids":["~:a1"],"_id":"0|a1","f1":3} {"$ids":["~:b1"],"_id":"1|b1","f1":1})");
  EXPECT_NE(t.History("m").find(R"({"$replaced":true,"_deleted":true,"_id":"0|a1|1|b1"})"),
            std::string::npos);
  // One that is new where it joins was never given under an id of its own.
  t.Feed("B", {R"({"_id":"b9","f1":3})"});
  EXPECT_EQ(t.Run("m").counts.read, 2u);
  EXPECT_EQ(t.History("m").find("1|b9\"}"), t.History("m").find("1|b9\"}", 0));
  EXPECT_EQ(t.History("m").find(R"("_deleted":true,"_id":"1|b9")"), std::string::npos);
}

TEST(MergeSourceTest, AChangeThatKeepsTheGroupGivesItOnce) {
  TestHub t;
  t.MustPut(PipeText(kRules));
  t.Feed("A", {R"({"_id":"a1","f1":1})"});
  t.Feed("B", {R"({"_id":"b1","f1":1})"});
  t.Run("m");
  t.Feed("A", {R"({"_id":"a1","f1":1,"n":1})"});
  t.Feed("B", {R"({"_id":"b1","f1":1,"n":2})"});
  EXPECT_EQ(t.Run("m").counts.read, 1u);
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:a1","~:b1"],"_id":"0|a1|1|b1","f1":[1,1],"n":[1,2]})");
}

TEST(MergeSourceTest, IdsOfFirstMembers) {
  TestHub t;
  t.MustPut(PipeText(std::string(kRules) + R"(, "identity": "first")"));
  t.Feed("A", {R"({"_id":"a1","f1":1})"});
  t.Feed("B", {R"({"_id":"b1","f1":1})", R"({"_id":"b2","f1":1})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:a1","~:b1","~:b2"],"_id":"a1","f1":[1,1,1]})");
  t.Feed("A", {R"({"_id":"a1","_deleted":true})"});
  t.Run("m");
  // Without the entity of the other dataset nothing joins the two.
  EXPECT_EQ(t.Dataset("m"),
            R"({"$ids":["~:b1"],"_id":"b1","f1":1} {"$ids":["~:b2"],"_id":"b2","f1":1})");
  EXPECT_NE(t.History("m").find(R"({"$ids":["~:a1"],"_deleted":true,"_id":"a1"})"),
            std::string::npos)
      << "It was deleted, not replaced.";
  t.Feed("A", {R"({"_id":"a0","f1":1})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:a0","~:b1","~:b2"],"_id":"a0","f1":[1,1,1]})");
  EXPECT_NE(t.History("m").find(R"({"$replaced":true,"_deleted":true,"_id":"b2"})"),
            std::string::npos);
}

TEST(MergeSourceTest, OneIdInTwoDatasets) {
  TestHub t;
  t.MustPut(PipeText(std::string(kRules) + R"(, "identity": "first")"));
  t.Feed("A", {R"({"_id":"x","f1":1})"});
  t.Feed("B", {R"({"_id":"x","f1":2})"});
  const RunReport report = t.Run("m");
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:x"],"_id":"x","f1":2})");
  ASSERT_EQ(report.warnings.size(), 1u);
  t.Feed("B", {R"({"_id":"x","_deleted":true})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:x"],"_id":"x","f1":1})") << "The one before takes over.";
  t.MustPutOne(PipeText(R"("datasets": ["A a", "B b"], "equality_sets": [["a._id", "b._id"]],
                           "identity": "first")"));
  t.Feed("B", {R"({"_id":"x","f1":2})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:x"],"_id":"x","f1":[1,2]})");
}

TEST(MergeSourceTest, Strategies) {
  TestHub t;
  const std::string sets = R"("datasets": ["A a", "B b", "C c"],
      "equality_sets": [["a.k", "b.k", "c.k"]])";
  t.Feed("A", {R"({"_id":"a","k":1,"x":1,"mail":["a@x"],"none":null,"empty":[]})"});
  t.Feed("B", {R"({"_id":"b","k":1,"y":[2,1]})"});
  t.Feed("C", {R"({"_id":"c","k":1,"y":2,"z":[3,3]})", R"({"_id":"d","z":[3,3],"none":null})"});
  t.MustPutOne(PipeText(sets));
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"),
            R"({"$ids":["~:a","~:b","~:c"],"_id":"0|a|1|b|2|c","empty":[],"k":[1,1,1],)"
            R"("mail":["a@x"],"none":null,"x":1,"y":[2,1,2],"z":[3,3]} )"
            R"({"$ids":["~:d"],"_id":"2|d","none":null,"z":[3,3]})");
  t.MustPutOne(PipeText(sets + R"(, "strategy": "compact")"));
  EXPECT_EQ(t.Run("m").kind, RunKind::kFull) << "Another strategy gives all of it anew.";
  EXPECT_EQ(t.Dataset("m"),
            R"({"$ids":["~:a","~:b","~:c"],"_id":"0|a|1|b|2|c","k":1,"mail":["a@x"],"x":1,)"
            R"("y":[2,1],"z":3} {"$ids":["~:d"],"_id":"2|d","z":3})");
  t.MustPutOne(PipeText(sets + R"(, "strategy": "list")"));
  t.Run("m");
  EXPECT_NE(t.Dataset("m").find(R"({"$ids":["~:d"],"$merged":[{"_id":"d","none":null,"z":[3,3]}],)"
                                R"("_id":"2|d"})"),
            std::string::npos)
      << t.Dataset("m");
  t.MustPutOne(PipeText(sets + R"(, "strategy": "list", "include_internal_properties": true)"));
  t.Run("m");
  for (const char* name : {"\"_deleted\":false", "\"_hash\":\"", "\"_ts\":", "\"_updated\":1"}) {
    EXPECT_NE(t.Dataset("m").find(name), std::string::npos) << name;
  }
}

TEST(MergeSourceTest, IdsOfMergedEntitiesAreKept) {
  TestHub t;
  t.MustPut(PipeText(R"("datasets": ["A a", "B b"], "equality": [["eq", "a.k", "b.k"]])"));
  t.Feed("A", {R"({"_id":"0|p|1|q","k":1,"$ids":["~:p","~:q"]})"});
  t.Feed("B", {R"({"_id":"r","k":1})", R"({"_id":"q","k":1})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"),
            R"({"$ids":["~:p","~:q","~:r"],"_id":"0|0|p|1|q|1|q|1|r","k":[1,1,1]})");
}

TEST(MergeSourceTest, SetsJoinAnyTwoAndSetsThatShareAnExpressionAreOne) {
  TestHub t;
  t.MustPut(PipeText(R"("datasets": ["A a", "B b", "C c", "D d"],
      "equality_sets": [["a.x", "b.x", "c.y"], ["c.y", "d.y"]])"));
  t.Feed("A", {R"({"_id":"a","x":1})"});
  t.Feed("B", {R"({"_id":"b","x":9})"});
  t.Feed("C", {R"({"_id":"c","y":8})"});
  t.Feed("D", {R"({"_id":"d","y":1})"});
  t.Run("m");
  EXPECT_NE(t.Dataset("m").find("\"0|a|3|d\""), std::string::npos) << t.Dataset("m");
}

TEST(MergeSourceTest, AnEqualityJoinsItsTwoSidesOnly) {
  TestHub t;
  t.MustPut(PipeText(R"("datasets": ["A a", "B b", "C c"],
      "equality": [["eq", "a.x", "b.x"], ["eq", "b.x", "c.y"]])"));
  t.Feed("A", {R"({"_id":"a","x":1})", R"({"_id":"a2","x":1})"});
  t.Feed("C", {R"({"_id":"c","y":1})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m").find("0|a|"), std::string::npos) << "Nothing of B has the value.";
  t.Feed("B", {R"({"_id":"b","x":1})"});
  t.Run("m");
  EXPECT_NE(t.Dataset("m").find("\"0|a|0|a2|1|b|2|c\""), std::string::npos) << t.Dataset("m");
  t.Feed("B", {R"({"_id":"b","_deleted":true})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m").find("0|a|"), std::string::npos) << t.Dataset("m");
}

TEST(MergeSourceTest, NullAndBlankJoinNothingAndAreCounted) {
  TestHub t;
  t.MustPut(PipeText(R"("datasets": ["A a", "B b"], "equality": [["eq", "a.k", "b.k"]])"));
  t.Feed("A", {R"({"_id":"a","k":null})", R"({"_id":"a2","k":""})", R"({"_id":"a3","k":[" ",1]})"});
  t.Feed("B", {R"({"_id":"b"})", R"({"_id":"b2","k":""})", R"({"_id":"b3","k":[" ",null,2]})"});
  const RunReport report = t.Run("m");
  EXPECT_EQ(t.store().FindDataset("m")->live, 6u) << t.Dataset("m");
  EXPECT_EQ(report.warnings,
            (std::vector<std::string>{"4 of 6 entities have no value that joins under any rule",
                                      "4 values of equality rules are blank and join nothing"}));
}

TEST(MergeSourceTest, MoreThanMaxMergedFailsTheRunAndLosesNothing) {
  TestHub t;
  const std::string rules =
      R"("datasets": ["A a", "B b"], "equality": [["eq", "a.k", "b.k"]], "max_merged": {})";
  t.MustPut(PipeText(fmt::format(fmt::runtime(rules), 3)));
  std::vector<std::string> entities;
  for (int i = 0; i < 3; ++i) entities.push_back(fmt::format(R"({{"_id":"b{}","k":1}})", i));
  t.Feed("B", entities);
  t.Run("m");
  t.Feed("A", {R"({"_id":"a","k":1})"});
  const RunReport report = t.TryRun("m");
  EXPECT_EQ(report.outcome, RunOutcome::kFailed);
  EXPECT_EQ(report.error->code, Code::kTooLarge);
  EXPECT_EQ(t.TryRun("m", RunKind::kFull).error->code, Code::kTooLarge);
  EXPECT_EQ(t.store().FindDataset("m")->live, 3u);
  t.MustPutOne(PipeText(fmt::format(fmt::runtime(rules), 4)));
  t.Run("m");
  EXPECT_EQ(t.store().FindDataset("m")->live, 1u);
  // Version 1 has no such limit.
  t.MustPutOne(R"({"_id": "m", "type": "pipe", "source": {"type": "merge", "datasets":
      ["A a", "B b"], "equality": [["eq", "a.k", "b.k"]], "max_merged": 2}})");
  t.Run("m", RunKind::kFull);
  EXPECT_EQ(t.store().FindDataset("m")->live, 1u);
}

TEST(MergeSourceTest, DatasetsComeAndGo) {
  TestHub t;
  t.MustPut(PipeText(R"("datasets": ["A a", "B b"], "equality": [["eq", "a.k", "b.k"]])"));
  t.Feed("A", {R"({"_id":"a","k":1})"});
  t.Feed("B", {R"({"_id":"b","k":1})"});
  t.Feed("C", {R"({"_id":"c","k":1})"});
  t.Run("m");
  const std::string three =
      R"("datasets": ["A a", "B b", "C c"], "equality_sets": [["a.k", "b.k", "c.k"]])";
  t.MustPutOne(PipeText(three));
  EXPECT_EQ(t.Run("m").kind, RunKind::kFull) << "Other rules: all is grouped anew.";
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:a","~:b","~:c"],"_id":"0|a|1|b|2|c","k":[1,1,1]})");
  t.MustPutOne(PipeText(R"("datasets": ["A a", "C c"], "equality_sets": [["a.k", "c.k"]])"));
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:a","~:c"],"_id":"0|a|1|c","k":[1,1]})");
  // One that comes to be is read beside the others.
  t.MustPutOne(PipeText(R"("datasets": ["A a", "C c", "D d"],
      "equality_sets": [["a.k", "c.k", "d.k"]])"));
  t.Run("m");
  t.Feed("D", {R"({"_id":"d","k":1})"});
  EXPECT_EQ(t.Run("m").kind, RunKind::kIncremental);
  EXPECT_EQ(t.Dataset("m"), R"({"$ids":["~:a","~:c","~:d"],"_id":"0|a|1|c|2|d","k":[1,1,1]})");
}

TEST(MergeSourceTest, ItIsPopulatedOnceItsInitialDatasetsAre) {
  TestHub t;
  t.MustPut(PipeText(std::string(kRules) + R"(, "require_populated_input": true)"));
  t.Feed("A", {R"({"_id":"a"})"});
  t.Feed("B", {R"({"_id":"b"})"}, /*populated=*/false);
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), "none");
  t.MustPutOne(PipeText(std::string(kRules) +
                        R"(, "require_populated_input": true, "initial_datasets": ["A"])"));
  t.Run("m");
  EXPECT_TRUE(t.store().FindDataset("m")->populated);
}

TEST(MergeSourceTest, GroupsAreStoredWithWhatIsGivenAndOldOnesRemoved) {
  TestHub t({.rocks = true});
  t.MustPut(PipeText(kRules));
  t.Feed("A", {R"({"_id":"a1","f1":1})"});
  t.Feed("B", {R"({"_id":"b1","f1":1})"});
  t.Run("m");
  const auto stored = [&] {
    size_t count = 0;
    Ok(t.store().TakeSnapshot()->ScanState("pipe/m/merge/",
                                           [&](std::string_view, std::string_view) {
                                             ++count;
                                             return true;
                                           }));
    return count;
  };
  EXPECT_EQ(stored(), 4u) << "Two members, the head, and what ids look like.";
  t.Run("m", RunKind::kFull);
  t.Reopen();
  t.Feed("A", {R"({"_id":"a1","f1":2})"});
  t.Run("m");
  EXPECT_EQ(stored(), 2u);
  EXPECT_EQ(t.store().FindDataset("m")->live, 2u) << t.Dataset("m");
  Ok(t.hub->DeletePipe("m"));
  EXPECT_EQ(stored(), 0u);
}

TEST(MergeSourceTest, ALongChainOfGroupsComesApart) {
  TestHub t;
  t.MustPut(PipeText(R"("datasets": ["A a", "B b"], "equality": [["eq", "a.k", "b.k"]])"));
  // a0 b0 a1 b1 …: each shares a value with the next one, and then with the one before.
  constexpr int kPairs = 300;
  const auto feed = [&](int shift) {
    std::vector<std::string> a, b;
    for (int i = 0; i < kPairs; ++i) {
      a.push_back(fmt::format(R"({{"_id":"a{}","k":{}}})", i, i));
      b.push_back(fmt::format(R"({{"_id":"b{}","k":{}}})", i, (i + shift) % kPairs));
    }
    t.Feed("A", a);
    t.Feed("B", b);
  };
  feed(0);
  t.Run("m");
  EXPECT_EQ(t.store().FindDataset("m")->live, static_cast<uint64_t>(kPairs));
  feed(1);
  EXPECT_EQ(t.Run("m").kind, RunKind::kIncremental);
  EXPECT_EQ(t.store().FindDataset("m")->live, static_cast<uint64_t>(kPairs));
  EXPECT_NE(t.Dataset("m").find("\"0|a1|1|b0\""), std::string::npos);
}

TEST(MergeSourceTest, Previews) {
  TestHub t;
  t.MustPut(PipeText(kRules));
  t.Feed("A", {R"({"_id":"a1","f1":1})", R"({"_id":"a2"})"});
  t.Feed("B", {R"({"_id":"b1","f1":1})"});
  std::vector<std::string> ids;
  const auto preview = [&](PreviewOptions options) {
    ids.clear();
    options.stage = Stage::kSource;
    Ok(t.hub->Preview(
        "m", options,
        [&](const Entity& entity) -> Result<bool> {
          ids.emplace_back(entity.id());
          return true;
        },
        Stop()));
    return ids;
  };
  EXPECT_EQ(preview({}), (std::vector<std::string>{"0|a2", "0|a1|1|b1"}));
  EXPECT_EQ(preview({.limit = 1}).size(), 1u);
  EXPECT_EQ(t.Dataset("m"), "none") << "A preview writes nothing.";
}

TEST(MergeSourceTest, ExplainsWhatBroughtMembersIn) {
  TestHub t;
  t.MustPut(PipeText(kRules));
  t.Feed("A", {R"({"_id":"a1","f1":1})", R"({"_id":"b1","f1":7})"});
  t.Feed("B", {R"({"_id":"b1","f1":[1,5],"f2":"x"})"});
  t.Feed("C", {R"({"_id":"c1","f3":"x"})", R"({"_id":"c2","_deleted":true})"});
  t.Run("m");
  const std::string members = R"([{"_id":"a1","dataset":"A"},)"
                              R"({"_id":"b1","dataset":"B","rule":"[\"eq\",\"a.f1\",\"b.f1\"]",)"
                              R"("same_as":{"_id":"a1","dataset":"A"},"value":1},)"
                              R"({"_id":"c1","dataset":"C","rule":"[\"eq\",\"b.f2\",\"c.f3\"]",)"
                              R"("same_as":{"_id":"b1","dataset":"B"},"value":"x"}])";
  for (const char* id : {"0|a1|1|b1|2|c1", "c1"}) {
    Arena arena;
    JsonParser parser;
    const std::string json = Ok(t.hub->ExplainMerge("m", id, Stop()));
    const Value answer = Ok(parser.Parse(json, arena));
    ASSERT_EQ(answer.Find("groups").count(), 1u) << json;
    const Value group = answer.Find("groups").At(0);
    EXPECT_EQ(group.Find("_id").text(), "0|a1|1|b1|2|c1");
    EXPECT_EQ(TextOf(group.Find("members")), members);
  }
  Arena arena;
  JsonParser parser;
  const std::string both = Ok(t.hub->ExplainMerge("m", "b1", Stop()));
  EXPECT_EQ(Ok(parser.Parse(both, arena)).Find("groups").count(), 2u) << both;
  EXPECT_EQ(t.hub->ExplainMerge("m", "nobody", Stop()).error().code, Code::kNotFound);
  const std::string gone = Ok(t.hub->ExplainMerge("m", "c2", Stop()));
  EXPECT_NE(gone.find(R"("_deleted":true)"), std::string::npos) << gone;
}

TEST(MergeSourceTest, OverviewCountsGroupsAndSharedValues) {
  TestHub t;
  t.MustPut(PipeText(kRules));
  t.Feed("A", {R"({"_id":"a1","f1":1})", R"({"_id":"a2","f1":2})", R"({"_id":"a3"})"});
  std::vector<std::string> many;
  for (int i = 0; i < 20; ++i) many.push_back(fmt::format(R"({{"_id":"b{}","f1":1}})", i));
  t.Feed("B", many);
  t.Feed("C", {R"({"_id":"c1","f3":" "})"});
  Arena arena;
  JsonParser parser;
  const std::string json = Ok(t.hub->MergeOverview("m", Stop()));
  const Value overview = Ok(parser.Parse(json, arena));
  EXPECT_EQ(overview.Find("entities").AsInteger(), 24);
  EXPECT_EQ(overview.Find("groups").AsInteger(), 4);
  EXPECT_EQ(overview.Find("groups_of_several").AsInteger(), 1);
  EXPECT_EQ(TextOf(overview.Find("groups_by_datasets")), R"({"1":3,"2":1})");
  EXPECT_EQ(overview.Find("blank_values").AsInteger(), 1);
  EXPECT_EQ(overview.Find("entities_without_value").AsInteger(), 2);
  EXPECT_EQ(overview.Find("largest_groups").At(0).Find("size").AsInteger(), 21);
  const Value use = overview.Find("most_used_values").At(0);
  EXPECT_EQ(use.Find("entities").AsInteger(), 21);
  EXPECT_EQ(use.Find("value").AsInteger(), 1);
  EXPECT_TRUE(use.Find("suspicious").IsTrue());
}

TEST(MergeSourceTest, RulesThatJoinNothingAreErrorsAtTheirPlace) {
  TestHub t;
  const auto errors = [&](std::string_view source) {
    const ConfigOutcome outcome = t.Put(PipeText(source));
    std::string at;
    for (const auto& component : outcome.findings) {
      for (const auto& issue : component.issues) {
        if (issue.level == config::Level::kError) at += issue.at + ": " + issue.message + "\n";
      }
    }
    return at;
  };
  EXPECT_EQ(errors(R"("datasets": ["A a", "B b"], "equality": [["eq", "a.x", "a.y"]])"),
            "/source/equality/0: both sides read \"a\": an equality joins two datasets\n");
  EXPECT_NE(errors(R"("datasets": ["A a", "B b"], "equality": [["eq", "a.x", "z.y"]])")
                .find("/source/equality/0/2: expected an expression that reads one of the aliases"),
            std::string::npos);
  EXPECT_NE(errors(R"("datasets": ["A a", "A b"], "equality": [])").find("is there already"),
            std::string::npos);
  EXPECT_NE(errors(R"("datasets": ["A"])").find("expected \"DATASET ALIAS\""), std::string::npos);
}

TEST(GroupsTest, OwnChangesAreSeenBeforeAndAfterTheyAreStored) {
  const auto store = storage::MakeMemoryStore({});
  merge::Groups groups(*store, "p", 1);
  const std::vector<merge::Node> members = {{0, "a"}, {1, "b"}, {2, "c"}};
  groups.SetGroup(members);
  const auto first = Ok(groups.Find({0, "a"}));
  EXPECT_EQ(first.kind, merge::Standing::Kind::kFirst);
  EXPECT_EQ(first.members, members);
  EXPECT_EQ(Ok(groups.Find({2, "c"})).first, members[0]);
  const auto store_all = [&] {
    storage::Commit commit;
    commit.state = groups.Take();
    Ok(store->Write(commit));
  };
  store_all();
  groups.SetLoose({1, "b"}, true);
  EXPECT_TRUE(Ok(groups.Find({1, "b"})).own_id);
  store_all();
  store_all();
  merge::Groups again(*store, "p", 1);
  EXPECT_EQ(Ok(again.FindLoose(10)), (std::vector<merge::Node>{{1, "b"}}));
  EXPECT_EQ(Ok(again.Find({0, "a"})).members, members);
  again.ClearLoose({1, "b"});
  again.SetGroup(std::vector<merge::Node>{{1, "b"}});
  EXPECT_EQ(Ok(again.FindLoose(10)), std::vector<merge::Node>{});
  EXPECT_EQ(Ok(again.Find({1, "b"})).kind, merge::Standing::Kind::kAlone);
}

}  // namespace
}  // namespace sluice::pipe::testing
