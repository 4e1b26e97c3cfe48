// Bulk loads: what they leave is what an ordinary commit leaves, and a crash between any two of
// their steps leaves all of it or nothing.

#include <gtest/gtest.h>

#include <filesystem>

#include "storage/engine_store.h"
#include "storage/rocks_engine.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

std::vector<TestEntity> Numbered(int count, int64_t v) {
  std::vector<TestEntity> entities;
  // Not in the order of their ids.
  for (int i = 0; i < count; ++i) {
    const int scattered = (i * 7) % count;
    entities.push_back(
        Make(fmt::format("e{:04}", scattered), v, {scattered % 2 == 0 ? "even" : "odd"}));
  }
  return entities;
}

size_t FilesIn(const std::string& folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

// What a reader can see of a dataset.
struct Seen {
  std::vector<std::string> log, latest;
  DatasetInfo info;
  uint64_t odd = 0;

  static Seen Of(TestStore& store, DatasetNumber dataset, uint32_t index) {
    Seen seen;
    seen.log = store.Read(dataset, {.to = {}, .history = true});
    seen.latest = store.Read(dataset, {.to = {}, .history = false});
    for (const auto& info : store->ListDatasets()) {
      if (info.number == dataset) seen.info = info;
    }
    seen.odd = Ok(store->TakeSnapshot()->CountIds(index, KeyOf("odd"), 10'000));
    return seen;
  }
};

storage::DatasetInfo InfoOf(TestStore& store, DatasetNumber dataset) {
  for (const auto& info : store->ListDatasets()) {
    if (info.number == dataset) return info;
  }
  return {};
}

class BulkLoad : public ::testing::TestWithParam<std::tuple<StoreKind, uint32_t>> {};

// The same commits, once as bulk loads and once as batches.
TEST_P(BulkLoad, LeavesWhatABatchLeaves) {
  const auto [kind, keep_versions] = GetParam();
  std::vector<Seen> seen;
  for (const size_t bulk_entities_min : {size_t{20'000}, size_t{1}}) {
    TestStore store(kind, bulk_entities_min);
    const auto dataset = store.Create("d", {.keep_versions = keep_versions});
    const auto index =
        Ok(store->CreateIndex(dataset, {.expression = "_.tags"}, std::make_shared<TagExtractor>()))
            .number;
    auto entities = Numbered(300, 1);
    entities.push_back(Make("e0003", 2, {"even"}));  // Twice changed, so one version falls out.
    entities.push_back(Make("e0003", 3, {"even"}));
    entities.push_back(Make("e0004", 1, {"even"}));  // Unchanged.
    entities.push_back(Deleted("e0005"));
    entities.push_back(Make(std::string(200, 'l'), 1, {"odd"}));
    const auto run = Ok(store->BeginFullRun(dataset));
    const auto receipt = store.Write(dataset, entities, run);
    EXPECT_EQ(receipt.appended, 304u);
    EXPECT_EQ(receipt.unchanged, 1u);
    // Part of it again, with a change, in a dataset that is not empty.
    auto again = Numbered(200, 1);
    again[10] = Make(again[10].id, 9, {"odd"});
    store.Write(dataset, again, run);
    Ok(store->FinishFullRun(dataset, run, {.state = {{"offset", "7"}}}, Stop()));
    Ok(store->Compact(Stop()));
    // Populated now: what falls out goes with the commit that makes it so, its own versions too.
    auto changed = Numbered(300, 2);
    for (int version = 3; version < 6; ++version)
      changed.push_back(Make("e0007", version, {"even"}));
    store.Write(dataset, changed);
    store.Write(dataset, Numbered(300, 3));
    EXPECT_EQ(InfoOf(store, dataset).queued, 0u);
    store.Reopen();
    seen.push_back(Seen::Of(store, dataset, index));
    EXPECT_EQ(Ok(store->TakeSnapshot()->GetState("offset")), "7");
    if (kind == StoreKind::kRocks) {
      EXPECT_EQ(FilesIn(store.folder() + "/bulk"), 0u);
    }
  }
  EXPECT_EQ(seen[0].log, seen[1].log);
  EXPECT_EQ(seen[0].latest, seen[1].latest);
  EXPECT_EQ(seen[0].odd, seen[1].odd);
  EXPECT_EQ(seen[0].info.live, seen[1].info.live);
  EXPECT_EQ(seen[0].info.deleted, seen[1].info.deleted);
  EXPECT_EQ(seen[0].info.versions, seen[1].info.versions);
  EXPECT_TRUE(seen[1].info.populated);
}

INSTANTIATE_TEST_SUITE_P(Stores, BulkLoad,
                         ::testing::Combine(::testing::Values(StoreKind::kMemory,
                                                              StoreKind::kRocks),
                                            ::testing::Values(0u, 1u, 2u, 3u)));

TEST(BulkLoadSnapshot, DoesNotSeeALaterLoad) {
  TestStore store(StoreKind::kRocks, 1);
  const auto dataset = store.Create();
  const auto before = store->TakeSnapshot();
  store.Write(dataset, Numbered(50, 1));
  EXPECT_EQ(before->FindDataset(dataset).value()->live, 0u);
  EXPECT_EQ(Ok(before->CountLive(dataset, 0)), 0u);
  EXPECT_EQ(Ok(store->TakeSnapshot()->CountLive(dataset, 0)), 50u);
}

TEST(BulkLoadRefused, WritesNothingAndLeavesNoFiles) {
  TestStore store(StoreKind::kRocks, 1);
  const auto dataset = store.Create();
  store.Write(dataset, {Make("a", 1)});
  auto entities = Numbered(20, 1);
  entities.back().offset = 0;  // Used already.
  EXPECT_EQ(CodeOf(store.TryWrite(dataset, entities)), Code::kBadData);
  EXPECT_EQ(FilesIn(store.folder() + "/bulk"), 0u);
  EXPECT_EQ(store.Read(dataset), std::vector<std::string>{"0 a=1"});
}

class BulkCrash : public ::testing::TestWithParam<BulkStep> {
 protected:
  void Open(BulkHooks hooks) {
    system_ = std::make_shared<FaultFileSystem>(1);
    const StoreOptions options{.clock = &clock_, .random = &random_, .bulk_entities_min = 10};
    store_ = Ok(EngineStore::Open(
        Ok(OpenRocksEngine(folder_.path(), options, system_, std::move(hooks))), options));
  }
  Result<CommitReceipt> Write(DatasetNumber dataset, const std::vector<TestEntity>& entities) {
    const auto appends = Appends(entities);
    return store_->Write({.dataset = dataset, .appends = appends, .state = {{"at", "bulk"}}});
  }
  uint64_t Live(std::string_view name) { return store_->FindDataset(name)->live; }

  TemporaryFolder folder_;
  ManualClock clock_;
  SeededRandom random_{1};
  std::shared_ptr<FaultFileSystem> system_;
  std::unique_ptr<Store> store_;
};

// The power goes right after a step, with an unsynced commit to another dataset before the load.
TEST_P(BulkCrash, LeavesAllOrNothing) {
  const bool all = GetParam() != BulkStep::kFilesWritten;
  bool lost = false;
  Open({.after_step = [&](BulkStep step) {
    if (step != GetParam() || lost) return;
    system_->LosePower();
    lost = true;
  }});
  const auto other = Ok(store_->CreateDataset("other", {})).number;
  const auto dataset = Ok(store_->CreateDataset("d", {})).number;
  Ok(store_->WaitDurable(store_->last_sequence(), Stop()));
  Ok(Write(other, {Make("o", 1)}));
  // A process that loses power is not told.
  Ok(Write(dataset, Numbered(100, 1)));
  EXPECT_TRUE(lost);
  for (int opening = 0; opening < 2; ++opening) {
    store_.reset();
    system_->CutFiles();
    // A process that has lost power marks nothing as synced any more; this one went on.
    std::filesystem::remove(folder_.path() + "/SYNCED");
    Open({});
    EXPECT_EQ(Live("d"), all ? 100u : 0u);
    const auto state = Ok(store_->TakeSnapshot()->GetState("at"));
    if (all) {
      EXPECT_EQ(Live("other"), 1u);
      EXPECT_EQ(state, "bulk");
    }
    EXPECT_EQ(FilesIn(folder_.path() + "/bulk"), 0u);
  }
  // And the next load, which has the same number, is one of its own.
  Ok(Write(dataset, Numbered(100, 2)));
  store_.reset();
  Open({});
  EXPECT_EQ(store_->FindDataset("d")->next_offset, all ? 200u : 100u);
}

INSTANTIATE_TEST_SUITE_P(Steps, BulkCrash,
                         ::testing::Values(BulkStep::kFilesWritten, BulkStep::kIntentSynced,
                                           BulkStep::kIngested, BulkStep::kIntentRemoved));

}  // namespace
}  // namespace sluice::storage::testing
