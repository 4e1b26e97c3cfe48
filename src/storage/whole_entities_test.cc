// What both stores promise: "$retract", and deletions that are old.

#include <gmock/gmock.h>

#include "storage/verify.h"
#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// {"$retract": true, "_id": id, "v": v}
TestEntity Retracting(const std::string& id, int64_t v, bool deleted = false) {
  std::vector<Property> properties = {{"$retract", Value::Boolean(true)}};
  if (deleted) properties.push_back({"_deleted", Value::Boolean(true)});
  properties.push_back({"_id", Value::String(id)});
  properties.push_back({"v", Value::Integer(v)});
  TestEntity entity{.id = id, .record = {}, .hash = {}, .deleted = deleted};
  EncodeForDataset(Value::Dict(properties), entity.record);
  entity.hash = IdentityHashOfRecord(entity.record);
  return entity;
}

class WholeEntitiesContract : public StoreContract {
 protected:
  Strings History(DatasetNumber dataset) { return store.Read(dataset, {.history = true}); }
  // What a folder says of itself; a store in memory has none.
  void ExpectSound() {
    if (store.kind() == StoreKind::kMemory) return;
    store.Close();
    Strings differences;
    Ok(VerifyFolder(
        store.folder(), store.options(),
        {.find_extractor = [](auto, const auto&) { return std::make_shared<TagExtractor>(); },
         .on_difference = [&](auto, const auto& text) { differences.push_back(text); },
         .on_progress = {}},
        Stop()));
    EXPECT_THAT(differences, IsEmpty());
    store.Open();
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, WholeEntitiesContract,
                         ::testing::Values(StoreKind::kMemory, StoreKind::kRocks), StoreName);

TEST_P(WholeEntitiesContract, RetractRemovesAllEarlierVersions) {
  const auto d = store.Create("d", {.keep_versions = 5, .retract = true});
  Ok(store->SetPopulated(d, true));
  for (int v = 0; v < 4; ++v) store.Write(d, {Make("a", v), Make("b", v)});
  store.Write(d, {Retracting("a", 4)});
  EXPECT_THAT(History(d), ElementsAre("1 b=0", "3 b=1", "5 b=2", "7 b=3", "8 a=4"));
  EXPECT_EQ(store.Info().versions, 5u);
  EXPECT_EQ(store.Info().live, 2u);
  // Later versions are kept as ever, and it can be done again.
  store.Write(d, {Make("a", 5)});
  store.Write(d, {Retracting("a", 6, true)});
  EXPECT_THAT(History(d), ElementsAre("1 b=0", "3 b=1", "5 b=2", "7 b=3", "10 a=x"));
  EXPECT_EQ(store.Info().deleted, 1u);
  ExpectSound();
}

TEST_P(WholeEntitiesContract, RetractInOneCommitWithWhatItRetracts) {
  const auto d = store.Create("d", {.keep_versions = 0, .retract = true});
  store.Write(d, {Make("a", 1), Retracting("a", 2), Make("a", 3), Make("b", 1)});
  EXPECT_THAT(History(d), ElementsAre("1 a=2", "2 a=3", "3 b=1"));
  ExpectSound();
}

TEST_P(WholeEntitiesContract, RetractMeansNothingUnlessItIsSwitchedOn) {
  const auto d = store.Create("d", {.keep_versions = 5});
  store.Write(d, {Make("a", 1)});
  store.Write(d, {Retracting("a", 2)});
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), ElementsAre("0 a=1", "1 a=2"));
}

TEST_P(WholeEntitiesContract, RetractWaitsForHolds) {
  const auto d = store.Create("d", {.keep_versions = 5, .retract = true});
  Ok(store->SetPopulated(d, true));
  for (int v = 0; v < 3; ++v) store.Write(d, {Make("a", v)});
  store->SetHold(d, "pipe", 1);
  store.Write(d, {Retracting("a", 3)});
  Ok(store->Compact(Stop()));
  EXPECT_EQ(History(d).size(), 4u);
  store->SetHold(d, "pipe", 4);
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), ElementsAre("3 a=3"));
  ExpectSound();
}

TEST_P(WholeEntitiesContract, OldDeletionsGoWithAllTheirVersions) {
  const auto d = store.Create("d", {.keep_versions = 5, .ttl_deletes_us = 100});
  const auto index =
      Ok(store->CreateIndex(d, {.expression = "_.tags"}, std::make_shared<TagExtractor>()));
  Ok(store->SetPopulated(d, true));
  store.Write(d, {Make("a", 1, {"x"}), Make("b", 1, {"x"}), Make("c", 1, {"x"})});
  store.Write(d, {Deleted("a"), Make("b", 2, {"x"})});
  store.clock().now_us += 60;
  store.Write(d, {Deleted("c")});
  Ok(store->Compact(Stop()));
  EXPECT_EQ(store.Info().deleted, 2u);
  store.clock().now_us += 60;
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), ElementsAre("1 b=1", "2 c=1", "4 b=2", "5 c=x"));
  EXPECT_EQ(store.Info().deleted, 1u);
  EXPECT_EQ(store.Info().versions, 4u);
  EXPECT_THAT(store.Find(index.number, "x"), ElementsAre("b"));
  // What comes back is new, under an offset of its own.
  EXPECT_EQ(store.Write(d, {Make("a", 1, {"x"})}).next_offset, 7u);
  store.Write(d, {Make("c", 5)});
  store.clock().now_us += 1'000;
  Ok(store->Compact(Stop()));
  EXPECT_EQ(store.Info().deleted, 0u);
  EXPECT_EQ(store.Info().live, 3u);
  if (store.kind() == StoreKind::kMemory) return;
  ExpectSound();
}

TEST_P(WholeEntitiesContract, OldDeletionsWaitForHolds) {
  const auto d = store.Create("d", {.ttl_deletes_us = 100});
  Ok(store->SetPopulated(d, true));
  store.Write(d, {Make("a", 1)});
  store.Write(d, {Deleted("a")});
  store->SetHold(d, "pipe", 1);
  store.clock().now_us += 1'000;
  Ok(store->Compact(Stop()));
  EXPECT_EQ(store.Info().deleted, 1u);
  store->SetHold(d, "pipe", 2);
  Ok(store->Compact(Stop()));
  EXPECT_THAT(History(d), IsEmpty());
  ExpectSound();
}

TEST_P(WholeEntitiesContract, OptionsSurviveAReopening) {
  store.Create("d", {.ttl_deletes_us = 100, .retract = true});
  store.Reopen();
  EXPECT_EQ(store.Info().options.ttl_deletes_us, 100);
  EXPECT_TRUE(store.Info().options.retract);
}

TEST_P(WholeEntitiesContract, UnseenIsCountedBeforeItIsDeleted) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1), Make("b", 1), Make("c", 1), Deleted("z")});
  const auto run = Ok(store->BeginFullRun(d));
  EXPECT_EQ(Ok(store->CountUnseen(d, run)), 3u);
  store.Write(d, {Make("a", 1)}, run);
  store.Write(d, {Make("b", 2)}, run);
  store.Write(d, {Make("new", 1)});
  EXPECT_EQ(Ok(store->CountUnseen(d, run)), 1u);
  EXPECT_EQ(Ok(store->FinishFullRun(d, run, {}, Stop())).deleted, 1u);
  EXPECT_EQ(CodeOf(store->CountUnseen(d, run)), Code::kConflict);
}

}  // namespace
}  // namespace sluice::storage::testing
