// What only the store on disk promises: its folder, its format, its lock, and what is left after a
// process died.

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "storage/engine_store.h"
#include "storage/rocks_engine.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

using ::testing::HasSubstr;

void WriteFile(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

TEST(RocksStore, RefusesASecondProcess) {
  TestStore store(StoreKind::kRocks);
  const auto second = OpenRocksStore(store.folder(), store.options());
  EXPECT_EQ(CodeOf(second), Code::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr(store.folder()));
  store.Close();
  store.Open();
}

TEST(RocksStore, RefusesANewerFormat) {
  TestStore store(StoreKind::kRocks);
  store.Create();
  store.Close();
  WriteFile(store.folder() + "/FORMAT", "sluice-store 2\n");
  const auto newer = OpenRocksStore(store.folder(), store.options());
  EXPECT_EQ(CodeOf(newer), Code::kBadConfig);
  EXPECT_THAT(newer.error().message, HasSubstr("format 2"));
  EXPECT_THAT(newer.error().message, HasSubstr("up to 1"));
  WriteFile(store.folder() + "/FORMAT", "something else");
  EXPECT_EQ(CodeOf(OpenRocksStore(store.folder(), store.options())), Code::kCorrupt);
  std::filesystem::remove(store.folder() + "/FORMAT");
  EXPECT_EQ(CodeOf(OpenRocksStore(store.folder(), store.options())), Code::kCorrupt);
  WriteFile(store.folder() + "/FORMAT", "sluice-store 1\n");
  store.Open();
  EXPECT_TRUE(store->FindDataset("d").has_value());
}

TEST(RocksStore, TellsOfAFolderItCannotMake) {
  TemporaryFolder folder;
  WriteFile(folder.path() + "/file", "");
  const auto store = OpenRocksStore(folder.path() + "/file/data", {});
  EXPECT_EQ(CodeOf(store), Code::kIo);
  EXPECT_THAT(store.error().message, HasSubstr(folder.path()));
}

TEST(RocksStore, TellsOfABrokenFile) {
  TestStore store(StoreKind::kRocks);
  const auto d = store.Create();
  store.Write(d, {Make("a", 1)});
  store.Close();
  for (const auto& entry : std::filesystem::directory_iterator(store.folder() + "/db")) {
    if (entry.path().filename().string().starts_with("MANIFEST"))
      WriteFile(entry.path(), "no manifest at all");
  }
  EXPECT_EQ(CodeOf(OpenRocksStore(store.folder(), store.options())), Code::kCorrupt);
}

// The process is killed: what was acknowledged is there, in order, without a gap.
TEST(RocksStore, OutlivesAKilledProcess) {
  TemporaryFolder folder;
  int acknowledged[2];
  ASSERT_EQ(pipe(acknowledged), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = OpenRocksStore(folder.path(), {});
    if (!store.ok()) _exit(1);
    const auto dataset = (*store)->CreateDataset("d", {});
    for (int i = 0; dataset.ok(); ++i) {
      const std::vector<TestEntity> entities = {Make("k" + std::to_string(i % 7), i),
                                                Make("other", i)};
      const auto appends = Appends(entities);
      Commit commit;
      commit.dataset = dataset->number;
      commit.appends = appends;
      commit.state = {{"last", std::to_string(i)}};
      const auto receipt = (*store)->Write(commit);
      if (!receipt.ok() || !(*store)->WaitDurable(receipt->sequence, Stop()).ok()) _exit(1);
      if (write(acknowledged[1], &i, sizeof i) != sizeof i) _exit(1);
    }
    _exit(1);
  }
  int last = 0;
  while (last < 25)
    ASSERT_EQ(read(acknowledged[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
  kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  int more = 0;
  close(acknowledged[1]);
  while (read(acknowledged[0], &more, sizeof more) == static_cast<ssize_t>(sizeof more))
    last = more;
  close(acknowledged[0]);

  const auto store = Ok(OpenRocksStore(folder.path(), {}));
  const auto info = *store->FindDataset("d");
  const auto stored = std::stoi(*Ok(store->TakeSnapshot()->GetState("last")));
  EXPECT_GE(stored, last);
  EXPECT_EQ(info.next_offset, static_cast<Offset>(2 * (stored + 1)));
  EXPECT_EQ(info.live, 8u);
  Arena arena;
  const std::string_view id = "other";
  EXPECT_EQ(Text(*Ok(store->TakeSnapshot()->Get(info.number, {&id, 1}, arena))[0]),
            "other=" + std::to_string(stored));
}

TEST(RocksStore, ABackupIsAStoreOfItsOwn) {
  TestStore store(StoreKind::kRocks);
  const auto d = store.Create();
  TemporaryFolder folder;
  const auto backup = folder.path() + "/backup";
  std::atomic<bool> done = false;
  std::atomic<int> written = 0;
  std::jthread writer([&] {
    for (int i = 0; !done; ++i) {
      store.Write(d, {Make("one", i), Make("two", i)});
      written = i + 1;
    }
  });
  while (written < 20) std::this_thread::yield();
  const int before = written;
  Ok(store->Backup({.folder = backup, .previous = {}}, Stop()));
  done = true;
  writer.join();
  EXPECT_EQ(CodeOf(store->Backup({.folder = backup, .previous = {}}, Stop())), Code::kConflict);
  store.Close();

  const auto copy = Ok(OpenRocksStore(backup, store.options()));
  const auto info = *copy->FindDataset("d");
  EXPECT_GE(info.next_offset, static_cast<Offset>(2 * before));
  EXPECT_EQ(info.next_offset % 2, 0u);
  Arena arena;
  const std::vector<std::string_view> ids = {"one", "two"};
  const auto both = Ok(copy->TakeSnapshot()->Get(info.number, ids, arena));
  EXPECT_EQ(both[0]->dict.Find("v").AsInteger(), both[1]->dict.Find("v").AsInteger());
}

TEST(RocksStore, RefusesEntitiesWhenTheDiskIsNearlyFull) {
  TestStore store(StoreKind::kRocks);
  store.Close();
  auto options = store.options();
  options.free_space_min = 1.1;  // More than any disk has.
  const auto full = Ok(OpenRocksStore(store.folder(), options));
  const auto d = Ok(full->CreateDataset("d", {})).number;
  const std::vector<TestEntity> entities = {Make("a", 1)};
  const auto appends = Appends(entities);
  Commit commit;
  commit.dataset = d;
  commit.appends = appends;
  EXPECT_EQ(CodeOf(full->Write(commit)), Code::kUnavailable);
  // What gives space back, and what reads, goes on.
  EXPECT_EQ(full->FindDataset("d")->live, 0u);
  Ok(full->DeleteDataset("d"));
}

// The log of writes of a store that was not closed: its end damaged, as no loss of power damages
// it.
TEST(RocksStore, TellsADamagedLogFromALossOfPower) {
  TestStore store(StoreKind::kRocks);
  const auto d = store.Create();
  TemporaryFolder copy;
  for (int i = 0; i < 50; ++i) store.Write(d, {Make("a", i)});
  Ok(store->WaitDurable(store->last_sequence(), Stop()));
  std::filesystem::copy(
      store.folder(), copy.path(),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  store.Close();
  EXPECT_EQ(Ok(OpenRocksStore(copy.path(), store.options()))->FindDataset("d")->next_offset, 50u);

  TemporaryFolder damaged;
  store.Open();
  for (int i = 50; i < 100; ++i) store.Write(d, {Make("a", i)});
  Ok(store->WaitDurable(store->last_sequence(), Stop()));
  std::filesystem::copy(
      store.folder(), damaged.path(),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  for (const auto& file : std::filesystem::directory_iterator(damaged.path() + "/db")) {
    if (file.path().extension() != ".log" || file.file_size() == 0) continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(file.file_size() / 2));
    bytes.put('?').put('?');
  }
  EXPECT_EQ(CodeOf(OpenRocksStore(damaged.path(), store.options())), Code::kCorrupt);
  // Whoever accepts the loss goes on with what is left.
  std::filesystem::remove(damaged.path() + "/SYNCED");
  EXPECT_LT(Ok(OpenRocksStore(damaged.path(), store.options()))->FindDataset("d")->next_offset,
            100u);
}

TEST(RocksStore, WritersStopBeforeTheDiskIsFullAndGoOnByThemselves) {
  TemporaryFolder folder;
  ManualClock clock;
  SeededRandom random(1);
  auto disk = std::make_shared<FaultFileSystem>(1);
  std::vector<bool> stopped;
  // What is kept free is for compactions, which write before they remove.
  const double reserve =
      double{4 << 20} / static_cast<double>(std::filesystem::space(folder.path()).capacity);
  const StoreOptions options{
      .clock = &clock,
      .random = &random,
      .block_cache_bytes = 1 << 20,
      .memtable_bytes = 256 * 1024,
      .free_space_min = reserve,
      .on_space = [&](const SpaceStatus& space) { stopped.push_back(space.stopped); }};
  const auto store =
      Ok(EngineStore::Open(Ok(OpenRocksEngine(folder.path(), options, disk)), options));
  const auto d = Ok(store->CreateDataset("d", {})).number;
  disk->Plan({.free_bytes = 10 << 20});
  const auto write = [&](int i) {
    std::string id = std::to_string(i);  // Of what no compression makes smaller.
    while (id.size() < 20'000) id.push_back(static_cast<char>('0' + random.Below(75)));
    const std::vector<TestEntity> entities = {Make(id, i)};
    const auto appends = Appends(entities);
    Commit commit;
    commit.dataset = d;
    commit.appends = appends;
    return store->Write(commit);
  };
  int written = 0;
  auto last = write(0);
  while (last.ok() && written < 1'000) last = write(++written);
  ASSERT_EQ(CodeOf(last), Code::kUnavailable);
  EXPECT_EQ(stopped, std::vector<bool>{true});
  EXPECT_TRUE(store->Space().stopped);
  EXPECT_GT(store->Space().disk.free_bytes, 0u);
  // Reading, state and deleting go on, and nothing has failed.
  EXPECT_EQ(store->FindDataset("d")->live, static_cast<uint64_t>(written));
  Commit state;
  state.state = {{"offset", "1"}};
  Ok(store->Write(state));
  Ok(store->WaitDurable(store->last_sequence(), Stop()));
  Ok(store->Health());
  disk->FreeBytes(64 << 20);
  Ok(write(written));
  EXPECT_EQ(stopped, (std::vector<bool>{true, false}));
}

TEST(RocksStore, SaysThatItCannotMarkWhatIsSynced) {
  TestStore store(StoreKind::kRocks);
  store.Close();
  std::filesystem::remove(store.folder() + "/SYNCED");
  std::filesystem::create_symlink("/dev/full", store.folder() + "/SYNCED");
  const auto opened = OpenRocksStore(store.folder(), store.options());
  EXPECT_EQ(CodeOf(opened), Code::kIo);
  EXPECT_THAT(opened.error().message, HasSubstr(store.folder() + "/SYNCED"));
}

// RocksDB 7.8 aborts when it is asked twice to flush a memtable that could not be switched.
TEST(RocksStore, ClosesAfterALogCouldNotBeMade) {
  TemporaryFolder folder;
  const auto disk = std::make_shared<FaultFileSystem>(1);
  auto engine = Ok(OpenRocksEngine(folder.path(), {}, disk));
  auto set = engine->NewWriteSet();
  set->Put(Family::kState, "key", "value");
  Ok(engine->Apply(std::move(set)));
  Ok(engine->Sync());
  FaultPlan every_log_fails;
  every_log_fails.fail_one_in = 1;
  disk->Plan(every_log_fails);
  TemporaryFolder backups;
  EXPECT_FALSE(engine->Backup({.folder = backups.path() + "/one"}, Stop()).ok());
  EXPECT_FALSE(engine->Backup({.folder = backups.path() + "/two"}, Stop()).ok());
  engine->Reclaim(Family::kState, "a", "z");
  engine.reset();
  disk->Plan({});
  engine = Ok(OpenRocksEngine(folder.path(), {}, disk));
  EXPECT_EQ(Ok(engine->Get(Family::kState, "key")), "value");
}

TEST(RocksStore, GivesSpaceBack) {
  TestStore store(StoreKind::kRocks);
  const auto d = store.Create();
  SeededRandom random(1);
  for (int i = 0; i < 40; ++i) {
    std::string noise;
    for (int j = 0; j < 50'000; ++j) noise.push_back(static_cast<char>('!' + random.Below(90)));
    store.Write(d, {Make("k" + std::to_string(i), i, {noise})});
  }
  store.Reopen();  // Which writes all of it to files.
  const auto before = store->DiskBytes();
  EXPECT_GT(before, 1'000'000u);
  Ok(store->DeleteDataset("d"));
  // The reclaimer works in the background; each look gives it the processor.
  for (int i = 0; i < 1'000'000 && store->DiskBytes() > before / 10; ++i) std::this_thread::yield();
  EXPECT_LT(store->DiskBytes(), before / 10);
}

}  // namespace
}  // namespace sluice::storage::testing
