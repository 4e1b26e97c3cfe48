// What both stores promise: datasets, appends, reading.

#include <gmock/gmock.h>

#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         ::testing::Values(StoreKind::kMemory, StoreKind::kRocks), StoreName);

TEST_P(StoreContract, MakesDatasetsOnceAndChangesTheirOptions) {
  const auto made = Ok(store->CreateDataset("d", {.owner = "pipe"}));
  EXPECT_EQ(made.name, "d");
  EXPECT_NE(made.number, 0u);
  EXPECT_EQ(made.options.owner, "pipe");
  EXPECT_EQ(made.created_us, 1'000'000);
  const auto again = Ok(store->CreateDataset("d", {.keep_versions = 5}));
  EXPECT_EQ(again.number, made.number);
  EXPECT_EQ(again.uuid, made.uuid);
  EXPECT_EQ(again.options.keep_versions, 5u);
  store.Create("a");
  store.Reopen();
  ASSERT_EQ(store->ListDatasets().size(), 2u);
  EXPECT_EQ(store->ListDatasets()[0].name, "a");
  EXPECT_EQ(store.Info().options.keep_versions, 5u);
  EXPECT_EQ(store.Info().uuid, made.uuid);
  EXPECT_FALSE(store->FindDataset("none").has_value());
  EXPECT_FALSE(Ok(store->TakeSnapshot()->FindDataset("none")).has_value());
  EXPECT_EQ(Ok(store->TakeSnapshot()->FindDataset("d"))->number, made.number);
}

TEST_P(StoreContract, RefusesBadNames) {
  EXPECT_EQ(CodeOf(store->CreateDataset("", {})), Code::kBadRequest);
  EXPECT_EQ(CodeOf(store->CreateDataset(std::string(1025, 'x'), {})), Code::kBadRequest);
  EXPECT_EQ(CodeOf(store->CreateDataset("\xFF", {})), Code::kBadRequest);
  Ok(store->CreateDataset(std::string(1024, 'x'), {}));
}

TEST_P(StoreContract, AppendsOnlyWhatChanged) {
  const auto d = store.Create();
  auto receipt = store.Write(d, {Make("a", 1), Make("b", 1)});
  EXPECT_EQ(receipt.appended, 2u);
  EXPECT_EQ(receipt.next_offset, 2u);
  receipt = store.Write(d, {Make("a", 1), Make("b", 2)});
  EXPECT_EQ(receipt.appended, 1u);
  EXPECT_EQ(receipt.unchanged, 1u);
  EXPECT_EQ(receipt.next_offset, 3u);
  EXPECT_THAT(store.Read(d), ElementsAre("0 a=1", "2 b=2"));
  EXPECT_THAT(store.Read(d, {.history = true}), ElementsAre("0 a=1", "1 b=1", "2 b=2"));
  EXPECT_EQ(store.Info().live, 2u);
  EXPECT_EQ(store.Info().versions, 3u);
  auto forced = Make("a", 1);
  forced.force = true;
  EXPECT_EQ(store.Write(d, {forced}).appended, 1u);
  EXPECT_THAT(store.Read(d), ElementsAre("2 b=2", "3 a=1"));
}

TEST_P(StoreContract, UnchangedCommitWritesNothing) {
  const auto d = store.Create();
  const auto first = store.Write(d, {Make("a", 1)});
  const auto second = store.Write(d, {Make("a", 1)});
  // It waits for what it was found equal to.
  EXPECT_EQ(second.sequence, first.sequence);
  EXPECT_EQ(store->last_sequence(), first.sequence);
}

TEST_P(StoreContract, VersionsKnowTheirMetadata) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1)});
  store.clock().now_us = 2'000'000;
  store.Write(d, {Make("a", 2)});
  store.Reopen();
  Arena arena;
  const auto history = Ok(store->TakeSnapshot()->History(d, "a", 10, arena));
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0]->updated.AsInteger(), 1);
  EXPECT_EQ(history[0]->previous.AsInteger(), 0);
  EXPECT_EQ(history[0]->ts_us, 2'000'000);
  EXPECT_EQ(history[0]->hash, Make("a", 2).hash);
  EXPECT_TRUE(history[0]->stored);
  EXPECT_TRUE(history[1]->previous.IsNull());
  EXPECT_EQ(history[1]->ts_us, 1'000'000);
  EXPECT_EQ(store.Info().updated_us, 2'000'000);
}

TEST_P(StoreContract, OneIdSeveralTimesInACommit) {
  const auto d = store.Create();
  const auto receipt =
      store.Write(d, {Make("a", 1), Make("b", 1), Make("a", 2), Make("a", 2), Make("a", 1)});
  EXPECT_EQ(receipt.appended, 4u);
  EXPECT_EQ(receipt.unchanged, 1u);
  EXPECT_THAT(store.Read(d), ElementsAre("1 b=1", "3 a=1"));
  EXPECT_THAT(store.Read(d, {.history = true}), ElementsAre("0 a=1", "1 b=1", "2 a=2", "3 a=1"));
  Arena arena;
  const auto history = Ok(store->TakeSnapshot()->History(d, "a", 10, arena));
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0]->previous.AsInteger(), 2);
  EXPECT_EQ(store.Info().live, 2u);
}

TEST_P(StoreContract, DeletedEntities) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1), Make("b", 1)});
  EXPECT_EQ(store.Write(d, {Deleted("a")}).deleted, 1u);
  EXPECT_EQ(store.Info().live, 1u);
  EXPECT_EQ(store.Info().deleted, 1u);
  EXPECT_THAT(store.Read(d), ElementsAre("1 b=1", "2 a=x"));
  EXPECT_THAT(store.Read(d, {.deleted = false}), ElementsAre("1 b=1"));
  EXPECT_THAT(store.Read(d, {.history = true, .deleted = false}), ElementsAre("0 a=1", "1 b=1"));
  store.Write(d, {Make("a", 1)});
  EXPECT_EQ(store.Info().live, 2u);
  EXPECT_EQ(store.Info().deleted, 0u);
  EXPECT_THAT(store.Read(d, {.deleted = false}), ElementsAre("1 b=1", "3 a=1"));
}

TEST_P(StoreContract, ReadsRangesInBothDirections) {
  const auto d = store.Create();
  for (int i = 0; i < 10; ++i) store.Write(d, {Make("k" + std::to_string(i % 7), i)});
  // Latest: 3..9.
  EXPECT_THAT(store.Read(d, {.from = 5, .to = 8}), ElementsAre("5 k5=5", "6 k6=6", "7 k0=7"));
  EXPECT_THAT(store.Read(d, {.from = 0, .to = 4}), ElementsAre("3 k3=3"));
  EXPECT_THAT(store.Read(d, {.from = 0, .to = 5, .reverse = true}),
              ElementsAre("4 k4=4", "3 k3=3"));
  EXPECT_THAT(store.Read(d, {.from = 7, .to = 100, .history = true, .reverse = true}),
              ElementsAre("9 k2=9", "8 k1=8", "7 k0=7"));
  EXPECT_THAT(store.Read(d, {.from = 10}), IsEmpty());
  EXPECT_THAT(store.Read(d, {.from = 5, .to = 5}), IsEmpty());
  EXPECT_THAT(store.Read(d, {.from = 8, .to = 2, .reverse = true}), IsEmpty());
}

TEST_P(StoreContract, ReaderTellsItsPosition) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1), Make("b", 1), Make("c", 1)});
  store.Write(d, {Make("c", 2), Make("b", 2)});
  const auto snapshot = store->TakeSnapshot();
  const auto reader = Ok(snapshot->ReadLog(d, {}));
  Arena arena;
  std::vector<Entity> out;
  EXPECT_EQ(reader->position(), 0u);
  Ok(reader->Next(2, arena, out));
  EXPECT_EQ(reader->position(), 4u);
  Ok(reader->Next(2, arena, out));
  EXPECT_EQ(reader->position(), 5u);
  // Superseded versions at the end are passed too.
  const auto part = Ok(snapshot->ReadLog(d, {.to = 3}));
  Ok(part->Next(1, arena, out));
  EXPECT_EQ(part->position(), 1u);
  Ok(part->Next(1, arena, out));
  EXPECT_EQ(part->position(), 3u);
  const auto backwards = Ok(snapshot->ReadLog(d, {.from = 1, .reverse = true}));
  EXPECT_EQ(backwards->position(), 5u);
  Ok(backwards->Next(1, arena, out));
  EXPECT_EQ(backwards->position(), 4u);
  Ok(backwards->Next(9, arena, out));
  EXPECT_EQ(backwards->position(), 1u);
  const auto ahead = Ok(snapshot->ReadLog(d, {.from = 77}));
  Ok(ahead->Next(1, arena, out));
  EXPECT_EQ(ahead->position(), 77u);
}

TEST_P(StoreContract, WritersOwnOffsets) {
  const auto d = store.Create();
  auto a = Make("a", 1), b = Make("b", 1), c = Make("c", 1);
  a.offset = 5;
  b.offset = 70'000;
  c.offset = uint64_t{1} << 40;
  store.Write(d, {a, b, c});
  EXPECT_THAT(store.Read(d), ElementsAre("5 a=1", "70000 b=1", "1099511627776 c=1"));
  EXPECT_THAT(store.Read(d, {.reverse = true}),
              ElementsAre("1099511627776 c=1", "70000 b=1", "5 a=1"));
  EXPECT_EQ(store.Write(d, {Make("e", 1)}).next_offset, (uint64_t{1} << 40) + 2);
  auto used = Make("f", 1);
  used.offset = 6;
  EXPECT_EQ(CodeOf(store.TryWrite(d, {Make("g", 1), used})), Code::kBadData);
  EXPECT_EQ(store.Info().live, 4u);
  Arena arena;
  const std::string_view g = "g";
  EXPECT_EQ(Ok(store->TakeSnapshot()->Get(d, {&g, 1}, arena))[0], nullptr);
  EXPECT_EQ(Ok(store->TakeSnapshot()->CountLive(d, 6)), 3u);
  EXPECT_EQ(Ok(store->TakeSnapshot()->SelectLive(d, 6, 1)), uint64_t{1} << 40);
}

TEST_P(StoreContract, SnapshotsStandStill) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1), Make("b", 1)});
  const auto before = store->TakeSnapshot();
  store.Write(d, {Make("a", 2), Deleted("b"), Make("c", 1)});
  const auto reader = Ok(before->ReadLog(d, {}));
  EXPECT_THAT(TestStore::Drain(*reader), ElementsAre("0 a=1", "1 b=1"));
  EXPECT_EQ(Ok(before->FindDataset(d))->live, 2u);
  EXPECT_EQ(Ok(before->CountLive(d, 1)), 1u);
  Ok(store->DeleteDataset("d"));
  EXPECT_THAT(TestStore::Drain(*Ok(before->ReadLog(d, {}))), ElementsAre("0 a=1", "1 b=1"));
  const auto after = store->TakeSnapshot();
  EXPECT_EQ(CodeOf(after->ReadLog(d, {})), Code::kNotFound);
  EXPECT_LT(before->sequence(), after->sequence());
}

TEST_P(StoreContract, GetsByIdInTheOrderAsked) {
  const auto d = store.Create();
  const std::string long_a(200, 'x'), long_b = std::string(200, 'x') + "b", cut(128, 'x');
  store.Write(d, {Make("b", 1), Make(long_a, 2), Make(long_b, 3), Make(cut, 4), Make("a", 5),
                  Deleted("z")});
  store.Write(d, {Make("a", 6), Make(long_b, 7)});
  store.Reopen();
  Arena arena;
  const std::vector<std::string_view> ids = {"a", "none", long_b, "b", cut, long_a, "a", "z"};
  const auto found = Ok(store->TakeSnapshot()->Get(d, ids, arena));
  Strings texts;
  for (const auto* entity : found) texts.push_back(entity == nullptr ? "-" : Text(*entity));
  EXPECT_THAT(texts, ElementsAre("a=6", "-", long_b + "=7", "b=1", cut + "=4", long_a + "=2", "a=6",
                                 "z=x"));
}

TEST_P(StoreContract, HistoryAndTheVersionBefore) {
  const auto d = store.Create();
  for (int i = 0; i < 4; ++i) store.Write(d, {Make("a", i), Make("b", i)});
  Arena arena;
  const auto snapshot = store->TakeSnapshot();
  Strings texts;
  for (const auto* entity : Ok(snapshot->History(d, "a", 3, arena))) texts.push_back(Text(*entity));
  EXPECT_THAT(texts, ElementsAre("a=3", "a=2", "a=1"));
  EXPECT_EQ(Text(*Ok(snapshot->GetBefore(d, "a", 4, arena))), "a=1");
  EXPECT_EQ(Text(*Ok(snapshot->GetBefore(d, "a", 5, arena))), "a=2");
  EXPECT_EQ(Text(*Ok(snapshot->GetBefore(d, "a", 99, arena))), "a=3");
  EXPECT_EQ(Ok(snapshot->GetBefore(d, "a", 0, arena)), nullptr);
  EXPECT_EQ(Ok(snapshot->GetBefore(d, "none", 9, arena)), nullptr);
  EXPECT_THAT(Ok(snapshot->History(d, "none", 3, arena)), IsEmpty());
}

TEST_P(StoreContract, ReadsInTheOrderOfIds) {
  const auto d = store.Create();
  store.Write(d, {Make("c", 1), Make("a", 1), Make("b", 1), Deleted("d"), Make("ab", 1)});
  store.Write(d, {Make("b", 2)});
  const auto snapshot = store->TakeSnapshot();
  EXPECT_THAT(TestStore::Drain(*Ok(snapshot->ReadById(d, "", true)), 2),
              ElementsAre("1 a=1", "4 ab=1", "5 b=2", "0 c=1", "3 d=x"));
  EXPECT_THAT(TestStore::Drain(*Ok(snapshot->ReadById(d, "a", false)), 2),
              ElementsAre("4 ab=1", "5 b=2", "0 c=1"));
  EXPECT_THAT(TestStore::Drain(*Ok(snapshot->ReadById(d, "aa", false)), 2),
              ElementsAre("4 ab=1", "5 b=2", "0 c=1"));
}

TEST_P(StoreContract, PagesByPosition) {
  const auto d = store.Create();
  std::vector<TestEntity> entities;
  for (int i = 0; i < 300; ++i) {
    entities.push_back(Make("k" + std::to_string(i), i));
    entities.back().offset = 65'400 + static_cast<Offset>(i);  // Over the border of two chunks.
  }
  store.Write(d, entities);
  store.Write(d, {Deleted("k1"), Make("k2", -2)});
  const auto snapshot = store->TakeSnapshot();
  EXPECT_EQ(Ok(snapshot->CountLive(d, 0)), 299u);
  EXPECT_EQ(Ok(snapshot->CountLive(d, 65'400)), 299u);
  EXPECT_EQ(Ok(snapshot->CountLive(d, 65'401)), 298u);
  EXPECT_EQ(Ok(snapshot->CountLive(d, 65'536)), 164u + 1u);
  EXPECT_EQ(Ok(snapshot->CountLive(d, 65'702)), 0u);
  EXPECT_EQ(Ok(snapshot->SelectLive(d, 0, 0)), 65'400u);
  EXPECT_EQ(Ok(snapshot->SelectLive(d, 0, 1)), 65'403u);
  EXPECT_EQ(Ok(snapshot->SelectLive(d, 0, 200)), 65'602u);
  EXPECT_EQ(Ok(snapshot->SelectLive(d, 65'600, 100)), 65'701u);
  EXPECT_EQ(Ok(snapshot->SelectLive(d, 65'600, 101)), 65'702u);
}

TEST_P(StoreContract, EndsABatchOfLargeEntitiesEarly) {
  const auto d = store.Create();
  std::vector<TestEntity> entities;
  for (int i = 0; i < 12; ++i)
    entities.push_back(Make(std::to_string(i), i, {std::string(4 << 20, 'x')}));
  for (const auto& entity : entities) store.Write(d, {entity});
  const auto reader = Ok(store->TakeSnapshot()->ReadLog(d, {}));
  size_t read = 0;
  size_t batches = 0;
  while (true) {
    Arena arena;
    std::vector<Entity> out;
    Ok(reader->Next(100, arena, out));
    if (out.empty()) break;
    EXPECT_LT(arena.bytes(), size_t{32} << 20);
    read += out.size();
    ++batches;
  }
  EXPECT_EQ(read, 12u);
  EXPECT_GT(batches, 2u);
}

}  // namespace
}  // namespace sluice::storage::testing
