// Connection: one client, served request after request by a coroutine on the network thread. For
// server.cc.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/admission.h"
#include "api/asio.h"
#include "api/server.h"
#include "api/wire.h"
#include "api/worker_pool.h"

namespace sluice::api {

// What all connections share; outlives them.
struct ConnectionContext {
  const Router& router;
  const ServerOptions& options;
  WorkerPool& workers;
  sluice::Stop stop;  // Set when the server stops.
};

// All methods run on the network thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ConnectionContext& context);

  // Serves until the client or the server ends it.
  boost::asio::awaitable<void> Run();
  // There are too many: answers the first request so.
  boost::asio::awaitable<void> Refuse();
  // Called now and then: ends a wait that has lasted too long.
  void Tick(SteadyTime now);
  // The server stops: ends now if no request is on its way.
  void StopSoon();
  // Ends at once.
  void Abort();

 private:
  enum class Next { kRequest, kLinger, kClose };
  // What the connection and the handler's thread share for one request.
  struct Exchange;

  boost::asio::awaitable<bool> WaitForRequest();
  boost::asio::awaitable<Next> ServeRequest();
  // Reads the body and runs the handler beside it.
  boost::asio::awaitable<Next> RunExchange(RequestParser& parser,
                                           std::shared_ptr<Exchange> exchange);
  // Feeds the handler until the body ends, fails, or the answer begins.
  boost::asio::awaitable<void> PumpBody(RequestParser& parser,
                                        const std::shared_ptr<Exchange>& exchange);
  boost::asio::awaitable<Next> SendAnswer(RequestParser& parser, Exchange& exchange);
  boost::asio::awaitable<bool> SendPiece(const std::string& head, const std::string& bytes,
                                         Framing framing, bool last);
  // Answers without a handler. `parser` is null where the head was not read whole.
  boost::asio::awaitable<Next> SendProblem(Problem problem, const RequestParser* parser);
  // Takes what the client still sends, so that it comes to read the answer.
  boost::asio::awaitable<void> Linger();
  boost::asio::awaitable<void> Wait();

  std::shared_ptr<Exchange> MakeExchange(const RequestParser& parser, Admitted admitted);
  void Dispatch(const std::shared_ptr<Exchange>& exchange);
  void WakeUp();
  void SetDeadline(std::chrono::milliseconds timeout);
  bool MayKeepAlive(const RequestParser& parser) const;
  void Report(int status);

  ConnectionContext& context_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer wake_;
  boost::beast::flat_buffer buffer_;
  std::optional<SteadyTime> deadline_;
  bool timed_out_ = false;     // The deadline has passed.
  bool reading_body_ = false;  // In the socket's read; an answer that begins interrupts it.
  bool idle_ = false;          // Between two requests.
  bool stopping_ = false;
  bool aborted_ = false;
  SteadyTime started_;
  std::string remote_address_;
  Served served_;
};

}  // namespace sluice::api
