#include "value/record.h"

#include <gtest/gtest.h>

#include "value/instant.h"
#include "value/json.h"
#include "value/relations.h"

namespace sluice {
namespace {

class RecordTest : public testing::Test {
 protected:
  Value Parse(std::string_view json) { return JsonParser().Parse(json, arena_).value(); }
  std::string ForDataset(const Value& value) {
    std::string record;
    EncodeForDataset(value, record);
    EXPECT_TRUE(CheckRecord(record).ok());
    return record;
  }

  Arena arena_;
};

TEST_F(RecordTest, ViewsDictsAndLists) {
  const Value value = Parse(R"({"a":1,"b":[10,"x",{"c":true}],"d":null})");
  EXPECT_EQ(value.count(), 3);
  EXPECT_EQ(value.Find("a").AsInteger(), 1);
  EXPECT_EQ(value.Find("b").At(1).AsString(), "x");
  EXPECT_EQ(value.Find("b").At(2).Find("c").AsBoolean(), true);
  EXPECT_TRUE(value.Find("b").At(3).IsNull());
  EXPECT_TRUE(value.Has("d"));
  EXPECT_FALSE(value.Has("e"));
  std::string names;
  for (const Property& property : value.properties()) names += property.name;
  EXPECT_EQ(names, "abd");
  EXPECT_EQ(value.items().size(), 0);
  EXPECT_FALSE(Parse("[]").IsTrue());
  EXPECT_TRUE(Parse("{}").IsTrue());
}

TEST_F(RecordTest, EncodesBuiltValuesLikeParsedOnes) {
  const Value items[] = {Value::Integer(1), Value::String("x"), Parse(R"({"y":2})")};
  const Property properties[] = {{"b", Value::List(items)}, {"a", Value::Tuple(items)}};
  std::string built;
  Encode(Value::Dict(properties), built);
  std::string parsed;
  ASSERT_TRUE(JsonParser().Parse(R"({"b":[1,"x",{"y":2}],"a":[1,"x",{"y":2}]})", parsed).ok());
  EXPECT_EQ(built, parsed);
  EXPECT_EQ(ToJson(CopyInto(Value::Dict(properties), arena_)), ToJson(Decode(parsed)));
}

TEST_F(RecordTest, StoresSortedPropertiesWithoutReservedOnes) {
  EXPECT_EQ(
      ToJson(Decode(ForDataset(Parse(
          R"({"b":{"z":1,"_y":2},"_id":"x","_updated":5,"_ts":1,"a":1,"_deleted":false,"_x":0})")))),
      R"({"_id":"x","a":1,"b":{"z":1,"_y":2}})");
  EXPECT_EQ(ToJson(Decode(ForDataset(Parse(R"({"b":1,"_deleted":true,"B":2})")))),
            R"({"B":2,"_deleted":true,"b":1})");
  const Property properties[] = {
      {"b", Value::Integer(1)}, {"_hash", Value::Null()}, {"a", Value::Integer(2)}};
  EXPECT_EQ(ToJson(Decode(ForDataset(Value::Dict(properties)))), R"({"a":2,"b":1})");
  std::string many = "{";
  for (int i = 500; i-- > 0;) many += "\"n" + std::to_string(i) + (i == 0 ? "\":0}" : "\":0,");
  EXPECT_EQ(Decode(ForDataset(Parse(many))).count(), 500);
}

TEST_F(RecordTest, IdentityKnowsKindsButNoOrder) {
  const auto hash = [&](std::string_view json) { return IdentityHash(Parse(json)); };
  EXPECT_EQ(hash(R"({"a":{"x":1,"y":[{"p":1,"q":2}]},"b":2})"),
            hash(R"({"b":2,"a":{"y":[{"q":2,"p":1}],"x":1}})"));
  EXPECT_EQ(hash(R"({"a":1,"_ts":1})"), hash(R"({"a":1,"_ts":2})"));
  EXPECT_NE(hash(R"({"a":1})"), hash(R"({"a":1.0})"));
  EXPECT_NE(hash(R"({"a":1})"), hash(R"({"a":"~f1"})"));
  EXPECT_NE(hash(R"({"a":[1,2]})"), hash(R"({"a":[2,1]})"));
  EXPECT_NE(hash(R"({"_id":"1"})"), hash(R"({"_id":"1","_deleted":true})"));
  EXPECT_EQ(HashText({0x0123456789abcdef, 0xfedcba9876543210}), "fedcba98765432100123456789abcdef");
}

TEST_F(RecordTest, AnEntityFindsItsMetadata) {
  const Entity entity{.dict = Parse(R"({"_id":"x","a":1})"),
                      .updated = Value::Integer(3),
                      .ts_us = 4,
                      .hash = Hash128{1, 0},
                      .stored = true};
  const Value value = Value::OfEntity(&entity);
  EXPECT_EQ(entity.id(), "x");
  EXPECT_EQ(value.Find("_updated").AsInteger(), 3);
  EXPECT_EQ(value.Find("_ts").AsInteger(), 4);
  EXPECT_EQ(value.Find("_hash").AsString(), "00000000000000000000000000000001");
  EXPECT_EQ(value.Find("_deleted").AsBoolean(), false);
  EXPECT_FALSE(value.Has("_previous"));
  EXPECT_FALSE(value.Has("_filtered"));
  EXPECT_EQ(value.Find("a").AsInteger(), 1);
  EXPECT_EQ(value.count(), 2);
  const Entity fresh{.dict = Parse(R"({"_id":"x"})")};
  EXPECT_FALSE(Value::OfEntity(&fresh).Has("_deleted"));
}

TEST(InstantTest, ParsesAndWritesTheWholeRange) {
  for (const std::string text :
       {"0001-01-01", "1969-12-31", "1970-01-01", "2000-02-29", "2015-12-31", "9999-12-31"}) {
    ASSERT_TRUE(ParseDate(text)) << text;
    EXPECT_EQ(DateText(*ParseDate(text)), text);
  }
  for (const std::string_view text :
       {"0000-12-31", "2015-02-29", "2015-13-01", "2015-1-01", "2015-01-01 ", "x015-01-01"}) {
    EXPECT_FALSE(ParseDate(text)) << text;
  }
  for (const std::string text : {"0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z",
                                 "2015-01-02T03:04:05.1Z", "9999-12-31T23:59:59.123456789Z"}) {
    ASSERT_TRUE(ParseDatetime(text)) << text;
    EXPECT_EQ(DatetimeText(*ParseDatetime(text)), text);
    EXPECT_TRUE(InRange(*ParseDatetime(text)));
  }
  EXPECT_EQ(DatetimeText(*ParseDatetime("2015-01-02T03:04:05.140Z")), "2015-01-02T03:04:05.14Z");
  EXPECT_EQ(DatetimeText(*ParseDatetime("2015-01-02T03:04:05.000Z")), "2015-01-02T03:04:05Z");
  for (const std::string_view text :
       {"2015-01-02T03:04:05", "2015-01-02T03:04:60Z", "2015-01-02T24:00:00Z",
        "2015-01-02T03:04:05.Z", "2015-01-02T03:04:05.1234567890Z", "2015-01-02 03:04:05Z",
        "2015-01-02T03:04:05+00:00"}) {
    EXPECT_FALSE(ParseDatetime(text)) << text;
  }
  EXPECT_FALSE(InRange({-62'135'596'801, 0}));
  EXPECT_FALSE(InRange({253'402'300'800, 0}));
}

}  // namespace
}  // namespace sluice
