// CSV as text: rows in and out, dialects, encodings.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "connectors/csv/charset.h"
#include "connectors/csv/csv_reader.h"
#include "connectors/csv/csv_writer.h"
#include "connectors/csv/dialect.h"

namespace sluice::connectors {
namespace {

using Row = std::vector<std::string>;
using testing::ElementsAre;
using testing::HasSubstr;

// Reads in pieces of `step` bytes; an error is a row of its own.
std::vector<Row> ReadAll(std::string_view text, size_t step, Dialect dialect = {}) {
  CsvReader reader(std::move(dialect));
  std::vector<Row> rows;
  std::vector<std::string_view> fields;
  for (size_t at = 0;; at += step) {
    if (at < text.size()) {
      reader.Feed(text.substr(at, step));
    } else {
      reader.Finish();
    }
    while (true) {
      auto next = reader.Next(fields);
      if (!next.ok()) {
        rows.push_back({next.error().ToText()});
        return rows;
      }
      if (!*next) break;
      rows.emplace_back(fields.begin(), fields.end());
    }
    if (at >= text.size()) return rows;
  }
}

std::string WriteRow(const CsvFormat& format, const Row& row) {
  CsvWriter writer(format);
  std::string out;
  writer.BeginRow();
  for (const std::string& field : row) writer.Field(field, false, out);
  writer.EndRow(out);
  return out;
}

TEST(CsvReader, ReadsRowsWhateverThePieces) {
  const std::string_view text = "a,b,c\r\n1,,\"x,\"\"y\"\"\nz\"\n\n\"q\"tail,2,3\rlast,\"\",";
  for (const size_t step : {1, 2, 3, 5, 100}) {
    EXPECT_THAT(ReadAll(text, step), ElementsAre(Row{"a", "b", "c"}, Row{"1", "", "x,\"y\"\nz"},
                                                 Row{"qtail", "2", "3"}, Row{"last", "", ""}))
        << step;
  }
}

TEST(CsvReader, TakesDelimitersOfSeveralBytes) {
  for (const size_t step : {1, 2, 100}) {
    EXPECT_THAT(ReadAll("a||b|c\r\nd||\"e||\"\n", step, {.delimiter = "||"}),
                ElementsAre(Row{"a", "b|c"}, Row{"d", "e||"}));
  }
}

TEST(CsvReader, NamesTheLineOfAQuoteThatIsNotClosed) {
  EXPECT_THAT(
      ReadAll("a\nb\n\"c\nd", 3),
      ElementsAre(Row{"a"}, Row{"b"}, Row{"bad-data: line 3: a quote is opened and never closed"}));
}

TEST(CsvReader, BoundsARow) {
  CsvReader reader({});
  std::vector<std::string_view> fields;
  reader.Feed("\"" + std::string(17 * 1024 * 1024, 'x'));
  const auto next = reader.Next(fields);
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().code, Code::kTooLarge);
}

TEST(CsvReader, CountsLines) {
  CsvReader reader({});
  reader.Feed("a\n\"b\nc\"\n\nd\n");
  reader.Finish();
  std::vector<std::string_view> fields;
  std::vector<uint64_t> lines;
  while (*reader.Next(fields)) lines.push_back(reader.line());
  EXPECT_THAT(lines, ElementsAre(1, 2, 5));
}

// The bytes of Python's csv module, after which the reference names its options.
TEST(CsvWriter, WritesTheReferencesBytes) {
  const Row row = {"a", "b,c", "d\"e", "f\ng", "", "h\\i", "k l", "'q'", "x\ry"};
  EXPECT_EQ(WriteRow({}, row), "a,\"b,c\",\"d\"\"e\",\"f\ng\",,h\\i,k l,'q',\"x\ry\"\r\n");
  EXPECT_EQ(WriteRow({.quoting = CsvFormat::Quoting::kAll}, row),
            "\"a\",\"b,c\",\"d\"\"e\",\"f\ng\",\"\",\"h\\i\",\"k l\",\"'q'\",\"x\ry\"\r\n");
  EXPECT_EQ(WriteRow({.quoting = CsvFormat::Quoting::kNone, .escape = "\\"}, row),
            "a,b\\,c,d\\\"e,f\\\ng,,h\\\\i,k l,'q',x\\\ry\r\n");
  EXPECT_EQ(WriteRow({.escape = "\\", .double_quotes = false}, row),
            "a,\"b,c\",d\\\"e,\"f\ng\",,h\\\\i,k l,'q',\"x\ry\"\r\n");
  EXPECT_EQ(WriteRow({.delimiter = ";", .line_end = "\n"}, row),
            "a;b,c;\"d\"\"e\";\"f\ng\";;h\\i;k l;'q';\"x\ry\"\n");
  EXPECT_EQ(WriteRow({.quote = "'"}, row), "a,'b,c',d\"e,'f\ng',,h\\i,k l,'''q''','x\ry'\r\n");
  EXPECT_EQ(WriteRow({.escape = "\\"}, row),
            "a,\"b,c\",\"d\"\"e\",\"f\ng\",,h\\\\i,k l,'q',\"x\ry\"\r\n");
  EXPECT_EQ(WriteRow({}, {""}), "\"\"\r\n");
  EXPECT_EQ(WriteRow({}, {"", ""}), ",\r\n");
  EXPECT_EQ(WriteRow({.delimiter = "–"}, {"a–b", "c"}), "\"a–b\"–c\r\n");
}

TEST(CsvWriter, LeavesTextAloneWithoutQuotesAndEscapes) {
  EXPECT_EQ(WriteRow({.quoting = CsvFormat::Quoting::kNone}, {"a,b", "\""}), "a,b,\"\r\n");
}

TEST(CsvWriter, QuotesWhatIsNoNumber) {
  CsvWriter writer({.quoting = CsvFormat::Quoting::kNonNumeric});
  std::string out;
  writer.BeginRow();
  writer.Field("1.5", true, out);
  writer.Field("1.5", false, out);
  writer.Field("", false, out);
  writer.EndRow(out);
  EXPECT_EQ(out, "1.5,\"1.5\",\"\"\r\n");
}

// What is written with quotes comes back, from any seed.
TEST(CsvRoundTrip, GivesTheSameRows) {
  const std::string_view alphabet = "ab,;\"'\n\r\t|\\ é0";
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SeededRandom random(seed);
    CsvFormat format{
        .quoting = random.Below(2) == 0 ? CsvFormat::Quoting::kMinimal : CsvFormat::Quoting::kAll,
        .delimiter = std::string(1, ",;\t|"[random.Below(4)]),
        .quote = random.Below(2) == 0 ? "\"" : "'",
        .line_end = random.Below(2) == 0 ? "\r\n" : "\n"};
    std::vector<Row> rows(1 + random.Below(6));
    std::string text;
    for (Row& row : rows) {
      row.resize(1 + random.Below(5));
      for (std::string& field : row) {
        for (uint64_t left = random.Below(8); left > 0; --left) {
          field += alphabet[random.Below(alphabet.size())];
        }
      }
      text += WriteRow(format, row);
    }
    const Dialect dialect{.delimiter = format.delimiter, .quote = format.quote[0]};
    EXPECT_EQ(ReadAll(text, 1 + random.Below(20), dialect), rows)
        << "seed " << seed << ": " << text;
  }
}

TEST(GuessDialect, FindsDelimitersAndQuotes) {
  EXPECT_EQ(GuessDialect("a,b;c\n1,2;2\n3,4;4\n", {}).delimiter, ",");
  EXPECT_EQ(GuessDialect("a;b;c\n1,5;2;3\n1,7;2;3\n", {}).delimiter, ";");
  EXPECT_EQ(GuessDialect("a\tb\n1\t2\n", {}).delimiter, "\t");
  EXPECT_EQ(GuessDialect("a|b\n\"x|y\"|2\n", {}).delimiter, "|");
  EXPECT_EQ(GuessDialect("only\none\ncolumn\n", {}).delimiter, ",");
  EXPECT_EQ(GuessDialect("", {}).delimiter, ",");
  EXPECT_EQ(GuessDialect("a;b\n1;2\n", ",").delimiter, ",");
  EXPECT_EQ(GuessDialect("'a','b'\n'x,y','2'\n", {}).quote, '\'');
  EXPECT_EQ(GuessDialect("\"a\",'b\n'x,2\n", {}).quote, '"');
  EXPECT_EQ(GuessDialect("a,b\n'tis,it's\n", {}).quote, '"');
}

std::string Decode(std::string_view name, std::string_view bytes, size_t step,
                   CharsetDecoder::OnError on_error = CharsetDecoder::OnError::kStrict) {
  auto decoder = CharsetDecoder::Open(name, on_error);
  if (!decoder.ok()) return decoder.error().ToText();
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += step) {
    auto result = decoder->Decode(bytes.substr(at, step), text);
    if (!result.ok()) return result.error().ToText();
  }
  auto result = decoder->Finish(text);
  return result.ok() ? text : result.error().ToText();
}

TEST(CharsetDecoder, TakesEncodingsByTheirManyNames) {
  for (const size_t step : {1, 2, 100}) {
    EXPECT_EQ(Decode("utf-8", "blå €", step), "blå €");
    EXPECT_EQ(Decode("UTF8", "\xEF\xBB\xBFx", step), "x");
    for (const char* name : {"iso-8859-1", "latin-1", "latin1", "ISO8859_1"}) {
      EXPECT_EQ(Decode(name, "bl\xE5", step), "blå") << name;
    }
    for (const char* name : {"cp1252", "windows-1252"}) EXPECT_EQ(Decode(name, "\x80", step), "€");
    EXPECT_EQ(Decode("utf-16",
                     std::string_view("\xFF\xFE"
                                      "a\0\xE5\0",
                                      6),
                     step),
              "aå");
    EXPECT_EQ(Decode("utf_16_be", std::string_view("\0a\0\xE5", 4), step), "aå");
  }
}

TEST(CharsetDecoder, NamesTheByteThatIsNoText) {
  EXPECT_EQ(Decode("utf-8", "ab\xE5 c", 2),
            "bad-data: byte 2: expected utf-8 text, found the byte 0xe5; see \"encoding\"");
  EXPECT_THAT(Decode("utf-8", "ab\xC3", 1), HasSubstr("byte 2"));
  EXPECT_EQ(Decode("utf-8", "a\xE5 c\xC3", 1, CharsetDecoder::OnError::kReplace),
            "a\uFFFD c\uFFFD");
  EXPECT_THAT(Decode("klingon", "", 1), HasSubstr("klingon"));
  EXPECT_THAT(Decode("utf-8//IGNORE", "", 1), HasSubstr("IGNORE"));
}

std::string EncodeText(std::string_view name, CharsetEncoder::OnError on_error,
                       std::string_view text) {
  auto encoder = CharsetEncoder::Open(name, on_error);
  if (!encoder.ok()) return encoder.error().ToText();
  std::string bytes;
  encoder->Encode(text, bytes);
  return bytes;
}

TEST(CharsetEncoder, HasAWayForEachCharacterThatIsMissing) {
  using enum CharsetEncoder::OnError;
  EXPECT_EQ(EncodeText("utf-8", kBackslash, "blå ę 😀"), "blå ę 😀");
  EXPECT_EQ(EncodeText("latin-1", kBackslash, "blå ę 😀"), "bl\xE5 \\u0119 \\U0001f600");
  EXPECT_EQ(EncodeText("ascii", kBackslash, "å"), "\\xe5");
  EXPECT_EQ(EncodeText("latin-1", kXmlReference, "ę"), "&#281;");
  EXPECT_EQ(EncodeText("latin-1", kReplace, "aęb"), "a?b");
  EXPECT_EQ(EncodeText("latin-1", kIgnore, "aęb"), "ab");
  EXPECT_EQ(EncodeText("utf-16-le", kIgnore, "aę"), std::string_view("a\0\x19\x01", 4));
}

}  // namespace
}  // namespace sluice::connectors
