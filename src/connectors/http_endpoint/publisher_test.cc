#include "connectors/http_endpoint/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_pipe.h"

namespace sluice::connectors {
namespace {

using test::FakeOutlet;
using test::Publish;
using test::Published;
using testing::StartsWith;

pipe::EndpointRequest Request(std::multimap<std::string, std::string> parameters = {}) {
  return {.pipe_id = "p", .kind = "entities", .parameters = std::move(parameters)};
}

TEST(PullPublisher, WritesAnArrayAndWhatIsKnownOfTheDataset) {
  FakeOutlet outlet;
  outlet.texts = {R"({"_id":"a","n":"~:x:y"})", R"({"_id":"b","_filtered":true})",
                  R"({"_id":"c","_deleted":true})"};
  PullPublisher publisher({}, outlet);
  const Published published = Publish(publisher, Request());
  EXPECT_EQ(published.error, "");
  EXPECT_EQ(published.head->status, 200);
  EXPECT_EQ(published.head->content_type, "application/json");
  EXPECT_EQ(published.Header("X-Dataset-Populated"), "true");
  EXPECT_EQ(published.Header("X-Dataset-Generation"), "gen-1");
  EXPECT_EQ(published.Header("X-Dataset-Max-Updated"), "41");
  EXPECT_EQ(published.Header("X-Dataset-Filtered"), "true");
  EXPECT_EQ(published.Header("X-Dataset-Completeness"), "1633934725921188");
  EXPECT_EQ(published.Header("Content-Disposition"), "");
  JsonParser parser;
  Arena arena;
  const auto parsed = parser.Parse(published.body, arena);
  ASSERT_TRUE(parsed.ok()) << published.body;
  EXPECT_EQ(parsed->count(), 2U);
  EXPECT_EQ(parsed->At(0).Find("n").kind(), Kind::kNi);
  EXPECT_TRUE(parsed->At(1).Find("_deleted").IsTrue());
}

TEST(PullPublisher, GivesAnEmptyArrayWithoutEntities) {
  FakeOutlet outlet;
  outlet.is_populated = false;
  PullPublisher publisher({}, outlet);
  const Published published = Publish(publisher, Request());
  EXPECT_EQ(published.body, "[]");
  EXPECT_EQ(published.Header("X-Dataset-Populated"), "false");
}

TEST(PullPublisher, FollowsSinceAndLimit) {
  FakeOutlet outlet;
  for (int i = 0; i < 3000; ++i) outlet.texts.push_back(fmt::format(R"({{"_id":"{}"}})", i));
  PullPublisher publisher({}, outlet);
  const auto count = [&](const std::string& limit) {
    const Published published = Publish(publisher, Request({{"limit", limit}, {"since", "21"}}));
    return std::count(published.body.begin(), published.body.end(), '{');
  };
  EXPECT_EQ(count("0"), 0);
  EXPECT_EQ(count("3"), 3);
  EXPECT_EQ(count("1500"), 1500);
  EXPECT_EQ(count("99999"), 3000);
  EXPECT_EQ(outlet.since, "21");
  Publish(publisher, Request({{"since", "2020-01-01"}}));
  EXPECT_EQ(outlet.since, "\"2020-01-01\"");
  Publish(publisher, Request({{"since", "\"a b\""}}));
  EXPECT_EQ(outlet.since, "\"a b\"");
  Publish(publisher, Request());
  EXPECT_EQ(outlet.since, "null");
  for (const char* limit : {"-1", "x", "1.5"}) {
    const Published refused = Publish(publisher, Request({{"limit", limit}}));
    EXPECT_THAT(refused.error, StartsWith("bad-request"));
    EXPECT_FALSE(refused.head.has_value());
  }
}

TEST(PullPublisher, StreamsInPieces) {
  FakeOutlet outlet;
  for (int i = 0; i < 2000; ++i) {
    outlet.texts.push_back(fmt::format(R"({{"_id":"{}","x":"{}"}})", i, std::string(500, 'x')));
  }
  PullPublisher publisher({}, outlet);
  const Published published = Publish(publisher, Request());
  EXPECT_GT(published.pieces, 3U);
  EXPECT_LT(published.pieces, 60U);
}

TEST(PullPublisher, TellsBetweenAFailureAtOnceAndOneOnTheWay) {
  FakeOutlet outlet;
  outlet.failure = MakeError(Code::kUnavailable, "gone");
  PullPublisher publisher({}, outlet);
  const Published at_once = Publish(publisher, Request());
  EXPECT_EQ(at_once.error, "unavailable: gone");
  EXPECT_FALSE(at_once.head.has_value());
  outlet.texts = {R"({"_id":"a"})"};
  const Published later = Publish(publisher, Request());
  EXPECT_EQ(later.error, "unavailable: gone");
  EXPECT_TRUE(later.head.has_value());
  EXPECT_FALSE(later.body.ends_with("]"));
}

TEST(PullPublisher, NamesTheFile) {
  FakeOutlet outlet;
  PullPublisher publisher({.filename = "a.json", .disposition = "inline"}, outlet);
  EXPECT_EQ(Publish(publisher, Request()).Header("Content-Disposition"),
            "inline; filename=\"a.json\"");
  auto request = Request();
  request.filename = "b.json";
  EXPECT_EQ(Publish(publisher, request).Header("Content-Disposition"),
            "inline; filename=\"b.json\"");
}

}  // namespace
}  // namespace sluice::connectors
