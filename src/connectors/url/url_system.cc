#include "connectors/url/url_system.h"

#include <algorithm>

#include "net/url.h"

namespace sluice::connectors {
namespace {

constexpr std::string_view kPlaceholder = "%s";

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return tolower(x) == tolower(y); });
}

bool Has(const net::Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return SameName(header.first, name); });
}

void Replace(net::Headers& headers, std::string_view name, std::string value) {
  std::erase_if(headers, [&](const auto& header) { return SameName(header.first, name); });
  headers.emplace_back(name, std::move(value));
}

}  // namespace

UrlSystem::UrlSystem(Options options) : options_(std::move(options)), client_(options_.client) {
  const std::string& base = options_.url_pattern.empty() ? options_.base_url : options_.url_pattern;
  // What comes before the placeholder names the server, if anything does.
  const size_t placeholder = base.find(kPlaceholder);
  const size_t scheme = base.find("://");
  const size_t host_end =
      scheme == std::string::npos ? 0 : std::min(base.find('/', scheme + 3), base.size());
  if (placeholder == std::string::npos || placeholder >= host_end) {
    origin_ = net::Origin(base.substr(0, host_end));
  }
  if (options_.oauth2) oauth2_ = std::make_unique<OAuth2>(*options_.oauth2, client_);
}

Result<std::string> UrlSystem::Resolve(std::string_view url) const {
  if (!options_.base_url.empty()) return net::JoinUrl(options_.base_url, url);
  const std::string& pattern = options_.url_pattern;
  const size_t placeholder = pattern.find(kPlaceholder);
  if (net::IsHttpUrl(url) && !origin_.empty()) return net::JoinUrl({}, url);
  std::string whole = pattern;
  if (placeholder == std::string::npos) {
    whole += url;
  } else {
    whole.replace(placeholder, kPlaceholder.size(), url);
  }
  return net::JoinUrl({}, whole);
}

bool UrlSystem::IsOwn(std::string_view url) const {
  return origin_.empty() || net::Origin(url) == origin_;
}

Result<std::unique_ptr<net::HttpResponse>> UrlSystem::Call(net::HttpRequest request,
                                                           const Stop& stop) {
  SLUICE_TRY(request.url, Resolve(request.url));
  const bool own = IsOwn(request.url);
  request.authenticate = own;
  if (own) {
    for (const auto& header : options_.headers) {
      if (!Has(request.headers, header.first)) request.headers.push_back(header);
    }
    if (!options_.jwt_token.empty()) {
      Replace(request.headers, "Authorization", "Bearer " + options_.jwt_token);
    }
  }
  auto response = Send(std::move(request), own, stop);
  if (response.ok()) return response;
  Error error = response.error();
  options_.retry_strategy.Advise(error);
  return error;
}

Result<std::unique_ptr<net::HttpResponse>> UrlSystem::Send(net::HttpRequest request, bool own,
                                                           const Stop& stop) {
  const Clock& clock = *options_.client.clock;
  if (oauth2_ == nullptr || !own) {
    SLUICE_TRY(auto response, client_.Send(std::move(request), stop));
    SLUICE_TRY(net::CheckStatus(*response, clock, stop));
    return response;
  }
  SLUICE_TRY(std::string token, oauth2_->Token(stop));
  Replace(request.headers, "Authorization", "Bearer " + token);
  // A body that is read as a stream cannot be sent twice.
  const bool repeatable = !request.body_reader;
  net::HttpRequest again;
  if (repeatable) again = request;
  SLUICE_TRY(auto response, client_.Send(std::move(request), stop));
  if (response->head().status == 401 && repeatable) {
    // The server may end a token's life before its time.
    oauth2_->Forget(token);
    SLUICE_TRY(token, oauth2_->Token(stop));
    Replace(again.headers, "Authorization", "Bearer " + token);
    SLUICE_TRY(response, client_.Send(std::move(again), stop));
  }
  SLUICE_TRY(net::CheckStatus(*response, clock, stop));
  return response;
}

Result<HttpSystem*> FindHttpSystem(const pipe::MakeContext& context, std::string_view id,
                                   const config::ConfigView& place) {
  SLUICE_TRY(pipe::System * system, context.systems->Find(id, place));
  auto* http = dynamic_cast<HttpSystem*>(system);
  if (http == nullptr) {
    return place.Fail(
        "expected a system that speaks HTTP (system:url), found \"{}\" of another type", id);
  }
  return http;
}

}  // namespace sluice::connectors
