// Server: HTTP/1.1 for a router. Network on one thread, handlers on a pool of worker threads.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/router.h"
#include "base/clock.h"
#include "base/limits.h"

namespace sluice::api {

// Who sends the value of an Authorization header (empty if there is none); kUnauthorized if nobody
// does. Called on the network thread, so it must be quick.
using Authenticate = std::function<Result<Principal>(std::string_view authorization)>;

// What is known about a request when its answer has been sent.
struct Served {
  Method method = Method::kGet;
  std::string target;
  std::string principal;
  int status = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  std::chrono::nanoseconds duration{};
};

struct ServerOptions {
  Authenticate authenticate;
  const Clock* clock = &SystemClock();
  // Called on the network thread after each answer; must be quick. May be empty.
  std::function<void(const Served&)> served = {};
  // Called with what an operator should know (out of file descriptors, a handler that threw). May
  // be empty.
  std::function<void(std::string_view message)> warn = {};

  size_t connections_max = limits::kHttpConnectionsMax;
  size_t header_bytes_max = limits::kHttpHeaderBytesMax;
  size_t target_bytes_max = limits::kHttpTargetBytesMax;
  size_t workers_max = limits::kHttpWorkersMax;
  // Waits for a client; none of them runs while a handler works.
  std::chrono::milliseconds idle_timeout{75'000};  // Between two requests.
  std::chrono::milliseconds header_timeout{
      20'000};  // From a request's first byte to the end of its header.
  std::chrono::milliseconds body_timeout{60'000};   // For the next bytes of a body.
  std::chrono::milliseconds write_timeout{60'000};  // For taking a buffer of an answer.
  std::chrono::milliseconds linger_timeout{
      20'000};  // For the rest of a body that was answered early.
  // How long Stop waits for answers on their way.
  std::chrono::milliseconds stop_timeout{10'000};
};

class Server {
 public:
  Server(Router router, ServerOptions options);
  ~Server();  // Stops.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "127.0.0.1:9042", "[::1]:0", "localhost:9042"; port 0 takes a free one. Gives the port.
  // kConflict if it is in use.
  Result<uint16_t> Start(std::string_view address);
  // Takes no more requests, sets the Stop of those that run, waits for their answers and ends all
  // threads.
  void Stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::api
