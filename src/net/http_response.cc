// What every answer can do: reading it whole, judging its status.

#include <curl/curl.h>

#include <charconv>
#include <chrono>

#include "net/http_client.h"
#include "net/url.h"

namespace sluice::net {
namespace {

constexpr size_t kShownBodyBytes = 300;

Code CodeOfStatus(int status) {
  switch (status) {
    case 401:
      return Code::kUnauthorized;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kConflict;
    case 413:
      return Code::kTooLarge;
    case 408:
    case 504:
      return Code::kTimeout;
    case 429:
      return Code::kUnavailable;
    default:
      return status >= 500 ? Code::kUnavailable : Code::kBadRequest;
  }
}

// The beginning of a body on one line, cut between characters.
std::string Shown(std::string_view body) {
  std::string text;
  for (const char c : body.substr(0, kShownBodyBytes)) {
    text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  if (body.size() <= kShownBodyBytes) return text;
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0x80) text.pop_back();
  return text + "…";
}

// Reads a little of the body of an error; that it cannot be read does not hide the status.
std::string BeginningOfBody(HttpResponse& response, const Stop& stop) {
  std::string body;
  while (body.size() <= kShownBodyBytes) {
    auto piece = response.Read(stop);
    if (!piece.ok() || piece->empty()) break;
    body += *piece;
  }
  return body;
}

}  // namespace

std::string_view HttpHead::Find(std::string_view name) const {
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    if (header->first == name) return header->second;
  }
  return {};
}

Result<std::string> HttpResponse::ReadAll(size_t bytes_max, const Stop& stop) {
  std::string body;
  while (true) {
    SLUICE_TRY(auto piece, Read(stop));
    if (piece.empty()) return body;
    if (piece.size() > bytes_max - body.size()) {
      return MakeError(Code::kTooLarge, "expected at most {} bytes from {}, found more", bytes_max,
                       RedactUrl(head().url));
    }
    body += piece;
  }
}

Result<void> CheckStatus(HttpResponse& response, const Clock& clock, const Stop& stop) {
  const HttpHead& head = response.head();
  if (head.status >= 200 && head.status <= 299) return {};
  const std::string body = BeginningOfBody(response, stop);
  Error error = MakeError(CodeOfStatus(head.status), "{} answered with status {}{}{}",
                          RedactUrl(head.url), head.status, body.empty() ? "" : ": ", Shown(body));
  RetryAdvice advice;
  advice.status = head.status;
  advice.retry_after_s = ParseRetryAfter(head.Find("retry-after"), clock);
  error.retry = std::make_shared<const RetryAdvice>(advice);
  return error;
}

std::optional<int64_t> ParseRetryAfter(std::string_view value, const Clock& clock) {
  if (value.empty()) return std::nullopt;
  int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (problem == std::errc() && end == value.data() + value.size()) {
    return seconds >= 0 ? std::optional(seconds) : std::nullopt;
  }
  const time_t at = curl_getdate(std::string(value).c_str(), nullptr);
  if (at == -1) return std::nullopt;
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(clock.Now().time_since_epoch()).count();
  return std::max<int64_t>(0, static_cast<int64_t>(at) - now);
}

}  // namespace sluice::net
