#include "api/server.h"

#include <algorithm>
#include <exception>
#include <future>
#include <set>
#include <stop_token>
#include <thread>

#include "api/connection.h"

namespace sluice::api {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Connections over the limit that are told so; more are closed without a word.
constexpr size_t kRefusalsMax = 64;
constexpr std::chrono::milliseconds kTickMax{500};
constexpr std::chrono::milliseconds kTickMin{5};
constexpr std::chrono::milliseconds kAcceptRetry{50};

// How often deadlines are looked at: often enough for the shortest of them.
std::chrono::milliseconds TickOf(const ServerOptions& options) {
  const auto shortest =
      std::min({options.idle_timeout, options.header_timeout, options.body_timeout,
                options.write_timeout, options.linger_timeout});
  return std::clamp(shortest / 4, kTickMin, kTickMax);
}

struct HostPort {
  std::string host;
  std::string port;
};

Result<HostPort> SplitAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == address.size() ||
      address.substr(colon + 1).find_first_not_of("0123456789") != std::string_view::npos) {
    return MakeError(Code::kBadRequest, "an address to listen on is HOST:PORT, found \"{}\"",
                     address);
  }
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return HostPort{std::string(host), std::string(address.substr(colon + 1))};
}

}  // namespace

class Server::State {
 public:
  State(Router router, ServerOptions options)
      : router_(std::move(router)),
        options_(std::move(options)),
        workers_(options_.workers_max),
        context_{router_, options_, workers_, sluice::Stop(stop_.get_token())} {}

  Result<uint16_t> Start(std::string_view address);
  void Stop();

 private:
  Result<void> Bind(const tcp::endpoint& endpoint);
  asio::awaitable<void> Accept();
  asio::awaitable<void> Tick();
  void Serve(tcp::socket socket);
  void Warn(std::string_view message) {
    if (options_.warn) options_.warn(message);
  }

  const Router router_;
  const ServerOptions options_;
  std::stop_source stop_;
  asio::io_context io_{1};
  WorkerPool workers_;
  ConnectionContext context_;
  tcp::acceptor acceptor_{io_};
  asio::steady_timer tick_{io_};
  asio::steady_timer accept_retry_{io_};
  std::set<std::shared_ptr<Connection>> connections_;  // Of the network thread.
  std::promise<void> all_closed_;
  bool stopping_ = false;  // Of the network thread.
  bool started_ = false;
  std::thread thread_;
};

Result<void> Server::State::Bind(const tcp::endpoint& endpoint) {
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  error_code ignored;
  acceptor_.close(ignored);
  const Code code = error == asio::error::address_in_use ? Code::kConflict : Code::kIo;
  return MakeError(code, "cannot listen on {}:{}: {}", endpoint.address().to_string(),
                   endpoint.port(), error.message());
}

Result<uint16_t> Server::State::Start(std::string_view address) {
  SLUICE_CHECK(!started_);
  SLUICE_TRY(const auto host_port, SplitAddress(address));
  tcp::resolver resolver(io_);
  error_code error;
  const auto found =
      resolver.resolve(host_port.host, host_port.port, tcp::resolver::passive, error);
  if (error || found.empty()) {
    return MakeError(Code::kBadRequest, "cannot listen on \"{}\": {}", address,
                     error ? error.message() : "the name stands for no address");
  }
  SLUICE_TRY(Bind(found.begin()->endpoint()));
  started_ = true;
  asio::co_spawn(io_, Accept(), asio::detached);
  asio::co_spawn(io_, Tick(), asio::detached);
  const uint16_t port = acceptor_.local_endpoint().port();
  thread_ = std::thread([this] { io_.run(); });
  return port;
}

asio::awaitable<void> Server::State::Accept() {
  while (!stopping_) {
    tcp::socket socket(io_);
    error_code error;
    co_await acceptor_.async_accept(socket, Into(error));
    if (stopping_) co_return;
    if (!error) {
      Serve(std::move(socket));
      continue;
    }
    if (error == asio::error::connection_aborted) continue;
    Warn(fmt::format("cannot take a connection: {}", error.message()));
    accept_retry_.expires_after(kAcceptRetry);
    co_await accept_retry_.async_wait(Into(error));
  }
}

void Server::State::Serve(tcp::socket socket) {
  if (connections_.size() >= options_.connections_max + kRefusalsMax) return;
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const bool refused = connections_.size() >= options_.connections_max;
  auto connection = std::make_shared<Connection>(std::move(socket), context_);
  connections_.insert(connection);
  const auto ended = [this, connection](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
      Warn(fmt::format("a connection failed: {}", exception.what()));
    }
    connections_.erase(connection);
    if (stopping_ && connections_.empty()) all_closed_.set_value();
  };
  if (refused) {
    asio::co_spawn(io_, connection->Refuse(), ended);
  } else {
    asio::co_spawn(io_, connection->Run(), ended);
  }
}

asio::awaitable<void> Server::State::Tick() {
  const auto interval = TickOf(options_);
  while (!stopping_ || !connections_.empty()) {
    tick_.expires_after(interval);
    error_code ignored;
    co_await tick_.async_wait(Into(ignored));
    const SteadyTime now = options_.clock->Steady();
    for (const auto& connection : connections_) connection->Tick(now);
  }
}

void Server::State::Stop() {
  if (!started_) return;
  started_ = false;
  stop_.request_stop();
  auto all_closed = all_closed_.get_future();
  asio::post(io_, [this] {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    accept_retry_.cancel();
    for (const auto& connection : connections_) connection->StopSoon();
    if (connections_.empty()) all_closed_.set_value();
  });
  if (all_closed.wait_for(options_.stop_timeout) == std::future_status::timeout) {
    asio::post(io_, [this] {
      for (const auto& connection : connections_) connection->Abort();
    });
    all_closed.wait();
  }
  // Handlers post to io_ until they return.
  workers_.Join();
  asio::post(io_, [this] { tick_.cancel(); });
  thread_.join();
}

Server::Server(Router router, ServerOptions options)
    : state_(std::make_unique<State>(std::move(router), std::move(options))) {}

Server::~Server() { state_->Stop(); }

Result<uint16_t> Server::Start(std::string_view address) { return state_->Start(address); }

void Server::Stop() { state_->Stop(); }

}  // namespace sluice::api
