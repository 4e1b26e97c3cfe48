#include "value/dataset_records.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "value/json.h"
#include "value/record.h"

namespace sluice {
namespace {

struct Case {
  std::string json;
  std::string id;
  bool deleted = false;
  bool has_updated = false;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {R"({"_id": "a", "b": 1})", "a"},
      {R"({"z": {"y": 1, "x": [1, {"q": 2}]}, "_id": "behind", "a": "1"})", "behind"},
      {R"({"_id": "x", "_deleted": true})", "x", true},
      {R"({"_id": "x", "_deleted": false, "_updated": 7, "_ts": 1})", "x", false, true},
      {R"({"_updated": null, "_id": "x", "_filtered": true})", "x"},
      {R"({"$ids": ["~:a:b"], "_id": "é…", "Upper": 1.5})", "é…"},
      {R"({"_id": 7})", ""},
      {R"({"_id": ""})", ""},
      {R"({"_idx": "no", "_i": "no", "a:_id": "no"})", ""},
      {R"({})", ""}};
  return cases;
}

std::string RecordOf(const std::string& json) {
  std::string record;
  JsonParser parser;
  EXPECT_TRUE(parser.Parse(json, record).ok());
  return record;
}

TEST(DatasetRecords, AreWhatEncodeForDatasetMakes) {
  DatasetRecords records;
  std::vector<std::string> sources;
  std::vector<std::string> expected;
  for (const auto& one : Cases()) {
    sources.push_back(RecordOf(one.json));
    EncodeForDataset(Decode(sources.back()), expected.emplace_back());
    EXPECT_EQ(records.Add(Decode(sources.back())), expected.back().size());
  }
  const DatasetRecords moved = std::move(records);
  ASSERT_EQ(moved.size(), Cases().size());
  for (size_t i = 0; i < moved.size(); ++i) {
    EXPECT_EQ(moved[i].record, expected[i]) << Cases()[i].json;
    EXPECT_EQ(moved[i].id, Cases()[i].id) << Cases()[i].json;
    EXPECT_EQ(moved[i].deleted, Cases()[i].deleted) << Cases()[i].json;
  }
}

TEST(DatasetRecords, TakeBuiltDicts) {
  const Property properties[] = {{"v", Value::Integer(1)},
                                 {"_deleted", Value::Boolean(true)},
                                 {"_id", Value::String("built")}};
  DatasetRecords records;
  records.Reserve(1, 100);
  records.Add(Value::Dict(properties));
  std::string expected;
  EncodeForDataset(Value::Dict(properties), expected);
  EXPECT_EQ(records[0].record, expected);
  EXPECT_EQ(records[0].id, "built");
  EXPECT_TRUE(records[0].deleted);
  EXPECT_EQ(records.bytes(), expected.size());
}

TEST(EntityHead, IsFoundInARecord) {
  for (const auto& one : Cases()) {
    const auto head = ReadEntityHead(RecordOf(one.json));
    EXPECT_EQ(head.has_id, !one.id.empty()) << one.json;
    EXPECT_EQ(head.deleted, one.deleted) << one.json;
    EXPECT_EQ(head.has_updated, one.has_updated) << one.json;
  }
}

TEST(EntityHead, IsEmptyForWhatIsNoDict) {
  for (const auto* json : {"[1]", "\"_id\"", "null", "7"}) {
    EXPECT_FALSE(ReadEntityHead(RecordOf(json)).has_id) << json;
  }
}

}  // namespace
}  // namespace sluice
