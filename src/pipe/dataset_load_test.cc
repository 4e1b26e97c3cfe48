// When entities are held for a larger commit, and what becomes of them.

#include "pipe/dataset_load.h"

#include <gtest/gtest.h>

#include "value/json.h"

namespace sluice::pipe {
namespace {

class DatasetLoadTest : public ::testing::Test {
 protected:
  DatasetLoadTest() { options_.dataset = "d"; }

  // `count` entities from `first` on, whose values are `v`.
  static Batch Numbered(int first, int count, int v) {
    Batch batch;
    for (int i = first; i < first + count; ++i) {
      Entity entity;
      JsonParser parser;
      entity.dict =
          parser.Parse(fmt::format(R"({{"_id": "e{}", "v": {}}})", i, v), *batch.arena).value();
      batch.entities.push_back(entity);
    }
    return batch;
  }

  DatasetSink Sink() { return DatasetSink(options_, *store_, SystemClock()); }
  static DatasetLoad::CommitBy By(const DatasetSink& sink, DatasetWrite write = {}) {
    return [&sink, write](std::span<const storage::Append> appends) {
      return sink.Commit(appends, write);
    };
  }
  uint64_t Live() {
    const auto info = store_->FindDataset("d");
    return info ? info->live : 0;
  }

  std::unique_ptr<storage::Store> store_ = storage::MakeMemoryStore({});
  DatasetSinkOptions options_;
};

TEST_F(DatasetLoadTest, HoldsWhatIsNewToAnEmptyDataset) {
  const auto sink = Sink();
  DatasetLoad load(sink);
  for (int batch = 0; batch < 3; ++batch)
    ASSERT_TRUE(load.Add(Numbered(batch * 5'000, 5'000, 1)).ok());
  // More than an ordinary commit holds.
  EXPECT_TRUE(load.bulk());
  EXPECT_EQ(Live(), 0u);
  const auto counts = load.Commit(By(sink));
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->written, 15'000u);
  EXPECT_EQ(Live(), 15'000u);
  EXPECT_EQ(load.entities(), 0u);
}

TEST_F(DatasetLoadTest, CommitsSoonerOnceLittleChanges) {
  const auto sink = Sink();
  DatasetLoad load(sink);
  ASSERT_TRUE(load.Add(Numbered(0, 100, 1)).ok());
  ASSERT_TRUE(load.Commit(By(sink)).ok());
  EXPECT_TRUE(load.bulk());
  ASSERT_TRUE(load.Add(Numbered(0, 100, 2)).ok());
  ASSERT_TRUE(load.Commit(By(sink)).ok());
  EXPECT_TRUE(load.bulk());
  ASSERT_TRUE(load.Add(Numbered(0, 100, 2)).ok());
  ASSERT_TRUE(load.Commit(By(sink)).ok());
  EXPECT_FALSE(load.bulk());
  ASSERT_TRUE(load.Add(Numbered(0, 10'000, 3)).ok());
  EXPECT_TRUE(load.Full());
}

TEST_F(DatasetLoadTest, FewLoadsHoldMuchAtATime) {
  const auto sink = Sink();
  std::deque<DatasetLoad> loads;
  int bulk = 0;
  for (int i = 0; i < 5; ++i) {
    loads.emplace_back(sink);
    ASSERT_TRUE(loads.back().Add(Numbered(0, 1, i)).ok());
    bulk += loads.back().bulk() ? 1 : 0;
  }
  EXPECT_EQ(bulk, 2);
  loads.clear();
  DatasetLoad another(sink);
  ASSERT_TRUE(another.Add(Numbered(0, 1, 1)).ok());
  EXPECT_TRUE(another.bulk());
}

TEST_F(DatasetLoadTest, ARefusedBatchLeavesWhatWasHeld) {
  options_.max_entity_bytes_size = 100;
  const auto sink = Sink();
  DatasetLoad load(sink);
  ASSERT_TRUE(load.Add(Numbered(0, 10, 1)).ok());
  auto large = Numbered(10, 2, 1);
  JsonParser parser;
  large.entities[1].dict =
      parser
          .Parse(fmt::format(R"({{"_id": "large", "v": "{}"}})", std::string(200, 'x')),
                 *large.arena)
          .value();
  const auto added = load.Add(large);
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, Code::kTooLarge);
  auto nameless = Numbered(10, 2, 1);
  nameless.entities[1].dict = parser.Parse(R"({"v": 1})", *nameless.arena).value();
  EXPECT_FALSE(load.Add(nameless).ok());
  EXPECT_EQ(load.entities(), 10u);
  ASSERT_TRUE(load.Commit(By(sink)).ok());
  EXPECT_EQ(Live(), 10u);
}

TEST_F(DatasetLoadTest, PopulatesWithTheCommit) {
  const auto sink = Sink();
  DatasetLoad load(sink);
  ASSERT_TRUE(load.Add(Numbered(0, 1, 1)).ok());
  ASSERT_TRUE(load.Commit(By(sink, {.populates = true})).ok());
  EXPECT_TRUE(store_->FindDataset("d")->populated);
}

TEST_F(DatasetLoadTest, ComparesWithWhatIsCommitted) {
  options_.multiple_versions = DatasetSinkOptions::Versions::kFail;
  const auto sink = Sink();
  DatasetLoad load(sink);
  ASSERT_TRUE(load.Add(Numbered(0, 1, 1)).ok());
  EXPECT_TRUE(load.Full());
  ASSERT_TRUE(load.Commit(By(sink)).ok());
  EXPECT_FALSE(load.Add(Numbered(0, 1, 2)).ok());
}

TEST_F(DatasetLoadTest, SendsLargeLoadsAheadAndInOrder) {
  const auto sink = Sink();
  DatasetLoad load(sink);
  std::vector<size_t> order;
  std::promise<void> may_commit;
  const auto gate = may_commit.get_future().share();
  const DatasetLoad::CommitBy by = [&](std::span<const storage::Append> appends) {
    gate.wait();
    order.push_back(appends.size());
    return sink.Commit(appends, {});
  };
  ASSERT_TRUE(load.Add(Numbered(0, 15'000, 1)).ok());
  const auto nothing = load.Send(by);
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(nothing->written, 0u);
  EXPECT_TRUE(load.under_way());
  // While that goes on.
  ASSERT_TRUE(load.Add(Numbered(15'000, 12'000, 1)).ok());
  EXPECT_EQ(load.entities(), 12'000u);
  may_commit.set_value();
  const auto first = load.Send(by);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->written, 15'000u);
  ASSERT_TRUE(load.Add(Numbered(27'000, 3, 1)).ok());
  // Too few for a thread.
  const auto rest = load.Send(by);
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->written, 12'003u);
  EXPECT_FALSE(load.under_way());
  EXPECT_EQ(order, (std::vector<size_t>{15'000, 12'000, 3}));
  EXPECT_EQ(Live(), 27'003u);
}

TEST_F(DatasetLoadTest, TellsTheErrorOfWhatWasSentAndCommitsNothingBehindIt) {
  const auto sink = Sink();
  DatasetLoad load(sink);
  ASSERT_TRUE(load.Add(Numbered(0, 10'000, 1)).ok());
  ASSERT_TRUE(load.Send([](auto) { return MakeError(Code::kIo, "torn"); }).ok());
  ASSERT_TRUE(load.Add(Numbered(10'000, 10'000, 1)).ok());
  const auto sent = load.Send(By(sink));
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().message, "torn");
  EXPECT_FALSE(load.under_way());
  EXPECT_EQ(load.entities(), 0u);
  EXPECT_EQ(Live(), 0u);
}

}  // namespace
}  // namespace sluice::pipe
