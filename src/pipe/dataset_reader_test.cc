#include "pipe/dataset_reader.h"

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

class DatasetReaderTest : public ::testing::Test {
 protected:
  DatasetReaderTest() { t_.Feed("in", {R"({"_id":"a"})", R"({"_id":"b"})"}); }

  DatasetReader Open(RunKind kind) {
    DatasetReader reader(t_.store(), {.dataset = "in", .kind = kind});
    Ok(reader.Begin());
    return reader;
  }
  static std::string Next(DatasetReader& reader) {
    const Batch batch = Ok(reader.Next(1, Stop()));
    return batch.entities.empty() ? "" : std::string(batch.entities[0].id());
  }

  TestHub t_;
};

TEST_F(DatasetReaderTest, AFullRunGivesWhatComesWhileItReads) {
  DatasetReader reader = Open(RunKind::kFull);
  EXPECT_EQ(Next(reader), "a");
  t_.Feed("in", {R"({"_id":"a","v":1})"});
  EXPECT_EQ(Next(reader), "b");
  EXPECT_EQ(Next(reader), "a");
  EXPECT_EQ(Next(reader), "");
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(reader.position(), 3u);
}

TEST_F(DatasetReaderTest, AnIncrementalRunLeavesItToTheNext) {
  DatasetReader reader = Open(RunKind::kIncremental);
  EXPECT_EQ(Next(reader), "a");
  t_.Feed("in", {R"({"_id":"a","v":1})"});
  EXPECT_EQ(Next(reader), "b");
  EXPECT_EQ(Next(reader), "");
  EXPECT_EQ(reader.position(), 2u);
}

TEST_F(DatasetReaderTest, ADatasetThatIsDeletedMeanwhileWasNotReadWhole) {
  DatasetReader reader = Open(RunKind::kFull);
  EXPECT_EQ(Next(reader), "a");
  Ok(t_.store().DeleteDataset("in"));
  EXPECT_EQ(Next(reader), "b") << "The snapshot still has it.";
  EXPECT_EQ(Next(reader), "");
  EXPECT_FALSE(reader.complete());
}

TEST_F(DatasetReaderTest, ADatasetThatIsReplacedMeanwhileIsAnError) {
  DatasetReader reader = Open(RunKind::kFull);
  EXPECT_EQ(Next(reader), "a");
  EXPECT_EQ(Next(reader), "b");
  Ok(t_.store().TruncateDataset("in"));
  const auto next = reader.Next(1, Stop());
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().code, Code::kConflict);
}

}  // namespace
}  // namespace sluice::pipe::testing
