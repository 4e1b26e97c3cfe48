#include "config/zip.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "crypto/digest.h"

namespace sluice::config {
namespace {

std::string ErrorOf(std::string_view archive) {
  const auto files = ReadZip(archive);
  return files.ok() ? "it was accepted"
                    : std::string(ToString(files.error().code)) + ": " + files.error().message;
}

void Patch(std::string& archive, size_t at, uint32_t number, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) archive[at + i] = static_cast<char>(number >> (8 * i) & 0xFF);
}

// Where the first directory entry of an archive is.
size_t Directory(const std::string& archive) { return archive.find("PK\x01\x02"); }

TEST(Zip, RoundTrips) {
  const std::vector<ZipFile> files = {{"pipes/a.conf.json", "{\"_id\": \"a\"}"},
                                      {"pipes/ø.conf.json", std::string(100'000, ' ')},
                                      {"empty", ""}};
  const std::string archive = WriteZip(files);
  EXPECT_LT(archive.size(), 1000u) << "it deflates";
  const auto read = ReadZip(archive);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 3u);
  for (size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ((*read)[i].name, files[i].name);
    EXPECT_EQ((*read)[i].bytes, files[i].bytes);
  }
  EXPECT_EQ(archive, WriteZip(files)) << "the same files give the same bytes";
  EXPECT_TRUE(ReadZip(WriteZip({}))->empty());
}

// Made by Python's zipfile: a stored file, a deflated one and a folder entry.
TEST(Zip, ReadsWhatPythonWrites) {
  constexpr unsigned char kArchive[] = {
#include "config/testdata/python_zip.inc"
  };
  const auto files =
      ReadZip(std::string_view(reinterpret_cast<const char*>(kArchive), sizeof(kArchive)));
  ASSERT_TRUE(files.ok()) << files.error().message;
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].name, "pipes/a.conf.json");
  EXPECT_EQ((*files)[0].bytes, "{}");
  EXPECT_EQ((*files)[1].name, "node-metadata.conf.json");
  EXPECT_EQ((*files)[1].bytes, "{" + std::string(200, ' ') + "}");
}

TEST(Zip, HoldsMoreFilesThanTheOldFormCounts) {
  for (const size_t count : {65'534u, 65'535u, 70'000u}) {
    std::vector<ZipFile> files;
    for (size_t i = 0; i < count; ++i) files.push_back({std::to_string(i), "x"});
    const auto read = ReadZip(WriteZip(files));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->size(), count);
    EXPECT_EQ(read->back().name, std::to_string(count - 1));
  }
}

TEST(Zip, RefusesNamesThatLeadOutside) {
  for (const char* name :
       {"../a", "a/../../b", "/etc/passwd", "a\\b", "C:a", "a//b", "./a", "a/.."}) {
    EXPECT_THAT(ErrorOf(WriteZip({{name, "x"}})), testing::StartsWith("bad-data: ")) << name;
  }
  EXPECT_EQ(ErrorOf(WriteZip({{"../a", "x"}})),
            "bad-data: the zip archive is not usable: the name \"../a\" leads outside");
  EXPECT_THAT(ErrorOf(WriteZip({{std::string("a\0b", 3), "x"}})),
              testing::HasSubstr("has a null character"));
  EXPECT_THAT(ErrorOf(WriteZip({{"a", "x"}, {"a", "y"}})), testing::HasSubstr("is in it twice"));
}

TEST(Zip, RefusesEveryCutAndEveryChangedByteOfItsStructure) {
  const std::string archive = WriteZip({{"a", "content"}, {"b", std::string(500, 'x')}});
  for (size_t size = 0; size < archive.size(); ++size) {
    EXPECT_FALSE(ReadZip(std::string_view(archive).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(ReadZip(archive + "x").ok());
  EXPECT_FALSE(ReadZip("x" + archive).ok());
  // Whatever byte changes: no crash, and content that differs is never given.
  for (size_t i = 0; i < archive.size(); ++i) {
    std::string changed = archive;
    changed[i] = static_cast<char>(changed[i] ^ 0x41);
    const auto files = ReadZip(changed);
    if (!files.ok()) continue;
    ASSERT_EQ(files->size(), 2u);
    EXPECT_EQ((*files)[0].bytes, "content");
    EXPECT_EQ((*files)[1].bytes, std::string(500, 'x'));
  }
}

TEST(Zip, RefusesBombsBeforeUnpackingThem) {
  std::string archive = WriteZip({{"a", std::string(5000, 'x')}});
  const size_t entry = Directory(archive);
  std::string huge = archive;
  Patch(huge, entry + 24, static_cast<uint32_t>(limits::kConfigDocumentBytesMax + 1), 4);
  EXPECT_EQ(ErrorOf(huge),
            "too-large: a file of a configuration has at most 67108864 bytes, a has 67108865");
  std::string impossible = archive;
  Patch(impossible, entry + 24, 60'000'000, 4);
  EXPECT_EQ(ErrorOf(impossible),
            "bad-data: the zip archive is not usable: the sizes of \"a\" cannot be right");
  std::string longer = archive;
  Patch(longer, entry + 24, 4999, 4);
  EXPECT_THAT(ErrorOf(longer), testing::HasSubstr("does not unpack to its 4999 bytes"));

  // Many files that together are over the limit, each below it; their sizes are claimed only.
  std::vector<ZipFile> files;
  for (int i = 0; i < 9; ++i) files.push_back({std::to_string(i), crypto::RandomBytes(70'000)});
  std::string many = WriteZip(files);
  for (size_t at = Directory(many); at != std::string::npos; at = many.find("PK\x01\x02", at + 4)) {
    Patch(many, at + 24, limits::kConfigDocumentBytesMax, 4);
  }
  EXPECT_EQ(ErrorOf(many),
            "too-large: a configuration has at most 536870912 bytes, this one has 603979776");
}

TEST(Zip, RefusesFilesThatShareBytes) {
  std::string archive = WriteZip({{"a", "xxxx"}, {"b", "xxxx"}});
  const size_t second = archive.find("PK\x01\x02", Directory(archive) + 4);
  Patch(archive, second + 42, 0, 4);
  EXPECT_THAT(ErrorOf(archive), testing::HasSubstr("its files overlap"));
}

TEST(Zip, RefusesEncryptionAndOtherMethods) {
  std::string archive = WriteZip({{"a", "x"}});
  std::string encrypted = archive;
  Patch(encrypted, Directory(archive) + 8, 1, 2);
  EXPECT_THAT(ErrorOf(encrypted), testing::HasSubstr("\"a\" is encrypted"));
  Patch(archive, Directory(archive) + 10, 12, 2);
  EXPECT_THAT(ErrorOf(archive),
              testing::HasSubstr("is packed by method 12, expected 0 (stored) or 8"));
}

}  // namespace
}  // namespace sluice::config
