// What the exchanges of one client share. Internal to net/.

#pragma once

#include <mutex>
#include <vector>

#include "net/http_exchange.h"

namespace sluice::net {

struct HttpClient::State {
  HttpClientOptions options;
  std::mutex idle_mutex;  // Guards `idle`.
  std::vector<Connection> idle;

  Connection Take();
  void GiveBack(Connection connection);
};

}  // namespace sluice::net
