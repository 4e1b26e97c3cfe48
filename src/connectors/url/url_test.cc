// system:url: options, URLs, credentials, retry advice, OAuth 2.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/connectors.h"
#include "connectors/url/url_system.h"
#include "tests/support/fake_pipe.h"
#include "tests/support/http_server.h"

namespace sluice::connectors {
namespace {

using test::ConfigText;
using test::HttpServer;
using test::ServedConnection;
using test::ServedRequest;
using testing::HasSubstr;
using testing::StartsWith;

class StepClock final : public Clock {
 public:
  WallTime Now() const override { return {}; }
  SteadyTime Steady() const override { return SteadyTime(std::chrono::seconds(seconds)); }
  std::atomic<int64_t> seconds = 1000;
};

pipe::Registry MakeRegistry() {
  pipe::Registry registry;
  AddAll(registry);
  return registry;
}

Result<std::unique_ptr<pipe::System>> Make(const config::ConfigView& config,
                                           const pipe::MakeContext& context = {}) {
  return MakeRegistry().FindSystem("system:url")->make(config, context);
}

// The error that this configuration gives; empty: none.
std::string Problem(std::string_view json) {
  const ConfigText config(json);
  auto system = Make(config.view());
  return system.ok() ? "" : system.error().ToText();
}

std::string Fetch(HttpSystem& system, std::string url) {
  net::HttpRequest request;
  request.url = std::move(url);
  auto response = system.Call(std::move(request), Stop());
  if (!response.ok()) return response.error().ToText();
  return *(*response)->ReadAll(1 << 20, Stop());
}

std::unique_ptr<HttpSystem> System(std::string_view json, const pipe::MakeContext& context = {}) {
  const ConfigText config(json);
  auto system = Make(config.view(), context);
  EXPECT_TRUE(system.ok()) << system.error().ToText();
  return std::unique_ptr<HttpSystem>(dynamic_cast<HttpSystem*>(system->release()));
}

TEST(UrlOptions, AreCheckedAtTheirPlace) {
  EXPECT_EQ(Problem(R"({"url_pattern": "http://h/%s"})"), "");
  EXPECT_EQ(Problem(R"({"base_url": "https://h/"})"), "");
  EXPECT_THAT(Problem("{}"), StartsWith("bad-config at /url_pattern"));
  EXPECT_THAT(Problem(R"({"url_pattern": "http://h/", "base_url": "http://h/"})"),
              HasSubstr("both"));
  EXPECT_THAT(Problem(R"({"url_pattern": "h/%s"})"), StartsWith("bad-config at /url_pattern"));
  EXPECT_THAT(Problem(R"({"url_pattern": "http://h/", "authentication": "kerberos"})"),
              StartsWith("bad-config at /authentication"));
  EXPECT_THAT(Problem(R"({"url_pattern": "http://h/", "authentication": "basic"})"),
              StartsWith("bad-config at /username"));
  EXPECT_THAT(
      Problem(R"({"url_pattern": "http://h/", "authentication": "basic", "username": "u"})"),
      StartsWith("bad-config at /password"));
  EXPECT_THAT(Problem(R"({"url_pattern": "http://h/", "authentication": "jwt"})"),
              StartsWith("bad-config at /jwt_token"));
  EXPECT_THAT(Problem(R"({"url_pattern": "http://h/", "authentication": "tripletex"})"),
              StartsWith("not-built at /authentication"));
  EXPECT_THAT(Problem(R"({"url_pattern": "http://h/", "read_timeout": 0})"),
              StartsWith("bad-config at /read_timeout"));
  EXPECT_THAT(Problem(R"({"url_pattern": "http://h/", "headers": {"A": 1}})"),
              StartsWith("bad-config at /headers/A"));
  EXPECT_THAT(Problem(R"({"url_pattern": "http://h/", "oauth2": {"client_id": "x"}})"),
              StartsWith("bad-config at /oauth2/client_secret"));
}

TEST(UrlOptions, WarnOfUncheckedCertificates) {
  config::Issues issues;
  const ConfigText secure(R"({"global_defaults": {"verify_ssl": true}})");
  pipe::MakeContext context;
  context.issues = &issues;
  System(R"({"url_pattern": "http://h/"})", context);
  System(R"({"url_pattern": "https://h/", "verify_ssl": true})", context);
  context.metadata = secure.view();
  System(R"({"url_pattern": "https://h/"})", context);
  EXPECT_TRUE(issues.all().empty());
  System(R"({"url_pattern": "https://h/", "verify_ssl": false})", context);
  ASSERT_EQ(issues.all().size(), 1U);
  EXPECT_EQ(issues.all()[0].at, "/verify_ssl");
}

std::string Resolve(std::string_view json, std::string_view url) {
  const auto system = System(json);
  const auto resolved = dynamic_cast<UrlSystem&>(*system).Resolve(url);
  return resolved.ok() ? *resolved : resolved.error().ToText();
}

TEST(UrlSystem, ResolvesUrls) {
  EXPECT_EQ(Resolve(R"({"url_pattern": "http://h/a/%s"})", "b/c?d=e"), "http://h/a/b/c?d=e");
  EXPECT_EQ(Resolve(R"({"url_pattern": "http://h/a/%s/x"})", "b"), "http://h/a/b/x");
  EXPECT_EQ(Resolve(R"({"url_pattern": "http://h/a"})", "/b"), "http://h/a/b");
  EXPECT_EQ(Resolve(R"({"url_pattern": "http://h/a/%s"})", "http://other/b"), "http://other/b");
  EXPECT_EQ(Resolve(R"({"url_pattern": "%s"})", "http://other/b"), "http://other/b");
  EXPECT_EQ(Resolve(R"({"base_url": "http://h/a/"})", "b"), "http://h/a/b");
  EXPECT_EQ(Resolve(R"({"base_url": "http://h/a"})", "b"), "http://h/b");
  EXPECT_THAT(Resolve(R"({"url_pattern": "%s"})", "b"), StartsWith("bad-config"));
}

TEST(UrlSystem, SendsHeadersAndCredentialsToItsOwnServerOnly) {
  const auto echo = [](const ServedRequest& request, ServedConnection& connection) {
    const auto header = [&](const char* name) {
      const auto found = request.headers.find(name);
      return found == request.headers.end() ? std::string("-") : found->second;
    };
    connection.Answer(200, header("authorization") + " " + header("x-key"));
  };
  HttpServer own(echo);
  HttpServer other(echo);
  const auto basic = System(fmt::format(
      R"({{"url_pattern": "{}%s", "authentication": "basic", "username": "u", "password": "p", "headers": {{"X-Key": "k"}}}})",
      own.Url()));
  EXPECT_EQ(Fetch(*basic, "x"), "Basic dTpw k");
  EXPECT_EQ(Fetch(*basic, other.Url()), "- -");
  const auto jwt = System(fmt::format(
      R"({{"url_pattern": "{}%s", "authentication": "jwt", "jwt_token": "t", "headers": {{"authorization": "x"}}}})",
      own.Url()));
  EXPECT_EQ(Fetch(*jwt, "x"), "Bearer t -");
  EXPECT_EQ(Fetch(*jwt, other.Url()), "- -");
  // A host that only begins like the system's is another one.
  EXPECT_THAT(
      Fetch(*jwt, fmt::format("http://127.0.0.1:{}@127.0.0.1:{}/", own.port(), other.port())),
      testing::Not(HasSubstr("Bearer")));
  net::HttpRequest request;
  request.url = "x";
  request.headers = {{"x-key", "mine"}};
  auto response = basic->Call(std::move(request), Stop());
  EXPECT_EQ(*(*response)->ReadAll(100, Stop()), "Basic dTpw mine");
}

TEST(UrlSystem, SaysWhatItsRetryStrategySays) {
  HttpServer server([](const ServedRequest& request, ServedConnection& connection) {
    connection.Answer(std::stoi(request.target.substr(1)), "", "Retry-After: 5\r\n");
  });
  const auto system = System(fmt::format(R"({{"url_pattern": "{}%s", "retry_strategy": {{
      "400-428": {{"write_retry_delay": 0, "max_retries_per_entity": 0}},
      "429": {{"read_retry_delay": 30}},
      "500, 502-504": {{"max_read_retries": 7}},
      "default": {{"batch_retries": 3}}}}}})",
                                         server.Url()));
  const auto advice = [&](const char* status) {
    net::HttpRequest request;
    request.url = status;
    return system->Call(std::move(request), Stop()).error().retry;
  };
  EXPECT_EQ(advice("404")->max_retries_per_entity, 0);
  EXPECT_EQ(advice("404")->write_retry_delay_s, 0);
  EXPECT_EQ(advice("429")->read_retry_delay_s, 30);
  EXPECT_EQ(advice("429")->retry_after_s, 5);
  EXPECT_EQ(advice("500")->max_read_retries, 7);
  EXPECT_EQ(advice("503")->max_read_retries, 7);
  EXPECT_EQ(advice("501")->max_read_retries, std::nullopt);
  EXPECT_EQ(advice("501")->batch_retries, 3);
  EXPECT_EQ(advice("501")->status, 501);
}

TEST(RetryStrategy, IsChecked) {
  const auto problem = [](std::string_view strategy) {
    return Problem(
        fmt::format(R"({{"url_pattern": "http://h/", "retry_strategy": {}}})", strategy));
  };
  EXPECT_EQ(problem(R"({"default": {}})"), "");
  EXPECT_THAT(problem(R"({"429": {"patience": 1}})"),
              StartsWith("bad-config at /retry_strategy/429/patience"));
  EXPECT_THAT(problem(R"({"5xx": {}})"), StartsWith("bad-config at /retry_strategy/5xx"));
  EXPECT_THAT(problem(R"({"99": {}})"), StartsWith("bad-config"));
  EXPECT_THAT(problem(R"({"410-400": {}})"), StartsWith("bad-config"));
  EXPECT_THAT(problem(R"({"400-410": {}, "405": {}})"), HasSubstr("405 is in two keys"));
  EXPECT_THAT(problem("7"), StartsWith("bad-config at /retry_strategy"));
}

TEST(OAuth2, FetchesKeepsAndRenewsTokens) {
  std::atomic<int> fetched = 0;
  std::atomic<bool> refuse = false;
  HttpServer server([&](const ServedRequest& request, ServedConnection& connection) {
    if (request.target == "/token") {
      EXPECT_EQ(
          request.body,
          "grant_type=client_credentials&client_id=me&client_secret=s%26t&scope=a%20b&audience=x");
      return connection.Answer(
          200, fmt::format(R"({{"access_token": "t{}", "expires_in": 100}})", ++fetched));
    }
    if (refuse.exchange(false)) return connection.Answer(401, "");
    connection.Answer(200, request.headers.at("authorization"));
  });
  StepClock clock;
  pipe::MakeContext context;
  context.clock = &clock;
  const auto system = System(fmt::format(R"({{"url_pattern": "{}%s", "oauth2": {{
      "client_id": "me", "client_secret": "s&t", "token_url": "{}", "scope": ["a", "b"],
      "extra": {{"audience": "x"}}}}}})",
                                         server.Url(), server.Url("/token")),
                             context);
  EXPECT_EQ(Fetch(*system, "x"), "Bearer t1");
  EXPECT_EQ(Fetch(*system, "x"), "Bearer t1");
  clock.seconds += 69;
  EXPECT_EQ(Fetch(*system, "x"), "Bearer t1");
  clock.seconds += 2;  // Within the refresh window of 30 seconds.
  EXPECT_EQ(Fetch(*system, "x"), "Bearer t2");
  refuse = true;
  EXPECT_EQ(Fetch(*system, "x"), "Bearer t3");
}

TEST(OAuth2, UsesRefreshTokensAndHidesSecrets) {
  HttpServer server([&](const ServedRequest& request, ServedConnection& connection) {
    if (request.target != "/token") return connection.Answer(401, "");
    EXPECT_THAT(request.body, StartsWith("grant_type=refresh_token&refresh_token=r1"));
    connection.Answer(200, R"({"secret": "hidden"})");
  });
  const auto system = System(fmt::format(R"({{"url_pattern": "{}%s", "oauth2": {{
      "client_id": "me", "client_secret": "s", "token_url": "{}", "access_token": "old",
      "refresh_token": "r1"}}}})",
                                         server.Url(), server.Url("/token")));
  const std::string problem = Fetch(*system, "x");
  EXPECT_THAT(problem, StartsWith("unavailable"));
  EXPECT_THAT(problem, testing::Not(HasSubstr("hidden")));
}

}  // namespace
}  // namespace sluice::connectors
