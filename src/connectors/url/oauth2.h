// OAuth2: access tokens for a web server, fetched and renewed by themselves.

#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/stop.h"
#include "net/http_client.h"

namespace sluice::connectors {

// The grants "client credentials" and, where there is a refresh token, "refresh token". May be used
// by several threads at once.
class OAuth2 {
 public:
  struct Options {
    std::string client_id;
    std::string client_secret;
    std::string token_url;
    std::string access_token;   // The first one; may have ended its life.
    std::string refresh_token;  // Empty: client credentials.
    int64_t refresh_window_s = 30;
    std::string scope;  // Space-separated.
    std::vector<std::pair<std::string, std::string>> extra;
    const Clock* clock = &SystemClock();
  };
  // The client, of the system that this is for, must outlive it.
  OAuth2(Options options, net::HttpClient& client);

  // A token that lives longer than the refresh window. Fetches one if there is none.
  Result<std::string> Token(const Stop& stop);
  // The server refused this token: the next Token fetches another.
  void Forget(std::string_view token);

 private:
  struct Fetched {
    std::string token;
    std::string refresh_token;
    std::optional<SteadyTime> good_until;
  };
  Result<Fetched> Fetch(const std::string& refresh_token, const Stop& stop);
  Result<Fetched> ReadAnswer(std::string_view body) const;
  std::string Form(const std::string& refresh_token) const;

  const Options options_;
  net::HttpClient& client_;
  std::mutex token_mutex_;  // Guards the next two. Not held while a token is fetched.
  Fetched current_;
  std::string refresh_token_;
};

}  // namespace sluice::connectors
