// The Service API over a hub in memory: what each endpoint answers, and what it says of wrong
// requests.

#include "api/service.h"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <thread>

#include "api/jwt_authentication.h"
#include "api/server.h"
#include "config/zip.h"
#include "net/gzip.h"
#include "server/node.h"
#include "tests/http/raw_client.h"
#include "value/json.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::RawAnswer;
using testing::RawClient;
using ::testing::StartsWith;

constexpr std::string_view kPersons =
    R"({"_id": "persons", "type": "pipe", "source": {"type": "embedded", "entities": [
        {"_id": "1", "name": "Ada", "big": 123456789012345678901234567890},
        {"_id": "2", "name": "Bob"}]}, "pump": {"mode": "manual"}})";
constexpr std::string_view kUpper =
    R"({"_id": "upper", "type": "pipe", "source": {"type": "dataset", "dataset": "persons"},
        "transform": {"type": "dtl", "rules": {"default": [["copy", "_id"],
            ["add", "name", ["upper", "_S.name"]]]}}, "pump": {"mode": "manual"}})";
constexpr std::string_view kPushed =
    R"({"_id": "pushed", "type": "pipe", "source": {"type": "http_endpoint"}})";
constexpr std::string_view kPublished =
    R"({"_id": "published", "type": "pipe", "source": {"type": "dataset", "dataset": "upper"},
        "sink": {"type": "http_endpoint"}})";
constexpr std::string_view kSystem =
    R"({"_id": "web", "type": "system:url", "url_pattern": "http://127.0.0.1:1/%s"})";

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto node = server::Node::Open({.schedules = false});
    ASSERT_TRUE(node.ok()) << node.error().ToText();
    node_ = std::move(node).value();
    auto key = crypto::JwtKey::Hs256(std::string(32, 'k'));
    ASSERT_TRUE(key.ok());
    token_ = *crypto::MintJwt(api::AdminClaims(SystemClock().Now()), *key);
    reader_token_ = *crypto::MintJwt(R"({"sub": "reader", "permissions": ["read_config"]})", *key);
    api::ServiceOptions service{
        .hub = &node_->hub(), .catalogue = &node_->catalogue(), .version = "1.2.3"};
    service.restart = [this] { ++restarts_; };
    service.health = [this]() -> Result<void> {
      if (ill_) return MakeError(Code::kIo, "the disk is full");
      return {};
    };
    server_.emplace(
        api::MakeServiceRouter(std::move(service)),
        api::ServerOptions{.authenticate = api::MakeJwtAuthentication({*key}, SystemClock())});
    node_->hub().Start();
    auto port = server_->Start("127.0.0.1:0");
    ASSERT_TRUE(port.ok()) << port.error().ToText();
    port_ = *port;
    client_ = std::make_unique<RawClient>(port_);
  }
  void TearDown() override {
    client_.reset();
    server_.reset();
    node_.reset();
  }

  RawAnswer Send(std::string_view method, const std::string& path, std::string_view body = {},
                 std::string_view type = "application/json") {
    std::string headers = "Authorization: Bearer " + token_ + "\r\n";
    if (!body.empty()) headers += "Content-Type: " + std::string(type) + "\r\n";
    RawAnswer answer = client_->Request(method, "/api" + path, headers, body);
    if (answer.Header("connection") == "close") client_ = std::make_unique<RawClient>(port_);
    return answer;
  }
  // The parsed body; its values live as long as the test.
  Value Parse(const RawAnswer& answer) {
    auto value = JsonParser({.transit = Transit::kKeep}).Parse(answer.body, arena_);
    EXPECT_TRUE(value.ok()) << answer.body;
    return value.ok() ? *value : Value();
  }
  Value Get(const std::string& path) {
    const RawAnswer answer = Send("GET", path);
    EXPECT_EQ(answer.status, 200) << path << ": " << answer.body;
    return Parse(answer);
  }
  std::string Problem(const RawAnswer& answer) {
    return fmt::format("{} {}", answer.status, Parse(answer).Find("code").text());
  }
  void Upload(const std::vector<std::string_view>& components) {
    std::string body = "[";
    for (const auto component : components)
      body += (body.size() > 1 ? ", " : "") + std::string(component);
    const RawAnswer answer = Send("PUT", "/config", body + "]");
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  void RunAll() {
    const RawAnswer answer = Send("POST", "/pipes/run-all-pipes");
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(Parse(answer).Find("status").text(), "success") << answer.body;
  }
  // The `_id`s of a list of entities, with '-' before those that are deleted.
  std::string Ids(const std::string& path) {
    std::string ids;
    for (const Value entity : Get(path).items()) {
      if (!ids.empty()) ids += " ";
      ids += (entity.Find("_deleted").IsTrue() ? "-" : "") + std::string(entity.Find("_id").text());
    }
    return ids;
  }

  Arena arena_;
  std::unique_ptr<server::Node> node_;
  std::string token_;
  std::string reader_token_;
  std::atomic<int> restarts_ = 0;
  std::atomic<bool> ill_ = false;
  uint16_t port_ = 0;
  std::optional<api::Server> server_;
  std::unique_ptr<RawClient> client_;
};

TEST_F(ServiceTest, ShowsTheNode) {
  EXPECT_TRUE(Get("/").Find("status").Find("developer_mode").IsTrue());
  const Value status = Get("/status");
  EXPECT_EQ(status.Find("version").text(), "1.2.3");
  EXPECT_THAT(status.Find("node_start_time").text(), StartsWith("20"));
  EXPECT_EQ(client_->Get("/api/ping").body, R"({"status": "ok"})");
  EXPECT_EQ(client_->Get("/api/health").status, 200);
  ill_ = true;
  const RawAnswer ill = client_->Get("/api/health");
  EXPECT_EQ(ill.status, 503);
  EXPECT_THAT(ill.body, HasSubstr("the disk is full"));
}

TEST_F(ServiceTest, KnowsWhoMayWhat) {
  EXPECT_EQ(client_->Get("/api/pipes").status, 401);
  EXPECT_EQ(client_->Get("/api/pipes", "Authorization: Bearer a.b.c\r\n").status, 401);
  const std::string reader = "Authorization: bearer " + reader_token_ + "\r\n";
  EXPECT_EQ(client_->Get("/api/pipes", reader).status, 200);
  EXPECT_EQ(client_->Get("/api/datasets/x/entities", reader).status, 403);
  EXPECT_EQ(client_->Request("DELETE", "/api/pipes/x", reader, {}).status, 403);
}

TEST_F(ServiceTest, DescribesItself) {
  const Value reference = Get("/reference");
  EXPECT_EQ(reference.Find("openapi").text(), "3.0.3");
  const Value pump = reference.Find("paths").Find("/api/pipes/{pipe_id}/pump");
  EXPECT_TRUE(pump.Find("get").IsDict());
  EXPECT_EQ(pump.Find("post").Find("x-permission").text(), "operate");
  EXPECT_GE(reference.Find("paths").count(), 60u);
  bool has_upper = false;
  for (const Value function : Get("/dtl/functions").items())
    has_upper |= function.Find("name").text() == "upper";
  EXPECT_TRUE(has_upper);
}

TEST_F(ServiceTest, NamesWhatIsNotThere) {
  for (const char* path :
       {"/nothing", "/pipes/nothing", "/pipes/nothing/pump", "/pipes/nothing/entities",
        "/pipes/nothing/config", "/pipes/nothing/log", "/datasets/nothing",
        "/datasets/nothing/entities", "/datasets/nothing/entity?entity_id=x",
        "/datasets/nothing/indexes", "/systems/nothing", "/systems/nothing/config",
        "/publishers/nothing/entities"}) {
    EXPECT_EQ(Problem(Send("GET", path)), "404 not-found") << path;
  }
  EXPECT_EQ(Problem(Send("POST", "/receivers/nothing/entities", "[]")), "404 not-found");
  EXPECT_EQ(Problem(Send("DELETE", "/pipes/nothing")), "404 not-found");
  EXPECT_EQ(Problem(Send("DELETE", "/systems/nothing")), "404 not-found");
  EXPECT_EQ(Problem(Send("DELETE", "/datasets/nothing")), "404 not-found");
  EXPECT_EQ(Problem(Send("DELETE", "/env/nothing")), "404 not-found");
  EXPECT_EQ(Problem(Send("DELETE", "/secrets/nothing")), "404 not-found");
  EXPECT_EQ(Problem(Send("POST", "/pipes/nothing/pump", "operation=start",
                         "application/x-www-form-urlencoded")),
            "404 not-found");
  EXPECT_EQ(Problem(Send("GET", "/metrics")), "501 not-built");
  EXPECT_EQ(Problem(Send("DELETE", "/pipes")), "405 method-not-allowed");
  EXPECT_EQ(Problem(Send("PUT", "/env", "a,b", "text/csv")), "415 unsupported-media-type");
}

TEST_F(ServiceTest, TakesConfigurationsAsJsonArchiveAndForm) {
  const std::string archive = config::WriteZip({{"pipes/persons.conf.json", std::string(kPersons)},
                                                {"systems/web.conf.json", std::string(kSystem)}});
  EXPECT_EQ(Send("PUT", "/config", archive, "application/zip").status, 200);
  EXPECT_EQ(Get("/config").count(), 2u);
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"config\"\r\n"
      "Content-Type: application/zip\r\n\r\n" +
      archive + "\r\n--b--\r\n";
  EXPECT_EQ(Send("PUT", "/config?force=false", form, "multipart/form-data; boundary=b").status,
            200);
  const RawAnswer back = client_->Get(
      "/api/config", "Authorization: Bearer " + token_ + "\r\nAccept: application/zip\r\n");
  EXPECT_EQ(back.Header("content-type"), "application/zip");
  auto files = config::ReadZip(back.body);
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].name, "pipes/persons.conf.json");
  EXPECT_EQ((*files)[0].bytes, kPersons);
  Upload({kUpper});
  EXPECT_EQ(Send("GET", "/pipes/upper/config").body, kUpper);
  EXPECT_EQ(Get("/config").count(), 1u);
  EXPECT_EQ(Send("PUT", "/config", "[]").status, 200);
  EXPECT_EQ(Get("/pipes").count(), 0u);
}

TEST_F(ServiceTest, RefusesWrongConfigurationsWhole) {
  Upload({kPersons});
  const RawAnswer refused =
      Send("PUT", "/config?force=False",
           R"([{"_id": "bad", "type": "pipe", "source": {"type": "nonsense"}}])");
  EXPECT_EQ(refused.status, 400);
  const Value found = Parse(refused).Find("validation_errors").At(0);
  EXPECT_EQ(found.Find("posted-config").Find("_id").text(), "bad");
  EXPECT_EQ(found.Find("config-errors").At(0).Find("level").text(), "error");
  EXPECT_THAT(found.Find("config-errors").At(0).Find("msg").text(), HasSubstr("nonsense"));
  EXPECT_EQ(Ids("/pipes"), "persons");
  EXPECT_EQ(Send("PUT", "/config?force=true",
                 R"([{"_id": "bad", "type": "pipe", "source": {"type": "nonsense"}}])")
                .status,
            200);
  EXPECT_FALSE(Get("/pipes/bad").Find("runtime").Find("is-valid-config").IsTrue());
  // What cannot be read at all has the same form.
  for (const std::string_view text : {"{", "[1]", "\"x\"", "PK nonsense"}) {
    const RawAnswer broken = Send("PUT", "/config", text);
    EXPECT_EQ(broken.status, 400) << text;
    const Value error = Parse(broken).Find("validation_errors").At(0).Find("config-errors").At(0);
    EXPECT_EQ(error.Find("level").text(), "error") << broken.body;
    EXPECT_FALSE(error.Find("msg").text().empty());
  }
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(Send("PUT", "/config", deep).status, 400);
  EXPECT_EQ(Problem(Send("PUT", "/config?force=maybe", "[]")), "400 bad-request");
  EXPECT_EQ(Ids("/pipes"), "bad");
}

TEST_F(ServiceTest, AddsChangesAndRemovesComponents) {
  EXPECT_EQ(Send("POST", "/pipes", "[" + std::string(kPersons) + "]").status, 200);
  EXPECT_EQ(Send("POST", "/systems", "[" + std::string(kSystem) + "]").status, 200);
  EXPECT_EQ(Problem(Send("POST", "/pipes", "[" + std::string(kSystem) + "]")), "400 bad-request");
  EXPECT_EQ(Send("PUT", "/pipes/upper/config", kUpper).status, 200);
  EXPECT_EQ(Problem(Send("PUT", "/pipes/other/config", kUpper)), "400 bad-request");
  EXPECT_EQ(Ids("/pipes"), "persons upper");
  const Value pipe = Get("/pipes/upper?fields=config");
  EXPECT_TRUE(pipe.Find("config").Find("effective").Find("sink").IsDict());
  EXPECT_FALSE(pipe.Has("runtime"));
  EXPECT_EQ(Get("/systems/web").Find("config").Find("original").Find("type").text(), "system:url");
  EXPECT_EQ(Send("PUT", "/systems/web/config", kSystem).status, 200);
  EXPECT_EQ(Send("DELETE", "/pipes/upper").status, 200);
  EXPECT_EQ(Send("DELETE", "/systems/web").status, 200);
  EXPECT_EQ(Ids("/pipes"), "persons");
}

TEST_F(ServiceTest, RunsAllPipesAndGivesTheirEntities) {
  Upload({kPersons, kUpper, kPublished});
  RunAll();
  const RawAnswer all = Send("GET", "/datasets/upper/entities");
  EXPECT_EQ(all.Header("x-dataset-populated"), "true");
  EXPECT_EQ(all.Header("x-dataset-max-updated"), "1");
  EXPECT_EQ(all.Header("x-dataset-generation").size(), 36u);
  EXPECT_EQ(Parse(all).At(0).Find("name").text(), "ADA");
  EXPECT_EQ(Ids("/datasets/upper/entities?limit=1"), "1");
  EXPECT_EQ(Ids("/datasets/upper/entities?since=0"), "2");
  EXPECT_EQ(Ids("/datasets/upper/entities?reverse=True"), "2 1");
  EXPECT_EQ(Ids("/datasets/upper/entities?reverse=true&since=1"), "1");
  EXPECT_EQ(Ids("/datasets/upper/entities?limit=0"), "");
  EXPECT_EQ(Problem(Send("GET", "/datasets/upper/entities?limit=-1")), "400 bad-request");
  EXPECT_EQ(Problem(Send("GET", "/datasets/upper/entities?history=maybe")), "400 bad-request");
  EXPECT_EQ(Get("/datasets/upper/entity?entity_id=2").Find("name").text(), "BOB");
  EXPECT_EQ(Get("/datasets/upper/entity?entity_id=2&offset=1").Find("_updated").AsInteger(), 1);
  EXPECT_EQ(Problem(Send("GET", "/datasets/upper/entity?entity_id=2&offset=9")), "404 not-found");
  EXPECT_EQ(Problem(Send("GET", "/datasets/upper/entity")), "400 bad-request");
  EXPECT_EQ(Get("/datasets/upper/entities/2").Find("name").text(), "BOB");
  EXPECT_EQ(Ids("/pipes/published/entities"), "1 2");
  EXPECT_EQ(Ids("/pipes/upper/entities?stage=source&limit=1"), "1");
  EXPECT_EQ(Problem(Send("GET", "/pipes/upper/entities?stage=nonsense")), "400 bad-request");
  EXPECT_EQ(Ids("/publishers/published/entities"), "1 2");
  EXPECT_THAT(Send("GET", "/datasets/persons/entities").body,
              HasSubstr("123456789012345678901234567890"));
  EXPECT_GE(Get("/pipes/upper/log").count(), 2u);
  const Value dataset = Get("/datasets/upper").Find("runtime");
  EXPECT_EQ(dataset.Find("count-index-exists").AsInteger(), 2);
  EXPECT_EQ(dataset.Find("pipe").text(), "upper");
}

TEST_F(ServiceTest, RunsAllPipesBehindTheRequest) {
  Upload({kPersons, kUpper});
  const Value started = Parse(Send("POST", "/pipes/run-all-pipes?request_mode=async"));
  const std::string token(started.Find("token").text());
  ASSERT_FALSE(token.empty());
  ASSERT_TRUE(node_->hub().WaitRunAll(token, Stop()).ok());
  EXPECT_EQ(Get("/pipes/get-pipe-runner-status?token=" + token).Find("status").text(), "success");
  EXPECT_EQ(Get("/pipes/get-pipe-runner-status?token=unknown").Find("status").text(),
            "not-running");
  const Value log = Get("/pipes/get-run-all-pipes-log?token=" + token);
  ASSERT_GE(log.count(), 1u);
  const std::string first(log.At(0).Find("timestamp").text());
  EXPECT_EQ(Get("/pipes/get-run-all-pipes-log?since=" + first).count(), log.count() - 1);
  EXPECT_EQ(Problem(Send("GET", "/pipes/get-run-all-pipes-log?since=yesterday")),
            "400 bad-request");
  EXPECT_EQ(Problem(Send("POST", "/pipes/run-all-pipes?request_mode=later")), "400 bad-request");
  EXPECT_EQ(Send("POST", "/pipes/stop-run-all-pipes?terminate_timeout=30").status, 200);
}

TEST_F(ServiceTest, TellsWhyARunFailed) {
  Upload(
      {kSystem,
       R"({"_id": "away", "type": "pipe", "source": {"type": "json", "system": "web", "url": "x"}})"});
  const RawAnswer answer = Send("POST", "/pipes/run-all-pipes");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Parse(answer).Find("status").text(), "failed");
  EXPECT_EQ(Parse(answer).Find("pipes").At(0).Find("pipe").text(), "away");
}

TEST_F(ServiceTest, OperatesPumps) {
  Upload({kPersons, kPublished});
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  EXPECT_FALSE(Get("/pipes/persons/pump").Find("runtime").Find("is-disabled").IsTrue());
  const Value disabled =
      Parse(Send("POST", "/pipes/persons/pump", "operation=disable&comment=a+b%21", kForm))
          .Find("runtime");
  EXPECT_TRUE(disabled.Find("is-disabled").IsTrue());
  EXPECT_EQ(disabled.Find("disabled-comment").text(), "a b!");
  EXPECT_FALSE(Parse(Send("POST", "/pipes/persons/pump", "operation=enable", kForm))
                   .Find("runtime")
                   .Find("is-disabled")
                   .IsTrue());
  EXPECT_EQ(Problem(Send("POST", "/pipes/persons/pump", "operation=dance", kForm)),
            "400 bad-request");
  EXPECT_EQ(Problem(Send("POST", "/pipes/persons/pump", "x=y", kForm)), "400 bad-request");
  EXPECT_EQ(Get("/pipes/published/pump").Find("runtime").Find("is-disabled").IsTrue(), false);
  EXPECT_EQ(Send("POST", "/pipes/persons/pump", "operation=start", kForm).status, 200);
  ASSERT_TRUE(node_->hub().WaitIdle(Stop()).ok());
  EXPECT_EQ(Ids("/datasets/persons/entities"), "1 2");
}

TEST_F(ServiceTest, ReceivesEntities) {
  Upload({kPushed});
  EXPECT_EQ(Send("POST", "/receivers/pushed/entities", R"([{"_id": "a"}, {"_id": "b"}])").status,
            200);
  EXPECT_EQ(Ids("/datasets/pushed/entities"), "a b");
  // Broken in its middle: what came before it stays, and sending again does no harm.
  const RawAnswer broken =
      Send("POST", "/receivers/pushed/entities", R"([{"_id": "b"}, {"_id": "c"}, {"_id": )");
  EXPECT_EQ(Problem(broken), "400 bad-data");
  EXPECT_THAT(broken.body, HasSubstr("2"));
  EXPECT_EQ(Problem(Send("POST", "/receivers/pushed/entities", "[{\"x\": 1}]")), "400 bad-data");
  const std::string deep =
      "[{\"_id\": \"d\", \"x\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}]";
  const RawAnswer too_deep = Send("POST", "/receivers/pushed/entities", deep);
  EXPECT_THAT(too_deep.status, ::testing::AnyOf(400, 413));
  EXPECT_EQ(Problem(Send("POST", "/receivers/pushed/entities", "_id\na\n", "text/csv")),
            "415 unsupported-media-type");
  EXPECT_EQ(Problem(Send("POST", "/receivers/pushed/entities?is_full=perhaps", "[]")),
            "400 bad-request");
  EXPECT_EQ(Ids("/datasets/pushed/entities?history=false"), "a b c");
  const std::string gzip = net::Gzip(R"([{"_id": "e"}])");
  const RawAnswer packed =
      client_->Request("POST", "/api/receivers/pushed/entities",
                       "Authorization: Bearer " + token_ +
                           "\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n",
                       gzip);
  EXPECT_EQ(packed.status, 200) << packed.body;
  EXPECT_EQ(Ids("/datasets/pushed/entities?history=false"), "a b c e");
}

TEST_F(ServiceTest, ReceivesFromManyAtOnce) {
  Upload({kPushed});
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      RawClient client(port_);
      for (int i = 0; i < 20; ++i) {
        std::string body = "[";
        for (int k = 0; k < 50; ++k)
          body += fmt::format("{}{{\"_id\": \"{}-{}-{}\"}}", k ? "," : "", t, i, k);
        const auto answer = client.Request(
            "POST", "/api/receivers/pushed/entities",
            "Authorization: Bearer " + token_ + "\r\nContent-Type: application/json\r\n",
            body + "]");
        good += answer.status == 200 ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
  EXPECT_EQ(Get("/datasets/pushed").Find("runtime").Find("count-index-exists").AsInteger(), 8000);
}

TEST_F(ServiceTest, ReadsSubsets) {
  Upload({R"({"_id": "letters", "type": "pipe", "source": {"type": "http_endpoint"},
      "sink": {"indexes": ["_S.vowel"]}})"});
  Send("POST", "/receivers/letters/entities",
       R"([{"_id": "A", "vowel": true}, {"_id": "B"}, {"_id": "E", "vowel": true}])");
  const std::string entities = "/datasets/letters/entities";
  const std::string vowels = "subset=%5B%22eq%22%2C+%22_S.vowel%22%2C+true%5D";
  EXPECT_EQ(Ids(entities + "?" + vowels), "A E");
  EXPECT_EQ(Ids(entities + "?limit=1&" + vowels), "A");
  EXPECT_EQ(Ids(entities + "?history=false&deleted=false&" + vowels), "A E");
  EXPECT_EQ(Send("GET", entities + "?" + vowels).Header("x-dataset-filtered"), "true");
  EXPECT_EQ(Send("GET", entities).Header("x-dataset-filtered"), "");
  Send("POST", "/receivers/letters/entities", R"([{"_id": "A"}])");
  EXPECT_EQ(Ids(entities + "?since=2&" + vowels), "-A");
  EXPECT_EQ(Ids(entities + "?history=false&deleted=false&" + vowels), "E");
  EXPECT_EQ(Problem(Send("GET", entities + "?subset=%5B%22eq%22%2C+%22_S.other%22%2C+true%5D")),
            "404 not-found");
  EXPECT_EQ(Problem(Send("GET", entities + "?subset=vowels")), "400 bad-request");
}

TEST_F(ServiceTest, WritesToDatasets) {
  EXPECT_EQ(Send("POST", "/datasets/d/entities", R"([{"_id": "a", "x": 1}, {"_id": "b"}])").body,
            R"({"received": 2, "written": 2})");
  EXPECT_EQ(Send("POST", "/datasets/d/entities",
                 R"([{"_id": "a", "x": 1}, {"_id": "b", "_deleted": true}])")
                .body,
            R"({"received": 2, "written": 1})");
  EXPECT_EQ(Send("POST", "/datasets/d/entities?force=true", R"({"_id": "a", "x": 1})").body,
            R"({"received": 1, "written": 1})");
  EXPECT_EQ(Ids("/datasets/d/entities?history=false"), "-b a");
  EXPECT_EQ(Ids("/datasets/d/entities?history=false&deleted=false"), "a");
  const RawAnswer broken = Send("POST", "/datasets/d/entities", R"([{"_id": "c"}, 7])");
  EXPECT_EQ(Problem(broken), "400 bad-data");
  EXPECT_THAT(broken.body,
              AllOf(HasSubstr("entity 1"), HasSubstr("1 entities before it were stored")));
  EXPECT_EQ(Ids("/datasets/d/entities?history=false&deleted=false"), "a c");
  EXPECT_EQ(Problem(Send("GET", "/datasets/d/entities?populated=true")), "404 not-found");
  EXPECT_EQ(Ids("/datasets"), "d");
  EXPECT_EQ(Send("DELETE", "/datasets/d").status, 200);
  EXPECT_EQ(Problem(Send("GET", "/datasets/d")), "404 not-found");
}

TEST_F(ServiceTest, StreamsManyEntities) {
  std::string body = "[";
  for (int i = 0; i < 20'000; ++i) {
    body += fmt::format("{}{{\"_id\": \"{}\", \"text\": \"{}\"}}", i ? "," : "", i,
                        std::string(100, 'x'));
  }
  EXPECT_EQ(Send("POST", "/datasets/many/entities", body + "]").status, 200);
  const RawAnswer all = Send("GET", "/datasets/many/entities");
  EXPECT_EQ(all.Header("transfer-encoding"), "chunked");
  EXPECT_EQ(Parse(all).count(), 20'000u);
  const RawAnswer packed =
      client_->Get("/api/datasets/many/entities",
                   "Authorization: Bearer " + token_ + "\r\nAccept-Encoding: gzip\r\n");
  EXPECT_EQ(packed.Header("content-encoding"), "gzip");
  EXPECT_EQ(*net::Gunzip(packed.body, 100'000'000), all.body);
}

TEST_F(ServiceTest, PeopleDecideWhereACircuitBreakerHasTripped) {
  Send("POST", "/datasets/in/entities", R"([{"_id": "a", "v": 0}, {"_id": "b", "v": 0}])");
  Upload({R"({"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "in"},
              "sink": {"type": "dataset", "set_initial_offset": "always",
                       "circuit_breaker_threshold_count": 1},
              "pump": {"mode": "manual"}})"});
  RunAll();
  const auto operate = [&](std::string_view operation) {
    return Send("POST", "/datasets/p", fmt::format("operation={}", operation),
                "application/x-www-form-urlencoded");
  };
  EXPECT_EQ(Problem(operate("commit-circuit-breaker")), "409 conflict");
  EXPECT_EQ(Problem(operate("something")), "400 bad-request");
  Send("POST", "/datasets/in/entities", R"([{"_id": "a", "v": 1}, {"_id": "b", "v": 1}])");
  const auto run = node_->hub().RunPipe("p", pipe::RunKind::kIncremental, Stop());
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->outcome, pipe::RunOutcome::kFailed);
  EXPECT_EQ(Problem(Send("POST", "/datasets/p/entities", R"([{"_id": "c"}])")), "409 conflict");
  EXPECT_EQ(Get("/datasets/p/entities/a").Find("v").AsInteger(), 0);
  EXPECT_EQ(operate("commit-circuit-breaker").status, 200);
  EXPECT_EQ(Get("/datasets/p/entities/a").Find("v").AsInteger(), 1);
  EXPECT_EQ(Problem(operate("rollback-circuit-breaker")), "409 conflict");
  // Running all pipes begins with empty datasets, so it ends that too.
  Send("POST", "/datasets/in/entities", R"([{"_id": "a", "v": 2}, {"_id": "b", "v": 2}])");
  EXPECT_EQ(node_->hub().RunPipe("p", pipe::RunKind::kIncremental, Stop())->outcome,
            pipe::RunOutcome::kFailed);
  RunAll();
  EXPECT_EQ(Get("/datasets/p/entities/a").Find("v").AsInteger(), 2);
}

TEST_F(ServiceTest, KeepsVariablesAsTheyWere) {
  EXPECT_EQ(Send("GET", "/env").body, "{}");
  constexpr std::string_view kEnv = "{ \"a\": 1.0,\n \"b\": 12345678901234567890 }";
  EXPECT_EQ(Send("PUT", "/env", kEnv).body, kEnv);
  EXPECT_EQ(Send("GET", "/env").body, kEnv);
  EXPECT_EQ(Send("PATCH", "/env", R"({"c": "x"})").status, 200);
  const Value env = Get("/env");
  EXPECT_EQ(env.Find("c").text(), "x");
  EXPECT_TRUE(env.Has("b"));
  EXPECT_EQ(Send("DELETE", "/env/c").status, 200);
  EXPECT_FALSE(Get("/env").Has("c"));
  EXPECT_EQ(Send("PUT", "/env", "7").status, 400);
}

TEST_F(ServiceTest, NeverShowsSecrets) {
  Upload({kSystem});
  EXPECT_EQ(Send("PUT", "/secrets", R"({"one": "swordfish", "two": "x"})").body,
            R"(["one", "two"])");
  EXPECT_EQ(Send("POST", "/secrets", R"({"three": "y"})").body, R"(["one", "three", "two"])");
  EXPECT_EQ(Send("DELETE", "/secrets/one").status, 200);
  EXPECT_EQ(Send("PUT", "/systems/web/secrets?encrypt=true", R"({"four": "z"})").body,
            R"(["four"])");
  EXPECT_EQ(Send("GET", "/systems/web/secrets").body, R"(["four"])");
  EXPECT_EQ(Send("GET", "/secrets").body, R"(["three", "two"])");
}

TEST_F(ServiceTest, TakesASystemBeforeItsSecret) {
  constexpr std::string_view kSafe = R"json({"_id": "safe", "type": "system:url",
      "url_pattern": "http://127.0.0.1:1/%s", "authentication": "basic", "username": "me",
      "password": "$SECRET(p)"})json";
  Upload({kSafe, R"({"_id": "reads", "type": "pipe", "pump": {"mode": "manual"},
                     "source": {"type": "json", "system": "safe", "url": "x"}})"});
  const Value before = Get("/pipes/reads").Find("runtime");
  EXPECT_TRUE(before.Find("is-valid-config").IsTrue());
  EXPECT_EQ(before.Find("config-errors").At(0).Find("level").text(), "warning");
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  const RawAnswer refused = Send("POST", "/pipes/reads/pump", "operation=start", kForm);
  EXPECT_EQ(Problem(refused), "503 unavailable");
  EXPECT_THAT(refused.body, HasSubstr("there is no secret"));
  EXPECT_EQ(Send("PUT", "/systems/safe/secrets", R"({"p": "swordfish"})").status, 200);
  EXPECT_EQ(Get("/pipes/reads").Find("runtime").Find("config-errors").count(), 0u);
  EXPECT_EQ(Send("POST", "/pipes/reads/pump", "operation=start", kForm).status, 200);
  EXPECT_THAT(Send("GET", "/systems").body, ::testing::Not(HasSubstr("swordfish")));
}

TEST_F(ServiceTest, KeepsMetadata) {
  EXPECT_TRUE(Get("/metadata").Find("config").Find("original").IsNull());
  EXPECT_TRUE(Get("/metadata").Find("config").Find("effective").IsDict());
  constexpr std::string_view kMetadata =
      R"({"_id": "node", "type": "metadata", "namespaced_identifiers": true})";
  EXPECT_EQ(Send("PUT", "/metadata", kMetadata).status, 200);
  EXPECT_TRUE(
      Get("/metadata").Find("config").Find("original").Find("namespaced_identifiers").IsTrue());
  EXPECT_EQ(Send("DELETE", "/metadata").status, 200);
  EXPECT_TRUE(Get("/metadata").Find("config").Find("original").IsNull());
  EXPECT_TRUE(Get("/namespaces").Find("default").IsDict());
}

TEST_F(ServiceTest, RestartsAndResets) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  Upload({kPersons});
  RunAll();
  EXPECT_EQ(Send("POST", "/admin", "operation=restart", kForm).body, R"({"message": "OK"})");
  EXPECT_EQ(restarts_, 1);
  EXPECT_EQ(Ids("/pipes"), "persons");
  EXPECT_EQ(Send("POST", "/admin", "operation=reset", kForm).body, R"({"message": "OK"})");
  EXPECT_EQ(restarts_, 2);
  EXPECT_EQ(Ids("/pipes"), "");
  EXPECT_EQ(Ids("/datasets"), "");
  EXPECT_EQ(Problem(Send("POST", "/admin", "operation=explode", kForm)), "400 bad-request");
}

TEST_F(ServiceTest, DeletesAllSinkDatasets) {
  Upload({kPersons, kUpper});
  RunAll();
  EXPECT_EQ(Send("POST", "/pipes/delete-all-sink-datasets").status, 200);
  EXPECT_EQ(Problem(Send("GET", "/datasets/upper")), "404 not-found");
  RunAll();
  EXPECT_EQ(Ids("/datasets/upper/entities"), "1 2");
}

}  // namespace
}  // namespace sluice
