// The options of `system:url`, and its registration.

#include "connectors/options.h"
#include "connectors/url/url_system.h"
#include "net/url.h"

namespace sluice::connectors {
namespace {

struct UrlOptions {
  std::string url_pattern;
  std::string base_url;
  std::optional<bool> verify_ssl;
  std::string custom_ca_pem_chain;
  std::string username;
  std::string password;
  std::string jwt_token;
  StringMap headers;
  std::string authentication;
  config::ConfigView oauth2{Value(), {}};
  config::ConfigView tripletex{Value(), {}};
  StringMap proxies;
  int64_t connect_timeout = 60;
  int64_t read_timeout = 1800;
  bool ignore_invalid_content_length_response_header = false;
  config::ConfigView retry_strategy{Value(), {}};
};

const config::OptionTable<UrlOptions>& UrlTable() {
  using O = UrlOptions;
  using config::Optional;
  static const config::OptionTable<O> table = {
      Optional("url_pattern", &O::url_pattern,
               "The server's URL; \"%s\" stands for what a source or sink asks for, at the end if "
               "it is missing."),
      Optional("base_url", &O::base_url,
               "Deprecated: the URL that relative URLs are resolved against."),
      Optional("verify_ssl", &O::verify_ssl, "Checks the server's certificate."),
      Optional("custom_ca_pem_chain", &O::custom_ca_pem_chain,
               "Certificates to trust instead of the machine's, in PEM."),
      Optional("username", &O::username, "The user for basic, digest and NTLM authentication."),
      Optional("password", &O::password, "The user's password."),
      Optional("jwt_token", &O::jwt_token, "The bearer token for \"authentication\": \"jwt\"."),
      Optional("headers", &O::headers, "Headers of every request."),
      Optional("authentication", &O::authentication,
               "\"basic\", \"digest\", \"ntlm\", \"jwt\" or \"tripletex\"."),
      Optional("oauth2", &O::oauth2, "Fetches and renews access tokens by OAuth 2."),
      Optional("tripletex", &O::tripletex, "Tokens of Tripletex; not built in this version."),
      Optional("proxies", &O::proxies,
               "What URLs start with (\"http\", \"https\") and the proxy for them."),
      Optional("connect_timeout", &O::connect_timeout, "Seconds until a connection must stand."),
      Optional("read_timeout", &O::read_timeout, "Seconds that the server may be silent."),
      Optional("ignore_invalid_content_length_response_header",
               &O::ignore_invalid_content_length_response_header,
               "Reads answers to the end of the connection, whatever their length says."),
      Optional("retry_strategy", &O::retry_strategy,
               "Retry properties of the pump for each HTTP status."),
  };
  return table;
}

struct OAuth2Table {
  std::string client_id;
  std::string client_secret;
  std::string token_url;
  std::string access_token;
  std::string refresh_token;
  int64_t refresh_window = 30;
  std::vector<std::string> scope;
  StringMap extra;
};

Result<OAuth2::Options> ReadOAuth2(const config::ConfigView& config, const Clock& clock) {
  using O = OAuth2Table;
  using config::Optional;
  using config::Required;
  static const config::OptionTable<O> table = {
      Required("client_id", &O::client_id, "Who asks for tokens."),
      Required("client_secret", &O::client_secret, "Its secret."),
      Required("token_url", &O::token_url, "Where tokens are fetched."),
      Optional("access_token", &O::access_token, "The first token."),
      Optional("refresh_token", &O::refresh_token, "Renews tokens without a user."),
      Optional("refresh_window", &O::refresh_window, "Seconds before its end a token is renewed."),
      Optional("scope", &O::scope, "What the token is for."),
      Optional("extra", &O::extra, "Further parameters of the request for a token."),
  };
  SLUICE_TRY(O read, table.Read(config));
  if (!net::IsHttpUrl(read.token_url)) {
    return config["token_url"].Fail("expected an http or https URL, found \"{}\"",
                                    net::RedactUrl(read.token_url));
  }
  std::string scope;
  for (const std::string& item : read.scope) scope += (scope.empty() ? "" : " ") + item;
  return OAuth2::Options{.client_id = std::move(read.client_id),
                         .client_secret = std::move(read.client_secret),
                         .token_url = std::move(read.token_url),
                         .access_token = std::move(read.access_token),
                         .refresh_token = std::move(read.refresh_token),
                         .refresh_window_s = read.refresh_window,
                         .scope = std::move(scope),
                         .extra = std::move(read.extra.items),
                         .clock = &clock};
}

Result<void> CheckUrl(const config::ConfigView& config, const UrlOptions& options) {
  if (options.url_pattern.empty() == options.base_url.empty()) {
    return config["url_pattern"].Fail(
        "expected exactly one of \"url_pattern\" and \"base_url\", "
        "found {}",
        options.base_url.empty() ? "none" : "both");
  }
  const bool patterned = !options.url_pattern.empty();
  const std::string& url = patterned ? options.url_pattern : options.base_url;
  if (net::IsHttpUrl(url) || (patterned && url.starts_with("%s"))) return {};
  return config[patterned ? "url_pattern" : "base_url"].Fail(
      "expected a URL that starts with http:// or https://, found \"{}\"", net::RedactUrl(url));
}

Result<net::HttpAuthentication> ReadAuthentication(const config::ConfigView& config,
                                                   const UrlOptions& options) {
  using enum net::HttpAuthentication;
  if (options.authentication.empty()) return kNone;
  if (options.authentication == "tripletex") {
    Error error = config["authentication"].Fail("tripletex is not built in this version");
    error.code = Code::kNotBuilt;
    return error;
  }
  if (options.authentication == "jwt") {
    if (!options.jwt_token.empty()) return kNone;
    return config["jwt_token"].Fail("\"jwt_token\" is required with \"authentication\": \"jwt\"");
  }
  SLUICE_TRY(const auto kind, ReadChoice<net::HttpAuthentication>(
                                  config, "authentication", options.authentication,
                                  {{"basic", kBasic}, {"digest", kDigest}, {"ntlm", kNtlm}}));
  if (options.username.empty()) {
    return config["username"].Fail("\"username\" is required with \"authentication\": \"{}\"",
                                   options.authentication);
  }
  return kind;
}

bool VerifyTls(const UrlOptions& options, const pipe::MakeContext& context) {
  if (options.verify_ssl) return *options.verify_ssl;
  const auto global = context.metadata["global_defaults"]["verify_ssl"].value().AsBoolean();
  return global.value_or(false);
}

void WarnUnverified(const config::ConfigView& config, const UrlOptions& options,
                    const pipe::MakeContext& context) {
  const std::string& url = options.url_pattern.empty() ? options.base_url : options.url_pattern;
  if (context.issues == nullptr || !url.starts_with("https")) return;
  context.issues->Warn(
      config["verify_ssl"].pointer(),
      "the server's certificate is not checked (the reference's default): anybody "
      "on the way can read and change what is sent; set \"verify_ssl\" to true, or "
      "\"global_defaults.verify_ssl\" for all systems");
}

Result<net::HttpClientOptions> ReadClient(const config::ConfigView& config,
                                          const UrlOptions& options,
                                          const pipe::MakeContext& context) {
  for (const char* name : {"connect_timeout", "read_timeout"}) {
    const bool connect = std::string_view(name) == "connect_timeout";
    const int64_t seconds = connect ? options.connect_timeout : options.read_timeout;
    if (seconds <= 0 || seconds > 7 * 86400) {
      return config[name].Fail("expected 1 to 604800 seconds, found {}", seconds);
    }
  }
  if (!options.username.empty() && !config["password"].exists()) {
    return config["password"].Fail("\"password\" is required with \"username\"");
  }
  net::HttpClientOptions client;
  SLUICE_TRY(client.authentication, ReadAuthentication(config, options));
  client.connect_timeout = std::chrono::seconds(options.connect_timeout);
  client.read_timeout = std::chrono::seconds(options.read_timeout);
  client.verify_tls = VerifyTls(options, context);
  if (!client.verify_tls) WarnUnverified(config, options, context);
  client.ca_pem = options.custom_ca_pem_chain;
  client.username = options.username;
  client.password = options.password;
  client.proxies = options.proxies.items;
  client.ignore_content_length = options.ignore_invalid_content_length_response_header;
  client.clock = context.clock;
  return client;
}

Result<std::unique_ptr<pipe::System>> MakeUrl(const config::ConfigView& config,
                                              const pipe::MakeContext& context) {
  SLUICE_TRY(const UrlOptions read, UrlTable().Read(config));
  SLUICE_TRY(CheckUrl(config, read));
  UrlSystem::Options options;
  SLUICE_TRY(options.client, ReadClient(config, read, context));
  options.url_pattern = read.url_pattern;
  options.base_url = read.base_url;
  options.headers = read.headers.items;
  options.jwt_token = read.jwt_token;
  if (!read.oauth2.value().IsNull()) {
    if (!read.jwt_token.empty()) {
      return read.oauth2.Fail("\"oauth2\" and \"jwt_token\" exclude each other");
    }
    SLUICE_TRY(options.oauth2, ReadOAuth2(read.oauth2, *context.clock));
  }
  if (!read.retry_strategy.value().IsNull()) {
    SLUICE_TRY(options.retry_strategy, RetryStrategy::Read(read.retry_strategy));
  }
  return std::unique_ptr<pipe::System>(std::make_unique<UrlSystem>(std::move(options)));
}

}  // namespace

void AddUrl(pipe::Registry& registry) {
  registry.AddSystem({.type = "system:url",
                      .doc = "A web server that sources and sinks talk to.",
                      .options = UrlTable().Describe(),
                      .make = MakeUrl});
}

}  // namespace sluice::connectors
