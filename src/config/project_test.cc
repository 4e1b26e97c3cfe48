#include "config/project.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>

#include "config/zip.h"
#include "crypto/digest.h"

namespace sluice::config {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class ProjectTest : public testing::Test {
 protected:
  ProjectTest()
      : folder_(testing::TempDir() + "sluice-project-" + crypto::Hex(crypto::RandomBytes(8))) {
    fs::create_directory(folder_);
  }
  ~ProjectTest() override { fs::remove_all(folder_); }

  void Write(const std::string& file, std::string_view content) {
    const std::string path = folder_ + "/" + file;
    fs::create_directories(fs::path(path).parent_path());
    std::FILE* out = std::fopen(path.c_str(), "wb");
    ASSERT_NE(out, nullptr);
    ASSERT_EQ(std::fwrite(content.data(), 1, content.size(), out), content.size());
    ASSERT_EQ(std::fclose(out), 0);
  }
  static std::vector<std::string> Ids(const Documents& documents) {
    std::vector<std::string> ids;
    for (const auto& document : documents) ids.emplace_back(document->id());
    return ids;
  }

  std::string folder_;
};

TEST_F(ProjectTest, ReadsTodaysLayout) {
  Write("node-metadata.conf.json", R"({"_id": "node", "type": "metadata"})");
  Write("pipes/b.conf.json", R"({"_id": "b", "type": "pipe"})");
  Write("pipes/sub/c.conf.json", R"({"_id": "c", "type": "pipe"})");
  Write("systems/a.conf.json", R"({"_id": "a", "type": "system:url"})");
  Write("test-env.json", "\xEF\xBB\xBF{\"e\": 1.0}");
  Write("more/ci-env.json", "{}");
  Write("expected/b.test.json", "{}");
  Write("expected/b.json", "[]");
  Write("testdata/sub/b.json", "[]");
  Write(".git/pipes/x.conf.json", "{}");
  Write("README.md", "no component");
  Write("sesam-config.zip", "PK");
  const auto project = LoadProject(folder_);
  ASSERT_TRUE(project.ok());
  EXPECT_THAT(project->issues, testing::IsEmpty());
  EXPECT_THAT(Ids(project->components), ElementsAre("node", "b", "c", "a"));
  EXPECT_EQ(project->components[1]->file(), "pipes/b.conf.json");
  EXPECT_EQ(project->profiles.at("test"), "{\"e\": 1.0}");
  EXPECT_EQ(project->profiles.at("more/ci"), "{}");
  EXPECT_THAT(project->expected, ElementsAre(folder_ + "/expected/b.test.json"));
  EXPECT_EQ(project->testdata.at("b"), folder_ + "/testdata/sub/b.json");
}

TEST_F(ProjectTest, ReadsOlderLayouts) {
  Write("all.conf.json", R"([{"_id": "a", "type": "pipe"}, {"_id": "s", "type": "system:url"}])");
  EXPECT_THAT(Ids(LoadProject(folder_)->components), ElementsAre("a", "s"));
  Write("node/pipes/b.conf.json", R"({"_id": "b", "type": "pipe"})");
  Write("node/dev-env.json", "{}");
  const auto lower = LoadProject(folder_);
  EXPECT_THAT(Ids(lower->components), ElementsAre("b"));
  EXPECT_EQ(lower->profiles.count("dev"), 1u);
}

TEST_F(ProjectTest, ReportsBrokenFilesAndReadsTheRest) {
  Write("pipes/a.conf.json", "{\"_id\": \"a\",}");
  Write("pipes/b.conf.json", R"({"_id": "b", "type": "pipe"})");
  const auto project = LoadProject(folder_);
  EXPECT_THAT(Ids(project->components), ElementsAre("b"));
  ASSERT_EQ(project->issues.size(), 1u);
  EXPECT_EQ(project->issues[0].file, "pipes/a.conf.json");
  EXPECT_EQ(project->issues[0].error.at, "pipes/a.conf.json:1:13");
  EXPECT_EQ(LoadProject(folder_ + "/missing").error().message,
            "there is no folder " + folder_ + "/missing");
}

TEST_F(ProjectTest, PutsInVariablesAsTheClientDoes) {
  Write(".jinja_vars", "; comment\nCompany = acme\nempty=\n[section]\nurl: http://x/?a=b\n");
  Write(
      "pipes/a.conf.json",
      R"({"_id": "{{@ company @}}-a", "type": "pipe", "x": "{{@ url @}}{{@ empty @}}{{@ other @}}{{@ Company @}}"})");
  const auto project = LoadProject(folder_);
  ASSERT_EQ(project->components.size(), 1u);
  EXPECT_EQ(
      project->components[0]->bytes(),
      R"({"_id": "acme-a", "type": "pipe", "x": "http://x/?a=b{{@ other @}}{{@ Company @}}"})");
  Write(".jinja_vars", R"({"Company": "json", "n": 7})");
  EXPECT_THAT(Ids(LoadProject(folder_)->components), ElementsAre("{{@ company @}}-a"));
}

TEST(Archive, IsNamedAsTheClientReadsIt) {
  const auto documents =
      ParseDocuments(R"([{"_id": "z", "type": "system:url"}, {"_id": "p", "type": "pipe", "n": 1.0},
    {"_id": "node", "type": "metadata"}])")
          .value();
  const auto files = ReadZip(WriteArchive(documents)).value();
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].name, "node-metadata.conf.json");
  EXPECT_EQ(files[1].name, "pipes/p.conf.json");
  EXPECT_EQ(files[1].bytes, R"({"_id": "p", "type": "pipe", "n": 1.0})");
  EXPECT_EQ(files[2].name, "systems/z.conf.json");
}

TEST(Archive, AnIdThatIsNoFileNameComesOutAsOne) {
  const auto documents = ParseDocuments(R"({"_id": "../a:b\\c", "type": "pipe"})").value();
  const auto files = ReadZip(WriteArchive(documents));
  ASSERT_TRUE(files.ok()) << files.error().message;
  EXPECT_EQ((*files)[0].name, "pipes/.._a_b_c.conf.json");
}

TEST(ParseUpload, TakesArchivesAndJson) {
  const std::string archive =
      WriteZip({{"pipes/p.conf.json", R"({"_id": "p", "type": "pipe"})"},
                {"systems/s.conf.json", R"({"_id": "s", "type": "system:url"})"},
                {"__MACOSX/pipes/._p.conf.json", "rubbish"},
                {"pipes/.DS_Store", "rubbish"}});
  const auto upload = ParseUpload(archive);
  ASSERT_TRUE(upload.ok());
  EXPECT_TRUE(upload->issues.empty());
  ASSERT_EQ(upload->documents.size(), 2u);
  EXPECT_EQ(upload->documents[1]->file(), "systems/s.conf.json");
  EXPECT_EQ(ParseUpload(R"([{"_id": "p"}, {"_id": "q"}])")->documents.size(), 2u);
  EXPECT_EQ(ParseUpload(R"({"_id": "p"})")->documents.size(), 1u);
  EXPECT_EQ(ParseUpload("[]")->documents.size(), 0u);
  EXPECT_EQ(ParseUpload("").error().at, "config.json:1:1");
  EXPECT_EQ(ParseUpload("PK rubbish").error().code, Code::kBadData);
}

TEST(ParseUpload, NamesEveryFileThatIsWrong) {
  const auto upload = ParseUpload(WriteZip({{"pipes/a.conf.json", "{"},
                                            {"test-env.json", "{}"},
                                            {"pipes/b.conf.json", R"({"_id": "b"})"}}));
  ASSERT_TRUE(upload.ok());
  EXPECT_EQ(upload->documents.size(), 1u);
  ASSERT_EQ(upload->issues.size(), 2u);
  EXPECT_EQ(upload->issues[0].error.ToText(),
            "bad-config at pipes/a.conf.json:1:2: expected a property name or '}', found the end");
  EXPECT_EQ(upload->issues[1].error.ToText(),
            "bad-config at test-env.json: expected files named *.conf.json only, found "
            "\"test-env.json\"");
}

}  // namespace
}  // namespace sluice::config
