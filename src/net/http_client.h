// HttpClient: requests to other systems, with bodies as streams in both directions.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/stop.h"

namespace sluice::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

enum class HttpAuthentication { kNone, kBasic, kDigest, kNtlm };

// How a client talks to its server; the same for all its requests.
struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{60'000};
  // The longest wait for the next sign of life of the server, after the connection stands.
  std::chrono::milliseconds read_timeout{1'800'000};
  bool verify_tls = true;
  std::string ca_pem;  // Certificates to trust instead of the machine's; only with `verify_tls`.
  HttpAuthentication authentication = HttpAuthentication::kNone;
  std::string username;
  std::string password;
  // What a URL starts with ("http", "https://host") and the proxy for it. The longest match wins.
  // Proxies of the environment are never used.
  std::vector<std::pair<std::string, std::string>> proxies;
  bool ignore_content_length =
      false;  // For servers that lie; the end of the connection is the end of the body.
  long redirects_max = 10;  // Of GET and HEAD; answers to others are given as they come.
  size_t idle_connections_max = 10;
  const Clock* clock = &SystemClock();
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  // Gives the next bytes of a body that is sent as a stream, empty at its end; then `body` is not
  // used.
  std::function<Result<std::string_view>()> body_reader;
  bool gzip_body = false;    // Packs the body and says so.
  bool authenticate = true;  // False: the client's user and password stay here.
};

// What came before the body. Names of headers are in lower case.
struct HttpHead {
  int status = 0;
  Headers headers;
  std::string url;  // After redirects.

  // The last header of that (lower-case) name; empty if there is none.
  std::string_view Find(std::string_view name) const;
};

// One answer. Used by one thread at a time; must not outlive its client. Destroying it gives up
// what was not read.
class HttpResponse {
 public:
  virtual ~HttpResponse() = default;
  virtual const HttpHead& head() const = 0;
  // The next bytes of the body, unpacked; empty at its end. They are valid until the next call.
  // Blocks until there are some. kUnavailable if the connection broke before the end, kTimeout,
  // kCancelled.
  virtual Result<std::string_view> Read(const Stop& stop) = 0;
  // The rest of the body; kTooLarge if it is longer.
  Result<std::string> ReadAll(size_t bytes_max, const Stop& stop);
};

// May be used by several threads at once. Keeps connections open for the next request.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends a request and returns when the head of the answer is there, whatever its status. Errors:
  // kUnavailable (no connection, or it broke), kTimeout, kCancelled, kBadConfig (URL, header), or
  // what the body's reader returned.
  Result<std::unique_ptr<HttpResponse>> Send(HttpRequest request, const Stop& stop);

 private:
  friend class HttpExchange;
  struct State;
  std::unique_ptr<State> state_;
};

// Success for a status from 200 to 299. Else an error whose code follows the status (401
// kUnauthorized, 403 kForbidden, 404 kNotFound, 409 kConflict, 413 kTooLarge, 408 and 504 kTimeout,
// 429 and 5xx kUnavailable, others kBadRequest), with the URL, the beginning of the body, and
// RetryAdvice that has the status and Retry-After.
Result<void> CheckStatus(HttpResponse& response, const Clock& clock, const Stop& stop);

// The seconds a Retry-After asks for: a number or an HTTP date; nothing if it is neither.
std::optional<int64_t> ParseRetryAfter(std::string_view value, const Clock& clock);

}  // namespace sluice::net
