#include "config/option_table.h"

#include <gmock/gmock.h>

#include "value/json.h"

namespace sluice::config {
namespace {

struct Options {
  std::string url;
  int64_t size = 30;
  double ratio = 0.5;
  bool header = true;
  std::vector<std::string> names = {"a", "b"};
  std::optional<std::string> filename;
  ConfigView extra;
};

const OptionTable<Options>& Table() {
  static const OptionTable<Options> table = {
      Required("url", &Options::url, "The file."),
      Optional("size", &Options::size, "Bytes."),
      Optional("ratio", &Options::ratio, "A share."),
      Optional("header", &Options::header, "The first row names the columns."),
      Optional("names", &Options::names, "The columns."),
      Optional("filename", &Options::filename, "Where to."),
      Optional("extra", &Options::extra, "Anything."),
  };
  return table;
}

class OptionTableTest : public testing::Test {
 protected:
  ConfigView Parse(std::string_view json) {
    JsonParser parser({.transit = Transit::kKeep});
    return ConfigView(parser.Parse(json, arena_).value(), "/source");
  }
  std::string ErrorOf(std::string_view json) {
    const auto options = Table().Read(Parse(json));
    return options.ok() ? "it was accepted" : options.error().at + ": " + options.error().message;
  }
  Arena arena_;
};

TEST_F(OptionTableTest, ReadsWhatIsWrittenAndKeepsDefaults) {
  const auto options = Table().Read(Parse(
      R"({"url": "~rfile", "size": 7.0, "ratio": 3, "names": "one", "filename": "f", "extra": [1], "other": 1})"));
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->url, "~rfile");
  EXPECT_EQ(options->size, 7);
  EXPECT_EQ(options->ratio, 3.0);
  EXPECT_TRUE(options->header);
  EXPECT_THAT(options->names, testing::ElementsAre("one"));
  EXPECT_EQ(options->filename, "f");
  EXPECT_EQ(options->extra.pointer(), "/source/extra");
  EXPECT_EQ(Table().Read(Parse(R"({"url": "u", "size": null})"))->size, 30);
}

TEST_F(OptionTableTest, SaysWhatItExpectedAndFound) {
  EXPECT_EQ(ErrorOf("{}"), "/source/url: \"url\" is required");
  EXPECT_EQ(ErrorOf(R"({"url": 1})"), "/source/url: expected a string, found the integer 1");
  EXPECT_EQ(ErrorOf(R"({"url": "u", "size": "7"})"),
            "/source/size: expected an integer, found the string \"7\"");
  EXPECT_EQ(ErrorOf(R"({"url": "u", "size": 7.5})"),
            "/source/size: expected an integer, found the number 7.5");
  EXPECT_EQ(ErrorOf(R"({"url": "u", "ratio": true})"),
            "/source/ratio: expected a number, found true");
  EXPECT_EQ(ErrorOf(R"({"url": "u", "header": {}})"),
            "/source/header: expected true or false, found an object");
  EXPECT_EQ(ErrorOf(R"({"url": "u", "names": ["a", 1]})"),
            "/source/names/1: expected a string, found the integer 1");
  EXPECT_EQ(ErrorOf(R"({"url": "u", "names": {}})"),
            "/source/names: expected a list of strings, found an object");
  EXPECT_EQ(ErrorOf(R"({"url": ["u"]})"), "/source/url: expected a string, found a list");
}

TEST_F(OptionTableTest, DescribesItself) {
  const auto descriptions = Table().Describe();
  ASSERT_EQ(descriptions.size(), 7u);
  EXPECT_TRUE(descriptions[0].required);
  EXPECT_EQ(descriptions[0].default_json, "");
  EXPECT_EQ(descriptions[1].default_json, "30");
  EXPECT_EQ(descriptions[2].default_json, "0.5");
  EXPECT_EQ(descriptions[3].default_json, "true");
  EXPECT_EQ(descriptions[4].default_json, "[\"a\", \"b\"]");
  EXPECT_EQ(descriptions[4].type, "list of strings");
  EXPECT_EQ(descriptions[5].default_json, "");
}

TEST_F(OptionTableTest, DescribesLongStringsShort) {
  const ConfigView view = Parse("\"" + std::string(39, 'x') + "øøøøø\"");
  EXPECT_EQ(view.Describe(), "the string \"" + std::string(39, 'x') + "…\"");
  EXPECT_EQ(view["missing"].Describe(), "nothing");
  EXPECT_EQ(view["missing"]["deeper"].pointer(), "/source/missing/deeper");
  EXPECT_FALSE(view["missing"]["deeper"].exists());
}

TEST(Pointer, EscapesItsTokens) {
  EXPECT_EQ(AppendToPointer("", "a/b~c"), "/a~1b~0c");
  EXPECT_EQ(AppendToPointer("/x", ""), "/x/");
}

TEST(NearestName, IsNearOrNone) {
  const std::string_view names[] = {"schedule_interval", "cron_expression", "mode"};
  EXPECT_EQ(Nearest("schedule_intervall", names), "schedule_interval");
  EXPECT_EQ(Nearest("shedule-interval", names), "schedule_interval");
  EXPECT_EQ(Nearest("mod", names), "mode");
  EXPECT_EQ(Nearest("x", names), "");
  EXPECT_EQ(Nearest("something_else", names), "");
  EXPECT_EQ(Nearest(std::string(1000, 'm'), names), "");
}

}  // namespace
}  // namespace sluice::config
