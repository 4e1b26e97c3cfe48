// What must hold for any document: reading and writing agree, and nothing broken passes
// CheckRecord.

#include <gtest/gtest.h>

#include "value/instant.h"
#include "value/json.h"
#include "value/record.h"
#include "value/relations.h"
#include "value/testing.h"

namespace sluice {
namespace {

using testing_support::Values;

// NaN, infinities and empty identifiers have no text of their own; all else must come back as it
// was.
bool IsWritable(const Value& value) {
  if (const auto number = value.AsFloat()) return std::isfinite(*number);
  for (const Value& item : value.items()) {
    if (!IsWritable(item)) return false;
  }
  for (const Property& property : value.properties()) {
    if (!IsWritable(property.value)) return false;
  }
  return true;
}

std::string RecordOf(const Value& value) {
  std::string record;
  Encode(value, record);
  return record;
}

TEST(PropertyTest, WhatIsWrittenIsReadBackAsItWas) {
  Values random(1);
  JsonParser parser;
  int written = 0;
  for (int round = 0; round < 5000; ++round) {
    Arena arena;
    const Value value = random.Any(arena, 4);
    if (!IsWritable(value)) continue;
    ++written;
    for (const int indent : {0, 3}) {
      const auto text = ToJson(value, {.indent = indent});
      std::string record;
      ASSERT_TRUE(parser.Parse(text, record).ok()) << text;
      ASSERT_TRUE(CheckRecord(record).ok()) << text;
      ASSERT_EQ(ToJson(Decode(record)), ToJson(value));
      ASSERT_EQ(record, RecordOf(value)) << text;
    }
  }
  EXPECT_GT(written, 4000);
}

// Strings and names of all lengths, with what must be escaped at any place.
std::string RandomText(Values& random) {
  auto& dice = random.random();
  std::string text(dice.Below(70), 'x');
  for (uint64_t i = dice.Below(3); i != 0 && !text.empty(); --i) {
    constexpr std::string_view kSpecial("\"\\\n\x01\x1f/", 6);
    text[dice.Below(text.size())] = kSpecial[dice.Below(kSpecial.size())];
  }
  return text;
}

TEST(PropertyTest, TheQuickWayWritesAnEntityAsTheSlowOne) {
  Values random(7);
  auto& dice = random.random();
  for (int round = 0; round < 3000; ++round) {
    Arena arena;
    std::vector<Property> properties = {
        {"_id", Value::String(arena.Copy(RandomText(random)))},
        {"_deleted", Value::Boolean(round % 5 == 0)},
        {"_own", Value::Integer(round)},
        {arena.Copy(RandomText(random)), Value::String(arena.Copy(RandomText(random)))},
        {"any", random.Any(arena, 4)}};
    // Over the size up to which the quick way goes.
    if (round % 100 == 0) {
      const std::string large(20'000, round % 200 == 0 ? 'x' : '\x01');
      properties.push_back({"large", Value::String(arena.Copy(large))});
    }
    Entity slow{.dict = Value::Dict(properties)};
    slow.updated = Value::Integer(static_cast<int64_t>(dice.Next() >> dice.Below(64)));
    if (round % 3 == 0) slow.previous = Value::Integer(round);
    slow.ts_us = static_cast<int64_t>(dice.Next() >> dice.Below(64));
    slow.hash = Hash128{.low = dice.Next(), .high = dice.Next()};
    slow.deleted = round % 5 == 0;
    slow.filtered = round % 7 == 0;
    slow.stored = true;
    std::string record;
    Encode(slow.dict, record);
    Entity quick = slow;
    quick.dict = Decode(record);
    for (const Transit transit : {Transit::kDecode, Transit::kKeep}) {
      std::string expected = "[";
      WriteEntityJson(slow, expected, {.transit = transit});
      std::string found = "[";
      WriteEntityJson(quick, found, {.transit = transit});
      ASSERT_EQ(found, expected);
    }
  }
}

// JSON with numbers in all their spellings.
std::string RandomJson(Values& random, int depth) {
  auto& dice = random.random();
  switch (dice.Below(depth > 0 ? 7 : 5)) {
    case 0:
      return dice.Below(2) != 0 ? "true" : "null";
    case 1: {
      std::string out;
      WriteJsonString(random.Text(), out);
      return out;
    }
    case 2:
      return std::to_string(static_cast<int64_t>(dice.Next()) >> dice.Below(64));
    case 3:
    case 4: {
      std::string number = dice.Below(2) != 0 ? "-" : "";
      number += std::to_string(dice.Next() >> dice.Below(64));
      if (dice.Below(2) != 0) number += "." + std::to_string(dice.Next() >> dice.Below(64));
      if (dice.Below(3) == 0) number += "e" + std::to_string(static_cast<int>(dice.Below(40)) - 20);
      return number;
    }
    case 5: {
      std::string out = "[";
      for (uint64_t i = dice.Below(4); i != 0; --i)
        out += RandomJson(random, depth - 1) + (i == 1 ? "" : " ,");
      return out + "]";
    }
    default: {
      std::string out = "{";
      for (uint64_t i = dice.Below(6); i != 0; --i) {
        WriteJsonString(random.Name(), out);
        out += ": " + RandomJson(random, depth - 1) + (i == 1 ? "" : "\n,");
      }
      return out + "}";
    }
  }
}

TEST(PropertyTest, ParsingWhatWasWrittenChangesNothingForEveryNumberOption) {
  Values random(2);
  for (const FloatMode floats : {FloatMode::kFloat, FloatMode::kInteger, FloatMode::kDecimal}) {
    for (const Transit transit : {Transit::kDecode, Transit::kKeep}) {
      JsonParser parser({.floats = floats, .transit = transit});
      for (int round = 0; round < 3000; ++round) {
        const auto text = RandomJson(random, 4);
        std::string record;
        ASSERT_TRUE(parser.Parse(text, record).ok()) << text;
        ASSERT_TRUE(CheckRecord(record).ok()) << text;
        const auto once = ToJson(Decode(record));
        std::string again;
        ASSERT_TRUE(parser.Parse(once, again).ok()) << once;
        ASSERT_EQ(ToJson(Decode(again)), once);
        // Decimals come back as such where transit text is decoded; all else always.
        if (floats != FloatMode::kDecimal || transit == Transit::kDecode) {
          ASSERT_EQ(again, record) << text;
        }
      }
    }
  }
}

TEST(PropertyTest, AStreamGivesWhatAParserGives) {
  Values random(3);
  auto& dice = random.random();
  for (int round = 0; round < 1500; ++round) {
    const bool array = dice.Below(2) != 0;
    std::string text = array ? "[" : "";
    std::vector<std::string> records;
    JsonParser parser;
    for (uint64_t left = dice.Below(12); left != 0; --left) {
      const auto item = "{\"i\":" + RandomJson(random, 3) + "}";
      ASSERT_TRUE(parser.Parse(item, records.emplace_back()).ok());
      text += item + (array && left != 1 ? "," : "\n");
    }
    if (array) text += "]";
    JsonStream stream;
    std::vector<std::string> streamed;
    for (size_t at = 0; at < text.size();) {
      const size_t size = 1 + dice.Below(40);
      stream.Feed(std::string_view(text).substr(at, size));
      at += size;
      std::string record;
      while (stream.Next(record).value()) streamed.push_back(std::exchange(record, {}));
    }
    stream.Finish();
    std::string record;
    while (stream.Next(record).value()) streamed.push_back(std::exchange(record, {}));
    ASSERT_EQ(streamed, records) << text;
    ASSERT_TRUE(stream.AtEnd()) << text;
  }
}

// Walks over everything that a record holds, so that a sanitizer sees every read.
size_t Touch(const Value& value) {
  size_t sum = ToJson(value).size() + EqualityHash(value) % 2;
  for (const Value& item : value.items()) sum += Touch(item);
  for (const Property& property : value.properties())
    sum += Touch(property.value) + property.name.size();
  return sum;
}

TEST(PropertyTest, BrokenRecordsAreRefusedOrHarmless) {
  Values random(4);
  auto& dice = random.random();
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    Arena arena;
    const auto record = RecordOf(random.Dict(arena, 3));
    ASSERT_TRUE(CheckRecord(record).ok());
    for (size_t size = 0; size < record.size(); ++size) {
      // In memory of its own, so that reading behind its end is noticed.
      const std::unique_ptr<char[]> cut(new char[size]);
      std::copy_n(record.data(), size, cut.get());
      ASSERT_FALSE(CheckRecord({cut.get(), size}).ok());
    }
    EXPECT_FALSE(CheckRecord(record + '\0').ok());
    for (int flip = 0; flip < 100; ++flip) {
      const std::unique_ptr<char[]> flipped(new char[record.size()]);
      std::copy_n(record.data(), record.size(), flipped.get());
      flipped[dice.Below(record.size())] ^= static_cast<char>(1 << dice.Below(8));
      const std::string_view bytes(flipped.get(), record.size());
      if (!CheckRecord(bytes).ok()) {
        ++refused;
        continue;
      }
      Touch(Decode(bytes));
      std::string again;
      Encode(Decode(bytes), again);
      EXPECT_EQ(again, bytes);
      std::string stored;
      EncodeForDataset(Decode(bytes), stored);
      EXPECT_TRUE(CheckRecord(stored).ok());
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(PropertyTest, DatesAndTextsAgree) {
  SeededRandom random(5);
  for (int round = 0; round < 20'000; ++round) {
    const Instant at{static_cast<int64_t>(random.Below(315'537'897'600)) - 62'135'596'800,
                     static_cast<uint32_t>(random.Below(2) == 0 ? 0 : random.Below(1'000'000'000))};
    ASSERT_TRUE(InRange(at));
    ASSERT_EQ(ParseDatetime(DatetimeText(at)), at) << DatetimeText(at);
    const auto days = static_cast<int32_t>(at.seconds / 86'400);
    ASSERT_EQ(ParseDate(DateText(days)), days);
  }
}

TEST(PropertyTest, ArithmeticAgreesWithMachineIntegers) {
  SeededRandom random(6);
  Arena arena;
  for (int round = 0; round < 20'000; ++round) {
    const auto a = static_cast<int64_t>(random.Next()) >> random.Below(63);
    const auto b = static_cast<int64_t>(random.Next()) >> random.Below(63);
    const auto big =
        [&](int64_t value) {  // The same number, by a way that only exact arithmetic takes.
          return *Calculate(Operator::kMinus,
                            *Calculate(Operator::kPlus, Value::Integer(value),
                                       *ParseInteger("100000000000000000000000", arena), arena),
                            *ParseInteger("100000000000000000000000", arena), arena);
        };
    ASSERT_EQ(big(a).AsInteger(), a);
    ASSERT_EQ(Compare(Value::Integer(a), Value::Integer(b)),
              Compare(*ParseDecimal(std::to_string(a), arena), Value::Integer(b)));
    const auto wide = static_cast<__int128>(a) * b;
    const auto product =
        *Calculate(Operator::kMultiply, Value::Integer(a), Value::Integer(b), arena);
    if (wide >= INT64_MIN && wide <= INT64_MAX) {
      ASSERT_EQ(product.AsInteger(), static_cast<int64_t>(wide));
    } else {
      ASSERT_TRUE(product.IsBigInteger());
    }
    if (b == 0) continue;
    ASSERT_TRUE(
        Equal(*Calculate(Operator::kDivide, product, Value::Integer(b), arena), Value::Integer(a)));
    const auto decimal = *Calculate(Operator::kDivide, *ParseDecimal(std::to_string(a), arena),
                                    Value::Integer(b), arena);
    const double expected = static_cast<double>(a) / static_cast<double>(b);
    ASSERT_NEAR(ToDouble(decimal), expected, std::abs(expected) * 1e-15);
    const auto remainder =
        *Calculate(Operator::kRemainder, Value::Integer(a), Value::Integer(b), arena);
    ASSERT_TRUE(remainder.AsInteger() == 0 || (*remainder.AsInteger() < 0) == (b < 0));
  }
}

}  // namespace
}  // namespace sluice
