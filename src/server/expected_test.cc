#include "server/expected.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

JsonComparison Compare(const TestSpecification& specification, std::string_view expected,
                       const std::vector<std::string>& found) {
  auto compared = CompareJson(specification, expected, found);
  EXPECT_TRUE(compared.ok()) << compared.error().ToText();
  return compared.ok() ? *compared : JsonComparison{};
}

TEST(CompareJson, LeavesOutReservedPropertiesAtEveryDepth) {
  EXPECT_TRUE(Compare({}, R"([{"_id": "a", "x": {"y": 1}}])",
                      {R"({"_id": "a", "_updated": 7, "x": {"_z": 2, "y": 1}})"})
                  .equal());
}

TEST(CompareJson, SortsById) {
  EXPECT_TRUE(Compare({}, R"([{"_id": "a"}, {"_id": "b"}])", {R"({"_id": "b"})", R"({"_id": "a"})"})
                  .equal());
}

TEST(CompareJson, ReadsWholeFloatsAsIntegersInWhatTheHubGivesOnly) {
  EXPECT_TRUE(Compare({}, R"([{"_id": "a", "n": 1}])", {R"({"_id": "a", "n": 1.0})"}).equal());
  EXPECT_FALSE(Compare({}, R"([{"_id": "a", "n": 1.0}])", {R"({"_id": "a", "n": 1})"}).equal());
  EXPECT_FALSE(Compare({}, R"([{"_id": "a", "n": 1}])", {R"({"_id": "a", "n": 1.5})"}).equal());
}

TEST(CompareJson, RoundsLongIntegersLikeDoubles) {
  EXPECT_TRUE(Compare({}, R"([{"_id": "a", "n": 12345678901234567000}])",
                      {R"({"_id": "a", "n": 12345678901234567890})"})
                  .equal());
  EXPECT_TRUE(Compare({}, R"([{"_id": "a", "n": 9007199254740991}])",
                      {R"({"_id": "a", "n": 9007199254740991})"})
                  .equal());
}

TEST(CompareJson, CountsDeletedEntitiesOnlyWhereExpected) {
  const std::vector<std::string> found = {R"({"_id": "a", "_deleted": true})", R"({"_id": "b"})"};
  EXPECT_TRUE(Compare({}, R"([{"_id": "b"}])", found).equal());
  EXPECT_TRUE(Compare({}, R"([{"_id": "a", "_deleted": true}, {"_id": "b"}])", found).equal());
  TestSpecification strict;
  strict.ignore_deletes = false;
  EXPECT_FALSE(Compare(strict, R"([{"_id": "b"}])", found).equal());
}

TEST(CompareJson, LeavesOutBlacklistedPathsThroughLists) {
  TestSpecification specification;
  specification.blacklist = {"items.time", "x*"};
  EXPECT_TRUE(Compare(specification, R"([{"_id": "a", "items": [{"n": 1}]}])",
                      {R"({"_id": "a", "items": [{"n": 1, "time": 5}], "xy": 1})"})
                  .equal());
}

TEST(CompareJson, RefusesWhatIsNoList) {
  EXPECT_EQ(CompareJson({}, "{}", {}).error().code, Code::kBadData);
}

TEST(MatchesGlob, IsPythonsFnmatch) {
  EXPECT_TRUE(MatchesGlob("a*c", "abbc"));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("a.?", "a.b"));
  EXPECT_TRUE(MatchesGlob("[a-c]x", "bx"));
  EXPECT_FALSE(MatchesGlob("[!a-c]x", "bx"));
  EXPECT_TRUE(MatchesGlob("[x", "[x"));
  EXPECT_FALSE(MatchesGlob("a?", "a"));
  EXPECT_FALSE(MatchesGlob("", "a"));
  EXPECT_TRUE(MatchesGlob("**a**b", "xaxxb"));
}

}  // namespace
}  // namespace sluice::server
