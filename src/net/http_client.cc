#include "net/http_client.h"

#include "base/check.h"
#include "net/http_client_state.h"

namespace sluice::net {
namespace {

// libcurl asks for one call before all others.
void InitializeCurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  SLUICE_CHECK(code == CURLE_OK);
}

}  // namespace

Connection HttpClient::State::Take() {
  {
    const std::scoped_lock lock(idle_mutex);
    if (!idle.empty()) {
      Connection connection = std::move(idle.back());
      idle.pop_back();
      return connection;
    }
  }
  Connection connection{.multi = decltype(Connection::multi)(curl_multi_init()),
                        .easy = decltype(Connection::easy)(curl_easy_init())};
  SLUICE_CHECK(connection.multi != nullptr && connection.easy != nullptr);
  return connection;
}

void HttpClient::State::GiveBack(Connection connection) {
  curl_easy_reset(connection.easy.get());
  const std::scoped_lock lock(idle_mutex);
  if (idle.size() < options.idle_connections_max) idle.push_back(std::move(connection));
}

HttpClient::HttpClient(HttpClientOptions options) : state_(std::make_unique<State>()) {
  InitializeCurl();
  state_->options = std::move(options);
}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpResponse>> HttpClient::Send(HttpRequest request, const Stop& stop) {
  auto exchange = std::make_unique<HttpExchange>(*state_, state_->Take(), std::move(request));
  SLUICE_TRY(exchange->Start(stop));
  return std::unique_ptr<HttpResponse>(std::move(exchange));
}

}  // namespace sluice::net
