// The course of one exchange: driving libcurl, reading the answer.

#include "net/http_exchange.h"

#include <stop_token>

#include "base/check.h"
#include "net/http_client_state.h"
#include "net/url.h"

namespace sluice::net {
namespace {

constexpr size_t kBufferBytes =
    256 * 1024;  // Above it the connection is paused until the reader has caught up.
constexpr int kPollMs = 1000;

Code CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Code::kTimeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CACERT_BADFILE:
      return Code::kBadConfig;
    default:
      return Code::kUnavailable;
  }
}

std::string_view TrimLine(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ' ||
                           line.back() == '\t')) {
    line.remove_suffix(1);
  }
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  return line;
}

}  // namespace

HttpExchange::HttpExchange(HttpClient::State& client, Connection connection, HttpRequest request)
    : client_(client), connection_(std::move(connection)), request_(std::move(request)) {
  last_progress_ = client_.options.clock->Steady();
}

HttpExchange::~HttpExchange() {
  // An unfinished transfer's connection is closed by this; a finished one's stays open in the multi
  // handle.
  curl_multi_remove_handle(connection_.multi.get(), connection_.easy.get());
  client_.GiveBack(std::move(connection_));
}

Result<void> HttpExchange::Start(const Stop& stop) {
  if (!IsHttpUrl(request_.url)) {
    return MakeError(Code::kBadConfig, "expected an http or https URL, found \"{}\"",
                     RedactUrl(request_.url));
  }
  SLUICE_TRY(SetOptions());
  SLUICE_CHECK(curl_multi_add_handle(connection_.multi.get(), connection_.easy.get()) == CURLM_OK);
  last_progress_ = client_.options.clock->Steady();
  SLUICE_TRY(Drive(stop));
  SLUICE_TRY(CheckEnd());
  TakeHead();
  return {};
}

void HttpExchange::TakeHead() {
  long status = 0;
  curl_easy_getinfo(connection_.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  head_.status = static_cast<int>(status);
  char* url = nullptr;
  curl_easy_getinfo(connection_.easy.get(), CURLINFO_EFFECTIVE_URL, &url);
  head_.url = url != nullptr ? url : request_.url;
  const std::string_view encoding = head_.Find("content-encoding");
  if (encoding == "gzip" || encoding == "x-gzip" || encoding == "deflate") inflater_.emplace();
}

Result<void> HttpExchange::Drive(const Stop& stop) {
  CURLM* multi = connection_.multi.get();
  const std::stop_callback wake(stop.token(), [multi] { curl_multi_wakeup(multi); });
  while (true) {
    if (stop.IsSet())
      return MakeError(Code::kCancelled, "stopped while waiting for {}", RedactUrl(request_.url));
    int running = 0;
    const CURLMcode code = curl_multi_perform(multi, &running);
    if (code != CURLM_OK)
      return MakeError(Code::kInternal, "curl_multi_perform: {}", curl_multi_strerror(code));
    TakeEnd();
    if (ended_ || !arrived_.empty()) return {};
    SLUICE_TRY(Wait());
  }
}

Result<void> HttpExchange::Wait() {
  NoteProgress();
  const auto waited = client_.options.clock->Steady() - last_progress_;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(client_.options.read_timeout - waited);
  if (left.count() <= 0) {
    return MakeError(Code::kTimeout, "{} sent nothing for {} seconds (read_timeout)",
                     RedactUrl(request_.url),
                     std::chrono::duration<double>(client_.options.read_timeout).count());
  }
  curl_multi_poll(connection_.multi.get(), nullptr, 0,
                  static_cast<int>(std::min<int64_t>(left.count(), kPollMs)), nullptr);
  return {};
}

// Any byte in either direction counts; so does the time until the connection stands, which has its
// own timeout.
void HttpExchange::NoteProgress() {
  curl_off_t connected = 0;
  curl_off_t sent = 0;
  curl_off_t received = 0;
  long head = 0;
  CURL* easy = connection_.easy.get();
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
  const curl_off_t bytes = sent + received + head;
  if (connected != 0 && bytes == progress_bytes_) return;
  if (connected != 0) progress_bytes_ = bytes;
  last_progress_ = client_.options.clock->Steady();
}

void HttpExchange::TakeEnd() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(connection_.multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    ended_ = true;
    end_ = message->data.result;
  }
}

Result<void> HttpExchange::CheckEnd() const {
  if (upload_error_ != nullptr) return *upload_error_;
  if (!ended_ || end_ == CURLE_OK) return {};
  const char* reason = problem_[0] != '\0' ? problem_ : curl_easy_strerror(end_);
  Error error = MakeError(CodeOf(end_), "{}: {}", RedactUrl(request_.url), reason);
  error.retry = std::make_shared<const RetryAdvice>();
  return error;
}

Result<std::string_view> HttpExchange::ReadRaw(const Stop& stop) {
  if (arrived_.empty() && !ended_) {
    last_progress_ = client_.options.clock->Steady();  // The reader's own time does not count.
    if (paused_) {
      paused_ = false;
      curl_easy_pause(connection_.easy.get(), CURLPAUSE_CONT);
    }
    if (arrived_.empty()) SLUICE_TRY(Drive(stop));
  }
  if (arrived_.empty()) {
    SLUICE_TRY(CheckEnd());
    return std::string_view();
  }
  given_.clear();
  std::swap(given_, arrived_);
  return std::string_view(given_);
}

Result<std::string_view> HttpExchange::Read(const Stop& stop) {
  if (!inflater_) return ReadRaw(stop);
  while (true) {
    auto piece = inflater_->Next();
    if (!piece.ok()) {
      Error error = piece.error();
      error.message = RedactUrl(request_.url) + ": " + error.message;
      return error;
    }
    if (!piece->empty()) return *piece;
    SLUICE_TRY(auto raw, ReadRaw(stop));
    if (raw.empty()) {
      if (inflated_any_) SLUICE_TRY(inflater_->Finish());
      return raw;
    }
    inflated_any_ = true;
    inflater_->Feed(raw);
  }
}

size_t HttpExchange::OnHeader(std::string_view line) {
  const size_t size = line.size();
  line = TrimLine(line);
  if (line.starts_with("HTTP/")) {
    head_.headers.clear();  // An earlier head was a redirect, a challenge or "100 Continue".
    return size;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  head_.headers.emplace_back(std::move(name), std::string(TrimLine(line.substr(colon + 1))));
  return size;
}

size_t HttpExchange::OnBody(std::string_view bytes) {
  if (arrived_.size() >= kBufferBytes) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  arrived_ += bytes;
  return bytes.size();
}

}  // namespace sluice::net
