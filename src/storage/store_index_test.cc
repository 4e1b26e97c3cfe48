// What both stores promise: indexes.

#include <gmock/gmock.h>

#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class IndexContract : public StoreContract {
 protected:
  IndexInfo Create(DatasetNumber dataset, uint32_t meaning_version = 1) {
    return Ok(store->CreateIndex(dataset,
                                 {.expression = "_.tags", .meaning_version = meaning_version},
                                 std::make_shared<TagExtractor>()));
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, IndexContract,
                         ::testing::Values(StoreKind::kMemory, StoreKind::kRocks), StoreName);

TEST_P(IndexContract, FollowsCommits) {
  const auto d = store.Create();
  const auto index = Create(d);
  EXPECT_TRUE(index.ready);
  store.Write(d, {Make("b", 1, {"x", "y"}), Make("a", 1, {"x", "x"}), Make("c", 1)});
  EXPECT_THAT(store.Find(index.number, "x"), ElementsAre("a", "b"));
  store.Write(d, {Make("b", 1, {"y", "z"})});
  EXPECT_THAT(store.Find(index.number, "x"), ElementsAre("a"));
  EXPECT_THAT(store.Find(index.number, "z"), ElementsAre("b"));
  store.Write(d, {Deleted("b"), Make("c", 2, {"z"}), Make("a", 3, {"q"}), Make("a", 4, {"w"})});
  EXPECT_THAT(store.Find(index.number, "y"), IsEmpty());
  EXPECT_THAT(store.Find(index.number, "z"), ElementsAre("c"));
  EXPECT_THAT(store.Find(index.number, "q"), IsEmpty());
  EXPECT_THAT(store.Find(index.number, "w"), ElementsAre("a"));
  EXPECT_EQ(store->ListIndexes(d)[0].entries, 2u);
  store.Write(d, {Make("b", 5, {"y"})});
  EXPECT_THAT(store.Find(index.number, "y"), ElementsAre("b"));
}

TEST_P(IndexContract, FindsManyKeysAndCounts) {
  const auto d = store.Create();
  const auto index = Create(d);
  const std::string long_id(300, 'i');
  store.Write(d, {Make("a", 1, {"x", "y"}), Make(long_id, 1, {"x"}), Make("z", 1, {"x"})});
  Arena arena;
  const auto x = KeyOf("x"), none = KeyOf("none"), y = KeyOf("y");
  const std::vector<std::string_view> keys = {y, none, x};
  const auto snapshot = store->TakeSnapshot();
  const auto found = Ok(snapshot->FindIds(index.number, keys, SIZE_MAX, arena));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_THAT(found[0], ElementsAre("a"));
  EXPECT_THAT(found[1], IsEmpty());
  EXPECT_THAT(found[2], ElementsAre("a", long_id, "z"));
  EXPECT_EQ(Ok(snapshot->CountIds(index.number, x, 10)), 3u);
  EXPECT_EQ(Ok(snapshot->CountIds(index.number, x, 2)), 2u);
  EXPECT_EQ(Ok(snapshot->CountIds(index.number, none, 2)), 0u);
  store.Write(d, {Deleted(long_id)});
  EXPECT_THAT(store.Find(index.number, "x"), ElementsAre("a", "z"));
}

TEST_P(IndexContract, BackFillsInChunks) {
  const auto d = store.Create();
  std::vector<TestEntity> entities;
  for (int i = 0; i < 5'000; ++i)
    entities.push_back(Make("k" + std::to_string(i), i, {"t" + std::to_string(i % 10)}));
  store.Write(d, entities);
  store.Write(d, {Make("k7", 8, {"new"}), Deleted("k17")});
  const auto index = Create(d);
  EXPECT_FALSE(index.ready);
  Arena arena;
  const auto key = KeyOf("new");
  const std::string_view view = key;
  EXPECT_EQ(CodeOf(store->TakeSnapshot()->FindIds(index.number, {&view, 1}, SIZE_MAX, arena)),
            Code::kUnavailable);
  // Changes before, between and after what the back-fill reads.
  store.Write(d, {Make("k8", 8, {"new"}), Make("k27", 8, {"t7"}), Make("fresh", 1, {"new"})});
  Ok(store->BuildIndex(index.number, Stop()));
  Ok(store->BuildIndex(index.number, Stop()));
  EXPECT_TRUE(store->ListIndexes(d)[0].ready);
  EXPECT_THAT(store.Find(index.number, "new"), ElementsAre("fresh", "k7", "k8"));
  EXPECT_EQ(store.Find(index.number, "t7").size(), 498u);
  EXPECT_EQ(store.Find(index.number, "t8").size(), 499u);
  EXPECT_EQ(store->ListIndexes(d)[0].entries, 5'000u);
  EXPECT_EQ(CodeOf(store->BuildIndex(9'999, Stop())), Code::kNotFound);
}

TEST_P(IndexContract, WaitsForItsExtractorAfterARestart) {
  const auto d = store.Create();
  const auto index = Create(d);
  store.Write(d, {Make("a", 1, {"x"})});
  store.Reopen();
  if (store.kind() == StoreKind::kRocks) {
    EXPECT_EQ(CodeOf(store.TryWrite(d, {Make("b", 1, {"x"})})), Code::kUnavailable);
    EXPECT_EQ(store.Info().live, 1u);
  }
  const auto again = Create(d);
  EXPECT_EQ(again.number, index.number);
  EXPECT_TRUE(again.ready);
  store.Write(d, {Make("b", 1, {"x"})});
  EXPECT_THAT(store.Find(index.number, "x"), ElementsAre("a", "b"));
}

TEST_P(IndexContract, ANewMeaningRebuilds) {
  const auto d = store.Create();
  const auto old = Create(d, 1);
  store.Write(d, {Make("a", 1, {"x"})});
  store.Reopen();
  const auto rebuilt = Create(d, 2);
  EXPECT_NE(rebuilt.number, old.number);
  EXPECT_FALSE(rebuilt.ready);
  EXPECT_EQ(store->ListIndexes(d).size(), 1u);
  Ok(store->BuildIndex(rebuilt.number, Stop()));
  EXPECT_THAT(store.Find(rebuilt.number, "x"), ElementsAre("a"));
  Arena arena;
  EXPECT_EQ(CodeOf(store->TakeSnapshot()->CountIds(old.number, KeyOf("x"), 1)), Code::kNotFound);
}

TEST_P(IndexContract, DroppingLetsAppendsGoOn) {
  const auto d = store.Create();
  const auto index = Create(d);
  store.Write(d, {Make("a", 1, {"x"})});
  store.Reopen();
  Ok(store->DropIndex(index.number));
  EXPECT_EQ(CodeOf(store->DropIndex(index.number)), Code::kNotFound);
  EXPECT_TRUE(store->ListIndexes(std::nullopt).empty());
  store.Write(d, {Make("b", 1, {"x"})});
  const auto again = Create(d);
  Ok(store->BuildIndex(again.number, Stop()));
  EXPECT_THAT(store.Find(again.number, "x"), ElementsAre("a", "b"));
  Ok(store->DeleteDataset("d"));
  EXPECT_TRUE(store->ListIndexes(std::nullopt).empty());
  EXPECT_EQ(CodeOf(store->CreateIndex(d, {.expression = "e"}, std::make_shared<TagExtractor>())),
            Code::kConflict);
}

}  // namespace
}  // namespace sluice::storage::testing
