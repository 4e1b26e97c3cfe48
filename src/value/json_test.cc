#include "value/json.h"

#include <gmock/gmock.h>

#include <cmath>

#include "value/record.h"
#include "value/relations.h"

namespace sluice {
namespace {

using testing::HasSubstr;

std::string RoundTrip(std::string_view text, JsonReadOptions read = {},
                      JsonWriteOptions write = {}) {
  Arena arena;
  JsonParser parser(read);
  auto value = parser.Parse(text, arena);
  return value.ok() ? ToJson(*value, write) : value.error().ToText();
}

Kind KindOf(std::string_view text, JsonReadOptions read = {}) {
  Arena arena;
  return JsonParser(read).Parse(text, arena).value().kind();
}

TEST(JsonParserTest, GivesBackWhatItRead) {
  for (const std::string text : {R"({})",
                                 R"([])",
                                 R"(null)",
                                 R"(true)",
                                 R"(false)",
                                 R"("")",
                                 R"(0)",
                                 R"(-1)",
                                 R"(9223372036854775807)",
                                 R"(-9223372036854775808)",
                                 R"(9223372036854775808)",
                                 R"(-123456789012345678901234567890)",
                                 R"(1.5)",
                                 R"(0.1)",
                                 R"(1e+300)",
                                 R"(1e-05)",
                                 R"({"a":{"b":[1,[],{}]},"c":"x"})",
                                 R"("\"\\\b\f\n\r\t\u0001")",
                                 R"("æøå😀")",
                                 R"("~:a:b")",
                                 R"("~rhttp://x/")",
                                 R"("~t2015-12-31")",
                                 R"("~t2015-01-02T03:04:05Z")",
                                 R"("~t2015-01-02T03:04:05.123456789Z")",
                                 R"("~bAAECAwQF")",
                                 R"("~u531a379e-31bb-4ce1-8690-158dceb64be6")",
                                 R"("~f2.500000")",
                                 R"({"a longer name than sixteen bytes":1})"}) {
    EXPECT_EQ(RoundTrip(text), text);
  }
}

TEST(JsonParserTest, WritesOneFormForEachNumber) {
  EXPECT_EQ(RoundTrip("1.0"), "1.0");
  EXPECT_EQ(RoundTrip("1e2"), "100.0");
  EXPECT_EQ(RoundTrip("1E16"), "1e+16");
  EXPECT_EQ(RoundTrip("-0"), "0");
  EXPECT_EQ(RoundTrip("-0.0"), "-0.0");
  EXPECT_EQ(RoundTrip("1e-400"), "0.0");
  EXPECT_EQ(RoundTrip("1.7976931348623157e308"), "1.7976931348623157e+308");
  EXPECT_EQ(RoundTrip("0.30000000000000004"), "0.30000000000000004");
  EXPECT_EQ(RoundTrip("123456789012345678.5"), "1.2345678901234568e+17");
}

TEST(JsonParserTest, ReadsFloatsAsTheOptionSays) {
  const JsonReadOptions integers{.floats = FloatMode::kInteger};
  EXPECT_EQ(RoundTrip("1.0", integers), "1");
  EXPECT_EQ(RoundTrip("1.5", integers), "1.5");
  EXPECT_EQ(RoundTrip("-12.50e1", integers), "-125");
  EXPECT_EQ(RoundTrip("1e20", integers), "100000000000000000000");
  const JsonReadOptions decimals{.floats = FloatMode::kDecimal};
  EXPECT_EQ(RoundTrip("1.50", decimals), R"("~f1.50")");
  EXPECT_EQ(RoundTrip("1e3", decimals), R"("~f1000")");
  EXPECT_EQ(RoundTrip("12e-1", decimals), R"("~f1.2")");
  EXPECT_EQ(RoundTrip("7", decimals), "7");
  EXPECT_EQ(RoundTrip("1e400", decimals).size(), 401 + 4);
  EXPECT_EQ(KindOf("0.1", decimals), Kind::kDecimal);
  EXPECT_EQ(RoundTrip("-0.50", decimals), R"("~f-0.50")");
  const JsonReadOptions both{.floats = FloatMode::kIntegerOrDecimal};
  EXPECT_EQ(RoundTrip("1.0", both), "1");
  EXPECT_EQ(RoundTrip("-12.50e1", both), "-125");
  EXPECT_EQ(RoundTrip("1.50", both), R"("~f1.50")");
  EXPECT_EQ(RoundTrip("-0.050", both), R"("~f-0.050")");
  EXPECT_EQ(RoundTrip("12e-1", both), R"("~f1.2")");
  EXPECT_THAT(RoundTrip("1e999999999", both), HasSubstr("too-large"));
}

TEST(JsonParserTest, RefusesNumbersBeyondTheRange) {
  EXPECT_EQ(RoundTrip("[1e400]"), "bad-data: 1e400 is beyond the range of a float at byte 1");
  EXPECT_EQ(RoundTrip("1.5e400", {.floats = FloatMode::kInteger}).size(), 401);
  EXPECT_THAT(RoundTrip("1e999999999", {.floats = FloatMode::kDecimal}), HasSubstr("too-large"));
  EXPECT_THAT(RoundTrip(std::string(100'001, '1')), HasSubstr("too-large"));
  EXPECT_EQ(RoundTrip(std::string(100'000, '1')).size(), 100'000);
}

TEST(JsonParserTest, KeepsStringsThatAreNoTransitText) {
  for (const std::string text :
       {R"("~")", R"("~x")", R"("~:")", R"("~r")", R"("~t2015-02-29")",
        R"("~t2015-01-02T03:04:05")", R"("~t2015-01-02T03:04:05+01:00")", R"("~t0000-01-01")",
        R"("~bAA=")", R"("~bAB==")", R"("~u123")", R"("~fx")", R"("~f1.")", R"("~f.5")",
        R"("~fNaN")", R"("~t2015-01-02T24:00:00Z")"}) {
    EXPECT_EQ(KindOf(text), Kind::kString) << text;
    EXPECT_EQ(RoundTrip(text), text);
  }
  EXPECT_EQ(KindOf(R"("~:a:b")", {.transit = Transit::kKeep}), Kind::kString);
  EXPECT_EQ(KindOf(R"("\u007e:a:b")"), Kind::kNi);
}

TEST(JsonParserTest, SaysWhereAndWhatIsWrong) {
  const auto expect = [](std::string_view text, std::string_view error) {
    EXPECT_EQ(RoundTrip(text), std::string("bad-data: ") + std::string(error)) << text;
  };
  expect("", "expected a JSON value, found nothing at byte 0");
  expect("  ", "expected a JSON value, found nothing at byte 2");
  expect("{\"a\" 1}", "expected ':' after a property name, found '1' at byte 5");
  expect("{\"a\":1,}", "expected a property name in quotes, found '}' at byte 7");
  expect("{a:1}", "expected a property name in quotes, found 'a' at byte 1");
  expect("[1,]", "expected a value, found ']' at byte 3");
  expect("[1 2]", "expected ',' or ']', found '2' at byte 3");
  expect("[1", "expected ',' or ']', found the end at byte 2");
  expect("{\"a\":", "expected a value, found the end at byte 5");
  expect("1 2", "expected nothing behind the JSON value, found '2' at byte 2");
  expect("{} x", "expected nothing behind the JSON value, found 'x' at byte 3");
  expect("01", "a number starts with a needless zero at byte 0");
  expect("-", "expected a digit, found the end at byte 1");
  expect("1.", "expected a digit behind the point, found the end at byte 2");
  expect("[1.e5]", "expected a digit behind the point, found 'e' at byte 3");
  expect("1e", "expected a digit of the exponent, found the end at byte 2");
  expect("1x", "expected the end of a number, found 'x' at byte 1");
  expect("truex", "expected a value, found 't' at byte 0");
  expect("nul", "expected a value, found 'n' at byte 0");
  expect("NaN", "expected a value, found 'N' at byte 0");
  expect("\"abc", "a string that is not closed at byte 0");
  expect("\"a\nb\"", "a control character (0x0a) in a string at byte 2");
  expect("\"a\xFF\"", "invalid UTF-8 (0xff) at byte 2");
  expect("\"\xED\xA0\x80\"", "invalid UTF-8 (0xed) at byte 1");
  expect("\"\\x\"", "an escape that JSON does not have at byte 1");
  expect("\"\\u12g4\"", "expected four hexadecimal digits behind \\u at byte 1");
  expect("[\"\\ud800\"]", "half of a surrogate pair, which is no character at byte 2");
  expect("\"\\udc00\"", "half of a surrogate pair, which is no character at byte 1");
  expect("\"\\ud800\\u0041\"", "half of a surrogate pair, which is no character at byte 1");
  expect(std::string_view("1\0", 2), "expected the end of a number, found the byte 0x00 at byte 1");
  expect("\xEF\xBB\xBF[1", "expected ',' or ']', found the end at byte 5");
}

TEST(JsonParserTest, LimitsDepth) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(RoundTrip(nested(512)), nested(512));
  EXPECT_EQ(RoundTrip(nested(513)),
            "too-large: lists and dicts are nested deeper than 512 at byte 512");
  EXPECT_THAT(RoundTrip(std::string(100'000, '[')), HasSubstr("too-large"));
  EXPECT_THAT(RoundTrip("[[1]]", {.depth_max = 1}), HasSubstr("too-large"));
}

TEST(JsonParserTest, TheLastOfDuplicateNamesWinsAtThePlaceOfTheFirst) {
  EXPECT_EQ(RoundTrip(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
  EXPECT_EQ(RoundTrip(R"({"x":{"a":1,"\u0061":{"b":0}},"y":1})"), R"({"x":{"a":{"b":0}},"y":1})");
}

TEST(JsonParserTest, MarksSortedDicts) {
  std::string record;
  JsonParser parser;
  for (int time = 0; time < 2; ++time) {  // The second time the names are known.
    record.clear();
    ASSERT_TRUE(parser.Parse(R"({"a":1,"b":{"z":1,"y":2},"c":{"y":1,"z":2}})", record).ok());
    EXPECT_EQ(record[0], static_cast<char>(Tag::kSortedDict));
    EXPECT_EQ(Decode(record).Find("b").encoded()[0], static_cast<char>(Tag::kDict));
    EXPECT_EQ(Decode(record).Find("c").encoded()[0], static_cast<char>(Tag::kSortedDict));
    EXPECT_TRUE(CheckRecord(record).ok());
  }
}

TEST(JsonParserTest, SkipsAByteOrderMarkAtTheStartOnly) {
  EXPECT_EQ(RoundTrip("\xEF\xBB\xBF{}"), "{}");
  EXPECT_EQ(RoundTrip("\"\xEF\xBB\xBF\""), "\"\xEF\xBB\xBF\"");
  EXPECT_THAT(RoundTrip(" \xEF\xBB\xBF{}"), HasSubstr("bad-data"));
}

TEST(JsonParserTest, IsUsableAfterAnError) {
  JsonParser parser;
  std::string out = "kept";
  EXPECT_FALSE(parser.Parse("{\"a\":[1,", out).ok());
  EXPECT_EQ(out, "kept");
  out.clear();
  ASSERT_TRUE(parser.Parse("{\"a\":[1,2]}", out).ok());
  EXPECT_EQ(ToJson(Decode(out)), "{\"a\":[1,2]}");
}

TEST(JsonWriterTest, WritesNanAndInfinitiesAsNull) {
  EXPECT_EQ(ToJson(Value::Float(NAN)), "null");
  EXPECT_EQ(ToJson(Value::Float(-INFINITY)), "null");
}

TEST(JsonWriterTest, IndentsAndSorts) {
  EXPECT_EQ(RoundTrip(R"({"b":[1,{}],"a":[]})", {}, {.indent = 2, .sort_keys = true}),
            "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ]\n}");
  EXPECT_EQ(RoundTrip(R"({"b":{"d":1,"c":2},"a":3})", {}, {.sort_keys = true}),
            R"({"a":3,"b":{"c":2,"d":1}})");
}

TEST(JsonWriterTest, KeepsTransitTextBareOnRequest) {
  EXPECT_EQ(RoundTrip(R"(["~:a:b","~rx","~t2015-12-31","~bAAEC","~f1.50","s"])", {},
                      {.transit = Transit::kKeep}),
            R"(["a:b","x","2015-12-31","AAEC","1.50","s"])");
}

TEST(JsonWriterTest, PutsMetadataBehindTheId) {
  std::string record;
  ASSERT_TRUE(JsonParser().Parse(R"({"a":1,"_id":"x","_deleted":true})", record).ok());
  Entity entity{.dict = Decode(record),
                .updated = Value::Integer(5),
                .ts_us = 7,
                .hash = Hash128{1, 2},
                .deleted = true,
                .stored = true};
  std::string out;
  WriteEntityJson(entity, out);
  EXPECT_EQ(
      out,
      R"({"_id":"x","_updated":5,"_ts":7,"_hash":"00000000000000020000000000000001","_previous":null,)"
      R"("_deleted":true,"a":1})");
  EXPECT_EQ(ToJson(Value::OfEntity(&entity), {.metadata = false}),
            R"({"a":1,"_id":"x","_deleted":true})");
  const Value list[] = {Value::OfEntity(&entity)};
  EXPECT_EQ(ToJson(Value::List(list)), R"([{"a":1,"_id":"x","_deleted":true}])");
}

TEST(TransitTest, DecodesDeep) {
  Arena arena;
  std::string record;
  ASSERT_TRUE(JsonParser({.transit = Transit::kKeep})
                  .Parse(R"({"a":["~:x:y",1,{"b":"~f1.5"}]})", record)
                  .ok());
  const Value decoded = DecodeTransitDeep(Decode(record), arena);
  EXPECT_EQ(decoded.Find("a").At(0).kind(), Kind::kNi);
  EXPECT_EQ(decoded.Find("a").At(2).Find("b").kind(), Kind::kDecimal);
  EXPECT_EQ(TransitText(decoded.Find("a").At(0)), "~:x:y");
  EXPECT_EQ(TransitText(Value::Integer(1)), "");
}

}  // namespace
}  // namespace sluice
