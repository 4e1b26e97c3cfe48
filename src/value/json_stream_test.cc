#include <gmock/gmock.h>

#include "base/random.h"
#include "value/json.h"
#include "value/record.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Outcome {
  std::vector<std::string> values;
  std::string error;
  bool at_end = false;
};

// Feeds `text` in chunks and takes every value as soon as it is there.
Outcome ReadAll(std::string_view text, size_t chunk_bytes, JsonStream::Options options = {}) {
  JsonStream stream(options);
  Outcome outcome;
  const auto take = [&] {
    while (true) {
      std::string record;
      auto more = stream.Next(record);
      if (!more.ok()) {
        outcome.error = more.error().ToText();
        return false;
      }
      if (!*more) return true;
      EXPECT_TRUE(CheckRecord(record).ok());
      outcome.values.push_back(ToJson(Decode(record)));
    }
  };
  for (size_t at = 0; at < text.size(); at += chunk_bytes) {
    stream.Feed(text.substr(at, chunk_bytes));
    if (!take()) return outcome;
  }
  stream.Finish();
  take();
  outcome.at_end = stream.AtEnd();
  EXPECT_EQ(stream.count(), outcome.values.size());
  return outcome;
}

TEST(JsonStreamTest, ReadsEveryFormInChunksOfAnySize) {
  const std::string texts[] = {
      R"([{"a":"}{"},{"b":[1,2,{"c":"]"}]},3,"x\"}",null,[],{}])",
      "{\"a\":\"}{\"}\n{\"b\":[1,2,{\"c\":\"]\"}]}\n3\n\"x\\\"}\"\nnull\n[]\n{}\n",
      "{\"a\":\"}{\"}{\"b\":[1,2,{\"c\":\"]\"}]} 3 \"x\\\"}\" null []{}",
      "\xEF\xBB\xBF [ {\"a\" : \"}{\"} , {\"b\":[1,2,\n{\"c\":\"]\"}]},3 ,\"x\\\"}\",null,[],{}\n] "
      "\n",
  };
  for (const auto& text : texts) {
    for (size_t chunk = 1; chunk <= text.size(); ++chunk) {
      const auto outcome = ReadAll(text, chunk);
      EXPECT_THAT(outcome.values, ElementsAre(R"({"a":"}{"})", R"({"b":[1,2,{"c":"]"}]})", "3",
                                              R"("x\"}")", "null", "[]", "{}"))
          << text << " in chunks of " << chunk;
      EXPECT_EQ(outcome.error, "");
      EXPECT_TRUE(outcome.at_end);
    }
  }
}

TEST(JsonStreamTest, GivesAnItemOnceItIsWhole) {
  JsonStream stream;
  std::string record;
  stream.Feed(R"([{"a":)");
  EXPECT_FALSE(*stream.Next(record));
  stream.Feed(R"(1})");
  EXPECT_TRUE(*stream.Next(record));
  EXPECT_FALSE(*stream.Next(record));
  stream.Feed(R"(])");
  EXPECT_FALSE(*stream.Next(record));
  EXPECT_FALSE(stream.AtEnd());
  stream.Finish();
  EXPECT_FALSE(*stream.Next(record));
  EXPECT_TRUE(stream.AtEnd());
}

TEST(JsonStreamTest, MayBeFedBetweenValues) {
  JsonStream stream;
  stream.Feed(R"([{"a":1},{"a":2},{"a":)");
  std::string record;
  EXPECT_TRUE(*stream.Next(record));
  stream.Feed(R"(3}])");
  stream.Finish();
  EXPECT_TRUE(*stream.Next(record));
  EXPECT_TRUE(*stream.Next(record));
  EXPECT_FALSE(*stream.Next(record));
  EXPECT_TRUE(stream.AtEnd());
}

TEST(JsonStreamTest, EmptyInputHasNoValues) {
  for (const std::string_view text : {"", "  \n", "[]", " [ ] ", "\xEF\xBB\xBF"}) {
    const auto outcome = ReadAll(text, 1);
    EXPECT_THAT(outcome.values, IsEmpty());
    EXPECT_EQ(outcome.error, "");
    EXPECT_TRUE(outcome.at_end) << text;
  }
}

TEST(JsonStreamTest, NamesTheItemAndByteOfAnError) {
  const auto expect = [](std::string_view text, size_t values, std::string_view error) {
    for (const size_t chunk : {size_t{1}, size_t{3}, text.size()}) {
      const auto outcome = ReadAll(text, chunk);
      EXPECT_EQ(outcome.values.size(), values) << text << " in chunks of " << chunk;
      EXPECT_EQ(outcome.error, error) << text << " in chunks of " << chunk;
      EXPECT_FALSE(outcome.at_end);
    }
  };
  expect(R"([{"a":1},{"a" 2}])", 1,
         "bad-data: item 1 at byte 14: expected ':' after a property name, found '2'");
  expect(R"([{"a":1})", 1,
         "bad-data: item 1 at byte 8: expected ',' or ']' behind an item, found the end");
  expect(R"([{"a":1},)", 1, "bad-data: item 1 at byte 9: expected an item, found the end");
  expect(R"([{"a":1},{"b":)", 1, "bad-data: item 1 at byte 14: expected a value, found the end");
  expect(R"([{"a":1}{)", 1,
         "bad-data: item 1 at byte 8: expected ',' or ']' behind an item, found '{'");
  expect(R"([1,]2)", 1, "bad-data: item 1 at byte 3: expected a value, found ']'");
  expect(R"([1]x)", 1, "bad-data: item 1 at byte 3: expected nothing behind the end, found 'x'");
  expect("[{\"a\":1},{\"b\":\"\xFF\"}]", 1, "bad-data: item 1 at byte 15: invalid UTF-8 (0xff)");
  expect("{\"a\":1}\n{\"b\":\"\n\"}\n", 1,
         "bad-data: item 1 at byte 14: a control character (0x0a) in a string");
  expect("[{\"a\":1},{\"b\":\"x", 1, "bad-data: item 1 at byte 14: a string that is not closed");
  // Whether the colon or the byte behind it is met first must not matter.
  expect("[1,2:3 \\ \xFF]", 1,
         "bad-data: item 1 at byte 4: expected the end of a number, found ':'");
  expect("{\"a\":1} tru", 1, "bad-data: item 1 at byte 8: expected a value, found 't'");
}

TEST(JsonStreamTest, RefusesAnItemOverTheLimitWithItsIndex) {
  const std::string large = R"({"b":")" + std::string(300, 'x') + R"("})";
  const std::string text = R"([{"a":1},)" + large + "]";
  for (const size_t chunk : {size_t{1}, size_t{100}, text.size()}) {
    const auto outcome = ReadAll(text, chunk, {.value_bytes_max = 200});
    EXPECT_EQ(outcome.values.size(), 1);
    EXPECT_EQ(outcome.error, "too-large: item 1 at byte 9: a value of more than 200 bytes");
    EXPECT_EQ(ReadAll(text, chunk, {.value_bytes_max = large.size()}).values.size(), 2);
  }
}

TEST(JsonStreamTest, AWrappedObjectIsTheOnlyValue) {
  const JsonStream::Options wrapped{.wrapped_object = true};
  EXPECT_THAT(ReadAll("{\n\"a\":\n1}\n", 2, wrapped).values, ElementsAre(R"({"a":1})"));
  EXPECT_THAT(ReadAll("{}{}", 2, wrapped).error, HasSubstr("nothing behind the end"));
  EXPECT_EQ(ReadAll("[{},{}]", 2, wrapped).values.size(), 2);
}

// Items much larger than a window, and windows with many items.
TEST(JsonStreamTest, ReadsLongStreams) {
  SeededRandom random(1);
  std::vector<std::string> items;
  std::string text = "[";
  for (int i = 0; i < 2000; ++i) {
    const size_t size = i % 400 == 7 ? 500'000 : random.Below(300);
    std::string filling;
    while (filling.size() < size) filling += random.Below(3) == 0 ? "}" : "x{[\\\"";
    items.push_back(R"({"_id":")" + std::to_string(i) + R"(","t":")" + filling + R"("})");
    text += (i == 0 ? "" : ",") + items.back();
  }
  text += "]";
  for (const size_t chunk : {size_t{1500}, size_t{64 * 1024}, text.size()}) {
    const auto outcome = ReadAll(text, chunk);
    EXPECT_EQ(outcome.error, "");
    EXPECT_TRUE(outcome.values == items);
  }
  std::string numbers = "[0";
  for (int i = 1; i < 200'000; ++i) numbers += "," + std::to_string(i);
  EXPECT_EQ(ReadAll(numbers + "]", 64 * 1024).values.size(), 200'000);
}

}  // namespace
}  // namespace sluice
