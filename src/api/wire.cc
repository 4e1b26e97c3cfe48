#include "api/wire.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <chrono>

#include "api/multipart.h"
#include "net/media_type.h"

namespace sluice::api {
namespace {

namespace http = boost::beast::http;

// "Mon, 23 Nov 2026 02:03:04 GMT".
std::string DateText(WallTime now) {
  static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto days = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - days));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(days).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
      time.seconds().count());
}

void AppendHeader(std::string_view name, std::string_view value, std::string& text) {
  text += name;
  text += ": ";
  for (const char c : value) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) text += c;
  }
  text += "\r\n";
}

}  // namespace

std::string HeadText(const pipe::EndpointHead& head, const HeadOptions& options) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(head.status));
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", head.status,
                                 std::string_view(reason.data(), reason.size()));
  AppendHeader("Date", DateText(options.now), text);
  if (!head.content_type.empty()) AppendHeader("Content-Type", head.content_type, text);
  for (const auto& [name, value] : head.headers) AppendHeader(name, value, text);
  if (options.framing == Framing::kLength) {
    AppendHeader("Content-Length", std::to_string(options.length), text);
  } else if (options.framing == Framing::kChunks) {
    AppendHeader("Transfer-Encoding", "chunked", text);
  }
  AppendHeader("Connection", options.keep_alive ? "keep-alive" : "close", text);
  return text += "\r\n";
}

std::string ChunkStart(size_t bytes) { return fmt::format("{:x}\r\n", bytes); }

std::optional<Problem> ProblemOfRead(const boost::system::error_code& error, bool timed_out) {
  if (timed_out) {
    return Problem{
        .status = 408, .code = "timeout", .message = "the request did not arrive in time"};
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Problem{
        .status = 431, .code = "too-large", .message = "the request's header is too large"};
  }
  if (error == http::error::bad_version) {
    return Problem{.status = 505,
                   .code = "bad-request",
                   .message = "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  }
  if (error == http::error::end_of_stream) return std::nullopt;
  if (error.category() == http::make_error_code(http::error::end_of_stream).category()) {
    return Problem{.status = 400,
                   .code = "bad-request",
                   .message = fmt::format("the request is not valid HTTP: {}", error.message())};
  }
  return std::nullopt;
}

bool TakesGzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const size_t comma = accept_encoding.find(',');
    const std::string_view item = accept_encoding.substr(0, comma);
    const std::string quality = MediaParameter(item, "q");
    if (net::ParseMediaType(item).type == "gzip")
      return quality.find_first_not_of("0.") != std::string::npos || quality.empty();
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size()
                                                                  : comma + 1);
  }
  return false;
}

}  // namespace sluice::api
