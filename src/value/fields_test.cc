#include "value/fields.h"

#include <gtest/gtest.h>

#include "value/json.h"
#include "value/record.h"

namespace sluice {
namespace {

class Fields : public testing::Test {
 protected:
  Value Parsed(std::string_view json) { return *JsonParser().Parse(json, arena_); }

  Arena arena_;
};

TEST_F(Fields, AreReadInOneWalk) {
  FieldTable table;
  EXPECT_EQ(table.Add("name"), 0u);
  EXPECT_EQ(table.Add("a long name of a property"), 1u);
  EXPECT_EQ(table.Add("missing"), 2u);
  EXPECT_EQ(table.Add("name"), 0u);
  EXPECT_EQ(table.Add(""), 3u);
  table.Finish();
  const Value dict = Parsed(
      R"({"x": 1, "name": "n", "a long name of a property": [1, 2], "": true, "a long name of": 3})");
  const Property properties[] = {
      {"name", Value::String("n")},
      {"a long name of a property", dict.Find("a long name of a property")},
      {"", Value::Boolean(true)}};
  Entity entity;
  entity.dict = dict;
  for (const Value& form : {dict, Value::Dict(properties), Value::OfEntity(&entity)}) {
    Value fields[4];
    table.Read(form, fields);
    EXPECT_EQ(ToJson(fields[0]), R"("n")");
    EXPECT_EQ(ToJson(fields[1]), "[1,2]");
    EXPECT_TRUE(fields[2].IsNull());
    EXPECT_EQ(ToJson(fields[3]), "true");
  }
}

TEST_F(Fields, OfOtherValuesAreNull) {
  FieldTable table;
  table.Add("a");
  table.Finish();
  for (const std::string_view json : {"null", "5", R"("a")", R"([{"a": 1}])", "{}"}) {
    Value fields[1] = {Value::Integer(7)};
    table.Read(Parsed(json), fields);
    EXPECT_TRUE(fields[0].IsNull()) << json;
  }
}

TEST_F(Fields, ManyNamesAreToldApart) {
  FieldTable table;
  std::string json = "{";
  for (int i = 0; i < 500; ++i) {
    table.Add(fmt::format("name {} of many", i));
    json += fmt::format(R"({}"name {} of many": {})", i == 0 ? "" : ", ", i, i);
  }
  table.Finish();
  std::vector<Value> fields(500);
  table.Read(Parsed(json + "}"), fields.data());
  for (int i = 0; i < 500; ++i) EXPECT_EQ(fields[static_cast<size_t>(i)].AsInteger(), i);
}

TEST_F(Fields, OrderAndNumberOfPropertiesMayChangeFromDictToDict) {
  FieldTable table;
  table.Add("a");
  table.Add("a long name of a property");
  table.Add("b");
  table.Finish();
  for (int round = 0; round < 2; ++round) {
    for (const std::string_view json :
         {R"({"a": 1, "a long name of a property": 2, "b": 3})",
          R"({"b": 3, "a long name of a propertx": 0, "a long name of a property": 2, "a": 1})",
          R"({"a long name of a property": 2, "b": 3, "x": null, "a": 1})"}) {
      Value fields[3];
      table.Read(Parsed(json), fields);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(fields[i].AsInteger(), i + 1) << json;
    }
  }
}

TEST_F(Fields, AWalkOfATableSummarisesToo) {
  FieldTable table;
  table.Add("name");
  table.Finish();
  for (const std::string_view json : {R"({"_id": "1", "name": 1, "a long name of a property": 2})",
                                      R"({"_deleted": true, "x": 1})", R"({"": 1})", "{}"}) {
    Value fields[1];
    NameSummary summary;
    table.Read(Parsed(json), fields, &summary);
    const NameSummary wanted = SummariseNames(Parsed(json));
    EXPECT_EQ(summary.names, wanted.names) << json;
    EXPECT_EQ(summary.reserved, wanted.reserved) << json;
    EXPECT_EQ(summary.id, wanted.id) << json;
  }
}

TEST_F(Fields, NamesAreSummarised) {
  const NameSummary plain = SummariseNames(Parsed(R"({"_id": "1", "name": 1, "x": 2})"));
  EXPECT_TRUE(plain.id);
  EXPECT_FALSE(plain.reserved);
  for (const std::string_view name : {"_id", "name", "x"}) {
    EXPECT_NE(plain.names & NameSummary::Bit(name), 0u) << name;
  }
  EXPECT_TRUE(SummariseNames(Parsed(R"({"_deleted": true})")).reserved);
  EXPECT_FALSE(SummariseNames(Parsed(R"({"_deleted": true})")).id);
  const Property properties[] = {{"_x", Value()}};
  EXPECT_TRUE(SummariseNames(Value::Dict(properties)).reserved);
}

TEST_F(Fields, ADictIsExtended) {
  const Value dict = Parsed(R"({"_id": "1", "b": [1, {"c": "é"}]})");
  const Value items[] = {Value::Integer(1), Value::String("x")};
  const Property added[] = {{"a", Value::List(items)}, {"z", dict.Find("b")}};
  const Value extended = ExtendDict(dict, added, arena_);
  EXPECT_EQ(ToJson(extended), R"({"_id":"1","b":[1,{"c":"é"}],"a":[1,"x"],"z":[1,{"c":"é"}]})");
  std::string record;
  Encode(extended, record);
  EXPECT_TRUE(CheckRecord(record).ok());
  EXPECT_EQ(ExtendDict(dict, {}, arena_).encoded(), dict.encoded());
}

}  // namespace
}  // namespace sluice
