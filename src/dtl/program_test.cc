// What case files cannot say: analysis, indexes, threads, the words of run-time errors, is-changed.

#include "dtl/program.h"

#include <gmock/gmock.h>

#include <atomic>
#include <stop_token>
#include <thread>

#include "dtl/equality.h"
#include "dtl/evaluation.h"
#include "dtl/memory_lookup.h"
#include "dtl/special_forms.h"
#include "value/json.h"

namespace sluice::dtl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// The special forms, and the few functions that these tests call.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() : keep_({.floats = FloatMode::kFloat, .transit = Transit::kKeep}) {
    AddSpecialForms(catalogue_);
    catalogue_.Add({.name = "eq",
                    .chapter = "test",
                    .params = {{"A"}, {"B"}},
                    .doc = "Equality.",
                    .eval = [](const Args& args) -> Result<Value> {
                      return Value::Boolean(EqualForEq(args[0], args[1]));
                    }});
    catalogue_.Add({.name = "lower",
                    .chapter = "test",
                    .params = {{"VALUES"}},
                    .doc = "Stands for a pure function.",
                    .eval = [](const Args& args) -> Result<Value> { return args[0]; }});
    catalogue_.Add({.name = "list",
                    .chapter = "test",
                    .params = {{"VALUES", Kind::kValues, 0, -1}},
                    .doc = "A list.",
                    .eval = [](const Args& args) -> Result<Value> {
                      return Value::List(args.arena().CopyArray(args.from(0)));
                    }});
    catalogue_.Add({.name = "dict",
                    .chapter = "test",
                    .params = {{"VALUES", Kind::kValues, 0, -1}},
                    .doc = "Not called here.",
                    .eval = [](const Args&) -> Result<Value> { return Value::Null(); }});
    catalogue_.Add({.name = "random",
                    .chapter = "test",
                    .params = {},
                    .doc = "Another value each time.",
                    .eval = [](const Args& args) -> Result<Value> {
                      return Value::Integer(
                          static_cast<int64_t>(args.evaluation().random().Next() >> 1));
                    },
                    .purity = Purity::kNondeterministic});
    catalogue_.Add({.name = "explode",
                    .chapter = "test",
                    .params = {{"VALUES"}},
                    .doc = "Fails.",
                    .eval = [](const Args&) -> Result<Value> {
                      return MakeError(Code::kBadData, "it broke");
                    }});
    options_.pipe_id = "my-pipe";
  }

  Value Parse(std::string_view json) {
    auto value = parser_.Parse(json, arena_);
    SLUICE_CHECK(value.ok());
    return *value;
  }

  Entity MakeEntity(std::string_view json) {
    Entity entity;
    entity.dict = Parse(json);
    return entity;
  }

  std::shared_ptr<const Program> MakeProgram(std::string_view rules) {
    auto document = keep_.Parse(rules, arena_);
    SLUICE_CHECK(document.ok());
    auto program = Compile(config::ConfigView(*document), catalogue_, options_, issues_);
    EXPECT_TRUE(program.ok()) << program.error().ToText();
    return program.ok() ? *program : nullptr;
  }

  Catalogue catalogue_;
  CompileOptions options_;
  config::Issues issues_;
  Arena arena_;
  JsonParser parser_;
  JsonParser keep_;
};

std::vector<std::string> Texts(const std::vector<Value>& values) {
  std::vector<std::string> texts;
  for (const Value& value : values) texts.push_back(ToJson(value));
  return texts;
}

TEST_F(ProgramTest, AnExactProgramSaysSo) {
  const auto program =
      MakeProgram(R"({"default": [["copy", "*"], ["add", "a", ["lower", "_S.b"]]]})");
  EXPECT_THAT(program->analysis().not_exact, IsEmpty());
  EXPECT_FALSE(program->analysis().creates);
  EXPECT_FALSE(program->analysis().reads_metadata);
  EXPECT_THAT(program->analysis().datasets, IsEmpty());
}

TEST_F(ProgramTest, WhatIsNotExactIsNamed) {
  options_.sink_dataset = "out";
  const auto program = MakeProgram(R"({"default": [
      ["add", "a", ["random"]], ["add", "b", "_S._updated"], ["discard", true], ["create", {"_id": "x"}],
      ["add", "c", ["lookup-entity", "codes", "1"]], ["add", "d", ["is-changed", "_.x"]],
      ["add", "e", ["hops", {"datasets": ["out o"], "where": ["eq", "_S.a", "o.a"], "track-dependencies": false}]]]})");
  const Analysis& analysis = program->analysis();
  EXPECT_THAT(analysis.not_exact,
              UnorderedElementsAre("uses random", "reads _updated", "uses discard",
                                   "uses lookup-entity", "uses is-changed",
                                   "track-dependencies is false", "hops to the pipe's own sink"));
  EXPECT_TRUE(analysis.creates);
  EXPECT_TRUE(analysis.reads_metadata);
  EXPECT_TRUE(analysis.hops_to_sink);
  EXPECT_THAT(analysis.datasets, UnorderedElementsAre("codes", "out"));
}

TEST_F(ProgramTest, AnIndexIsOneForADatasetAndAnExpressionWhateverTheAlias) {
  const auto program = MakeProgram(R"({"default": [
      ["add", "a", ["hops", {"datasets": ["D d"], "where": ["eq", "_S.x", ["lower", "d.v"]]}]],
      ["add", "b", ["hops", {"datasets": ["D e"], "where": ["eq", ["lower", "e.v"], "_S.y"]}]],
      ["add", "c", ["hops", {"datasets": ["D e"], "where": ["eq", "e._id", "_S.y"]}]]]})");
  const auto& indexes = program->analysis().indexes;
  ASSERT_EQ(indexes.size(), 2u);
  EXPECT_EQ(indexes[0]->dataset(), "D");
  EXPECT_EQ(indexes[0]->expression(), R"(["lower","_.'v'"])");
  EXPECT_EQ(indexes[1]->expression(), R"("_.'_id'")");
  EXPECT_FALSE(indexes[0]->IsId());
  EXPECT_TRUE(indexes[1]->IsId());
}

TEST_F(ProgramTest, TheKeysOfAnIndexLeaveNullsOut) {
  const auto program = MakeProgram(
      R"({"default": [["add", "a", ["hops", {"datasets": ["D d"], "where": ["eq", "_S.x", "d.v"]}]]]})");
  const auto& index = *program->analysis().indexes[0];
  EXPECT_THAT(Texts(index.Keys(MakeEntity(R"({"_id": "1", "v": [1, null, "a"]})"), arena_)),
              ElementsAre("1", "\"a\""));
  EXPECT_THAT(index.Keys(MakeEntity(R"({"_id": "1", "v": null})"), arena_), IsEmpty());
  EXPECT_THAT(index.Keys(MakeEntity(R"({"_id": "1"})"), arena_), IsEmpty());
}

TEST_F(ProgramTest, AnIndexOutlivesItsProgram) {
  auto program = MakeProgram(
      R"({"default": [["add", "a", ["hops", {"datasets": ["D d"],
          "where": ["eq", ["tuples", "_S.x", "k"], ["tuples", "d.v", "k"]]}]]]})");
  const auto index = program->analysis().indexes[0];
  program.reset();
  EXPECT_THAT(Texts(index->Keys(MakeEntity(R"({"_id": "1", "v": 1})"), arena_)),
              ElementsAre(R"([1,"k"])"));
}

TEST_F(ProgramTest, TheAnalysisOfAHopSaysHowToGoBack) {
  options_.source_dataset = "People";
  const auto program = MakeProgram(R"({"default": [["add", "a", ["hops", {
      "datasets": ["Country c", "Address a"],
      "where": [["eq", "a.country", "c._id"], ["eq", "_S._id", "a.person"], ["eq", "a.type", "HOME"]]}]]]})");
  ASSERT_EQ(program->analysis().hops.size(), 1u);
  const Hop& hop = program->analysis().hops[0];
  EXPECT_EQ(hop.at, "/default/0/2");
  EXPECT_EQ(hop.rule, "default");
  ASSERT_EQ(hop.specs.size(), 1u);
  const auto& steps = hop.specs[0].steps;
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].alias, "a");
  EXPECT_EQ(steps[0].parent, HopStep::kSource);
  EXPECT_EQ(steps[0].joins[0].key->expression(), R"("_.'person'")");
  EXPECT_EQ(steps[0].joins[0].from->dataset(), "People");
  EXPECT_EQ(steps[0].joins[0].from->expression(), R"("_.'_id'")");
  EXPECT_EQ(steps[1].alias, "c");
  EXPECT_EQ(steps[1].parent, 0);
  EXPECT_EQ(steps[1].joins[0].from->dataset(), "Address");
  EXPECT_THAT(
      Texts(steps[1].joins[0].from->Keys(MakeEntity(R"({"_id": "a1", "country": "no"})"), arena_)),
      ElementsAre("\"no\""));
  ASSERT_TRUE(steps[0].filter);
  EXPECT_TRUE(steps[0].filter->Passes(MakeEntity(R"({"_id": "a1", "type": "HOME"})"), arena_));
  EXPECT_FALSE(steps[0].filter->Passes(MakeEntity(R"({"_id": "a1", "type": "WORK"})"), arena_));
  EXPECT_FALSE(steps[1].filter);
}

TEST_F(ProgramTest, AJoinOnTheTargetIsKnownByEvaluationOnly) {
  const auto program = MakeProgram(R"({"default": [["add", "x", 1], ["add", "a", ["hops", {
      "datasets": ["D d"], "where": ["eq", "_T.x", "d.v"]}]]]})");
  EXPECT_EQ(program->analysis().hops[0].specs[0].steps[0].joins[0].from, nullptr);
}

TEST_F(ProgramTest, AJoinOnTheRootInAChainSaysSo) {
  options_.source_dataset = "People";
  const auto program = MakeProgram(R"({"default": [["add", "a", ["hops",
      {"datasets": ["D d"], "where": ["eq", "_S.x", "d.v"]}, {"datasets": ["E e"], "where": ["eq", "_R._S.y", "e.v"]}]]]})");
  const auto& specs = program->analysis().hops[0].specs;
  EXPECT_EQ(specs[1].steps[0].parent, HopStep::kRoot);
  EXPECT_EQ(specs[1].steps[0].joins[0].from->dataset(), "People");
}

TEST_F(ProgramTest, ApplyHopsNamesTheRuleThatGoesOn) {
  const auto program = MakeProgram(R"({
      "default": [["add", "a", ["apply-hops", "r", {"datasets": ["D d"], "where": ["eq", "_S.x", "d.v"]}]]],
      "r": [["add", "b", ["hops", {"datasets": ["E e"], "where": ["eq", "_S.y", "e.v"]}]]]})");
  const auto& hops = program->analysis().hops;
  ASSERT_EQ(hops.size(), 2u);
  EXPECT_EQ(hops[0].applies, "r");
  EXPECT_EQ(hops[1].rule, "r");
}

TEST_F(ProgramTest, ARunTimeErrorNamesPipeEntityCallAndValue) {
  const auto program = MakeProgram(
      R"({"default": [["copy", "*"], ["add", "a", ["list", 1, ["explode", "_S.v"]]]]})");
  const auto output = program->Run(MakeEntity(R"({"_id": "e:7", "v": "the value"})"), {}, arena_);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().at, "/default/1/2/2");
  EXPECT_THAT(output.error().message, HasSubstr("it broke"));
  EXPECT_THAT(output.error().message, HasSubstr("explode"));
  EXPECT_THAT(output.error().message, HasSubstr("\"the value\""));
  EXPECT_THAT(output.error().message, HasSubstr("\"e:7\""));
  EXPECT_THAT(output.error().message, HasSubstr("\"my-pipe\""));
}

TEST_F(ProgramTest, AConstantThatFailsFailsWhenItIsReached) {
  const auto program =
      MakeProgram(R"({"default": [["if", "_S.go", ["add", "a", ["explode", 1]]]]})");
  EXPECT_TRUE(program->Run(MakeEntity(R"({"_id": "1"})"), {}, arena_).ok());
  EXPECT_FALSE(program->Run(MakeEntity(R"({"_id": "1", "go": true})"), {}, arena_).ok());
}

TEST_F(ProgramTest, TripSaysSoBesideItsError) {
  const auto program =
      MakeProgram(R"({"default": [["if", "_S.go", ["trip!", "enough"], ["fail!", "no"]]]})");
  bool tripped = false;
  const Environment environment = {.tripped = &tripped};
  EXPECT_FALSE(program->Run(MakeEntity(R"({"_id": "1"})"), environment, arena_).ok());
  EXPECT_FALSE(tripped);
  const auto output = program->Run(MakeEntity(R"({"_id": "1", "go": true})"), environment, arena_);
  ASSERT_FALSE(output.ok());
  EXPECT_THAT(output.error().message, HasSubstr("enough"));
  EXPECT_TRUE(tripped);
}

TEST_F(ProgramTest, FilteredDiscardedAndDeletedTargets) {
  const auto program = MakeProgram(
      R"({"default": [["case-eq", "_S.do", "filter", ["filter"], "discard", ["discard"], "delete", ["add", "_deleted", true]]]})");
  auto run = [&](std::string_view source) { return *program->Run(MakeEntity(source), {}, arena_); };
  const auto filtered = run(R"({"_id": "1", "do": "filter"})");
  EXPECT_TRUE(filtered.filtered);
  ASSERT_EQ(filtered.entities.size(), 1u);
  EXPECT_TRUE(filtered.entities[0].filtered);
  EXPECT_EQ(filtered.entities[0].id(), "1");
  const auto discarded = run(R"({"_id": "1", "do": "discard"})");
  EXPECT_TRUE(discarded.discarded);
  EXPECT_THAT(discarded.entities, IsEmpty());
  const auto deleted = run(R"({"_id": "1", "do": "delete"})");
  ASSERT_EQ(deleted.entities.size(), 1u);
  EXPECT_TRUE(deleted.entities[0].deleted);
}

TEST_F(ProgramTest, IsChangedComparesTheVersionBefore) {
  MemoryLookup lookup;
  for (const auto* version :
       {R"({"_id": "1", "a": 1, "b": 1})", R"({"_id": "1", "a": 2, "b": 1})"}) {
    ASSERT_TRUE(lookup.Add("S", Parse(version)).ok());
  }
  const auto program = MakeProgram(
      R"({"default": [["add", "a", ["is-changed", "_.a"]], ["add", "b", ["is-changed", ["list", "_.b"]]]]})");
  const Environment environment = {.lookup = &lookup};
  const auto now = lookup.Get("S", "1", arena_);
  EXPECT_EQ(ToJson(program->Run(**now, environment, arena_)->entities[0].dict),
            R"({"_id":"1","a":true,"b":false})");
  // A new entity has no version before it.
  ASSERT_TRUE(lookup.Add("S", Parse(R"({"_id": "2", "a": 2})")).ok());
  const auto added = lookup.Get("S", "2", arena_);
  EXPECT_EQ(ToJson(program->Run(**added, environment, arena_)->entities[0].dict),
            R"({"_id":"2","a":null,"b":null})");
}

TEST_F(ProgramTest, IsChangedIsTrueNextToADeletion) {
  MemoryLookup lookup;
  for (const auto* version :
       {R"({"_id": "1", "_deleted": true, "a": 1})", R"({"_id": "1", "a": 1})"}) {
    ASSERT_TRUE(lookup.Add("S", Parse(version)).ok());
  }
  const auto program = MakeProgram(R"({"default": [["add", "a", ["is-changed", "_.a"]]]})");
  const auto now = lookup.Get("S", "1", arena_);
  EXPECT_EQ(ToJson(program->Run(**now, {.lookup = &lookup}, arena_)->entities[0].dict),
            R"({"_id":"1","a":true})");
}

TEST_F(ProgramTest, TraceCountsTheMostThatAJoinFound) {
  MemoryLookup lookup;
  for (const auto* entity :
       {R"({"_id": "1", "v": 1})", R"({"_id": "2", "v": 1})", R"({"_id": "3", "v": 2})"}) {
    ASSERT_TRUE(lookup.Add("D", Parse(entity)).ok());
  }
  const auto program = MakeProgram(
      R"({"default": [["add", "a", ["hops", {"datasets": ["D d"], "where": ["eq", "_S.x", "d.v"], "trace": "t1"}]]]})");
  Trace trace;
  for (const auto* source : {R"({"_id": "1", "x": 1})", R"({"_id": "2", "x": 2})"}) {
    ASSERT_TRUE(
        program->Run(MakeEntity(source), {.lookup = &lookup, .trace = &trace}, arena_).ok());
  }
  EXPECT_EQ(trace, (Trace{{"t1", {{"d", 2}}}}));
}

TEST_F(ProgramTest, AStopEndsARun) {
  const auto program = MakeProgram(R"({"default": [["sleep!", 1000]]})");
  std::stop_source stop;
  stop.request_stop();
  const auto output =
      program->Run(MakeEntity(R"({"_id": "1"})"), {.stop = Stop(stop.get_token())}, arena_);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().code, Code::kCancelled);
}

TEST_F(ProgramTest, ThreadsShareAProgram) {
  const auto program = MakeProgram(
      R"({"default": [["copy", "*"], ["add", "x", ["apply", "r", "_S.items"]]], "r": [["add", "p", "_P._S._id"], ["copy", "n"]]})");
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        Arena arena;
        JsonParser parser;
        Entity source;
        source.dict = *parser.Parse(
            fmt::format(R"({{"_id": "{0}-{1}", "items": [{{"n": {1}}}]}})", t, i), arena);
        const auto output = program->Run(source, {}, arena);
        const auto wanted = fmt::format(R"([{{"p":"{0}-{1}","n":{1}}}])", t, i);
        good += output.ok() && ToJson(output->entities[0].dict.Find("x")) == wanted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 800);
}

TEST_F(ProgramTest, AllErrorsAreFoundWithSuggestions) {
  auto document = keep_.Parse(
      R"({"default": [["cpy", "*"], ["add", "a", ["lowr", "x"]], ["add", "b", ["apply", "rul", "_S."]]], "rule": []})",
      arena_);
  const auto program = Compile(config::ConfigView(*document), catalogue_, options_, issues_);
  ASSERT_FALSE(program.ok());
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& issue : issues_.all()) found.emplace_back(issue.at, issue.suggestion);
  EXPECT_THAT(found, UnorderedElementsAre(std::pair("/default/0/0", "Did you mean \"copy\"?"),
                                          std::pair("/default/1/2/0", "Did you mean \"lower\"?"),
                                          std::pair("/default/2/2/1", "Did you mean \"rule\"?")));
}

TEST_F(ProgramTest, PointersBeginWhereTheDocumentDoes) {
  auto document =
      keep_.Parse(R"({"transform": {"type": "dtl", "rules": {"default": [["nope"]]}}})", arena_);
  const auto program =
      Compile(config::ConfigView(*document)["transform"], catalogue_, options_, issues_);
  ASSERT_FALSE(program.ok());
  EXPECT_EQ(program.error().at, "/transform/rules/default/0/0");
}

}  // namespace
}  // namespace sluice::dtl
