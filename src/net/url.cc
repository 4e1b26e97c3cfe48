#include "net/url.h"

#include <curl/curl.h>
#include <strings.h>

#include <memory>

namespace sluice::net {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, FreeUrl>;

bool StartsWithNoCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         strncasecmp(text.data(), prefix.data(), prefix.size()) == 0;
}

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// Unencoded spaces and bytes over 127 are let in and percent-encoded, as browsers do.
CURLUcode SetUrl(CURLU* url, std::string_view text) {
  return curl_url_set(url, CURLUPART_URL, std::string(text).c_str(),
                      CURLU_URLENCODE | CURLU_ALLOW_SPACE);
}

}  // namespace

bool IsHttpUrl(std::string_view url) {
  return StartsWithNoCase(url, "http://") || StartsWithNoCase(url, "https://");
}

Result<std::string> JoinUrl(std::string_view base, std::string_view reference) {
  const UrlHandle url(curl_url());
  const std::string_view first = base.empty() ? reference : base;
  if (!IsHttpUrl(first)) {
    return MakeError(Code::kBadConfig,
                     "expected a URL that starts with http:// or https://, found \"{}\"",
                     RedactUrl(first));
  }
  CURLUcode code = SetUrl(url.get(), first);
  if (code == CURLUE_OK && !base.empty() && !reference.empty()) code = SetUrl(url.get(), reference);
  if (code != CURLUE_OK) {
    return MakeError(Code::kBadConfig, "expected a URL, found \"{}\" ({})", RedactUrl(reference),
                     curl_url_strerror(code));
  }
  std::string joined = Part(url.get(), CURLUPART_URL);
  if (!IsHttpUrl(joined)) {
    return MakeError(Code::kBadConfig, "expected an http or https URL, found \"{}\"",
                     RedactUrl(joined));
  }
  return joined;
}

std::string AddQuery(std::string_view url, std::string_view name, std::string_view value) {
  std::string_view fragment;
  if (const size_t hash = url.find('#'); hash != std::string_view::npos) {
    fragment = url.substr(hash);
    url = url.substr(0, hash);
  }
  std::string joined(url);
  const size_t question = url.find('?');
  if (question == std::string_view::npos) {
    joined += '?';
  } else if (question + 1 != url.size() && url.back() != '&') {
    joined += '&';
  }
  joined += PercentEncode(name);
  joined += '=';
  joined += PercentEncode(value);
  joined += fragment;
  return joined;
}

std::string PercentEncode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
                       byte == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

std::string Origin(std::string_view url) {
  const UrlHandle handle(curl_url());
  if (!IsHttpUrl(url) || SetUrl(handle.get(), url) != CURLUE_OK) return {};
  std::string origin = Part(handle.get(), CURLUPART_SCHEME) + "://" +
                       Part(handle.get(), CURLUPART_HOST) + ":" +
                       Part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  for (char& c : origin) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return origin;
}

std::string RedactUrl(std::string_view url) {
  if (const size_t hash = url.find('#'); hash != std::string_view::npos) url = url.substr(0, hash);
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const size_t host = scheme + 3;
  const size_t host_end = std::min(url.find_first_of("/?", host), url.size());
  const size_t at = url.substr(0, host_end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

}  // namespace sluice::net
