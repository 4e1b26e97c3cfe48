// Random histories of a merge source's datasets, rules and runs against groups worked out by
// comparing every entity with every other one. Mistakes planted in the source must be found.

#include "pipe/merge/merge_model.h"

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"
#include "pipe/merge/hook_transform.h"
#include "tests/support/mistaken_merge.h"

namespace sluice::pipe::testing {
namespace {

class MergeScenario {
 public:
  MergeScenario(uint64_t seed, MergeMistake mistake, bool rocks)
      : random_(seed), hub_({.rocks = rocks, .extend = [this, mistake](Registry& registry) {
                               Extend(registry, mistake);
                             }}) {}

  // Whether the output ended as it should.
  bool Run(int steps) {
    ChangeShape();
    for (int step = 0; step < steps; ++step) Step();
    for (const char* dataset : {"a", "b", "c"}) Feed(dataset);
    hub_.Run("m");
    // What came while that ran.
    hub_.Run("m");
    expected = model_.Output(shape_);
    found = hub_.Dataset("m");
    const RunReport last = hub_.Run("m");
    return expected == found && last.kind == RunKind::kIncremental && last.counts.read == 0;
  }

  std::string expected;
  std::string found;

 private:
  void Extend(Registry& registry, MergeMistake mistake) {
    AddHook(registry, hook_);
    PlantMergeMistake(registry, mistake);
  }

  std::string AnyDataset() { return std::string(1, static_cast<char>('a' + random_.Below(3))); }

  Field AnyField(uint64_t range) {
    switch (random_.Below(8)) {
      case 0:
        return {};
      case 1:
        return {.kind = random_.Below(2) == 0 ? Field::kNull : Field::kBlank, .numbers = {}};
      case 2:
        return {.kind = Field::kMany, .numbers = {random_.Below(range), random_.Below(range)}};
      default:
        return {.kind = Field::kOne, .numbers = {random_.Below(range)}};
    }
  }

  void Feed(const std::string& dataset) {
    std::vector<std::string> entities;
    for (uint64_t i = random_.Below(5) + 1; i > 0; --i) {
      const std::string id = fmt::format("e{}", random_.Below(8));
      ModelEntity& entity = model_.live[dataset][id];
      if (entity.fields.empty() || random_.Below(3) == 0) entity.fields["v"] = AnyField(9);
      if (!entity.fields.contains("x") || random_.Below(3) == 0) entity.fields["x"] = AnyField(12);
      if (!entity.fields.contains("y") || random_.Below(3) == 0) entity.fields["y"] = AnyField(12);
      const bool deleted = random_.Below(4) == 0;
      entities.push_back(entity.Json(id, deleted));
      if (deleted) model_.live[dataset].erase(id);
    }
    hub_.Feed(dataset, entities);
  }

  void ChangeShape() {
    shape_ = {.datasets = {"a", "b", "c"}, .rules = {}, .first = random_.Below(2) == 0};
    if (random_.Below(3) == 0) shape_.datasets = {"c", "a", "b"};
    if (random_.Below(3) == 0) shape_.datasets.pop_back();
    for (uint64_t i = random_.Below(3) + 1; i > 0; --i) {
      ModelRule rule{.is_set = random_.Below(2) == 0, .paths = {}};
      for (const auto& dataset : shape_.datasets) {
        const char* const properties[] = {"x", "y", "x", "y", "_id"};
        rule.paths.emplace_back(dataset, properties[random_.Below(5)]);
      }
      while (!rule.is_set && rule.paths.size() > 2) {
        rule.paths.erase(rule.paths.begin() + static_cast<ptrdiff_t>(random_.Below(3)));
      }
      if (rule.paths.size() > 1 && !Overlaps(rule)) shape_.rules.push_back(std::move(rule));
    }
    hub_.MustPutOne(shape_.Config());
  }

  // Sets that share an expression are one, which the model does not know.
  bool Overlaps(const ModelRule& rule) const {
    for (const ModelRule& other : shape_.rules) {
      if (!rule.is_set || !other.is_set) continue;
      for (const Path& path : rule.paths) {
        if (std::ranges::find(other.paths, path) != other.paths.end()) return true;
      }
    }
    return false;
  }

  // A run that others write during, and that may fail between two commits.
  void RunOnce() {
    const uint64_t fails_at = random_.Below(12);
    uint64_t batches = 0;
    hook_ = [this, fails_at, batches]() mutable -> Result<void> {
      if (++batches == fails_at) return MakeError(Code::kBadData, "planned");
      if (random_.Below(4) == 0) Feed(AnyDataset());
      return {};
    };
    (void)hub_.TryRun("m", random_.Below(12) == 0 ? RunKind::kFull : RunKind::kIncremental);
    hook_ = nullptr;
  }

  void Step() {
    const std::string dataset = AnyDataset();
    switch (random_.Below(24)) {
      case 0:
        hub_.Reopen();
        break;
      case 1:
        ChangeShape();
        break;
      case 2:
        if (!hub_.store().FindDataset(dataset)) break;
        model_.live.erase(dataset);
        Ok(hub_.store().TruncateDataset(dataset));
        Ok(hub_.store().SetPopulated(hub_.store().FindDataset(dataset)->number, true));
        break;
      case 3:
        model_.live.erase(dataset);
        if (hub_.store().FindDataset(dataset)) Ok(hub_.store().DeleteDataset(dataset));
        break;
      default:
        if (random_.Below(2) == 0) {
          Feed(dataset);
        } else {
          RunOnce();
        }
    }
  }

  SeededRandom random_;
  std::function<Result<void>()> hook_;
  Model model_;
  Shape shape_;
  TestHub hub_;
};

// Twice a run dies between two commits. What the first one has joined, and the second one given
// alone again, is no new entity to the third one, although no run has come to it by itself yet.
TEST(MergeCutOffTest, WhatWasGivenAheadOfThePositionIsTakenBack) {
  std::function<Result<void>()> hook;
  TestHub hub({.extend = [&](Registry& registry) { AddHook(registry, hook); }});
  hub.MustPut(R"([{"_id":"m","type":"pipe","batch_size":1,"source":{"type":"merge","version":2,
      "datasets":["a a","b b"],"equality":[["eq","a.k","b.k"]]},"transform":{"type":"rdf","rdf-property":"n"}}])");
  const auto run_until = [&](int batch) {
    hook = [batch]() mutable -> Result<void> {
      if (--batch == 0) return MakeError(Code::kBadData, "planned");
      return {};
    };
    EXPECT_EQ(hub.TryRun("m").outcome, RunOutcome::kFailed);
    hook = nullptr;
  };
  hub.Feed("a", {R"({"_id":"x","k":0})"});
  hub.Feed("b", {});
  hub.Run("m");
  hub.Feed("a", {R"({"_id":"x","k":1})", R"({"_id":"next"})"});
  hub.Feed("b", {R"({"_id":"y","k":1})"});
  run_until(2);  // Behind the deletion of x, and x with y.
  EXPECT_EQ(hub.Dataset("m"), R"({"$ids":["~:x","~:y"],"_id":"0|x|1|y","k":[1,1]})");
  hub.Feed("a", {R"({"_id":"x","k":2})", R"({"_id":"last"})"});
  run_until(4);  // Behind next, the deletion of both with x, and y.
  EXPECT_NE(hub.Dataset("m").find(R"("_id":"1|y")"), std::string::npos) << hub.Dataset("m");
  hub.Feed("a", {R"({"_id":"z","k":1})"});
  hub.Run("m");
  const std::string incremental = hub.Dataset("m");
  EXPECT_EQ(incremental.find(R"("_id":"1|y")"), std::string::npos) << incremental;
  EXPECT_NE(incremental.find(R"("_id":"0|z|1|y")"), std::string::npos) << incremental;
  hub.Run("m", RunKind::kFull);
  EXPECT_EQ(hub.Dataset("m"), incremental);
}

constexpr int kSteps = 60;

TEST(MergeModelTest, RandomHistoriesEndWhereComparingAllEntitiesEnds) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    MergeScenario scenario(seed, MergeMistake::kNone, /*rocks=*/false);
    ASSERT_TRUE(scenario.Run(kSteps))
        << "seed " << seed << "\nexpected " << scenario.expected << "\nfound    " << scenario.found;
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(MergeModelTest, AlsoOnDisk) {
  for (uint64_t seed = 1001; seed <= 1010; ++seed) {
    MergeScenario scenario(seed, MergeMistake::kNone, /*rocks=*/true);
    ASSERT_TRUE(scenario.Run(kSteps))
        << "seed " << seed << "\nexpected " << scenario.expected << "\nfound    " << scenario.found;
  }
}

// The first seed that finds the mistake.
uint64_t SeedThatFinds(MergeMistake mistake) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    if (!MergeScenario(seed, mistake, /*rocks=*/false).Run(kSteps)) return seed;
  }
  return 0;
}

TEST(MergeModelTest, FindsWhatIsPlanted) {
  for (const MergeMistake mistake : {MergeMistake::kForgetsAMember, MergeMistake::kNotReplaced,
                                     MergeMistake::kHalfItsInputs, MergeMistake::kNotInTheCommit}) {
    const uint64_t seed = SeedThatFinds(mistake);
    EXPECT_NE(seed, 0u) << "mistake " << static_cast<int>(mistake) << " was not found";
    RecordProperty(fmt::format("mistake_{}_found_by_seed", static_cast<int>(mistake)),
                   static_cast<int>(seed));
  }
}

}  // namespace
}  // namespace sluice::pipe::testing
