#include "net/media_type.h"

#include "net/url.h"

namespace sluice::net {
namespace {

std::string_view Trim(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

MediaType ParseMediaType(std::string_view content_type) {
  size_t end = std::min(content_type.find(';'), content_type.size());
  MediaType result;
  result.type = Lower(Trim(content_type.substr(0, end)));
  while (end < content_type.size()) {
    content_type.remove_prefix(end + 1);
    end = std::min(content_type.find(';'), content_type.size());
    const std::string_view parameter = Trim(content_type.substr(0, end));
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || Lower(Trim(parameter.substr(0, equals))) != "charset")
      continue;
    std::string_view value = Trim(parameter.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    result.charset = Lower(value);
  }
  return result;
}

bool IsJson(std::string_view content_type) {
  const std::string type = ParseMediaType(content_type).type;
  return type == "application/json" || type == "text/json" || type == "application/x-ndjson" ||
         type == "application/ndjson" || type == "application/jsonl" || type.ends_with("+json");
}

std::string ContentDisposition(std::string_view disposition, std::string_view filename) {
  std::string plain;
  std::string full;
  for (const char c : filename) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\' || c == '/') continue;
    full += c;
    // One stand-in a character: continuation bytes are left out.
    if (byte < 0x80) plain += c;
    if (byte >= 0xc0) plain += '_';
  }
  if (full.empty()) return {};
  std::string value(disposition);
  value += "; filename=\"" + plain + "\"";
  if (plain != full) value += "; filename*=UTF-8''" + PercentEncode(full);
  return value;
}

}  // namespace sluice::net
