// Damage that RocksDB 7.8 goes on with: blocks that a walk skips, journals that end early.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "storage/rocks_engine.h"
#include "storage/synced_mark.h"
#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kKeys = 50;

std::unique_ptr<Engine> Open(const std::string& folder) {
  return Ok(OpenRocksEngine(folder, {}, nullptr));
}

void WriteKeys(Engine& engine, std::unique_ptr<WriteSet> set, std::string_view prefix) {
  for (int i = 0; i < kKeys; ++i)
    set->Put(Family::kLog, fmt::format("{}{:03}", prefix, i), std::string(40, 'v'));
  Ok(engine.Apply(std::move(set)));
}

void FlipBit(const std::filesystem::path& file, std::streamoff at) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(at);
  const auto byte = static_cast<char>(bytes.get() ^ 4);
  bytes.seekp(at);
  bytes.put(byte);
  ASSERT_TRUE(bytes.good());
}

std::vector<std::filesystem::path> FilesOf(const std::string& folder, std::string_view extension) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/db")) {
    if (entry.path().extension() == extension && entry.file_size() != 0)
      files.push_back(entry.path());
  }
  return files;
}

// The folder as a killed process leaves it.
void Copy(const std::string& from, const std::string& to) {
  std::filesystem::copy(
      from, to,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
}

// The files of one level, each damaged in its first block: a walk that comes into the second finds
// nothing there and nothing after it.
TEST(Damage, AWalkTellsOfABlockThatItWouldGoOnWithout) {
  TemporaryFolder whole;
  {
    const auto engine = Open(whole.path());
    for (const auto* prefix : {"a", "b", "c"}) WriteKeys(*engine, engine->NewBulkSet(), prefix);
  }
  int damaged_files = 0;
  for (const auto& table : FilesOf(whole.path(), ".sst")) {
    TemporaryFolder folder;
    Copy(whole.path(), folder.path());
    FlipBit(folder.path() + "/db/" + table.filename().string(), 2);
    const auto engine = OpenRocksEngine(folder.path(), {}, nullptr);
    if (!engine.ok()) {  // One that opening reads.
      EXPECT_EQ(CodeOf(engine), Code::kCorrupt);
      continue;
    }
    const auto cursor = (*engine)->NewCursor(Family::kLog, "a", "z", Access::kScan);
    int found = 0;
    for (cursor->Seek("a"); cursor->Valid(); cursor->Next()) ++found;
    if (cursor->status().ok()) {
      EXPECT_EQ(found, 3 * kKeys) << table << " is damaged, and nobody was told";
      continue;
    }
    EXPECT_EQ(CodeOf(cursor->status()), Code::kCorrupt);
    ++damaged_files;
  }
  EXPECT_EQ(damaged_files, 3);
}

// A bulk load is in files, so the store ends with it whatever of the log is lost before it.
TEST(Damage, ALogThatLostWhatCameBeforeABulkLoadIsToldOfAndLeftAsItIs) {
  TemporaryFolder live, folder;
  {
    const auto engine = Open(live.path());
    WriteKeys(*engine, engine->NewWriteSet(), "a");
    WriteKeys(*engine, engine->NewBulkSet(), "b");
    Copy(live.path(), folder.path());
  }
  const auto logs = FilesOf(folder.path(), ".log");
  ASSERT_EQ(logs.size(), 1u);
  FlipBit(logs[0], static_cast<std::streamoff>(std::filesystem::file_size(logs[0]) / 2));
  for (int opening = 0; opening < 2; ++opening) {
    const auto opened = OpenRocksEngine(folder.path(), {}, nullptr);
    ASSERT_EQ(CodeOf(opened), Code::kCorrupt);
    EXPECT_THAT(opened.error().message, HasSubstr(logs[0].string()));
  }
  // Mended, it opens with everything.
  FlipBit(logs[0], static_cast<std::streamoff>(std::filesystem::file_size(logs[0]) / 2));
  const auto engine = Open(folder.path());
  EXPECT_TRUE(Ok(engine->Get(Family::kLog, "a000")));
  EXPECT_TRUE(Ok(engine->Get(Family::kLog, "b000")));
}

TEST(Damage, AManifestThatEndsEarlyIsToldOf) {
  TemporaryFolder live, folder;
  {
    const auto engine = Open(live.path());
    WriteKeys(*engine, engine->NewBulkSet(), "b");
    Ok(engine->Sync());
    Copy(live.path(), folder.path());
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() + "/db")) {
    if (entry.path().filename().string().starts_with("MANIFEST"))
      std::filesystem::resize_file(entry.path(), entry.file_size() - 1);
  }
  EXPECT_EQ(CodeOf(OpenRocksEngine(folder.path(), {}, nullptr)), Code::kCorrupt);
}

TEST(Damage, AMarkThatIsDamagedTellsNothing) {
  TemporaryFolder folder;
  const uint64_t mark[2] = {7, 0xd8b6ef7a4b6bb6b7};
  {
    std::ofstream file(folder.path() + "/SYNCED", std::ios::binary);
    file.write(reinterpret_cast<const char*>(mark), sizeof mark);
  }
  // Its hash is wrong, so it tells nothing.
  EXPECT_EQ(Ok(SyncedMark::Open(folder.path())).Read()->sequence, 0u);
  const auto synced = Ok(SyncedMark::Open(folder.path()));
  Ok(synced.Write({.sequence = 9, .journals = {{.name = "000001.log", .bytes = 5, .hash = 6}}}));
  const auto read = Ok(SyncedMark::Open(folder.path())).Read();
  EXPECT_EQ(read->sequence, 9u);
  ASSERT_EQ(read->journals.size(), 1u);
  EXPECT_EQ(read->journals[0].name, "000001.log");
  EXPECT_EQ(read->journals[0].bytes, 5u);
}

}  // namespace
}  // namespace sluice::storage::testing
