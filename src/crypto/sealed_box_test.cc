#include "crypto/sealed_box.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/digest.h"
#include "crypto/key_file.h"

namespace sluice::crypto {
namespace {

class KeyFile : public testing::Test {
 protected:
  KeyFile() : folder_(testing::TempDir() + "sluice-key-" + Hex(RandomBytes(8))) {
    std::filesystem::create_directory(folder_);
  }
  ~KeyFile() override { std::filesystem::remove_all(folder_); }
  std::string Path(const char* name) const { return folder_ + "/" + name; }
  static mode_t ModeOf(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
  }

 private:
  std::string folder_;
};

TEST_F(KeyFile, IsMadeOnceAndReadableByItsOwnerOnly) {
  const auto made = LoadOrCreateKey(Path("key"), 32);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->size(), 32u);
  EXPECT_EQ(ModeOf(Path("key")), 0600u);
  EXPECT_EQ(LoadOrCreateKey(Path("key"), 32).value(), *made);
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(Path(""))) files += file.exists();
  EXPECT_EQ(files, 1u) << "a temporary file was left";
}

TEST_F(KeyFile, IsRefusedWhereOthersMayReadIt) {
  ASSERT_TRUE(LoadOrCreateKey(Path("key"), 32).ok());
  ::chmod(Path("key").c_str(), 0640);
  const auto read = LoadOrCreateKey(Path("key"), 32);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::kForbidden);
  EXPECT_THAT(read.error().message, testing::HasSubstr("its mode is 0640; run: chmod 600"));
}

TEST_F(KeyFile, IsRefusedWithAnotherLength) {
  ASSERT_TRUE(LoadOrCreateKey(Path("key"), 16).ok());
  EXPECT_EQ(LoadOrCreateKey(Path("key"), 32).error().code, Code::kCorrupt);
  EXPECT_EQ(LoadOrCreateKey(Path("key"), 8).error().code, Code::kCorrupt);
}

TEST_F(KeyFile, NeedsAFolder) {
  EXPECT_EQ(LoadOrCreateKey(Path("missing/key"), 32).error().code, Code::kIo);
}

TEST_F(KeyFile, APrivateFileReplacesWhatWasThere) {
  std::ofstream(Path("token")) << "old and longer";
  ASSERT_TRUE(WritePrivateFile(Path("token"), "new").ok());
  EXPECT_EQ(ModeOf(Path("token")), 0600u);
  std::string content;
  std::getline(std::ifstream(Path("token")), content);
  EXPECT_EQ(content, "new");
}

SealedBox Box(char fill) {
  return SealedBox::FromKey(std::string(SealedBox::kKeyBytes, fill)).value();
}

TEST(SealedBox, OpensWhatItSealed) {
  const SealedBox box = Box('k');
  for (const std::string& plain :
       {std::string(), std::string("s3cret"), std::string(100'000, 'x')}) {
    const std::string sealed = box.Seal(plain, "purpose");
    EXPECT_EQ(box.Open(sealed, "purpose").value(), plain);
    EXPECT_NE(sealed, box.Seal(plain, "purpose")) << "the nonce must differ each time";
  }
  EXPECT_EQ(box.Seal("s3cret", "purpose").find("s3cret"), std::string::npos);
}

TEST(SealedBox, OpensNothingElse) {
  const SealedBox box = Box('k');
  const std::string sealed = box.Seal("s3cret", "secret/system/a");
  EXPECT_EQ(box.Open(sealed, "secret/system/b").error().code, Code::kCorrupt);
  EXPECT_EQ(Box('l').Open(sealed, "secret/system/a").error().code, Code::kCorrupt);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(box.Open(changed, "secret/system/a").ok()) << i;
    EXPECT_FALSE(box.Open(sealed.substr(0, i), "secret/system/a").ok()) << i;
  }
}

TEST(SealedBox, MovesItsKey) {
  SealedBox box = Box('k');
  const std::string sealed = box.Seal("s3cret", "p");
  const SealedBox moved = std::move(box);
  EXPECT_EQ(moved.Open(sealed, "p").value(), "s3cret");
}

TEST(SealedBox, WantsAWholeKey) { EXPECT_FALSE(SealedBox::FromKey("short").ok()); }

}  // namespace
}  // namespace sluice::crypto
