#include "net/http_client.h"

#include <gtest/gtest.h>

#include <future>

#include "net/gzip.h"
#include "tests/support/http_server.h"

namespace sluice::net {
namespace {

using test::HttpServer;
using test::ServedConnection;
using test::ServedRequest;

HttpRequest Get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

HttpRequest Post(std::string url, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.body = std::move(body);
  return request;
}

std::string ReadWhole(HttpClient& client, HttpRequest request) {
  auto response = client.Send(std::move(request), Stop());
  if (!response.ok()) return response.error().ToText();
  auto body = (*response)->ReadAll(1 << 30, Stop());
  return body.ok() ? *body : body.error().ToText();
}

TEST(HttpClient, GivesStatusHeadersAndBody) {
  HttpServer server([](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(203, "hello", "X-Dataset-Populated: true\r\n");
  });
  HttpClient client({});
  auto response = client.Send(Get(server.Url("/a?b=c")), Stop());
  ASSERT_TRUE(response.ok()) << response.error().ToText();
  EXPECT_EQ((*response)->head().status, 203);
  EXPECT_EQ((*response)->head().Find("x-dataset-populated"), "true");
  EXPECT_EQ((*response)->head().Find("missing"), "");
  EXPECT_EQ(*(*response)->ReadAll(100, Stop()), "hello");
  EXPECT_EQ(server.requests().at(0).target, "/a?b=c");
}

TEST(HttpClient, UsesAConnectionAgain) {
  HttpServer server(
      [](const ServedRequest&, ServedConnection& connection) { connection.Answer(200, "x"); });
  HttpClient client({});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ReadWhole(client, Get(server.Url())), "x");
  EXPECT_EQ(server.requests().at(2).connection, 0U);
}

TEST(HttpClient, GivesABodyLargerThanItsBufferInPieces) {
  const std::string piece(100'000, 'p');
  HttpServer server([&](const ServedRequest&, ServedConnection& connection) {
    connection.StartChunks(200);
    for (int i = 0; i < 200; ++i) connection.SendChunk(piece);
    connection.EndChunks();
  });
  HttpClient client({});
  auto response = client.Send(Get(server.Url()), Stop());
  ASSERT_TRUE(response.ok());
  size_t total = 0;
  while (true) {
    auto read = (*response)->Read(Stop());
    ASSERT_TRUE(read.ok()) << read.error().ToText();
    if (read->empty()) break;
    EXPECT_LE(read->size(), 512U * 1024);
    EXPECT_EQ(read->find_first_not_of('p'), std::string_view::npos);
    total += read->size();
  }
  EXPECT_EQ(total, piece.size() * 200);
}

TEST(HttpClient, PausesTheServerWhileNobodyReads) {
  std::promise<size_t> sent;
  HttpServer server([&](const ServedRequest&, ServedConnection& connection) {
    const std::string piece(1 << 20, 'p');
    connection.StartChunks(200);
    size_t pieces = 0;
    while (pieces < 1000 && connection.SendChunk(piece)) ++pieces;
    sent.set_value(pieces);
    connection.Close();
  });
  HttpClient client({});
  auto response = client.Send(Get(server.Url()), Stop());
  ASSERT_TRUE(response.ok());
  ASSERT_TRUE((*response)->Read(Stop()).ok());
  response->reset();  // Gives up: the server's next send fails long before its 1000 MB.
  EXPECT_LT(sent.get_future().get(), 100U);
}

TEST(HttpClient, UnpacksGzip) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i);
  HttpServer server([&](const ServedRequest& request, ServedConnection& connection) {
    EXPECT_EQ(request.headers.at("accept-encoding"), "gzip");
    connection.Answer(200, Gzip(text), "Content-Encoding: gzip\r\n");
  });
  HttpClient client({});
  EXPECT_EQ(ReadWhole(client, Get(server.Url())), text);
}

TEST(HttpClient, LimitsWhatABombUnpacksTo) {
  const std::string bomb = Gzip(std::string(50'000'000, '\0'));
  HttpServer server([&](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(200, bomb, "Content-Encoding: gzip\r\n");
  });
  HttpClient client({});
  auto response = client.Send(Get(server.Url()), Stop());
  ASSERT_TRUE(response.ok());
  auto body = (*response)->ReadAll(1'000'000, Stop());
  ASSERT_FALSE(body.ok());
  EXPECT_EQ(body.error().code, Code::kTooLarge);
}

TEST(HttpClient, NamesGzipThatIsNone) {
  HttpServer server([](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(200, "not packed", "Content-Encoding: gzip\r\n");
  });
  HttpClient client({});
  EXPECT_TRUE(ReadWhole(client, Get(server.Url())).starts_with("bad-data"));
}

TEST(HttpClient, LetsAnEmptyGzipBodyBe) {
  HttpServer server([](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(200, "", "Content-Encoding: gzip\r\n");
  });
  HttpClient client({});
  EXPECT_EQ(ReadWhole(client, Get(server.Url())), "");
}

TEST(HttpClient, SendsBodies) {
  HttpServer server([](const ServedRequest& request, ServedConnection& connection) {
    connection.Answer(200, request.body);
  });
  HttpClient client({});
  const std::string body(3'000'000, 'b');
  EXPECT_EQ(ReadWhole(client, Post(server.Url(), body)), body);
  HttpRequest packed = Post(server.Url(), "packed");
  packed.gzip_body = true;
  ReadWhole(client, std::move(packed));
  const ServedRequest served = server.requests().at(1);
  EXPECT_EQ(served.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(*Gunzip(served.body, 100), "packed");
  EXPECT_EQ(served.headers.count("content-type"), 0U);
}

TEST(HttpClient, StreamsBodies) {
  HttpServer server([](const ServedRequest& request, ServedConnection& connection) {
    connection.Answer(200, std::to_string(request.body.size()));
  });
  HttpClient client({});
  for (const bool packed : {false, true}) {
    HttpRequest request = Post(server.Url(), "");
    request.gzip_body = packed;
    int left = 50;
    request.body_reader = [&, piece = std::string(70'000, 's')]() -> Result<std::string_view> {
      return left-- > 0 ? std::string_view(piece) : std::string_view();
    };
    const std::string answer = ReadWhole(client, std::move(request));
    const ServedRequest served = server.requests().back();
    EXPECT_EQ(served.headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(packed ? Gunzip(served.body, 1 << 30)->size() : served.body.size(), 3'500'000U)
        << answer;
  }
}

TEST(HttpClient, GivesTheErrorOfABodysReader) {
  HttpServer server(
      [](const ServedRequest&, ServedConnection& connection) { connection.Answer(200, ""); });
  HttpClient client({});
  HttpRequest request = Post(server.Url(), "");
  request.body_reader = []() -> Result<std::string_view> {
    return MakeError(Code::kCorrupt, "no more");
  };
  EXPECT_EQ(ReadWhole(client, std::move(request)), "corrupt: no more");
}

TEST(HttpClient, FollowsRedirectsOfGetOnlyAndNotForEver) {
  HttpServer server([](const ServedRequest& request, ServedConnection& connection) {
    if (request.target == "/end") return connection.Answer(200, "end");
    connection.Answer(302, "elsewhere",
                      request.target == "/loop" ? "Location: /loop\r\n" : "Location: /end\r\n");
  });
  HttpClient client({});
  EXPECT_EQ(ReadWhole(client, Get(server.Url("/start"))), "end");
  EXPECT_TRUE(ReadWhole(client, Get(server.Url("/loop"))).starts_with("unavailable"));
  EXPECT_EQ(ReadWhole(client, Post(server.Url("/start"), "x")), "elsewhere");
}

TEST(HttpClient, Authenticates) {
  HttpServer server([](const ServedRequest& request, ServedConnection& connection) {
    const auto sent = request.headers.find("authorization");
    if (sent == request.headers.end()) {
      return connection.Answer(
          401, "", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n");
    }
    connection.Answer(200, sent->second);
  });
  HttpClient basic(
      {.authentication = HttpAuthentication::kBasic, .username = "u", .password = "p:w"});
  EXPECT_EQ(ReadWhole(basic, Get(server.Url())), "Basic dTpwOnc=");
  HttpClient digest(
      {.authentication = HttpAuthentication::kDigest, .username = "u", .password = "p"});
  EXPECT_TRUE(ReadWhole(digest, Get(server.Url())).starts_with("Digest username=\"u\""));
}

TEST(HttpClient, GoesThroughTheProxyOfTheUrlsScheme) {
  HttpServer proxy([](const ServedRequest& request, ServedConnection& connection) {
    connection.Answer(200, "proxied " + request.target);
  });
  HttpClient client({.proxies = {{"https", "http://127.0.0.1:1"}, {"http", proxy.Url("")}}});
  EXPECT_EQ(ReadWhole(client, Get("http://nowhere.invalid/x")), "proxied http://nowhere.invalid/x");
}

TEST(HttpClient, RefusesHeadersThatBreakTheRequest) {
  HttpClient client({});
  HttpRequest request = Get("http://127.0.0.1:1/");
  request.headers = {{"X-A", "1\r\nX-B: 2"}};
  EXPECT_TRUE(ReadWhole(client, std::move(request)).starts_with("bad-config"));
}

TEST(HttpClient, NamesWhatFailed) {
  HttpClient client({});
  int port = 0;
  {
    HttpServer gone([](const ServedRequest&, ServedConnection&) {});
    port = gone.port();
  }
  EXPECT_TRUE(ReadWhole(client, Get(fmt::format("http://user:secret@127.0.0.1:{}/x", port)))
                  .starts_with(fmt::format("unavailable: http://127.0.0.1:{}/x: ", port)));
  EXPECT_TRUE(ReadWhole(client, Get("ftp://127.0.0.1/")).starts_with("bad-config"));
  EXPECT_TRUE(ReadWhole(client, Get("http://nowhere.invalid/")).starts_with("unavailable"));
}

TEST(HttpClient, NamesAnAnswerThatEndsTooEarly) {
  HttpServer server([](const ServedRequest& request, ServedConnection& connection) {
    if (request.target == "/length")
      connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    if (request.target == "/chunks") {
      connection.StartChunks(200);
      connection.SendChunk("half");
    }
    if (request.target == "/garbage") connection.Send("\x01\x02 garbage\r\n\r\n");
    if (request.target == "/reset") connection.Reset();
    connection.Close();
  });
  HttpClient client({});
  for (const char* path : {"/length", "/chunks", "/garbage", "/reset", "/nothing"}) {
    EXPECT_TRUE(ReadWhole(client, Get(server.Url(path))).starts_with("unavailable")) << path;
  }
}

TEST(HttpClient, WaitsForSignsOfLifeOnly) {
  HttpServer server([](const ServedRequest& request, ServedConnection& connection) {
    if (request.target == "/body") {
      connection.StartChunks(200);
      connection.SendChunk("first");
    }
    connection.WaitForClient();
  });
  HttpClient client({.read_timeout = std::chrono::milliseconds(50)});
  EXPECT_TRUE(ReadWhole(client, Get(server.Url("/head"))).starts_with("timeout"));
  EXPECT_TRUE(ReadWhole(client, Get(server.Url("/body"))).starts_with("timeout"));
}

TEST(HttpClient, GivesUpWhenStopped) {
  std::stop_source source;
  HttpServer server([&](const ServedRequest&, ServedConnection& connection) {
    source.request_stop();
    connection.WaitForClient();
  });
  HttpClient client({});
  auto response = client.Send(Get(server.Url()), Stop(source.get_token()));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kCancelled);
}

TEST(HttpClient, IgnoresAWrongContentLengthWhereAsked) {
  HttpServer server([](const ServedRequest&, ServedConnection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nwhole body");
    connection.Close();
  });
  HttpClient strict({});
  EXPECT_TRUE(ReadWhole(strict, Get(server.Url())).starts_with("unavailable"));
  HttpClient lenient({.ignore_content_length = true});
  EXPECT_EQ(ReadWhole(lenient, Get(server.Url())), "whole body");
}

TEST(CheckStatus, TellsTheCodeAndWhenToComeBack) {
  HttpServer server([](const ServedRequest& request, ServedConnection& connection) {
    connection.Answer(std::stoi(request.target.substr(1)), "{\"detail\":\n\"why\"}",
                      "Retry-After: 17\r\n");
  });
  HttpClient client({});
  const auto check = [&](int status) {
    auto response = client.Send(Get(server.Url("/" + std::to_string(status))), Stop());
    return CheckStatus(**response, SystemClock(), Stop());
  };
  EXPECT_TRUE(check(200).ok());
  const std::map<int, Code> codes = {
      {400, Code::kBadRequest},  {401, Code::kUnauthorized}, {403, Code::kForbidden},
      {404, Code::kNotFound},    {408, Code::kTimeout},      {409, Code::kConflict},
      {413, Code::kTooLarge},    {429, Code::kUnavailable},  {500, Code::kUnavailable},
      {503, Code::kUnavailable}, {504, Code::kTimeout}};
  for (const auto& [status, code] : codes) {
    const auto result = check(status);
    ASSERT_FALSE(result.ok()) << status;
    EXPECT_EQ(result.error().code, code) << status;
    EXPECT_EQ(result.error().retry->status, status);
    EXPECT_EQ(result.error().retry->retry_after_s, 17);
  }
  EXPECT_EQ(check(404).error().message,
            server.Url("/404") + " answered with status 404: {\"detail\": \"why\"}");
}

class FixedClock final : public Clock {
 public:
  WallTime Now() const override { return WallTime(std::chrono::seconds(784111777)); }
  SteadyTime Steady() const override { return {}; }
};

TEST(ParseRetryAfter, TakesSecondsAndDates) {
  const FixedClock clock;
  EXPECT_EQ(ParseRetryAfter("120", clock), 120);
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:50:37 GMT", clock), 60);
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:40:37 GMT", clock), 0);
  EXPECT_EQ(ParseRetryAfter("soon", clock), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("-1", clock), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("", clock), std::nullopt);
}

}  // namespace
}  // namespace sluice::net
