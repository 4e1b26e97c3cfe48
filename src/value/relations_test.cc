#include "value/relations.h"

#include <gtest/gtest.h>

#include <cmath>

#include "value/json.h"
#include "value/number.h"
#include "value/record.h"
#include "value/testing.h"

namespace sluice {
namespace {

class RelationsTest : public testing::Test {
 protected:
  Value Parse(std::string_view json) { return JsonParser().Parse(json, arena_).value(); }
  static std::string Key(const Value& value) {
    std::string key;
    AppendEqualityKey(value, key);
    return key;
  }

  Arena arena_;
};

TEST_F(RelationsTest, NumbersOfOneValueAreEqualAcrossKinds) {
  const std::vector<std::vector<std::string>> classes = {
      {"0", "-0.0", "0.0", R"("~f0.00")", R"("~f-0")"},
      {"1", "1.0", R"("~f1")", R"("~f1.000")"},
      {"0.5", R"("~f0.50")"},
      {"0.1"},
      {R"("~f0.1")", R"("~f0.10")"},
      {"9007199254740993", R"("~f9007199254740993.0")"},
      {"9007199254740992", "9007199254740992.0"},
      {"9223372036854775807"},
      {"9223372036854775808", "9223372036854775808.0", R"("~f9223372036854775808")"},
      {"-9223372036854775808", "-9223372036854775808.0", R"("~f-9223372036854775808.0")"},
      {"-9223372036854775809", R"("~f-9223372036854775809")"},
      {"100000000000000000000", "1e20", R"("~f100000000000000000000.0")"},
      {"100000000000000000000000", R"("~f100000000000000000000000")"},
      {"1e23"},
      {R"("~f1234567890123456789.5")"},
      {"1234567890123456789", R"("~f1234567890123456789")"},
      {"true"},
      {R"("1")"},
      {R"("~:1")"},
      {R"("~r1")"},
      {R"("~t2015-01-01")"},
      {R"("~t2015-01-01T00:00:00Z")"},
      {R"("2015-01-01")"},
      {"null"},
      {"[]"},
      {"[1]", "[1.0]"},
      {"{}"},
      {R"({"a":1,"b":[2]})", R"({"b":[2.0],"a":1.0})"},
      {R"({"a":1})"},
  };
  for (size_t i = 0; i < classes.size(); ++i) {
    for (size_t j = 0; j < classes.size(); ++j) {
      for (const auto& text_a : classes[i]) {
        for (const auto& text_b : classes[j]) {
          const Value a = Parse(text_a);
          const Value b = Parse(text_b);
          EXPECT_EQ(Equal(a, b), i == j) << text_a << " " << text_b;
          EXPECT_EQ(Key(a) == Key(b), i == j) << text_a << " " << text_b;
          EXPECT_EQ(Compare(a, b) == 0, i == j) << text_a << " " << text_b;
          EXPECT_TRUE(i != j || EqualityHash(a) == EqualityHash(b)) << text_a << " " << text_b;
        }
      }
    }
  }
}

TEST_F(RelationsTest, NanEqualsNothingAndLiesBeforeAllNumbers) {
  const Value nan = Value::Float(NAN);
  EXPECT_FALSE(Equal(nan, nan));
  EXPECT_EQ(Compare(nan, nan), 0);
  EXPECT_LT(Compare(nan, Value::Float(-INFINITY)), 0);
  EXPECT_GT(Compare(Value::Integer(-5), nan), 0);
  EXPECT_LT(Compare(Value::Boolean(true), nan), 0);
  const Value decimal = Value::Decimal(arena_.Copy("1" + std::string(400, '0')));
  EXPECT_LT(Compare(decimal, Value::Float(INFINITY)), 0);
  EXPECT_GT(Compare(decimal, Value::Float(1.7e308)), 0);
  EXPECT_TRUE(Equal(Value::Float(INFINITY), Value::Float(INFINITY)));
}

TEST_F(RelationsTest, OrdersKindsByRank) {
  const Value list = Parse(
      R"([null, false, true, -1e300, -5, "~f-4.9", 0.1, "~f0.11", 1, 1.5, 12345678901234567890,)"
      R"("~t0001-01-01", "~t2015-01-01", "~t2015-01-01T00:00:00Z", "~t2015-01-01T00:00:00.1Z", "~t2015-01-02",)"
      R"("~u00000000-0000-0000-0000-000000000000", "~u531a379e-31bb-4ce1-8690-158dceb64be6",)"
      R"("~:a:b", "~:b", "~ra", "~rb", "", "B", "a", "aa", "ø", "😀",)"
      R"({}, {"a":1}, {"b":1,"a":2}, {"b":0}, "~bAA==", "~bAQ==", [], [1], [1,2], [2]])");
  for (uint32_t i = 0; i < list.count(); ++i) {
    for (uint32_t j = 0; j < list.count(); ++j) {
      const int order = Compare(list.At(i), list.At(j));
      EXPECT_EQ((order > 0) - (order < 0), i < j   ? -1
                                           : i > j ? 1
                                                   : 0)
          << ToJson(list.At(i)) << " " << ToJson(list.At(j));
    }
  }
  const Value tuple = Value::Tuple({});
  EXPECT_LT(Compare(Parse("{}"), tuple), 0);
  EXPECT_LT(Compare(tuple, Parse(R"("~bAA==")")), 0);
  EXPECT_FALSE(Equal(tuple, Parse("[]")));
}

TEST_F(RelationsTest, KeysAreFreeOfPrefixesAndShort) {
  testing_support::Values values(7);
  std::vector<std::string> keys;
  for (int i = 0; i < 1500; ++i) keys.push_back(Key(values.Any(arena_, 3)));
  for (const int size : {127, 128, 129, 1000}) {
    keys.push_back(Key(Value::String(arena_.Copy(std::string(static_cast<size_t>(size), 'x')))));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (size_t i = 1; i < keys.size(); ++i) EXPECT_FALSE(keys[i].starts_with(keys[i - 1]));
  for (const auto& key : keys) EXPECT_LE(key.size(), 130);
}

// Random values, many of them equal or nearly so, by the laws that make joins, indexes and sorting
// agree.
TEST_F(RelationsTest, KeepTheLaws) {
  testing_support::Values random(11);
  for (int round = 0; round < 300; ++round) {
    Arena arena;
    std::vector<Value> values;
    for (int i = 0; i < 12; ++i) values.push_back(random.Any(arena, 2));
    for (int i = 0; i < 8; ++i) values.push_back(random.Number(arena));
    const size_t made = values.size();
    for (size_t i = 0; i < made; i += 2) values.push_back(random.Rewritten(values[i], arena));
    for (const Value& a : values) {
      EXPECT_EQ(Compare(a, a), 0);
      EXPECT_EQ(Equal(a, a), !testing_support::HoldsNan(a)) << ToJson(a);
      for (const Value& b : values) {
        const int order = Compare(a, b);
        const bool equal = Equal(a, b);
        EXPECT_EQ(order < 0, Compare(b, a) > 0);
        EXPECT_EQ(equal, Equal(b, a));
        EXPECT_EQ(equal, order == 0 && !testing_support::HoldsNan(a))
            << ToJson(a) << " " << ToJson(b);
        EXPECT_TRUE(!equal || EqualityHash(a) == EqualityHash(b)) << ToJson(a) << " " << ToJson(b);
        EXPECT_EQ(Key(a) == Key(b), order == 0) << ToJson(a) << " " << ToJson(b);
        for (const Value& c : values) {
          EXPECT_TRUE(order > 0 || Compare(b, c) > 0 || Compare(a, c) <= 0);
        }
      }
    }
  }
}

TEST_F(RelationsTest, IdentityIgnoresTheOrderOfNamesOnly) {
  testing_support::Values random(13);
  for (int round = 0; round < 2000; ++round) {
    Arena arena;
    const Value entity = random.Dict(arena, 3);
    const Value shuffled = random.Shuffled(entity, arena);
    EXPECT_EQ(IdentityHash(entity), IdentityHash(shuffled)) << ToJson(entity);
    std::string record;
    EncodeForDataset(entity, record);
    std::string other;
    EncodeForDataset(shuffled, other);
    EXPECT_EQ(IdentityHashOfRecord(record), IdentityHashOfRecord(other));
    EXPECT_EQ(IdentityHashOfRecord(record), IdentityHash(entity));
    EXPECT_EQ(IdentityHash(Decode(record)), IdentityHash(entity));
    std::string changed;
    EncodeForDataset(random.Dict(arena, 3), changed);
    const bool differs = Compare(Decode(changed), Decode(record)) != 0;
    EXPECT_TRUE(!differs || IdentityHashOfRecord(changed) != IdentityHashOfRecord(record));
  }
}

}  // namespace
}  // namespace sluice
