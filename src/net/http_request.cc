// How a request is put to libcurl: options, headers, the body.

#include <curl/curl.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "net/http_client_state.h"
#include "net/http_exchange.h"
#include "net/url.h"

namespace sluice::net {
namespace {

// An option this libcurl must know; only our own mistake can make it fail.
template <class T>
void Set(CURL* easy, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  SLUICE_CHECK(code == CURLE_OK);
}

long AuthenticationBits(HttpAuthentication authentication) {
  switch (authentication) {
    case HttpAuthentication::kNone:
      return CURLAUTH_NONE;
    case HttpAuthentication::kBasic:
      return CURLAUTH_BASIC;
    case HttpAuthentication::kDigest:
      return CURLAUTH_DIGEST;
    case HttpAuthentication::kNtlm:
      return CURLAUTH_NTLM;
  }
  return CURLAUTH_NONE;
}

bool Has(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return header.first.size() == name.size() &&
           curl_strnequal(header.first.data(), name.data(), name.size()) != 0;
  });
}

bool IsToken(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::strchr("()<>@,;:\\\"/[]?={}", c) == nullptr;
  });
}

}  // namespace

Result<void> HttpExchange::SetOptions() {
  CURL* easy = connection_.easy.get();
  const HttpClientOptions& options = client_.options;
  Set(easy, CURLOPT_ERRORBUFFER, problem_);
  Set(easy, CURLOPT_NOSIGNAL, 1L);
  Set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  Set(easy, CURLOPT_URL, request_.url.c_str());
  Set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  // A wish: a handle whose last request failed may refuse it.
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
  Set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  const bool safe = request_.method == "GET" || request_.method == "HEAD";
  Set(easy, CURLOPT_FOLLOWLOCATION, safe ? 1L : 0L);
  Set(easy, CURLOPT_MAXREDIRS, options.redirects_max);
  if (options.ignore_content_length) Set(easy, CURLOPT_IGNORE_CONTENT_LENGTH, 1L);
  if (request_.authenticate && options.authentication != HttpAuthentication::kNone) {
    Set(easy, CURLOPT_HTTPAUTH, AuthenticationBits(options.authentication));
    Set(easy, CURLOPT_USERNAME, options.username.c_str());
    Set(easy, CURLOPT_PASSWORD, options.password.c_str());
  }
  Set(
      easy, CURLOPT_HEADERFUNCTION, +[](char* at, size_t, size_t size, void* self) {
        return static_cast<HttpExchange*>(self)->OnHeader({at, size});
      });
  Set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  Set(
      easy, CURLOPT_WRITEFUNCTION, +[](char* at, size_t, size_t size, void* self) {
        return static_cast<HttpExchange*>(self)->OnBody({at, size});
      });
  Set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  SetTls();
  SetProxy();
  SetBody();
  return SetHeaders();
}

void HttpExchange::SetTls() {
  CURL* easy = connection_.easy.get();
  const HttpClientOptions& options = client_.options;
  Set(easy, CURLOPT_SSL_VERIFYPEER, options.verify_tls ? 1L : 0L);
  Set(easy, CURLOPT_SSL_VERIFYHOST, options.verify_tls ? 2L : 0L);
  if (!options.verify_tls || options.ca_pem.empty()) return;
  curl_blob blob{.data = const_cast<char*>(options.ca_pem.data()),
                 .len = options.ca_pem.size(),
                 .flags = CURL_BLOB_NOCOPY};
  Set(easy, CURLOPT_CAINFO_BLOB, &blob);
}

void HttpExchange::SetProxy() {
  std::string_view prefix;
  const char* proxy = "";  // An empty one switches off what the environment says.
  for (const auto& [scheme, address] : client_.options.proxies) {
    const bool fits =
        request_.url.size() > scheme.size() &&
        curl_strnequal(request_.url.data(), scheme.data(), scheme.size()) != 0 &&
        (scheme.find("://") != std::string_view::npos || request_.url[scheme.size()] == ':');
    if (!fits || scheme.size() < prefix.size()) continue;
    prefix = scheme;
    proxy = address.c_str();
  }
  Set(connection_.easy.get(), CURLOPT_PROXY, proxy);
}

void HttpExchange::SetBody() {
  CURL* easy = connection_.easy.get();
  if (request_.method == "HEAD") Set(easy, CURLOPT_NOBODY, 1L);
  if (request_.method == "GET" || request_.method == "HEAD") return;
  Set(easy, CURLOPT_POST, 1L);
  Set(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  if (request_.gzip_body) request_.headers.emplace_back("Content-Encoding", "gzip");
  if (!request_.body_reader) {
    if (request_.gzip_body) request_.body = Gzip(request_.body);
    Set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    Set(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    return;
  }
  if (request_.gzip_body) deflater_.emplace();
  Set(
      easy, CURLOPT_READFUNCTION, +[](char* to, size_t, size_t room, void* self) {
        return static_cast<HttpExchange*>(self)->OnRead(to, room);
      });
  Set(easy, CURLOPT_READDATA, static_cast<void*>(this));
  request_.headers.emplace_back("Transfer-Encoding", "chunked");
}

Result<void> HttpExchange::SetHeaders() {
  Headers& headers = request_.headers;
  if (!Has(headers, "accept-encoding")) headers.emplace_back("Accept-Encoding", "gzip");
  if (!Has(headers, "user-agent")) headers.emplace_back("User-Agent", "sluice");
  const bool has_body = request_.method != "GET" && request_.method != "HEAD";
  if (client_.options.ignore_content_length) headers.emplace_back("Connection", "close");
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // Without the wait for "100 Continue".
  // curl would claim a form.
  if (has_body && !Has(headers, "content-type")) list = curl_slist_append(list, "Content-Type:");
  for (const auto& [name, value] : headers) {
    if (!IsToken(name) || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      curl_slist_free_all(list);
      return MakeError(Code::kBadConfig,
                       "the header \"{}\" has characters that headers must not have", name);
    }
    // curl's way of writing a header without a value.
    list = curl_slist_append(list,
                             value.empty() ? (name + ";").c_str() : (name + ": " + value).c_str());
  }
  header_list_.reset(list);
  Set(connection_.easy.get(), CURLOPT_HTTPHEADER, list);
  return {};
}

size_t HttpExchange::OnRead(char* to, size_t room) {
  while (upload_at_ == upload_.size()) {
    if (upload_ended_) return 0;
    upload_.clear();
    upload_at_ = 0;
    auto piece = request_.body_reader();
    if (!piece.ok()) {
      upload_error_ = piece.TakeError();
      return CURL_READFUNC_ABORT;
    }
    upload_ended_ = piece->empty();
    if (!deflater_) {
      upload_ = *piece;
    } else if (upload_ended_) {
      deflater_->Finish(upload_);
    } else {
      deflater_->Write(*piece, upload_);
    }
  }
  const size_t size = std::min(room, upload_.size() - upload_at_);
  std::memcpy(to, upload_.data() + upload_at_, size);
  upload_at_ += size;
  return size;
}

}  // namespace sluice::net
