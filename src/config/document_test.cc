#include "config/document.h"

#include <gmock/gmock.h>

#include "config/json_text.h"

namespace sluice::config {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto documents = ParseDocuments(text, "pipes/a.conf.json");
  if (documents.ok()) return "it was accepted";
  EXPECT_EQ(documents.error().code, Code::kBadConfig);
  return documents.error().at + ": " + documents.error().message;
}

TEST(Document, KeepsItsBytes) {
  const std::string text = "{ \"_id\": \"p\",\r\n  \"type\":\"pipe\", \"x\": 1.0, \"y\": 1E2 }\n";
  const auto document = Document::Parse(text, "pipes/p.conf.json");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ((*document)->bytes(), text);
  EXPECT_EQ((*document)->id(), "p");
  EXPECT_EQ((*document)->kind(), ComponentKind::kPipe);
  EXPECT_EQ((*document)->group(), "default");
  EXPECT_EQ((*document)->root()["x"].Number().value(), 1.0);
}

TEST(Document, DecodesNoTransit) {
  const auto document = Document::Parse(
      R"({"_id": "~:a:b", "type": "system:url", "metadata": {"$config-group": "g"}})");
  EXPECT_EQ((*document)->id(), "~:a:b");
  EXPECT_EQ((*document)->kind(), ComponentKind::kSystem);
  EXPECT_EQ((*document)->group(), "g");
}

TEST(Document, AShortConfigIsAPipe) {
  const auto document = Document::Parse(R"({"_id": "a", "short_config": "sql://s/t"})");
  EXPECT_EQ((*document)->kind(), ComponentKind::kPipe);
}

// The texts of errors are pinned here and nowhere else.
TEST(Document, SaysWhereATextBreaks) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "1:1: expected a value, found the end"},
      {"{\n  \"a\": 1,\n}", "3:1: expected a property name, found '}'"},
      {"{\n  \"a\": 1\n  \"b\": 2\n}", "3:3: expected ',' or '}', found '\"'"},
      {"{\"a\" 1}", "1:6: expected ':', found '1'"},
      {"{a: 1}", "1:2: expected a property name or '}', found 'a'"},
      {"{\"a\": [1, 2}", "1:12: expected ',' or ']', found '}'"},
      {"{\"a\": [1,]}", "1:10: expected a value, found ']'"},
      {"{\"ø\": tru}", "1:7: expected a value, found 't'"},
      {"{\"a\": 01}", "1:8: a number does not begin with 0"},
      {"{\"a\": 1.}", "1:9: expected a digit, found '}'"},
      {"{\"a\": -x}", "1:8: expected a digit, found 'x'"},
      {"{\"a\": 1e}", "1:9: expected a digit, found '}'"},
      {"{\"a\": \"b", "1:7: the string that begins here has no closing '\"'"},
      {"{\"a\": \"b\nc\"}",
       "1:9: expected an escaped character (\\n, \\t, \\u00XX), found the end of the line"},
      {"{\"a\": \"\\x\"}", "1:9: expected one of \" \\ / b f n r t u after '\\', found 'x'"},
      {"{\"a\": \"\\u12g4\"}", "1:12: expected a hexadecimal digit, found 'g'"},
      {"{\"a\": \"\xff\"}", "1:8: this is not UTF-8"},
      {"{\"a\": \"\xed\xa0\x80\"}", "1:8: this is not UTF-8"},
      {"{} {}", "1:4: expected the end, found '{'"},
      {"{\"a\": \x01}", "1:7: expected a value, found the control character U+0001"},
      {"3", "1:1: expected a component, which is an object, found the integer 3"},
      {"[{\"_id\": \"a\"},\n 3]",
       "2:2: expected a component, which is an object, found the integer 3"},
      {"[{}", "1:4: expected ',' or ']', found the end"},
  };
  for (const auto& [text, want] : cases) {
    EXPECT_EQ(ErrorOf(text), std::string("pipes/a.conf.json:") + want) << text;
  }
}

TEST(Document, IsNestedToALimit) {
  const std::string deep(100'000, '[');
  EXPECT_THAT(ErrorOf("{\"a\": " + deep), testing::HasSubstr("values are nested deeper than 512"));
}

TEST(Document, WarnsOfNamesThatComeTwice) {
  const auto document =
      Document::Parse(R"({"_id": "a", "sink": {"x/y": 1, "x/y": 2, "x/y": 3}, "_id": "b"})");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ((*document)->id(), "b");
  EXPECT_EQ((*document)->root()["sink"]["x/y"].Integer().value(), 3);
  ASSERT_EQ((*document)->parse_warnings().size(), 2u);
  EXPECT_EQ((*document)->parse_warnings()[0].at, "/sink/x~1y");
  EXPECT_EQ((*document)->parse_warnings()[1].at, "/_id");
  EXPECT_EQ((*document)->parse_warnings()[1].message,
            "\"_id\" is here more than once; the last one counts");
}

TEST(Document, LocatesPointers) {
  const std::string text =
      "{\n  \"_id\": \"å\",\n  \"transform\": [{\"rules\": {\"default\": [\n    [\"copy\", "
      "\"*\"]\n  ]}}],\n"
      "  \"a/b\": {\"~\": [1, \"x\\\"]\", 3]}\n}";
  const auto document = Document::Parse(text).value();
  const auto place = [&](std::string_view pointer) {
    const TextPlace at = document->Locate(pointer);
    return fmt::format("{}:{}", at.line, at.column);
  };
  EXPECT_EQ(place(""), "1:1");
  EXPECT_EQ(place("/_id"), "2:3");
  EXPECT_EQ(place("/transform/0/rules/default/0/1"), "4:14");
  EXPECT_EQ(place("/a~1b/~0/2"), "6:28");
  EXPECT_EQ(place("/a~1b/~0"), "6:11");
  EXPECT_EQ(place("/transform/7/rules"), "3:3") << "the nearest enclosing value";
  EXPECT_EQ(place("/missing"), "1:1");
}

TEST(ParseDocuments, TakesAnArrayApart) {
  const std::string text = "\xEF\xBB\xBF[ {\"_id\":\"a\", \"n\": 1.0},\n  {\"_id\":\"b\"} ]";
  const auto documents = ParseDocuments(text, "config.json");
  ASSERT_TRUE(documents.ok());
  ASSERT_EQ(documents->size(), 2u);
  EXPECT_EQ((*documents)[0]->bytes(), "{\"_id\":\"a\", \"n\": 1.0}");
  EXPECT_EQ((*documents)[1]->bytes(), "{\"_id\":\"b\"}");
  EXPECT_EQ((*documents)[1]->Locate("/_id").line, 2u);
  EXPECT_EQ((*documents)[1]->Locate("/_id").column, 4u);
  EXPECT_TRUE(ParseDocuments("[]")->empty());
}

TEST(JsonText, FindsItemsOfEveryKind) {
  const std::string text = R"([1, "a,]", [[], {}], {"b": "}"}, true , null])";
  std::vector<std::string> items;
  for (const TextRange& item : ArrayItems(text)) {
    items.push_back(text.substr(item.begin, item.end - item.begin));
  }
  EXPECT_THAT(items,
              testing::ElementsAre("1", "\"a,]\"", "[[], {}]", "{\"b\": \"}\"}", "true", "null"));
}

}  // namespace
}  // namespace sluice::config
