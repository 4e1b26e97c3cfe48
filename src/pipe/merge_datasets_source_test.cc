#include "pipe/merge_datasets_source.h"

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

std::string PipeText(std::string_view type, std::string_view datasets, std::string_view more = "") {
  return fmt::format(R"({{"_id": "m", "type": "pipe", "batch_size": 2,
      "source": {{"type": "{}", "datasets": {}{}}}}})",
                     type, datasets, more);
}

void Feed(TestHub& t, const std::string& dataset, const std::vector<std::string>& entities) {
  t.clock.Advance(std::chrono::milliseconds(1));
  t.Feed(dataset, entities);
}

TEST(MergeDatasetsTest, LatestGivesTheNewestVersionOfEachId) {
  TestHub t;
  t.MustPut(PipeText("merge_datasets", R"(["a", "b"])"));
  Feed(t, "a", {R"({"_id":"x","v":1})", R"({"_id":"y","v":1})", R"({"_id":"z","v":1})"});
  Feed(t, "b", {R"({"_id":"x","v":2})", R"({"_id":"w","v":2})"});
  Feed(t, "a", {R"({"_id":"y","v":3})"});
  EXPECT_EQ(t.Run("m").counts.read, 4u);
  EXPECT_EQ(t.History("m"),
            R"({"_id":"z","v":1} {"_id":"x","v":2} {"_id":"w","v":2} {"_id":"y","v":3})")
      << "ordered by _ts";
  EXPECT_EQ(t.Run("m").counts.read, 0u);
  Feed(t, "b", {R"({"_id":"y","_deleted":true})"});
  Feed(t, "a", {R"({"_id":"x","v":4})"});
  const RunReport report = t.Run("m");
  EXPECT_EQ(report.kind, RunKind::kIncremental);
  EXPECT_EQ(report.counts.read, 2u);
  EXPECT_EQ(t.Dataset("m"), R"({"_id":"w","v":2} {"_id":"x","v":4} {"_id":"z","v":1})");
}

TEST(MergeDatasetsTest, OfOneTimeStampTheLaterDatasetWins) {
  TestHub t;
  t.MustPut(PipeText("merge_datasets", R"(["b", "a"])"));
  t.Feed("a", {R"({"_id":"x","v":"a"})"});
  t.Feed("b", {R"({"_id":"x","v":"b"})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), R"({"_id":"x","v":"a"})");
}

TEST(MergeDatasetsTest, AllHoldsWhatEachDatasetHas) {
  TestHub t;
  t.MustPut(PipeText("merge_datasets", R"(["a", "b"])", R"(, "strategy": "all")"));
  Feed(t, "b", {R"({"_id":"x","v":2})", R"({"_id":"y","v":2})"});
  Feed(t, "a", {R"({"_id":"x","v":1})"});
  t.Run("m");
  EXPECT_EQ(t.History("m"), R"({"_id":"y","b":{"_id":"y","v":2}} )"
                            R"({"_id":"x","a":{"_id":"x","v":1},"b":{"_id":"x","v":2}})");
  Feed(t, "b", {R"({"_id":"x","_deleted":true})", R"({"_id":"y","_deleted":true})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), R"({"_id":"x","a":{"_id":"x","v":1}})");
  // One that is added is read from its beginning, and what it has joins what was there before.
  Feed(t, "c", {R"({"_id":"x","v":3})"});
  t.MustPutOne(PipeText("merge_datasets", R"(["a", "b", "c"])", R"(, "strategy": "all")"));
  EXPECT_EQ(t.Run("m").kind, RunKind::kIncremental);
  EXPECT_EQ(t.Dataset("m"), R"({"_id":"x","a":{"_id":"x","v":1},"c":{"_id":"x","v":3}})");
  t.MustPutOne(PipeText("merge_datasets", R"(["a", "b"])", R"(, "strategy": "all")"));
  EXPECT_EQ(t.Run("m").kind, RunKind::kFull);
  EXPECT_EQ(t.Dataset("m"), R"({"_id":"x","a":{"_id":"x","v":1}})");
}

TEST(DiffDatasetsTest, EntitiesThatAreTheSameAreNotGiven) {
  TestHub t;
  t.MustPut(PipeText("diff_datasets", R"(["a", "b"])", R"(, "blacklist": ["t"])"));
  Feed(t, "a",
       {R"({"_id":"same","v":[1,2],"t":1})", R"({"_id":"other","v":1,"w":2})",
        R"({"_id":"alone"})"});
  Feed(t, "b", {R"({"_id":"same","v":[1,2],"t":2})", R"({"_id":"other","v":2,"w":2})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"),
            R"({"$diff":{"_id":{"a":"alone","b":null}},"_id":"alone","a":{"_id":"alone"}} )"
            R"({"$diff":{"v":{"a":1,"b":2}},"_id":"other","a":{"_id":"other","v":1,"w":2},)"
            R"("b":{"_id":"other","v":2,"w":2}})");
  Feed(t, "b", {R"({"_id":"other","v":1,"w":2})", R"({"_id":"same","v":[2,1]})"});
  t.Run("m");
  EXPECT_NE(t.Dataset("m").find(R"("$diff":{"v":{"a":[1,2],"b":[2,1]}},"_id":"same")"),
            std::string::npos);
  EXPECT_EQ(t.Dataset("m").find(R"("_id":"other")"), std::string::npos);
}

TEST(DiffDatasetsTest, ListsMayBeSetsAndDeletesMayNotMatter) {
  TestHub t;
  const std::string options = R"(, "treat_lists_as_sets": true, "ignore_deletes": true)";
  t.MustPut(PipeText("diff_datasets", R"(["a", "b"])", options));
  Feed(t, "a", {R"({"_id":"x","v":[1,[2,3]]})", R"({"_id":"y","_deleted":true})"});
  Feed(t, "b", {R"({"_id":"x","v":[[3,2],1,1]})"});
  t.Run("m");
  EXPECT_EQ(t.Dataset("m"), "");
  t.MustPutOne(PipeText("diff_datasets", R"(["a", "b"])"));
  t.Run("m", RunKind::kFull);
  EXPECT_NE(t.Dataset("m").find(R"({"$diff":{"_deleted":{"a":true,"b":null}},"_id":"y"})"),
            std::string::npos)
      << t.Dataset("m");
}

// Random histories of three datasets end as a run from the beginning does.
class SameIdScenario {
 public:
  SameIdScenario(uint64_t seed, std::string type, std::string more)
      : random_(seed), type_(std::move(type)), more_(std::move(more)) {}

  void Run(int steps) {
    Configure({"a", "b", "c"});
    for (int step = 0; step < steps; ++step) Step();
    for (const char* name : {"a", "b", "c"}) Feed(name);
    hub_.Run("m");
    const std::string incremental = hub_.Dataset("m");
    hub_.Run("m", RunKind::kFull);
    EXPECT_EQ(incremental, hub_.Dataset("m"));
  }

 private:
  void Configure(const std::vector<std::string>& datasets) {
    std::string list;
    for (const auto& name : datasets) list += (list.empty() ? "\"" : ",\"") + name + '"';
    hub_.MustPutOne(PipeText(type_, "[" + list + "]", more_));
  }

  void Feed(const std::string& dataset) {
    std::vector<std::string> entities;
    for (uint64_t i = random_.Below(5) + 1; i > 0; --i) {
      const char* const gone = random_.Below(4) == 0 ? R"(,"_deleted":true)" : "";
      entities.push_back(
          fmt::format(R"({{"_id":"e{}","v":{}{}}})", random_.Below(9), random_.Below(3), gone));
    }
    hub_.clock.Advance(std::chrono::milliseconds(1));
    hub_.Feed(dataset, entities);
  }

  void Step() {
    const std::string dataset(1, static_cast<char>('a' + random_.Below(3)));
    switch (random_.Below(12)) {
      case 0:
        if (hub_.store().FindDataset(dataset)) Ok(hub_.store().DeleteDataset(dataset));
        break;
      case 1:
        Configure(random_.Below(2) == 0 ? std::vector<std::string>{"a", "b", "c"}
                                        : std::vector<std::string>{"a", "c"});
        break;
      case 2:
        hub_.Reopen();
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        Feed(dataset);
        break;
      default:
        hub_.Run("m");
    }
  }

  SeededRandom random_;
  TestHub hub_;
  std::string type_;
  std::string more_;
};

TEST(SameIdReaderTest, RandomHistoriesEndAsAFullRunDoes) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    SameIdScenario(seed, "merge_datasets", "").Run(40);
    SameIdScenario(seed, "merge_datasets", R"(, "strategy": "all")").Run(40);
    SameIdScenario(seed, "diff_datasets", "").Run(40);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::pipe::testing
