// Subsets of datasets and the indexes that are declared for them.

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

constexpr const char* kLetters = R"({"_id": "letters", "type": "pipe",
    "source": {"type": "dataset", "dataset": "in"}, "sink": {"type": "dataset", "indexes": ["_S.vowel", "_S.tags"]}})";
constexpr const char* kVowels = R"(["eq", "_S.vowel", true])";

class SubsetTest : public ::testing::TestWithParam<bool> {
 protected:
  // "A+ B" where A is live and B was given as deleted.
  std::string Read(std::string_view subset, const storage::ReadOptions& options) {
    return Ok(TryRead(subset, options));
  }

  Result<std::string> TryRead(std::string_view subset, const storage::ReadOptions& options) {
    const auto snapshot = hub_.store().TakeSnapshot();
    const auto info = Ok(snapshot->FindDataset("letters"));
    SLUICE_TRY(auto reader, hub_.hub->ReadSubset(snapshot, *info, subset, options));
    std::string text;
    Arena arena;
    while (true) {
      std::vector<Entity> entities;
      SLUICE_TRY(reader->Next(2, arena, entities));
      if (entities.empty()) break;
      for (const Entity& entity : entities) {
        text += (text.empty() ? "" : " ") + std::string(entity.id()) + (entity.deleted ? "" : "+");
        if (entity.deleted) text += TextOf(entity.dict) == Bare(entity) ? "" : "!";
      }
    }
    EXPECT_EQ(reader->position(), info->next_offset);
    return text;
  }

  static std::string Bare(const Entity& entity) {
    return fmt::format(R"({{"_id":"{}"}})", entity.id());
  }

  void FeedLetters() {
    hub_.Feed("in", {R"({"_id": "A", "vowel": true, "tags": ["x", "y"]})", R"({"_id": "B"})",
                     R"({"_id": "C", "tags": "y"})", R"({"_id": "E", "vowel": true})"});
  }

  std::string Indexes() {
    std::string text;
    for (const auto& index : hub_.store().ListIndexes({})) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", index.definition.expression,
                          index.ready ? index.entries : 999);
    }
    return text;
  }

  TestHub hub_{{.rocks = GetParam()}};
};

INSTANTIATE_TEST_SUITE_P(Stores, SubsetTest, ::testing::Bool(),
                         [](const auto& store) { return store.param ? "Rocks" : "Memory"; });

TEST_P(SubsetTest, IndexesOfTheSinkAreMadeWithItsDataset) {
  hub_.MustPut(kLetters);
  FeedLetters();
  hub_.Run("letters");
  EXPECT_EQ(Indexes(), R"("_.'vowel'" 2, "_.'tags'" 3)");
  hub_.Reopen();
  hub_.Feed("in", {R"({"_id": "I", "vowel": true})"});
  hub_.Run("letters");
  EXPECT_EQ(Indexes(), R"("_.'vowel'" 3, "_.'tags'" 3)");
}

TEST_P(SubsetTest, IndexesOfADatasetThatIsThereAreFilledByTheNextRun) {
  FeedLetters();
  hub_.MustPut(
      R"({"_id": "letters", "type": "pipe", "source": {"type": "dataset", "dataset": "in"}})");
  hub_.Run("letters");
  EXPECT_EQ(Indexes(), "");
  hub_.MustPut(kLetters);
  hub_.Run("letters");
  EXPECT_EQ(Indexes(), R"("_.'vowel'" 2, "_.'tags'" 3)");
  // One that people have dropped too.
  Ok(hub_.store().DropIndex(hub_.store().ListIndexes({})[0].number));
  EXPECT_EQ(Indexes(), R"("_.'tags'" 3)");
  hub_.Run("letters");
  EXPECT_EQ(hub_.store().ListIndexes({}).size(), 2u);
  EXPECT_EQ(Read(kVowels, {.deleted = false}), "A+ E+");
  // And one that nobody declares any more goes.
  hub_.MustPut(R"({"_id": "letters", "type": "pipe", "source": {"type": "dataset", "dataset": "in"},
      "sink": {"type": "dataset", "indexes": "$ids"}})");
  hub_.Run("letters");
  EXPECT_EQ(Indexes(), R"("_.'$ids'" 0)");
}

TEST_P(SubsetTest, BadIndexesAreErrorsAtTheirPlace) {
  for (const auto& [indexes, pointer] : std::vector<std::pair<std::string, std::string>>{
           {R"("$id")", "/sink/indexes"},
           {R"(["_T.a"])", "/sink/indexes/0"},
           {R"(["_S.a", "plain"])", "/sink/indexes/1"},
           {R"([["no-such-function", "_S.a"]])", "/sink/indexes/0"}}) {
    const auto outcome = hub_.Put(fmt::format(R"({{"_id": "letters", "type": "pipe",
        "source": {{"type": "dataset", "dataset": "in"}}, "sink": {{"type": "dataset", "indexes": {}}}}})",
                                              indexes));
    EXPECT_FALSE(outcome.valid) << indexes;
    EXPECT_NE(config::ValidationErrorsJson(outcome.findings).find(pointer), std::string::npos)
        << config::ValidationErrorsJson(outcome.findings);
  }
}

TEST_P(SubsetTest, GivesTheEntitiesWithACommonValue) {
  hub_.MustPut(kLetters);
  FeedLetters();
  hub_.Run("letters");
  for (const bool history : {false, true}) {
    for (const bool deleted : {false, true}) {
      const storage::ReadOptions options{.history = history, .deleted = deleted};
      EXPECT_EQ(Read(kVowels, options), "A+ E+");
      EXPECT_EQ(Read(R"(["eq", "_S.tags", "y"])", options), "A+ C+");
      EXPECT_EQ(Read(R"(["eq", "_S.tags", "x"])", options), "A+");
      EXPECT_EQ(Read(R"(["eq", "_S.tags", null])", options), "");
      EXPECT_EQ(Read(R"(["eq", "_S._id", "B"])", options), "B+");
    }
  }
}

TEST_P(SubsetTest, WhatHasLeftComesAsDeletedToThoseWhoMayHaveIt) {
  hub_.MustPut(kLetters);
  FeedLetters();
  hub_.Run("letters");
  hub_.Feed("in", {R"({"_id": "A", "now": "secret"})", R"({"_id": "B", "still": "out"})",
                   R"({"_id": "C", "vowel": true})"});
  hub_.Run("letters");
  EXPECT_EQ(Read(kVowels, {.deleted = false}), "E+ C+");
  EXPECT_EQ(Read(kVowels, {}), "E+ C+");
  EXPECT_EQ(Read(kVowels, {.from = 4}), "A C+");
  EXPECT_EQ(Read(kVowels, {.from = 4, .deleted = false}), "C+");
  EXPECT_EQ(Read(kVowels, {.history = true}), "A+ E+ A C+");
  hub_.Feed("in", {R"({"_id": "A", "now": "other"})"});
  hub_.Run("letters");
  // It left one version before: whoever reads every version has been told.
  EXPECT_EQ(Read(kVowels, {.from = 7, .history = true}), "");
  EXPECT_EQ(Read(kVowels, {.from = 7}), "A");
}

TEST_P(SubsetTest, WithoutAnIndexThereIsNoSubset) {
  hub_.MustPut(kLetters);
  FeedLetters();
  hub_.Run("letters");
  const auto refused = [&](std::string_view subset) {
    const auto read = TryRead(subset, {});
    EXPECT_FALSE(read.ok()) << subset;
    return read.error();
  };
  EXPECT_EQ(refused(R"(["eq", "_S.other", 1])").code, Code::kNotFound);
  EXPECT_EQ(refused(R"(["eq", "_S.vowel"])").code, Code::kBadRequest);
  EXPECT_EQ(refused(R"(["eq", "_S.vowel", "_S.tags"])").code, Code::kBadRequest);
  EXPECT_EQ(refused("[").code, Code::kBadRequest);
  EXPECT_EQ(refused("").code, Code::kBadRequest);
}

TEST_P(SubsetTest, ASourceOfASubsetTakesAwayWhatLeavesIt) {
  FeedLetters();
  hub_.MustPut(R"({"_id": "out", "type": "pipe",
      "source": {"type": "dataset", "dataset": "in", "subset": ["eq", "_S.tags", "y"]},
      "transform": {"type": "dtl", "rules": {"default": [["copy", "_id"]]}}})");
  hub_.Run("out");
  EXPECT_EQ(hub_.Dataset("out"), R"({"_id":"A"} {"_id":"C"})");
  hub_.Feed("in", {R"({"_id": "A", "tags": ["x"]})", R"({"_id": "B", "tags": ["z", "y"]})",
                   R"({"_id": "C", "tags": null})"});
  hub_.Run("out");
  EXPECT_EQ(hub_.Dataset("out"), R"({"_id":"B"})");
}

}  // namespace
}  // namespace sluice::pipe::testing
