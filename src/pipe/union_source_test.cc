#include "pipe/union_source.h"

#include <gtest/gtest.h>

#include <set>

#include "pipe/dataset_positions.h"
#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

constexpr std::string_view kUnion = R"({"_id": "u", "type": "pipe", "batch_size": 2,
    "source": {"type": "union_datasets", "datasets": ["men", "women"]}})";

std::string WithDatasets(std::string_view datasets, std::string_view more = "") {
  return fmt::format(R"({{"_id": "u", "type": "pipe", "batch_size": 2,
      "source": {{"type": "union_datasets", "datasets": {}{}}}}})",
                     datasets, more);
}

std::string Ids(TestHub& t) {
  std::string ids;
  const std::string all = t.Dataset("u");
  constexpr std::string_view kStart = R"("_id":")";
  for (size_t at = all.find(kStart); at != std::string::npos; at = all.find(kStart, at + 1)) {
    const size_t start = at + kStart.size();
    ids += (ids.empty() ? "" : " ") + all.substr(start, all.find('"', start) - start);
  }
  return ids;
}

TEST(UnionSourceTest, DatasetsAreReadInOrderAndPrefixIds) {
  TestHub t;
  t.MustPut(kUnion);
  t.Feed("women", {R"({"_id":"claire"})"});
  t.Feed("men", {R"({"_id":"dave"})", R"({"_id":"x","v":1})", R"({"_id":"gone","_deleted":true})"});
  t.Feed("women", {R"({"_id":"x","v":2})"});
  const RunReport first = t.Run("u");
  EXPECT_EQ(first.kind, RunKind::kFull);
  EXPECT_EQ(first.counts.read, 5u);
  EXPECT_EQ(t.History("u"),
            R"({"_id":"men:dave"} {"_id":"men:x","v":1} {"_deleted":true,"_id":"men:gone"} )"
            R"({"_id":"women:claire"} {"_id":"women:x","v":2})");
  EXPECT_TRUE(t.store().FindDataset("u")->populated);
  EXPECT_EQ(t.Run("u").counts.read, 0u);
  t.Feed("women", {R"({"_id":"claire","_deleted":true})"});
  t.Feed("men", {R"({"_id":"dave","v":1})"});
  const RunReport second = t.Run("u");
  EXPECT_EQ(second.kind, RunKind::kIncremental);
  EXPECT_EQ(second.counts.read, 2u);
  EXPECT_EQ(t.Dataset("u"),
            R"({"_id":"men:dave","v":1} {"_id":"men:x","v":1} {"_id":"women:x","v":2})");
}

TEST(UnionSourceTest, IdsMayStayAsTheyAreAndVersionsMayAllCome) {
  TestHub t;
  t.MustPut(WithDatasets(R"(["men", "women", "men"])",
                         R"(, "prefix_ids": false, "include_previous_versions": true)"));
  t.Feed("men", {R"({"_id":"a","v":1})", R"({"_id":"a","v":2})"});
  t.Feed("women", {R"({"_id":"b"})"});
  EXPECT_EQ(t.Run("u").counts.read, 3u);
  EXPECT_EQ(t.History("u"), R"({"_id":"a","v":1} {"_id":"a","v":2} {"_id":"b"})");
}

TEST(UnionSourceTest, ARecreatedDatasetIsReadFromItsBeginningAndWhatItLostGoes) {
  TestHub t;
  t.MustPut(kUnion);
  t.Feed("men", {R"({"_id":"a"})", R"({"_id":"b"})"});
  t.Feed("women", {R"({"_id":"c"})"});
  t.Run("u");
  Ok(t.store().DeleteDataset("men"));
  // As many entities as before: an offset without its incarnation would take them for read.
  t.Feed("men", {R"({"_id":"b"})", R"({"_id":"d"})"}, /*populated=*/false);
  EXPECT_EQ(t.Run("u").kind, RunKind::kFull);
  EXPECT_EQ(Ids(t), "men:a men:b men:d women:c");
  Ok(t.store().SetPopulated(t.store().FindDataset("men")->number, true));
  EXPECT_EQ(t.Run("u").kind, RunKind::kFull);
  EXPECT_EQ(Ids(t), "men:b men:d women:c");
  EXPECT_EQ(t.Run("u").kind, RunKind::kIncremental);
  Ok(t.store().TruncateDataset("women"));
  Ok(t.store().SetPopulated(t.store().FindDataset("women")->number, true));
  EXPECT_EQ(t.Run("u").kind, RunKind::kFull);
  EXPECT_EQ(Ids(t), "men:b men:d");
}

TEST(UnionSourceTest, AnAddedDatasetIsReadBesideTheOthersOffsets) {
  TestHub t;
  t.MustPut(WithDatasets(R"(["men"])"));
  t.Feed("men", {R"({"_id":"a"})", R"({"_id":"b"})"});
  t.Feed("women", {R"({"_id":"c"})"});
  t.Run("u");
  t.MustPutOne(WithDatasets(R"(["women", "men", "later"])"));
  const RunReport report = t.Run("u");
  EXPECT_EQ(report.kind, RunKind::kIncremental);
  EXPECT_EQ(report.counts.read, 1u);
  EXPECT_EQ(Ids(t), "men:a men:b women:c");
  t.Feed("later", {R"({"_id":"d"})"});
  const RunReport later = t.Run("u");
  EXPECT_EQ(later.kind, RunKind::kIncremental);
  EXPECT_EQ(later.counts.read, 1u);
  EXPECT_EQ(Ids(t), "later:d men:a men:b women:c");
}

TEST(UnionSourceTest, WhatCameFromADatasetThatIsNoLongerListedGoes) {
  TestHub t;
  t.MustPut(kUnion);
  t.Feed("men", {R"({"_id":"a"})"});
  t.Feed("women", {R"({"_id":"c"})"});
  t.Run("u");
  t.MustPutOne(WithDatasets(R"(["women"])"));
  EXPECT_EQ(t.Run("u").kind, RunKind::kFull);
  EXPECT_EQ(Ids(t), "women:c");
  EXPECT_EQ(t.Run("u").kind, RunKind::kIncremental);
}

TEST(UnionSourceTest, AnotherTypeOfSourceBeginsAnew) {
  TestHub t;
  t.MustPut(R"([{"_id": "u", "type": "pipe", "source": {"type": "dataset", "dataset": "men"}}])");
  t.Feed("men", {R"({"_id":"a"})"});
  t.Run("u");
  t.MustPutOne(WithDatasets(R"(["men"])"));
  EXPECT_EQ(t.Run("u").kind, RunKind::kFull);
  EXPECT_EQ(Ids(t), "men:a");
  t.MustPutOne(R"({"_id": "u", "type": "pipe", "source": {"type": "dataset", "dataset": "men"}})");
  EXPECT_EQ(t.Run("u").kind, RunKind::kFull);
  EXPECT_EQ(Ids(t), "a");
}

TEST(UnionSourceTest, ItIsPopulatedOnceItsDatasetsAre) {
  TestHub t;
  t.MustPut(WithDatasets(R"(["men", "women", "nowhere"])", R"(, "require_populated_input": true)"));
  t.Run("u");
  EXPECT_EQ(t.Dataset("u"), "none") << "None of the datasets is there.";
  t.Feed("men", {R"({"_id":"a"})"});
  t.Feed("women", {R"({"_id":"c"})"}, /*populated=*/false);
  t.Run("u");
  EXPECT_EQ(t.Dataset("u"), "none");
  t.MustPutOne(WithDatasets(R"(["men", "women", "nowhere"])",
                            R"(, "require_populated_input": true, "initial_datasets": ["men"])"));
  t.Run("u");
  EXPECT_EQ(Ids(t), "men:a women:c");
  EXPECT_TRUE(t.store().FindDataset("u")->populated);
}

TEST(UnionSourceTest, ADatasetThatIsNotThereCountsAsItsOptionAndThePipesSay) {
  TestHub t;
  t.MustPut(WithDatasets(R"(["men", "women"])"));
  t.Feed("men", {R"({"_id":"a"})"});
  t.Run("u");
  EXPECT_TRUE(t.store().FindDataset("u")->populated);
  Ok(t.hub->DeleteDataset("u"));
  t.MustPutOne(WithDatasets(R"(["men", "women"])", R"(, "ignore_non_existent_datasets": false)"));
  t.Run("u");
  EXPECT_EQ(Ids(t), "men:a");
  EXPECT_FALSE(t.store().FindDataset("u")->populated);
  // A pipe is going to make it.
  Ok(t.hub->DeleteDataset("u"));
  t.MustPut(fmt::format(R"([{}, {{"_id": "women", "type": "pipe",
      "source": {{"type": "embedded", "entities": [{{"_id": "c"}}]}}}}])",
                        WithDatasets(R"(["men", "women"])")));
  t.Run("u");
  EXPECT_FALSE(t.store().FindDataset("u")->populated);
  t.Run("women");
  t.Run("u");
  EXPECT_TRUE(t.store().FindDataset("u")->populated);
  EXPECT_EQ(Ids(t), "men:a women:c");
}

TEST(UnionSourceTest, AFullRunTakesAwayWhatNoDatasetHas) {
  TestHub t;
  t.MustPut(kUnion);
  t.Feed("men", {R"({"_id":"a"})"});
  t.Feed("women", {R"({"_id":"c"})"});
  t.Run("u");
  t.Feed("u", {R"({"_id":"men:stray"})"});
  EXPECT_EQ(t.Run("u").kind, RunKind::kIncremental);
  EXPECT_EQ(Ids(t), "men:a men:stray women:c");
  EXPECT_EQ(t.Run("u", RunKind::kFull).counts.deleted, 1u);
  EXPECT_EQ(Ids(t), "men:a women:c");
}

TEST(UnionSourceTest, AnEmptySourceFailsWhereItSaysSo) {
  TestHub t;
  t.MustPut(WithDatasets(R"(["men", "women"])", R"(, "if_source_empty": "fail")"));
  t.Feed("men", {});
  EXPECT_EQ(t.TryRun("u").outcome, RunOutcome::kFailed);
}

TEST(UnionSourceTest, EachDatasetSignals) {
  TestHub t({.automatic = true});
  t.MustPut(kUnion);
  t.Feed("men", {R"({"_id":"a"})"});
  Ok(t.hub->WaitIdle(Stop()));
  EXPECT_EQ(Ids(t), "men:a");
  t.Feed("women", {R"({"_id":"c"})"});
  Ok(t.hub->WaitIdle(Stop()));
  EXPECT_EQ(Ids(t), "men:a women:c");
  EXPECT_EQ(t.hub->ReadersOf("women"), std::vector<std::string>{"u"});
}

TEST(UnionSourceTest, QueuesAndOffsetsAreToldForEachDataset) {
  TestHub t;
  t.MustPut(kUnion);
  t.Feed("men", {R"({"_id":"a"})"});
  t.Feed("women", {R"({"_id":"c"})"});
  t.Run("u");
  t.Feed("women", {R"({"_id":"d"})", R"({"_id":"e"})"});
  // Any operation tells the queues; this one changes nothing.
  const auto queues = Ok(t.hub->Operate("u", PumpOperation::kEnable)).queues;
  ASSERT_EQ(queues.size(), 2u);
  EXPECT_EQ(queues[0].entities, 0u);
  EXPECT_EQ(queues[1].entities, 2u);
  Ok(t.hub->Operate("u", PumpOperation::kSetLastSeenToEnd));
  const RunReport report = t.Run("u");
  EXPECT_EQ(report.kind, RunKind::kIncremental);
  EXPECT_EQ(report.counts.read, 0u);
}

struct Seen {
  std::vector<std::string> ids;
  std::vector<std::string> updated;
};

Result<Seen> Preview(TestHub& t, std::string since) {
  Seen seen;
  SLUICE_TRY(t.hub->Preview(
      "u", {.stage = Stage::kSource, .since = std::move(since)},
      [&](const Entity& entity) -> Result<bool> {
        seen.ids.emplace_back(entity.id());
        seen.updated.emplace_back(entity.updated.AsString().value_or("no text"));
        return true;
      },
      Stop()));
  return seen;
}

TEST(UnionSourceTest, UpdatedIsASinceValueThatGoesOnBehindItsEntity) {
  TestHub t;
  t.MustPut(kUnion);
  std::vector<std::string> men;
  for (int i = 0; i < 40; ++i) men.push_back(fmt::format(R"({{"_id":"{}"}})", i));
  t.Feed("men", men);
  t.Feed("women", {R"({"_id":"c"})", R"({"_id":"d"})"});
  const Seen all = Ok(Preview(t, ""));
  ASSERT_EQ(all.ids.size(), 42u);
  EXPECT_TRUE(std::ranges::is_sorted(all.updated));
  for (size_t i = 0; i < all.ids.size(); ++i) {
    const Seen rest = Ok(Preview(t, all.updated[i]));
    ASSERT_EQ(rest.ids, std::vector<std::string>(all.ids.begin() + static_cast<ptrdiff_t>(i) + 1,
                                                 all.ids.end()));
  }
  t.Feed("men", {R"({"_id":"0","v":1})"});
  const Seen more = Ok(Preview(t, all.updated.back()));
  EXPECT_EQ(more.ids, std::vector<std::string>{"men:0"});
  EXPECT_GT(more.updated.front(), all.updated.back());
  Ok(t.hub->Operate("u", PumpOperation::kUpdateLastSeen, "7"));
  EXPECT_EQ(t.TryRun("u").outcome, RunOutcome::kFailed);
  EXPECT_EQ(Preview(t, "7").error().code, Code::kBadRequest);
  EXPECT_EQ(Preview(t, "u.1-2").error().code, Code::kBadRequest);
}

TEST(DatasetPositionsTest, TextsAreReadBackAndSortLikeOffsets) {
  const auto text = [](storage::Offset next) {
    DatasetPositions positions;
    positions.Add({.incarnation = "1f-00ab00cd", .next = next});
    positions.Add({.incarnation = "20-00000001", .next = 0});
    return positions.Text();
  };
  EXPECT_EQ(text(1'000'000), "u.1f-00ab00cd-ef4240.20-00000001-a0");
  std::string before;
  constexpr storage::Offset kOffsets[] = {
      0, 1, 9, 10, 15, 16, 255, 256, storage::Offset{1} << 40, UINT64_MAX - 1, UINT64_MAX};
  for (const storage::Offset next : kOffsets) {
    const std::string now = text(next);
    EXPECT_LT(before, now);
    before = now;
    const auto parsed = Ok(DatasetPositions::Parse(Value::String(now)));
    EXPECT_EQ(parsed.NextIn("1f-00ab00cd"), next);
    EXPECT_EQ(parsed.NextIn("20-00000001"), 0u);
    EXPECT_EQ(parsed.NextIn("21-00000001"), 0u);
    EXPECT_EQ(parsed.Text(), now);
  }
  for (const char* wrong : {"", "v", "u1", "u.", "u..", "u.1-2", "u.1-2-", "u.1-2-a", "u.1-2-b1",
                            "u.1-2-a11", "u.x-2-a1", "u.1--a1", "u.1-2-q00000000000000000"}) {
    EXPECT_FALSE(DatasetPositions::Parse(Value::String(wrong)).ok()) << wrong;
  }
  EXPECT_FALSE(DatasetPositions::Parse(Value::Integer(7)).ok());
}

// Random histories of three datasets and of the list end where the datasets stand.
class UnionScenario {
 public:
  explicit UnionScenario(uint64_t seed) : random_(seed) {}

  void Run(int steps) {
    Configure({"a", "b", "c"});
    for (int step = 0; step < steps; ++step) Step();
    for (const char* name : {"a", "b", "c"}) Feed(name, /*populated=*/true);
    hub_.Run("u");
    std::set<std::string> expected;
    for (const std::string& dataset : listed_) {
      for (const auto& [id, text] : held_[dataset]) {
        expected.insert(fmt::format(R"({{"_id":"{}:{}","v":{}}})", dataset, id, text));
      }
    }
    std::string all;
    for (const std::string& text : expected) all += (all.empty() ? "" : " ") + text;
    EXPECT_EQ(hub_.Dataset("u"), all);
    EXPECT_EQ(hub_.Run("u").kind, RunKind::kIncremental);
  }

 private:
  void Configure(std::vector<std::string> datasets) {
    listed_ = std::move(datasets);
    std::string list;
    for (const auto& name : listed_) list += (list.empty() ? "\"" : ",\"") + name + '"';
    hub_.MustPutOne(WithDatasets("[" + list + "]"));
  }

  std::string Any() { return std::string(1, static_cast<char>('a' + random_.Below(3))); }

  void Feed(const std::string& dataset, bool populated) {
    std::vector<std::string> entities;
    for (uint64_t i = random_.Below(9) + 1; i > 0; --i) {
      const std::string id = fmt::format("e{}", random_.Below(12));
      if (random_.Below(4) == 0) {
        entities.push_back(fmt::format(R"({{"_id":"{}","_deleted":true}})", id));
        held_[dataset].erase(id);
        continue;
      }
      const uint64_t v = random_.Below(9);
      entities.push_back(fmt::format(R"({{"_id":"{}","v":{}}})", id, v));
      held_[dataset][id] = v;
    }
    hub_.Feed(dataset, entities, populated);
  }

  void Step() {
    const std::string dataset = Any();
    switch (random_.Below(10)) {
      case 0:
        held_.erase(dataset);
        if (hub_.store().FindDataset(dataset)) Ok(hub_.store().DeleteDataset(dataset));
        break;
      case 1:
        held_.erase(dataset);
        if (hub_.store().FindDataset(dataset)) Ok(hub_.store().TruncateDataset(dataset));
        break;
      case 2: {
        std::vector<std::string> datasets;
        for (const char* name : {"c", "a", "b"}) {
          if (random_.Below(3) != 0) datasets.emplace_back(name);
        }
        if (datasets.empty()) datasets.push_back(dataset);
        if (random_.Below(2) == 0) std::ranges::reverse(datasets);
        Configure(std::move(datasets));
        break;
      }
      case 3:
        hub_.Reopen();
        break;
      case 4:
      case 5:
      case 6:
        Feed(dataset, random_.Below(2) == 0);
        break;
      default:
        hub_.Run("u");
    }
  }

  SeededRandom random_;
  TestHub hub_;
  std::vector<std::string> listed_;
  std::map<std::string, std::map<std::string, uint64_t>> held_;
};

TEST(UnionSourceTest, RandomHistoriesEndWhereTheDatasetsStand) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    UnionScenario(seed).Run(60);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::pipe::testing
