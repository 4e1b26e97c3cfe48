// The half of Connection that sends.

#include <array>

#include "api/connection.h"
#include "api/exchange.h"

namespace sluice::api {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

bool HasNoBody(int status) { return status == 204 || status == 304; }

Framing FramingOf(const Outbox::Piece& piece, bool is_http_1_1) {
  if (HasNoBody(piece.head->status)) return Framing::kNone;
  if (piece.last && !piece.cut) return Framing::kLength;
  return is_http_1_1 ? Framing::kChunks : Framing::kClose;
}

}  // namespace

asio::awaitable<Connection::Next> Connection::SendAnswer(RequestParser& parser,
                                                         Exchange& exchange) {
  Outbox::Piece piece;
  Framing framing = Framing::kLength;
  const bool no_body = exchange.request.method == Method::kHead;
  bool keep_alive = false;
  int status = 0;
  do {
    while (!aborted_ && !exchange.outbox.Take(piece)) co_await Wait();
    if (aborted_ || piece.broken) co_return Next::kClose;
    std::string head;
    if (piece.head) {
      status = piece.head->status;
      framing = FramingOf(piece, parser.get().version() >= 11);
      keep_alive = MayKeepAlive(parser) && framing != Framing::kClose;
      head = HeadText(*piece.head, {.framing = framing,
                                    .length = piece.bytes.size(),
                                    .keep_alive = keep_alive,
                                    .now = context_.options.clock->Now()});
    }
    if (no_body || framing == Framing::kNone) piece.bytes.clear();
    const bool sent =
        co_await SendPiece(head, piece.bytes, no_body ? Framing::kNone : framing, piece.last);
    if (!sent) co_return Next::kClose;
  } while (!piece.last);
  Report(status);
  if (!parser.is_done()) co_return Next::kLinger;
  if (!keep_alive) co_return Next::kClose;
  co_return Next::kRequest;
}

asio::awaitable<bool> Connection::SendPiece(const std::string& head, const std::string& bytes,
                                            Framing framing, bool last) {
  std::string start = head;
  std::string_view end;
  if (framing == Framing::kChunks) {
    if (!bytes.empty()) start += ChunkStart(bytes.size());
    if (!bytes.empty()) end = "\r\n0\r\n\r\n";
    if (bytes.empty() && last) end = "0\r\n\r\n";
    if (!last) end = end.substr(0, 2);
  }
  const std::array<asio::const_buffer, 3> buffers = {asio::buffer(start), asio::buffer(bytes),
                                                     asio::buffer(end.data(), end.size())};
  SetDeadline(context_.options.write_timeout);
  error_code error;
  served_.bytes_out += co_await asio::async_write(socket_, buffers, Into(error));
  deadline_.reset();
  co_return !error;
}

asio::awaitable<Connection::Next> Connection::SendProblem(Problem problem,
                                                          const RequestParser* parser) {
  std::string body = problem.ToJson();
  const bool keep_alive = parser && MayKeepAlive(*parser);
  const pipe::EndpointHead head{.status = problem.status, .headers = std::move(problem.headers)};
  const std::string text = HeadText(head, {.framing = Framing::kLength,
                                           .length = body.size(),
                                           .keep_alive = keep_alive,
                                           .now = context_.options.clock->Now()});
  // g++ 12 destroys a conditional's temporaries twice inside co_await: no `?:` there.
  if (parser && parser->get().method() == boost::beast::http::verb::head) body.clear();
  const bool sent = co_await SendPiece(text, body, Framing::kLength, true);
  if (!sent) co_return Next::kClose;
  Report(problem.status);
  if (keep_alive) co_return Next::kRequest;
  co_return Next::kLinger;
}

asio::awaitable<void> Connection::Linger() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  SetDeadline(context_.options.linger_timeout);
  std::array<char, 16 * 1024> discarded;
  while (!error) co_await socket_.async_read_some(asio::buffer(discarded), Into(error));
}

}  // namespace sluice::api
