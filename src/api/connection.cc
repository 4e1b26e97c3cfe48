#include "api/connection.h"

#include <exception>
#include <limits>

#include "api/exchange.h"
#include "net/gzip.h"

namespace sluice::api {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

// The ring of a large body; half of it is what the handler gets at once.
constexpr size_t kInboxBytes = 512 * 1024;
// With so much of the body here, or all of it, the handler starts: a client that trickles keeps no
// thread.
constexpr size_t kDispatchBytes = 64 * 1024;
// The parser reads at most 64 KB at once into its buffer.
constexpr size_t kReadBytes = 64 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// The bytes that a packed body stands for.
pipe::BodyReader Unpack(pipe::BodyReader packed) {
  return [packed = std::move(packed),
          inflater = std::make_shared<net::Inflater>()]() -> Result<std::string_view> {
    while (true) {
      SLUICE_TRY(const auto bytes, inflater->Next());
      if (!bytes.empty()) return bytes;
      SLUICE_TRY(const auto more, packed());
      if (more.empty()) {
        SLUICE_TRY(inflater->Finish());
        return std::string_view();
      }
      inflater->Feed(more);
    }
  };
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, ConnectionContext& context)
    : context_(context), socket_(std::move(socket)), wake_(socket_.get_executor()) {
  wake_.expires_at(asio::steady_timer::time_point::max());
  error_code ignored;
  const auto remote = socket_.remote_endpoint(ignored);
  if (!ignored) remote_address_ = remote.address().to_string();
}

asio::awaitable<void> Connection::Run() {
  Next next = Next::kRequest;
  while (next == Next::kRequest && !stopping_) {
    const bool has_request = co_await WaitForRequest();
    if (!has_request) break;
    next = co_await ServeRequest();
  }
  if (next == Next::kLinger) co_await Linger();
  error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<void> Connection::Refuse() {
  Problem problem =
      ToProblem(MakeError(Code::kUnavailable, "the hub has too many connections, at most {}",
                          context_.options.connections_max));
  co_await SendProblem(std::move(problem), nullptr);
  co_await Linger();
  error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<bool> Connection::WaitForRequest() {
  if (buffer_.size() != 0) co_return true;
  buffer_.shrink_to_fit();
  idle_ = true;
  SetDeadline(context_.options.idle_timeout);
  error_code error;
  const size_t bytes = co_await socket_.async_read_some(buffer_.prepare(4096), Into(error));
  idle_ = false;
  if (error) co_return false;
  buffer_.commit(bytes);
  co_return true;
}

asio::awaitable<Connection::Next> Connection::ServeRequest() {
  started_ = context_.options.clock->Steady();
  served_ = {};
  RequestParser parser;
  parser.eager(false);
  parser.header_limit(static_cast<uint32_t>(context_.options.header_bytes_max));
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  SetDeadline(context_.options.header_timeout);
  error_code error;
  co_await http::async_read_header(socket_, buffer_, parser, Into(error));
  if (error) {
    auto problem = ProblemOfRead(error, timed_out_);
    if (!problem) co_return Next::kClose;
    co_return co_await SendProblem(*std::move(problem), nullptr);
  }
  served_.target = std::string(parser.get().target());
  auto admission = Admit(parser, context_.router, context_.options);
  if (auto* problem = std::get_if<Problem>(&admission)) {
    co_return co_await SendProblem(std::move(*problem), &parser);
  }
  auto& admitted = std::get<Admitted>(admission);
  served_.method = admitted.request.method;
  served_.principal = admitted.request.principal.name;
  if (!parser.is_done() && !admitted.request.Header("expect").empty()) {
    SetDeadline(context_.options.write_timeout);
    co_await asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                               Into(error));
    if (error) co_return Next::kClose;
  }
  co_return co_await RunExchange(parser, MakeExchange(parser, std::move(admitted)));
}

std::shared_ptr<Connection::Exchange> Connection::MakeExchange(const RequestParser& parser,
                                                               Admitted admitted) {
  size_t inbox_bytes = 1;
  if (!parser.is_done()) {
    const auto length = parser.content_length();
    inbox_bytes =
        length ? static_cast<size_t>(std::min<uint64_t>(*length, kInboxBytes)) : kInboxBytes;
  }
  const Outbox::Options outbox_options{
      .gzip = TakesGzip(admitted.request.Header("accept-encoding")),
      .no_body = admitted.request.method == Method::kHead};
  // What runs on the handler's thread must not keep the connection: it belongs to the network
  // thread.
  const auto wake = [executor = socket_.get_executor(), weak = weak_from_this()] {
    asio::post(executor, [weak] {
      if (const auto self = weak.lock()) self->WakeUp();
    });
  };
  auto exchange = std::make_shared<Exchange>(inbox_bytes, outbox_options, wake);
  exchange->request = std::move(admitted.request);
  exchange->route = admitted.route;
  exchange->request.remote_address = remote_address_;
  exchange->request.stop = context_.stop;
  exchange->request.body = [inbox = &exchange->inbox, stop = context_.stop] {
    return inbox->Read(stop);
  };
  if (admitted.gzip_body) exchange->request.body = Unpack(std::move(exchange->request.body));
  return exchange;
}

void Connection::Dispatch(const std::shared_ptr<Exchange>& exchange) {
  if (std::exchange(exchange->dispatched, true)) return;
  context_.workers.Submit([exchange, warn = context_.options.warn] {
    Result<void> result;
    try {
      result = exchange->route->handler(exchange->request, exchange->outbox);
    } catch (const std::exception& thrown) {
      // Ours never throw; a library's exception that got through must not end the hub.
      result = MakeError(Code::kInternal, "the handler failed: {}", thrown.what());
      if (warn) warn(result.error().message);
    }
    exchange->outbox.Finish(result);
  });
}

asio::awaitable<Connection::Next> Connection::RunExchange(RequestParser& parser,
                                                          std::shared_ptr<Exchange> exchange) {
  co_await PumpBody(parser, exchange);
  Dispatch(exchange);
  const Next next = co_await SendAnswer(parser, *exchange);
  exchange->inbox.Fail(MakeError(Code::kIo, "the request has been answered"));
  exchange->outbox.Break("the connection has ended");
  co_return next;
}

asio::awaitable<void> Connection::PumpBody(RequestParser& parser,
                                           const std::shared_ptr<Exchange>& exchange) {
  Inbox& inbox = exchange->inbox;
  if (!parser.is_done()) buffer_.reserve(kReadBytes);
  parser.eager(true);
  while (!parser.is_done() && !exchange->outbox.ready() && !aborted_) {
    const auto space = inbox.Space();
    if (space.empty()) {
      Dispatch(exchange);
      co_await Wait();
      continue;
    }
    auto& body = parser.get().body();
    body.data = space.data();
    body.size = space.size();
    body.more = true;
    SetDeadline(context_.options.body_timeout);
    reading_body_ = true;
    error_code error;
    co_await http::async_read_some(socket_, buffer_, parser, Into(error));
    reading_body_ = false;
    deadline_.reset();
    const size_t bytes = space.size() - body.size;
    served_.bytes_in += bytes;
    inbox.Fill(bytes);
    if (inbox.size() >= kDispatchBytes) Dispatch(exchange);
    if (error == asio::error::operation_aborted && !timed_out_) continue;  // The answer begins.
    if (error && error != http::error::need_buffer) {
      const auto problem = ProblemOfRead(error, timed_out_);
      inbox.Fail(MakeError(problem ? Code::kBadData : Code::kIo, "the body ends in its middle: {}",
                           timed_out_ ? "no more bytes came in time" : error.message()));
      co_return;
    }
  }
  if (parser.is_done()) {
    inbox.End();
  } else {
    inbox.Fail(MakeError(Code::kIo, "the answer has begun"));
  }
}

void Connection::Tick(SteadyTime now) {
  if (!deadline_ || now < *deadline_) return;
  deadline_.reset();
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::StopSoon() {
  stopping_ = true;
  if (idle_) Abort();
}

void Connection::Abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  wake_.cancel();
}

void Connection::WakeUp() {
  wake_.cancel();
  if (!reading_body_) return;
  error_code ignored;
  socket_.cancel(ignored);
}

asio::awaitable<void> Connection::Wait() {
  if (aborted_) co_return;
  error_code ignored;
  co_await wake_.async_wait(Into(ignored));
}

void Connection::SetDeadline(std::chrono::milliseconds timeout) {
  timed_out_ = false;
  deadline_ = context_.options.clock->Steady() + timeout;
}

bool Connection::MayKeepAlive(const RequestParser& parser) const {
  return parser.is_done() && parser.keep_alive() && !stopping_;
}

void Connection::Report(int status) {
  if (!context_.options.served) return;
  served_.status = status;
  served_.duration = context_.options.clock->Steady() - started_;
  context_.options.served(served_);
}

}  // namespace sluice::api
