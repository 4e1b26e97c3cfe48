// The server's parts that need no connection: targets, forms, routes, multipart bodies, heads, JSON
// texts.

#include <gmock/gmock.h>

#include "api/json_writer.h"
#include "api/multipart.h"
#include "api/outbox.h"
#include "api/router.h"
#include "api/target.h"
#include "api/wire.h"

namespace sluice::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Segments(std::string_view target) {
  auto parsed = ParseTarget(target);
  return parsed.ok() ? parsed->segments
                     : std::vector<std::string>{"refused: " + parsed.error().message};
}

TEST(TargetTest, SplitsBeforeDecoding) {
  EXPECT_THAT(Segments("/"), IsEmpty());
  EXPECT_THAT(Segments("/api/"), ElementsAre("api"));
  EXPECT_THAT(Segments("/api//api"), ElementsAre("api", "", "api"));
  EXPECT_THAT(Segments("/a%2Fb/%C3%A6"), ElementsAre("a/b", "æ"));
  EXPECT_THAT(Segments("/a+b"), ElementsAre("a+b"));
  EXPECT_THAT(Segments("/a?b=/c"), ElementsAre("a"));
  EXPECT_THAT(Segments("/a#b"), ElementsAre("a"));
  EXPECT_THAT(Segments("http://host:1/a?b"), ElementsAre("a"));
  EXPECT_THAT(Segments("http://host?b"), IsEmpty());
}

TEST(TargetTest, RefusesWhatIsNoText) {
  for (const char* target :
       {"", "a", "/%", "/%4", "/%zz", "/%ff", "/%c0%80", "/%ed%a0%80", "/%0a", "/%7f", "/?x=%"}) {
    EXPECT_FALSE(ParseTarget(target).ok()) << target;
  }
}

TEST(TargetTest, ReadsParameters) {
  auto target = ParseTarget("/?a=1&a=2&b=x+y%26&c&=z&d=True&e=0&n=-5&bad=x");
  ASSERT_TRUE(target.ok());
  const Parameters& query = target->query;
  EXPECT_EQ(query.Text("a"), "1");
  EXPECT_EQ(query.all().count("a"), 2u);
  EXPECT_EQ(query.Text("b"), "x y&");
  EXPECT_EQ(query.Text("c"), "");
  EXPECT_EQ(query.Text("nothing"), std::nullopt);
  EXPECT_TRUE(*query.Boolean("d", false));
  EXPECT_FALSE(*query.Boolean("e", true));
  EXPECT_TRUE(*query.Boolean("nothing", true));
  EXPECT_EQ(query.Boolean("bad", true).error().code, Code::kBadRequest);
  EXPECT_EQ(**query.Integer("n"), -5);
  EXPECT_EQ(*query.Integer("nothing"), std::nullopt);
  EXPECT_EQ(query.Integer("bad").error().code, Code::kBadRequest);
  EXPECT_EQ(query.Count("n").error().code, Code::kBadRequest);
  EXPECT_EQ(query.Required("c").error().code, Code::kBadRequest);
}

// --- Router ---

class RouterTest : public ::testing::Test {
 protected:
  void Add(Method method, std::string pattern) {
    router_.Add({.method = method,
                 .pattern = pattern,
                 .doc = pattern,
                 .handler = [](const Request&, Answer&) -> Result<void> { return {}; }});
  }
  // The pattern that answers, with its parameters; or the status of the problem.
  std::string Find(Method method, std::vector<std::string> segments) {
    auto found = router_.Find(method, segments);
    if (auto* problem = std::get_if<Problem>(&found)) return std::to_string(problem->status);
    auto& match = std::get<Router::Match>(found);
    std::string text = match.route->pattern;
    for (const auto& [name, value] : match.path) text += " " + name + "=" + value;
    return text;
  }
  Router router_;
};

TEST_F(RouterTest, PrefersLiteralsAndKeepsTheRest) {
  Add(Method::kGet, "/pipes");
  Add(Method::kGet, "/pipes/{id}");
  Add(Method::kPost, "/pipes/run-all");
  Add(Method::kGet, "/pipes/{id}/pump");
  Add(Method::kGet, "/data/{id}/entities/{rest*}");
  EXPECT_EQ(Find(Method::kGet, {"pipes"}), "/pipes");
  EXPECT_EQ(Find(Method::kHead, {"pipes", "a"}), "/pipes/{id} id=a");
  EXPECT_EQ(Find(Method::kPost, {"pipes", "run-all"}), "/pipes/run-all");
  EXPECT_EQ(Find(Method::kGet, {"pipes", "run-all"}), "405");
  EXPECT_EQ(Find(Method::kGet, {"pipes", "run-all", "pump"}), "/pipes/{id}/pump id=run-all");
  EXPECT_EQ(Find(Method::kGet, {"data", "d", "entities", "a", "b"}),
            "/data/{id}/entities/{rest*} id=d rest=a/b");
  EXPECT_EQ(Find(Method::kGet, {"data", "d", "entities"}), "404");
  EXPECT_EQ(Find(Method::kGet, {"pipes", ""}), "404");
  EXPECT_EQ(Find(Method::kGet, {}), "404");
  EXPECT_EQ(router_.Allowed({"pipes", "x"}), "GET, HEAD, OPTIONS");
  EXPECT_EQ(router_.Allowed({"nothing"}), "");
}

TEST_F(RouterTest, RefusesARouteTwice) {
  Add(Method::kGet, "/a/{x}");
  EXPECT_DEATH(Add(Method::kGet, "/a/{y}"), "");
}

// --- Multipart ---

TEST(MultipartTest, ReadsParts) {
  const std::string body =
      "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"config\"\r\n"
      "Content-Type: application/ZIP; x=y\r\n\r\nPK\r\n--not-b\r\n\r\n--b  \r\n"
      "content-disposition: form-data; name=second\r\n\r\n\r\n--b--\r\nepilogue";
  auto parts = ParseMultipart(body, "multipart/form-data; boundary=\"b\"");
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "file");
  EXPECT_EQ((*parts)[0].filename, "config");
  EXPECT_EQ((*parts)[0].content_type, "application/zip");
  EXPECT_EQ((*parts)[0].body, "PK\r\n--not-b\r\n");
  EXPECT_EQ((*parts)[1].name, "second");
  EXPECT_EQ((*parts)[1].body, "");
}

TEST(MultipartTest, RefusesWhatIsBroken) {
  const auto refused = [](std::string_view body, std::string_view type) {
    return !ParseMultipart(body, type).ok();
  };
  EXPECT_TRUE(refused("--b--", "multipart/form-data"));
  EXPECT_TRUE(refused("", "multipart/form-data; boundary=b"));
  EXPECT_TRUE(refused("--b", "multipart/form-data; boundary=b"));
  EXPECT_TRUE(refused("--b\r\nContent-Disposition: form-data; name=x\r\n\r\nno end",
                      "multipart/form-data; boundary=b"));
  EXPECT_TRUE(refused("--b\r\nno colon\r\n\r\n\r\n--b--", "multipart/form-data; boundary=b"));
  EXPECT_TRUE(refused("--b\r\nA: b\r\n\r\n\r\n--b--", "multipart/form-data; boundary=b"));
  EXPECT_FALSE(refused("--b--", "multipart/form-data; boundary=b"));
}

TEST(MediaParameterTest, FindsParameters) {
  EXPECT_EQ(MediaParameter("a; b=c; D=\"e; \\\"f\"", "d"), "e; \"f");
  EXPECT_EQ(MediaParameter("a; b=c ; d=e", "b"), "c");
  EXPECT_EQ(MediaParameter("a; flag; d=e", "d"), "e");
  EXPECT_EQ(MediaParameter("a", "b"), "");
  EXPECT_EQ(MediaParameter("a; b=", "b"), "");
}

// --- Heads ---

TEST(WireTest, KeepsHeadersToOneLine) {
  const std::string text = HeadText({.status = 404, .headers = {{"X", "a\r\nInjected: yes"}}},
                                    {.framing = Framing::kLength, .length = 3, .now = WallTime()});
  EXPECT_EQ(text,
            "HTTP/1.1 404 Not Found\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: "
            "application/json\r\n"
            "X: aInjected: yes\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n");
}

TEST(WireTest, ReadsAcceptEncoding) {
  EXPECT_TRUE(TakesGzip("gzip"));
  EXPECT_TRUE(TakesGzip("br;q=1.0, GZIP;q=0.5"));
  EXPECT_FALSE(TakesGzip("gzip;q=0"));
  EXPECT_FALSE(TakesGzip("gzip; q=0.000"));
  EXPECT_FALSE(TakesGzip(""));
  EXPECT_FALSE(TakesGzip("br, deflate"));
}

// --- JSON ---

TEST(JsonWriterTest, SetsCommas) {
  JsonWriter json;
  json.BeginObject()
      .Name("a")
      .Integer(-1)
      .Name("b")
      .BeginArray()
      .Boolean(true)
      .Null()
      .BeginObject()
      .EndObject();
  json.EndArray()
      .Name("c\"")
      .Strings({"x", "y"})
      .Name("d")
      .Raw("")
      .Name("t")
      .Time(WallTime())
      .Name("n")
      .Time({});
  json.EndObject();
  EXPECT_EQ(json.text(), R"({"a": -1, "b": [true, null, {}], "c\"": ["x", "y"], "d": null, )"
                         R"("t": "1970-01-01T00:00:00Z", "n": null})");
}

TEST(JsonWriterTest, ShowsNanoseconds) {
  EXPECT_EQ(TimeText(WallTime(std::chrono::nanoseconds(1'500'000'001))),
            "1970-01-01T00:00:01.500000001Z");
  EXPECT_EQ(TimeText(WallTime(std::chrono::nanoseconds(-1))), "1969-12-31T23:59:59.999999999Z");
}

// --- Outbox ---

TEST(OutboxTest, GivesSmallAnswersWhole) {
  Outbox outbox({}, [] {});
  ASSERT_TRUE(SendJson(outbox, "[1]", 202).ok());
  Outbox::Piece piece;
  EXPECT_FALSE(outbox.Take(piece));
  outbox.Finish({});
  ASSERT_TRUE(outbox.Take(piece));
  EXPECT_EQ(piece.head->status, 202);
  EXPECT_EQ(piece.bytes, "[1]");
  EXPECT_TRUE(piece.last);
}

TEST(OutboxTest, LetsAnErrorReplaceWhatHasNotLeft) {
  Outbox outbox({}, [] {});
  ASSERT_TRUE(outbox.Start({}).ok());
  ASSERT_TRUE(outbox.Write("[1, ").ok());
  outbox.Finish(MakeError(Code::kNotFound, "no"));
  Outbox::Piece piece;
  ASSERT_TRUE(outbox.Take(piece));
  EXPECT_EQ(piece.head->status, 404);
  EXPECT_THAT(piece.bytes, HasSubstr("not-found"));
}

TEST(OutboxTest, AnswersWhereAHandlerSaysNothing) {
  Outbox outbox({}, [] {});
  outbox.Finish({});
  Outbox::Piece piece;
  ASSERT_TRUE(outbox.Take(piece));
  EXPECT_EQ(piece.head->status, 200);
  EXPECT_EQ(piece.bytes, "{}");
}

TEST(OutboxTest, FailsWritesWhenTheClientIsGone) {
  Outbox outbox({.buffer_bytes = 4}, [] {});
  ASSERT_TRUE(outbox.Start({}).ok());
  ASSERT_TRUE(outbox.Write("12345").ok());
  outbox.Break("gone");
  auto written = outbox.Write("12345");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Code::kIo);
  outbox.Finish(written);
}

}  // namespace
}  // namespace sluice::api
