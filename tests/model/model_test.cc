// Law 3 of the design: live pipes end where a fresh hub, and an oracle of nested loops, end.
//
// model_test [--seeds N] [--from SEED] [--merging N]: how many random histories; the first one; how
// many of those where every pipe merges, else a quarter as many.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "tests/model/scenario.h"

namespace sluice::model {
namespace {

uint64_t seeds = 200;
uint64_t first_seed = 1;
std::optional<uint64_t> merging_seeds;

TEST(ModelTest, EndsWhereAFreshHubAndTheOracleEnd) {
  for (uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
    const auto difference = RunScenario(seed, {});
    ASSERT_FALSE(difference) << "seed " << seed << ": " << *difference;
  }
}

// Every pipe merges, so that groups of groups come and go.
TEST(ModelTest, EndsThereAlsoWhereEveryPipeMerges) {
  const uint64_t end = first_seed + merging_seeds.value_or((seeds + 3) / 4);
  for (uint64_t seed = first_seed; seed < end; ++seed) {
    const auto difference = RunScenario(seed, {.generator = {.only_merges = true}});
    ASSERT_FALSE(difference) << "seed " << seed << ": " << *difference;
  }
}

// The seed that notices a planted mistake, and nothing without it; 0 if none does.
uint64_t SeedThatNotices(const ScenarioOptions& options) {
  ScenarioOptions sound = options;
  sound.mistakes = {};
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    if (RunScenario(seed, options) && !RunScenario(seed, sound)) return seed;
  }
  return 0;
}

class PlantedMistake : public ::testing::TestWithParam<std::pair<const char*, ScenarioOptions>> {};

TEST_P(PlantedMistake, IsNoticed) {
  ScenarioOptions options = GetParam().second;
  options.fresh_hub = false;
  const uint64_t seed = SeedThatNotices(options);
  EXPECT_GT(seed, 0U) << GetParam().first;
  RecordProperty("seed", static_cast<int>(seed));
  std::printf("%s: noticed by seed %d\n", GetParam().first, static_cast<int>(seed));
}

using pipe::testing::MergeMistake;

// Merges are a part of all histories; here of each, so that few seeds are enough.
ScenarioOptions Merging(MergeMistake mistake) {
  return {.generator = {.only_merges = true}, .mistakes = {.merging = mistake}};
}

// And joins alone, where merges would be many.
ScenarioOptions Joining(pipe::Mistakes mistakes) {
  return {.generator = {.merges = false, .cycles = false}, .mistakes = {.tracking = mistakes}};
}

INSTANTIATE_TEST_SUITE_P(
    Model, PlantedMistake,
    ::testing::Values(
        std::pair("inverting only new versions",
                  ScenarioOptions{.mistakes = {.tracking = {.only_new_versions = true}}}),
        std::pair("skipping a level of hops", Joining({.skip_a_level = true})),
        std::pair("ignoring holds",
                  ScenarioOptions{.mistakes = {.tracking = {.ignore_holds = true}}}),
        std::pair("setting T to the end at finish",
                  ScenarioOptions{.mistakes = {.tracking = {.track_to_the_end = true}}}),
        std::pair("treating null as a key", ScenarioOptions{.mistakes = {.null_is_a_key = true}}),
        std::pair("leaving an old index key",
                  ScenarioOptions{.mistakes = {.old_index_keys = true}}),
        std::pair("a split that forgets a member", Merging(MergeMistake::kForgetsAMember)),
        std::pair("$replaced not written", Merging(MergeMistake::kNotReplaced)),
        std::pair("a group from half its inputs", Merging(MergeMistake::kHalfItsInputs)),
        std::pair("membership not in the commit", Merging(MergeMistake::kNotInTheCommit))));

}  // namespace
}  // namespace sluice::model

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seeds") == 0)
      sluice::model::seeds = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--from") == 0)
      sluice::model::first_seed = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--merging") == 0)
      sluice::model::merging_seeds = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return RUN_ALL_TESTS();
}
