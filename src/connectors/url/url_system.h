// `system:url`: a web server, how to reach it and what to tell it (configuration-systems-url.rst).

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "connectors/url/http_system.h"
#include "connectors/url/oauth2.h"
#include "connectors/url/retry_strategy.h"
#include "net/http_client.h"

namespace sluice::connectors {

class UrlSystem final : public HttpSystem {
 public:
  struct Options {
    std::string url_pattern;  // Exactly one of the two is set.
    std::string base_url;
    net::Headers headers;
    std::string jwt_token;
    std::optional<OAuth2::Options> oauth2;
    RetryStrategy retry_strategy;
    net::HttpClientOptions client;
  };
  explicit UrlSystem(Options options);

  Result<std::unique_ptr<net::HttpResponse>> Call(net::HttpRequest request,
                                                  const Stop& stop) override;

  // The whole URL: as `url_pattern` or `base_url` says; a URL that is whole already stays as it is.
  Result<std::string> Resolve(std::string_view url) const;

 private:
  Result<std::unique_ptr<net::HttpResponse>> Send(net::HttpRequest request, bool own,
                                                  const Stop& stop);
  // Whether a URL is on this system's server, so that it may see its credentials.
  bool IsOwn(std::string_view url) const;

  const Options options_;
  std::string origin_;  // Empty if the pattern does not name a server.
  net::HttpClient client_;
  std::unique_ptr<OAuth2> oauth2_;
};

void AddUrl(pipe::Registry& registry);

}  // namespace sluice::connectors
