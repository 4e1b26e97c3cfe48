// Merge runs that are cut off at each of their writes in turn: wherever that was, and whatever has
// changed until the pipe runs again, its output ends where that of a new hub ends.

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"
#include "pipe/merge/hook_transform.h"
#include "tests/support/fault_engine.h"

namespace sluice::pipe::testing {
namespace {

struct Variant {
  const char* name;
  const char* identity;
  const char* transform;  // JSON of the pipe's.
};

// A transform that reads the sink makes each batch a commit of its own; what hops has recorded goes
// with the commit too.
constexpr Variant kVariants[] = {
    {"CompositeInOneCommit", "composite", "[]"},
    {"CompositeBatchByBatch", "composite", R"([{"type":"rdf","rdf-property":"n"}])"},
    {"CompositeWithHops", "composite",
     R"([{"type":"dtl","rules":{"default":[["copy","*"],
         ["add","h",["hops",{"datasets":["c c"],"where":["eq","_S.k","c.k"],"return":"c._id"}]]]}}])"},
    {"FirstInOneCommit", "first", "[]"},
    {"FirstBatchByBatch", "first", R"([{"type":"rdf","rdf-property":"n"}])"},
};

constexpr size_t kPhases = 3;
constexpr uint64_t kNever = 1'000'000;
using Changes = std::map<std::string, std::vector<std::string>>;  // By dataset.
using CrashAt = std::array<uint64_t, kPhases>;  // How many writes of each phase's run are made.

// Few ids and few keys, so that groups come and go in every phase.
std::array<Changes, kPhases> RandomChanges(uint64_t seed) {
  SeededRandom random(seed);
  std::array<Changes, kPhases> phases;
  for (Changes& changes : phases) {
    for (const char* dataset : {"a", "b", "c"}) {
      for (uint64_t left = 1 + random.Below(3); left > 0; --left) {
        const uint64_t id = random.Below(3);
        changes[dataset].push_back(random.Below(5) == 0
                                       ? fmt::format(R"({{"_id":"e{}","_deleted":true}})", id)
                                       : fmt::format(R"({{"_id":"e{}","k":{},"v":{}}})", id,
                                                     random.Below(4), random.Below(2)));
      }
    }
  }
  return phases;
}

class CrashScenario {
 public:
  explicit CrashScenario(const Variant& variant)
      : hub_({.extend = [this](Registry& registry) { AddHook(registry, hook_); },
              .engine =
                  [this] {
                    // What was there before has gone by now.
                    disk_.Crash();
                    return disk_.Open();
                  }}) {
    hub_.MustPut(fmt::format(
        R"([{{"_id":"m","type":"pipe","batch_size":1,"source":{{"type":"merge","version":2,
            "datasets":["a a","b b","c c"],"equality_sets":[["a.k","b.k","c.k"]],
            "identity":"{}"}},"transform":{}}}])",
        variant.identity, variant.transform));
  }

  // Runs after each phase's changes; false where that has ended before it was to be cut off.
  std::array<bool, kPhases> Run(const std::array<Changes, kPhases>& phases,
                                const CrashAt& crashes) {
    std::array<bool, kPhases> crashed{};
    for (size_t i = 0; i < kPhases; ++i) {
      for (const auto& [dataset, entities] : phases[i]) hub_.Feed(dataset, entities);
      disk_.LosePowerAfter(crashes[i]);
      (void)hub_.hub->RunPipe("m", RunKind::kIncremental, Stop());
      crashed[i] = disk_.dead();
      if (crashed[i]) {
        hub_.Reopen();
      } else {
        disk_.Crash();
      }
    }
    // The second run reads nothing, or what came while the first one was cut off.
    hub_.Run("m");
    return crashed;
  }

  std::string output() { return hub_.Dataset("m"); }
  bool rests() { return hub_.Run("m").counts.read == 0; }

 private:
  std::function<Result<void>()> hook_;
  storage::testing::FaultDisk disk_{1};
  TestHub hub_;
};

class MergeCrashTest : public ::testing::TestWithParam<Variant> {
 protected:
  // Whether each phase's run was cut off.
  std::array<bool, kPhases> Check(uint64_t seed, const CrashAt& crashes,
                                  const std::string& expected) {
    CrashScenario scenario(GetParam());
    const auto crashed = scenario.Run(RandomChanges(seed), crashes);
    EXPECT_EQ(scenario.output(), expected)
        << "seed " << seed << " cut off at writes " << ::testing::PrintToString(crashes);
    EXPECT_TRUE(scenario.rests());
    return crashed;
  }

  // All changes at once, in a new hub.
  std::string Expected(uint64_t seed) {
    CrashScenario scenario(GetParam());
    Changes all;
    for (const Changes& changes : RandomChanges(seed)) {
      for (const auto& [dataset, entities] : changes) {
        all[dataset].insert(all[dataset].end(), entities.begin(), entities.end());
      }
    }
    scenario.Run({all, {}, {}}, {kNever, kNever, kNever});
    return scenario.output();
  }
};

TEST_P(MergeCrashTest, AtAnyWrite) {
  for (uint64_t i = 0; i <= 40; ++i) {
    const uint64_t seed =
        i == 0 ? 203 : i;  // 203: which of several has an id hung on a change ahead.
    const std::string expected = Expected(seed);
    for (size_t phase = 0; phase < kPhases; ++phase) {
      CrashAt crashes{kNever, kNever, kNever};
      crashes[phase] = 0;
      while (Check(seed, crashes, expected)[phase]) ++crashes[phase];
      EXPECT_GT(crashes[phase], 0U);
      if (HasFailure()) return;
    }
  }
}

TEST_P(MergeCrashTest, AtAnyTwoWrites) {
  for (uint64_t seed = 101; seed <= 103; ++seed) {
    const std::string expected = Expected(seed);
    CrashAt crashes{kNever, 0, 0};
    for (bool first = true; first; ++crashes[1]) {
      crashes[2] = 0;
      std::array<bool, kPhases> crashed;
      do {
        crashed = Check(seed, crashes, expected);
        ++crashes[2];
      } while (crashed[2]);
      first = crashed[1];
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Merge, MergeCrashTest, ::testing::ValuesIn(kVariants),
                         [](const auto& variant) { return std::string(variant.param.name); });

}  // namespace
}  // namespace sluice::pipe::testing
