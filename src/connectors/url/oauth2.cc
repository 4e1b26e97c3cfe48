#include "connectors/url/oauth2.h"

#include <charconv>

#include "net/url.h"
#include "value/json.h"
#include "value/value.h"

namespace sluice::connectors {
namespace {

constexpr size_t kAnswerBytesMax = 1024 * 1024;

// Servers give the seconds as a number or as text.
std::optional<int64_t> Seconds(const Value& value) {
  if (const auto number = value.AsInteger()) return number;
  if (const auto number = value.AsFloat()) return static_cast<int64_t>(*number);
  const auto text = value.AsString();
  int64_t seconds = 0;
  if (!text) return std::nullopt;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  return problem == std::errc() && end == text->data() + text->size() ? std::optional(seconds)
                                                                      : std::nullopt;
}

}  // namespace

OAuth2::OAuth2(Options options, net::HttpClient& client)
    : options_(std::move(options)), client_(client) {
  current_.token = options_.access_token;
  refresh_token_ = options_.refresh_token;
}

Result<std::string> OAuth2::Token(const Stop& stop) {
  std::string refresh_token;
  {
    const std::scoped_lock lock(token_mutex_);
    const SteadyTime needed =
        options_.clock->Steady() + std::chrono::seconds(options_.refresh_window_s);
    const bool good = !current_.good_until || *current_.good_until > needed;
    if (!current_.token.empty() && good) return current_.token;
    refresh_token = refresh_token_;
  }
  // Two threads may fetch at the same time; both tokens are good and the later one is kept.
  SLUICE_TRY(Fetched fetched, Fetch(refresh_token, stop));
  const std::scoped_lock lock(token_mutex_);
  if (!fetched.refresh_token.empty()) refresh_token_ = fetched.refresh_token;
  current_ = std::move(fetched);
  return current_.token;
}

void OAuth2::Forget(std::string_view token) {
  const std::scoped_lock lock(token_mutex_);
  if (current_.token == token) current_.token.clear();
}

std::string OAuth2::Form(const std::string& refresh_token) const {
  std::string form = refresh_token.empty() ? "grant_type=client_credentials"
                                           : "grant_type=refresh_token&refresh_token=" +
                                                 net::PercentEncode(refresh_token);
  const auto add = [&](std::string_view name, std::string_view value) {
    form += "&" + net::PercentEncode(name) + "=" + net::PercentEncode(value);
  };
  add("client_id", options_.client_id);
  add("client_secret", options_.client_secret);
  if (!options_.scope.empty()) add("scope", options_.scope);
  for (const auto& [name, value] : options_.extra) add(name, value);
  return form;
}

Result<OAuth2::Fetched> OAuth2::Fetch(const std::string& refresh_token, const Stop& stop) {
  net::HttpRequest request;
  request.method = "POST";
  request.url = options_.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  request.body = Form(refresh_token);
  request.authenticate = false;
  SLUICE_TRY(auto response, client_.Send(std::move(request), stop));
  SLUICE_TRY(net::CheckStatus(*response, *options_.clock, stop));
  SLUICE_TRY(const std::string body, response->ReadAll(kAnswerBytesMax, stop));
  return ReadAnswer(body);
}

// The body holds a secret, so no message shows it.
Result<OAuth2::Fetched> OAuth2::ReadAnswer(std::string_view body) const {
  Arena arena;
  JsonParser parser({.transit = Transit::kKeep});
  const auto answer = parser.Parse(body, arena);
  const auto token = answer.ok() ? answer->Find("access_token").AsString() : std::nullopt;
  if (!token || token->empty()) {
    return MakeError(Code::kUnavailable,
                     "expected {} to answer with an object that has \"access_token\"",
                     net::RedactUrl(options_.token_url));
  }
  Fetched fetched{.token = std::string(*token)};
  fetched.refresh_token = answer->Find("refresh_token").AsString().value_or("");
  if (const auto seconds = Seconds(answer->Find("expires_in"))) {
    fetched.good_until = options_.clock->Steady() + std::chrono::seconds(*seconds);
  }
  return fetched;
}

}  // namespace sluice::connectors
