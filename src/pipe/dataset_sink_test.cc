// What a dataset's writer holds, and that nothing of it is ever ahead of the rest.

#include "pipe/dataset_sink.h"

#include <gtest/gtest.h>

#include "value/json.h"

namespace sluice::pipe {
namespace {

class DatasetSinkTest : public ::testing::Test {
 protected:
  DatasetSinkTest() {
    options_.dataset = "d";
    sink_ = std::make_unique<DatasetSink>(options_, *store_, SystemClock());
    writer_ = sink_->Open(RunKind::kFull, stop_).value();
  }

  static Batch One(std::string_view id) {
    Batch batch;
    Entity entity;
    JsonParser parser;
    entity.dict = parser.Parse(fmt::format(R"({{"_id": "{}"}})", id), *batch.arena).value();
    batch.entities.push_back(entity);
    return batch;
  }

  std::string State(const std::string& key) {
    return store_->TakeSnapshot()->GetState(key).value().value_or("none");
  }
  uint64_t Live() { return store_->FindDataset("d")->live; }

  Stop stop_;
  std::unique_ptr<storage::Store> store_ = storage::MakeMemoryStore({});
  DatasetSinkOptions options_;
  std::unique_ptr<DatasetSink> sink_;
  std::unique_ptr<SinkWriter> writer_;
};

TEST_F(DatasetSinkTest, HoldsEntitiesAndAllTheirCheckpoints) {
  ASSERT_TRUE(writer_->Write(One("a"), {.state = {{"k/a", "1"}, {"k/both", "1"}}}, stop_).ok());
  ASSERT_TRUE(writer_->Write(One("b"), {.state = {{"k/b", "2"}, {"k/both", "2"}}}, stop_).ok());
  ASSERT_TRUE(writer_->Write(Batch{}, {.state = {{"k/none", "3"}}}, stop_).ok());
  EXPECT_TRUE(writer_->holds());
  EXPECT_EQ(Live(), 0u);
  EXPECT_EQ(State("k/a"), "none");
  const auto counts = writer_->Finish(true, {.state = {{"k/end", "4"}}}, stop_);
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->written, 2u);
  EXPECT_EQ(Live(), 2u);
  EXPECT_EQ(State("k/a") + State("k/b") + State("k/both") + State("k/none") + State("k/end"),
            "12234");
}

TEST_F(DatasetSinkTest, ShowsEachWriteWhereItIsRead) {
  writer_->ShowEachWrite();
  ASSERT_TRUE(writer_->Write(One("a"), {.state = {{"k/a", "1"}}}, stop_).ok());
  EXPECT_FALSE(writer_->holds());
  EXPECT_EQ(Live(), 1u);
  EXPECT_EQ(State("k/a"), "1");
}

TEST_F(DatasetSinkTest, SuspendedItDropsDataAndCheckpointsAlike) {
  ASSERT_TRUE(writer_->Write(One("a"), {.state = {{"k/a", "1"}}}, stop_).ok());
  writer_->Suspend();
  EXPECT_FALSE(writer_->holds());
  EXPECT_EQ(Live(), 0u);
  EXPECT_EQ(State("k/a"), "none");
}

TEST_F(DatasetSinkTest, GivesTheErrorAgainOnceHeldBatchesAreLost) {
  ASSERT_TRUE(writer_->Write(One("a"), {}, stop_).ok());
  ASSERT_TRUE(writer_->Write(One("b"), {}, stop_).ok());
  // Its full run has ended: the commit is refused.
  ASSERT_TRUE(store_->BeginFullRun(store_->FindDataset("d")->number).ok());
  const auto finished = writer_->Finish(true, {}, stop_);
  ASSERT_FALSE(finished.ok());
  const auto again = writer_->Write(One("c"), {.state = {{"k/c", "1"}}}, stop_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().message, finished.error().message);
  EXPECT_EQ(Live(), 0u);
  EXPECT_EQ(State("k/c"), "none");
}

}  // namespace
}  // namespace sluice::pipe
