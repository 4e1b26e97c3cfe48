#include "storage/log_guard.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "storage/rocks_engine.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

FaultPlan EveryLogFails() {
  FaultPlan plan;
  plan.fail_one_in = 1;
  return plan;
}

// RocksDB itself on a guarded disk, as it is asked when nobody has looked for a failure before.
class LogGuardTest : public ::testing::Test {
 protected:
  LogGuardTest() { Open(); }

  void Open() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.env = env_.get();
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, path(), &db).ok());
    db_.reset(db);
  }
  std::string path() const { return folder_.path() + "/db"; }
  std::string Get(const std::string& key) {
    std::string value;
    return db_->Get(rocksdb::ReadOptions(), key, &value).ok() ? value : "nothing";
  }
  void Put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(db_->Put(rocksdb::WriteOptions(), key, value).ok());
  }

  TemporaryFolder folder_;
  const std::shared_ptr<FaultFileSystem> disk_ = std::make_shared<FaultFileSystem>(1);
  const std::shared_ptr<LogFailure> failure_ = std::make_shared<LogFailure>();
  const std::unique_ptr<rocksdb::Env> env_ =
      rocksdb::NewCompositeEnv(MakeLogGuard(disk_, path(), failure_, std::make_shared<Journals>()));
  std::unique_ptr<rocksdb::DB> db_;
};

// Unguarded, RocksDB 7.8 ends the process at the second flush.
TEST_F(LogGuardTest, FlushesAgainAMemtableWithDeletedRangesThatCouldNotBeSwitched) {
  Put("a", "1");
  ASSERT_TRUE(db_->DeleteRange(rocksdb::WriteOptions(), db_->DefaultColumnFamily(), "x", "z").ok());
  disk_->Plan(EveryLogFails());
  EXPECT_FALSE(db_->Flush(rocksdb::FlushOptions()).ok());
  EXPECT_TRUE(failure_->happened());
  EXPECT_FALSE(db_->Flush(rocksdb::FlushOptions()).ok());
  EXPECT_FALSE(db_->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr).ok());
  EXPECT_EQ(Get("a"), "1");
}

// Unguarded, RocksDB 7.8 ends the process at the sync.
TEST_F(LogGuardTest, SyncsALogThatCouldNotBeWritten) {
  Put("a", "1");
  ASSERT_TRUE(db_->SyncWAL().ok());
  disk_->Plan(EveryLogFails());
  Put("a", "2");
  EXPECT_TRUE(failure_->happened());
  EXPECT_TRUE(db_->SyncWAL().ok());
  rocksdb::WriteOptions synced;
  synced.sync = true;
  EXPECT_TRUE(db_->Put(synced, "b", "1").ok());
}

TEST_F(LogGuardTest, NothingOfWhatTheLogDidNotTakeIsThereAfterwards) {
  Put("a", "1");
  disk_->Plan(EveryLogFails());
  Put("a", "2");
  // The disk is well again, and the log lacks a change.
  disk_->Plan({});
  Put("b", "1");
  EXPECT_FALSE(db_->Flush(rocksdb::FlushOptions()).ok());
  EXPECT_EQ(Get("a"), "2");
  db_.reset();
  const std::unique_ptr<rocksdb::Env> unguarded = rocksdb::NewCompositeEnv(disk_);
  rocksdb::Options options;
  options.env = unguarded.get();
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path(), &db).ok());
  db_.reset(db);
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(Get("b"), "nothing");
  db_.reset();
}

TEST_F(LogGuardTest, ACopyOfALogMayFail) {
  const auto& files = env_->GetFileSystem();
  disk_->Plan(EveryLogFails());
  std::unique_ptr<rocksdb::FSWritableFile> file;
  EXPECT_FALSE(
      files->NewWritableFile(folder_.path() + "/1.log", rocksdb::FileOptions(), &file, nullptr)
          .ok());
  EXPECT_FALSE(failure_->happened());
}

TEST(RocksEngine, WhatItsLogDidNotTakeNeverBecomesDurable) {
  TemporaryFolder folder;
  const auto disk = std::make_shared<FaultFileSystem>(1);
  auto engine = Ok(OpenRocksEngine(folder.path(), {}, disk));
  const auto apply = [&](const std::string& value) {
    auto set = engine->NewWriteSet();
    set->DeleteRange(Family::kState, "k", "l");
    set->Put(Family::kState, "key", value);
    return engine->Apply(std::move(set));
  };
  Ok(apply("1"));
  Ok(engine->Sync());
  Ok(engine->Health());
  disk->Plan(EveryLogFails());
  (void)apply("2").ok();  // Whether it is told at once or by the sync is the engine's.
  EXPECT_EQ(CodeOf(engine->Sync()), Code::kIo);
  disk->Plan({});
  EXPECT_EQ(CodeOf(engine->Sync()), Code::kIo);
  EXPECT_EQ(CodeOf(apply("3")), Code::kIo);
  EXPECT_EQ(CodeOf(engine->Health()), Code::kIo);
  engine.reset();
  engine = Ok(OpenRocksEngine(folder.path(), {}, disk));
  EXPECT_EQ(Ok(engine->Get(Family::kState, "key")), "1");
  Ok(apply("4"));
  Ok(engine->Sync());
}

TEST(RocksEngine, TellsThatALogCouldNotBeMadeWhileOpening) {
  TemporaryFolder folder;
  const auto disk = std::make_shared<FaultFileSystem>(1);
  disk->Plan(EveryLogFails());
  EXPECT_EQ(CodeOf(OpenRocksEngine(folder.path(), {}, disk)), Code::kIo);
  disk->Plan({});
  Ok(Ok(OpenRocksEngine(folder.path(), {}, disk))->Sync());
}

}  // namespace
}  // namespace sluice::storage::testing
