// The HTTP server with routes of its own: form of requests, streams, slow and rude clients, limits,
// stopping.

#include "api/server.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>

#include "net/gzip.h"
#include "tests/http/raw_client.h"

namespace sluice::api {
namespace {

using ::sluice::testing::RawAnswer;
using ::sluice::testing::RawClient;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kToken = "Authorization: Bearer good\r\n";
constexpr std::string_view kJson =
    "Authorization: Bearer good\r\nContent-Type: application/json\r\n";

Result<Principal> Authenticate(std::string_view authorization) {
  if (authorization == "Bearer good") {
    return Principal{.name = "good", .may = [](Permission) { return true; }};
  }
  if (authorization == "Bearer reader") {
    return Principal{.name = "reader",
                     .may = [](Permission p) { return p == Permission::kReadConfig; }};
  }
  return MakeError(Code::kUnauthorized, "a token is required");
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options_.authenticate = Authenticate;
    options_.served = [this](const Served& served) {
      std::lock_guard lock(served_mutex_);
      served_.push_back(served);
    };
  }

  void Add(Method method, std::string pattern, Handler handler,
           std::vector<std::string> consumes = {},
           Permission permission = Permission::kWriteConfig) {
    router_.Add({.method = method,
                 .pattern = std::move(pattern),
                 .permission = permission,
                 .group = "test",
                 .doc = "For tests.",
                 .handler = std::move(handler),
                 .consumes = std::move(consumes)});
  }

  void Start() {
    Add(
        Method::kGet, "/public",
        [](const Request&, Answer& answer) { return SendJson(answer, "1"); }, {},
        Permission::kNone);
    Add(Method::kGet, "/hello/{name}", [](const Request& request, Answer& answer) {
      return SendJson(answer, "\"" + request.Path("name") + "\"");
    });
    // How many bytes the body has, and the sum of them.
    Add(Method::kPost, "/count",
        [](const Request& request, Answer& answer) -> Result<void> {
          uint64_t count = 0;
          uint64_t sum = 0;
          while (true) {
            SLUICE_TRY(const auto bytes, request.body());
            if (bytes.empty()) break;
            count += bytes.size();
            for (const char c : bytes) sum += static_cast<unsigned char>(c);
          }
          return SendJson(answer, fmt::format("[{}, {}]", count, sum));
        },
        {"application/json"});
    Add(Method::kGet, "/bytes", [this](const Request& request, Answer& answer) -> Result<void> {
      SLUICE_TRY(const auto count, request.query().Count("count"));
      SLUICE_TRY(
          answer.Start({.content_type = std::string(request.query().Text("type", "text/plain"))}));
      const std::string piece(1000, 'x');
      for (uint64_t sent = 0; sent < count.value_or(0); sent += piece.size()) {
        auto written = answer.Write(piece);
        if (!written.ok()) {
          write_errors_.count_down();
          return written;
        }
        written_ += piece.size();
      }
      return {};
    });
    server_.emplace(std::move(router_), options_);
    auto port = server_->Start("127.0.0.1:0");
    ASSERT_TRUE(port.ok()) << port.error().ToText();
    port_ = *port;
  }

  std::vector<Served> served() {
    std::lock_guard lock(served_mutex_);
    return served_;
  }

  Router router_;
  ServerOptions options_;
  uint16_t port_ = 0;
  std::atomic<uint64_t> written_ = 0;
  std::latch write_errors_{1};
  std::mutex served_mutex_;
  std::vector<Served> served_;
  std::optional<Server> server_;  // Last: it uses the others until it is gone.
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  Start();
  RawClient client(port_);
  for (int i = 0; i < 1000; ++i) {
    const RawAnswer answer = client.Get("/hello/" + std::to_string(i), kToken);
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(answer.body, "\"" + std::to_string(i) + "\"");
    ASSERT_EQ(answer.Header("content-type"), "application/json");
    ASSERT_EQ(answer.Header("connection"), "keep-alive");
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(port_);
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "GET /hello/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n" +
                std::string(kToken) + "\r\n";
    requests += "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n" + std::string(kJson) +
                "\r\n\1\1\1";
  }
  client.Send(requests);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(client.Read().body, "\"" + std::to_string(i) + "\"");
    ASSERT_EQ(client.Read().body, "[3, 3]");
  }
}

TEST_F(ServerTest, DecodesTheTarget) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Get("/hello/a%2Fb%20c", kToken).body, "\"a/b c\"");
  EXPECT_EQ(client.Get("http://somewhere/hello/x", kToken).body, "\"x\"");
  EXPECT_EQ(client.Get("/hello/x/", kToken).body, "\"x\"");
  const RawAnswer bad = client.Get("/hello/%zz", kToken);
  EXPECT_EQ(bad.status, 400);
  EXPECT_THAT(bad.body, HasSubstr("\"code\": \"bad-request\""));
  EXPECT_EQ(client.Get("/hello/%ff", kToken).status, 400);
  EXPECT_EQ(client.Get("/hello/%00", kToken).status, 400);
}

TEST_F(ServerTest, AsksForCredentials) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Get("/public").status, 200);
  const RawAnswer nobody = client.Get("/hello/x");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.Header("www-authenticate"), "Bearer realm=\"sluice\"");
  EXPECT_EQ(nobody.body, R"({"code": "unauthorized", "message": "a token is required"})");
  EXPECT_EQ(client.Get("/nothing/here").status, 401);
  EXPECT_EQ(client.Get("/hello/x", "Authorization: Bearer reader\r\n").status, 403);
  EXPECT_EQ(client.Get("/hello/x", kToken).status, 200);
}

TEST_F(ServerTest, NamesWhatIsNotThere) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Get("/nothing", kToken).status, 404);
  const RawAnswer wrong = client.Request("DELETE", "/hello/x", kToken, {});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.Header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_THAT(wrong.body, HasSubstr("method-not-allowed"));
  EXPECT_EQ(client.Request("BREW", "/hello/x", kToken, {}).status, 405);
  const RawAnswer options = client.Request("OPTIONS", "/count", {}, {});
  EXPECT_EQ(options.status, 200);
  EXPECT_EQ(options.Header("allow"), "POST, OPTIONS");
}

TEST_F(ServerTest, AnswersHeadWithoutBody) {
  Start();
  RawClient client(port_);
  const RawAnswer small = client.Request("HEAD", "/hello/abc", kToken, {});
  EXPECT_EQ(small.status, 200);
  EXPECT_EQ(small.Header("content-length"), "5");
  // A large body is not made beyond its first buffer, and the connection goes on.
  EXPECT_EQ(client.Request("HEAD", "/bytes?count=1000000000", kToken, {}).status, 200);
  EXPECT_EQ(client.Get("/hello/x", kToken).body, "\"x\"");
  EXPECT_LT(written_, 1'000'000u);
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
  Start();
  const auto status = [&](std::string_view text) {
    RawClient client(port_);
    client.Send(text);
    const RawAnswer answer = client.Read();
    EXPECT_TRUE(client.ReadsEnd());
    EXPECT_THAT(answer.body, HasSubstr("\"message\"")) << text;
    return answer.status;
  };
  EXPECT_EQ(status("rubbish\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /public\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /public HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(status("GET /public HTTP/1.1\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /public HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(
      status("GET /public HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
      400);
  EXPECT_EQ(status(std::string_view("\0\1\2\3\r\n\r\n", 8)), 400);
}

TEST_F(ServerTest, RefusesRequestsWithoutHost) {
  Start();
  RawClient client(port_);
  client.Send("GET /public HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().status, 400);
}

TEST_F(ServerTest, LimitsHeaderAndTarget) {
  Start();
  {
    RawClient client(port_);
    const RawAnswer answer = client.Get("/public", "X-Large: " + std::string(70'000, 'x') + "\r\n");
    EXPECT_EQ(answer.status, 431);
    EXPECT_TRUE(client.ReadsEnd());
  }
  {
    RawClient client(port_);
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += "X: y\r\n";
    EXPECT_EQ(client.Get("/public", many).status, 431);
  }
  {
    RawClient client(port_);
    EXPECT_EQ(client.Get("/public?x=" + std::string(20'000, 'x')).status, 414);
  }
  RawClient client(port_);
  EXPECT_EQ(client.Get("/public", "X-Large: " + std::string(30'000, 'x') + "\r\n").status, 200);
}

TEST_F(ServerTest, ChecksTheContentType) {
  Start();
  RawClient client(port_);
  const RawAnswer wrong =
      client.Request("POST", "/count", std::string(kToken) + "Content-Type: text/csv\r\n", "a,b");
  EXPECT_EQ(wrong.status, 415);
  EXPECT_THAT(wrong.body, HasSubstr("must be application/json, found \\\"text/csv\\\""));
  RawClient next(port_);
  EXPECT_EQ(
      next.Request("POST", "/count",
                   std::string(kToken) + "Content-Type: application/JSON; charset=utf-8\r\n", "\1")
          .body,
      "[1, 1]");
  EXPECT_EQ(next.Request("POST", "/count", kToken, "\1\1").body, "[2, 2]");
  EXPECT_EQ(
      next.Request("POST", "/count", std::string(kJson) + "Content-Encoding: br\r\n", "x").status,
      415);
}

TEST_F(ServerTest, ReadsChunkedBodies) {
  Start();
  RawClient client(port_);
  client.Send("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" +
              std::string(kJson) + "\r\n");
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "3\r\n\1\2\3\r\n";
  client.Send(text + "5;extension=1\r\n\1\1\1\1\1\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(client.Read().body, "[30005, 60005]");
  EXPECT_EQ(client.Get("/hello/x", kToken).body, "\"x\"");
}

TEST_F(ServerTest, RefusesBrokenChunks) {
  Start();
  RawClient client(port_);
  client.Send("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" +
              std::string(kJson) + "\r\n3\r\nabc\r\nzz\r\n");
  const RawAnswer answer = client.Read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("bad-data"));
}

TEST_F(ServerTest, StreamsLargeBodiesUnchanged) {
  Start();
  RawClient client(port_);
  const uint64_t pieces = 200;
  std::string piece(1'000'003, '\0');
  uint64_t sum = 0;
  for (size_t i = 0; i < piece.size(); ++i) {
    piece[i] = static_cast<char>(i * 7 % 251);
    sum += static_cast<unsigned char>(piece[i]);
  }
  client.Send(fmt::format("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n",
                          pieces * piece.size(), kJson));
  for (uint64_t i = 0; i < pieces; ++i) ASSERT_TRUE(client.Send(piece));
  EXPECT_EQ(client.Read().body, fmt::format("[{}, {}]", pieces * piece.size(), pieces * sum));
}

TEST_F(ServerTest, UnpacksGzipBodies) {
  Start();
  RawClient client(port_);
  const std::string text(5'000'000, '\1');
  EXPECT_EQ(client
                .Request("POST", "/count", std::string(kJson) + "Content-Encoding: gzip\r\n",
                         net::Gzip(text))
                .body,
            "[5000000, 5000000]");
  const RawAnswer broken = client.Request(
      "POST", "/count", std::string(kJson) + "Content-Encoding: gzip\r\n", "this is no gzip");
  EXPECT_EQ(broken.status, 400);
  EXPECT_THAT(broken.body, HasSubstr("bad-data"));
  const std::string packed = net::Gzip(text);
  EXPECT_EQ(client
                .Request("POST", "/count", std::string(kJson) + "Content-Encoding: gzip\r\n",
                         packed.substr(0, packed.size() - 4))
                .status,
            400);
}

TEST_F(ServerTest, PacksAnswersWhereTheClientTakesIt) {
  Start();
  RawClient client(port_);
  for (const int count : {2'000, 5'000'000}) {
    const std::string target = "/bytes?count=" + std::to_string(count);
    const RawAnswer packed =
        client.Get(target, std::string(kToken) + "Accept-Encoding: br, gzip;q=0.8\r\n");
    ASSERT_EQ(packed.Header("content-encoding"), "gzip");
    EXPECT_EQ(packed.Header("vary"), "Accept-Encoding");
    auto text = net::Gunzip(packed.body, 10'000'000);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text->size(), static_cast<size_t>(count));
    EXPECT_EQ(client.Get(target, kToken).body.size(), static_cast<size_t>(count));
  }
  const std::string gzip = std::string(kToken) + "Accept-Encoding: gzip\r\n";
  EXPECT_EQ(client.Get("/hello/x", gzip).Header("content-encoding"), "");  // Too small to gain.
  EXPECT_EQ(client.Get("/bytes?count=9000&type=application/zip", gzip).Header("content-encoding"),
            "");
  EXPECT_EQ(client.Get("/bytes?count=9000", std::string(kToken) + "Accept-Encoding: gzip;q=0\r\n")
                .Header("content-encoding"),
            "");
}

TEST_F(ServerTest, ContinuesWhereTheClientWaits) {
  Start();
  RawClient client(port_);
  client.Send("POST /count HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" +
              std::string(kJson) + "\r\n");
  EXPECT_EQ(client.Read().status, 100);
  client.Send("\1\1");
  EXPECT_EQ(client.Read().body, "[2, 2]");
  // Refused without having been sent.
  client.Send("POST /nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n" +
              std::string(kJson) + "\r\n");
  EXPECT_EQ(client.Read().status, 404);
}

TEST_F(ServerTest, RefusesOtherExpectations) {
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Get("/public", "Expect: a-miracle\r\n").status, 417);
}

TEST_F(ServerTest, AnswersWhileTheBodyStillComes) {
  Add(Method::kPost, "/refuse", [](const Request& request, Answer&) -> Result<void> {
    SLUICE_TRY(const auto bytes, request.body());
    return MakeError(Code::kTooLarge, "entity 0 is too large, {} bytes are here", bytes.size() > 0);
  });
  Start();
  RawClient client(port_);
  const std::string piece(100'000, 'x');
  client.Send(fmt::format("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n",
                          100 * piece.size(), kJson));
  // A client that sends all before it looks at the answer still gets it.
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.Send(piece));
  const RawAnswer answer = client.Read();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(ServerTest, AnswersAClientThatHasStoppedSending) {
  Add(Method::kPost, "/refuse",
      [](const Request&, Answer&) -> Result<void> { return MakeError(Code::kConflict, "no"); });
  Start();
  RawClient client(port_);
  client.Send("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n" +
              std::string(kJson) + "\r\n" + std::string(100'000, 'x'));  // And no more.
  EXPECT_EQ(client.Read().status, 409);
}

TEST_F(ServerTest, AnswersHalfClosedClients) {
  Start();
  {
    RawClient client(port_);
    client.Send("GET /hello/x HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) + "\r\n");
    client.ShutdownSend();
    EXPECT_EQ(client.Read().body, "\"x\"");
    EXPECT_TRUE(client.ReadsEnd());
  }
  RawClient client(port_);
  client.Send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n" + std::string(kJson) +
              "\r\nabc");
  client.ShutdownSend();
  const RawAnswer answer = client.Read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("ends in its middle"));
}

TEST_F(ServerTest, SpeaksHttp10) {
  Start();
  RawClient client(port_);
  client.Send("GET /bytes?count=1000000 HTTP/1.0\r\n" + std::string(kToken) + "\r\n");
  const RawAnswer answer = client.Read();
  EXPECT_EQ(answer.Header("transfer-encoding"), "");
  EXPECT_EQ(answer.body.size(), 1'000'000u);
}

TEST_F(ServerTest, BreaksTheConnectionWhereAHandlerFailsLate) {
  Add(Method::kGet, "/late", [](const Request&, Answer& answer) -> Result<void> {
    SLUICE_TRY(answer.Start({}));
    SLUICE_TRY(answer.Write(std::string(1'000'000, 'x')));
    return MakeError(Code::kIo, "the disk is gone");
  });
  Add(Method::kGet, "/early", [](const Request&, Answer& answer) -> Result<void> {
    SLUICE_TRY(answer.Start({}));
    SLUICE_TRY(answer.Write("[1, 2"));
    return MakeError(Code::kCorrupt, "the disk is gone");
  });
  Start();
  RawClient client(port_);
  const RawAnswer early = client.Get("/early", kToken);
  EXPECT_EQ(early.status, 500);
  EXPECT_EQ(early.body, R"({"code": "corrupt", "message": "the disk is gone"})");
  const RawAnswer late = client.Get("/late", kToken);
  EXPECT_EQ(late.status, 200);
  EXPECT_FALSE(late.whole);
}

TEST_F(ServerTest, SurvivesWhatALibraryThrows) {
  std::promise<std::string> warned;
  options_.warn = [&](std::string_view message) { warned.set_value(std::string(message)); };
  Add(Method::kGet, "/throw",
      [](const Request&, Answer&) -> Result<void> { throw std::runtime_error("from a library"); });
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Get("/throw", kToken).status, 500);
  EXPECT_THAT(warned.get_future().get(), HasSubstr("from a library"));
  EXPECT_EQ(client.Get("/hello/x", kToken).status, 200);
}

TEST_F(ServerTest, MapsErrorsToStatuses) {
  Add(Method::kGet, "/fail/{code}", [](const Request& request, Answer&) -> Result<void> {
    Error error = MakeError(static_cast<Code>(std::stoi(request.Path("code"))), "it \"failed\"");
    error.at = "/source/0";
    return error;
  });
  Start();
  RawClient client(port_);
  const auto status = [&](Code code) {
    const RawAnswer answer = client.Get("/fail/" + std::to_string(static_cast<int>(code)), kToken);
    EXPECT_EQ(answer.body,
              fmt::format(R"({{"code": "{}", "message": "it \"failed\"", "at": "/source/0"}})",
                          ToString(code)));
    return answer.status;
  };
  EXPECT_EQ(status(Code::kBadConfig), 400);
  EXPECT_EQ(status(Code::kBadData), 400);
  EXPECT_EQ(status(Code::kBadRequest), 400);
  EXPECT_EQ(status(Code::kUnauthorized), 401);
  EXPECT_EQ(status(Code::kForbidden), 403);
  EXPECT_EQ(status(Code::kNotFound), 404);
  EXPECT_EQ(status(Code::kConflict), 409);
  EXPECT_EQ(status(Code::kTooLarge), 413);
  EXPECT_EQ(status(Code::kTimeout), 504);
  EXPECT_EQ(status(Code::kUnavailable), 503);
  EXPECT_EQ(status(Code::kCorrupt), 500);
  EXPECT_EQ(status(Code::kIo), 500);
  EXPECT_EQ(status(Code::kNotBuilt), 501);
  EXPECT_EQ(status(Code::kInternal), 500);
}

TEST_F(ServerTest, EndsSlowHeaders) {
  options_.header_timeout = milliseconds(50);
  Start();
  RawClient client(port_);
  client.Send("GET /public HTTP/1.1\r\nHo");
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(ServerTest, EndsIdleConnections) {
  options_.idle_timeout = milliseconds(50);
  Start();
  RawClient client(port_);
  EXPECT_EQ(client.Get("/public").status, 200);
  EXPECT_EQ(client.Read().status, 0);
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(ServerTest, EndsBodiesThatStall) {
  options_.body_timeout = milliseconds(50);
  Start();
  RawClient client(port_);
  client.Send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n" + std::string(kJson) +
              "\r\nabc");
  const RawAnswer answer = client.Read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("no more bytes came in time"));
}

TEST_F(ServerTest, ServesOthersBesideSlowClients) {
  options_.workers_max = 2;
  Start();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(std::make_unique<RawClient>(port_));
    slow.back()->Send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n" +
                      std::string(kJson) + "\r\nabc");
  }
  RawClient client(port_);
  EXPECT_EQ(client.Get("/hello/x", kToken).body, "\"x\"");
  for (auto& each : slow) each->Send("\1\1\1\1\1\1\1");
  for (auto& each : slow) EXPECT_EQ(each->Read().body, "[10, 301]");
}

TEST_F(ServerTest, HoldsBackForClientsThatDoNotRead) {
  options_.write_timeout = milliseconds(200);
  Start();
  RawClient client(port_);
  client.Send("GET /bytes?count=1000000000 HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) + "\r\n");
  write_errors_.wait();  // The client takes nothing, so the handler is told at last.
  EXPECT_LT(written_, 50'000'000u);
}

TEST_F(ServerTest, TellsHandlersThatTheClientIsGone) {
  Start();
  RawClient client(port_);
  client.Send("GET /bytes?count=1000000000 HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) + "\r\n");
  client.Reset();
  write_errors_.wait();
}

TEST_F(ServerTest, LimitsConnections) {
  options_.connections_max = 3;
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    ASSERT_EQ(clients.back()->Get("/public").status, 200);
  }
  {
    RawClient refused(port_);
    const RawAnswer answer = refused.Get("/public");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.Header("retry-after"), "1");
  }
  clients.pop_back();
  // The server sees the end of the third a moment later.
  int status = 503;
  for (int i = 0; i < 1000 && status != 200; ++i) status = RawClient(port_).Get("/public").status;
  EXPECT_EQ(status, 200);
}

TEST_F(ServerTest, ServesManyAtOnce) {
  Start();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        RawClient client(port_);
        for (int k = 0; k < 10; ++k) {
          const size_t size = static_cast<size_t>(1 + t * 10'000 + i * 1000 + k);
          const RawAnswer answer = client.Request("POST", "/count", kJson, std::string(size, '\1'));
          if (answer.body == fmt::format("[{}, {}]", size, size)) ++good;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 8 * 20 * 10);
}

TEST_F(ServerTest, StopsHandlersThatReadAndWait) {
  std::latch begun(2);
  std::latch ended(2);
  Add(Method::kPost, "/read", [&](const Request& request, Answer&) -> Result<void> {
    begun.count_down();
    while (true) {
      auto bytes = request.body();
      if (bytes.ok() && !bytes->empty()) continue;
      EXPECT_FALSE(bytes.ok());
      ended.count_down();
      return bytes.TakeError();
    }
  });
  Add(Method::kGet, "/wait", [&](const Request& request, Answer&) -> Result<void> {
    begun.count_down();
    EXPECT_TRUE(request.stop.WaitFor(std::chrono::seconds(60)));
    ended.count_down();
    return MakeError(Code::kCancelled, "the hub is stopping");
  });
  Start();
  RawClient idle(port_);
  ASSERT_EQ(idle.Get("/public").status, 200);
  RawClient reader(port_);
  reader.Send("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n" + std::string(kJson) +
              "\r\n" + std::string(200'000, 'x'));
  RawClient waiter(port_);
  waiter.Send("GET /wait HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) + "\r\n");
  begun.wait();
  auto stopped = std::async(std::launch::async, [&] { server_->Stop(); });
  ended.wait();
  EXPECT_EQ(waiter.Read().status, 503);
  EXPECT_EQ(reader.Read().status, 503);
  EXPECT_TRUE(idle.ReadsEnd());
  reader.Close();
  stopped.get();
  EXPECT_FALSE(RawClient(port_).connected());
}

TEST_F(ServerTest, ReportsWhatItServed) {
  Start();
  {
    RawClient client(port_);
    client.Request("POST", "/count?x=1", kJson, "\1\1\1");
    client.Get("/nothing", kToken);
  }
  server_->Stop();
  const auto all = served();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].status, 200);
  EXPECT_EQ(all[0].target, "/count?x=1");
  EXPECT_EQ(all[0].principal, "good");
  EXPECT_EQ(all[0].bytes_in, 3u);
  EXPECT_GT(all[0].bytes_out, 3u);
  EXPECT_EQ(all[1].status, 404);
}

TEST(ServerAddressTest, RefusesWhatItCannotListenOn) {
  const auto start = [](std::string_view address) {
    Server server(Router(), {.authenticate = Authenticate});
    auto port = server.Start(address);
    return port.ok() ? Code::kInternal : port.error().code;
  };
  EXPECT_EQ(start("nonsense"), Code::kBadRequest);
  EXPECT_EQ(start("127.0.0.1:"), Code::kBadRequest);
  EXPECT_EQ(start("127.0.0.1:http"), Code::kBadRequest);
  Server first(Router(), {.authenticate = Authenticate});
  auto port = first.Start("127.0.0.1:0");
  ASSERT_TRUE(port.ok());
  EXPECT_EQ(start("127.0.0.1:" + std::to_string(*port)), Code::kConflict);
}

}  // namespace
}  // namespace sluice::api
