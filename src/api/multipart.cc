#include "api/multipart.h"

#include "net/media_type.h"

namespace sluice::api {
namespace {

constexpr size_t kPartsMax = 1000;
constexpr size_t kPartHeaderBytesMax = 16 * 1024;

Error Malformed(std::string_view what) {
  return MakeError(Code::kBadRequest, "the multipart body is malformed: {}", what);
}

// The headers of one part: lines up to an empty one.
Result<Part> ParsePartHeaders(std::string_view lines) {
  Part part;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Malformed("a part's header line has no colon");
    const std::string name = ToLower(line.substr(0, colon));
    const std::string_view value = Trim(line.substr(colon + 1));
    if (name == "content-disposition") {
      part.name = MediaParameter(value, "name");
      part.filename = MediaParameter(value, "filename");
    } else if (name == "content-type") {
      part.content_type = net::ParseMediaType(value).type;
    }
  }
  if (part.name.empty()) return Malformed("a part has no name");
  return part;
}

}  // namespace

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

std::string MediaParameter(std::string_view header, std::string_view name) {
  size_t at = header.find(';');
  while (at != std::string_view::npos && at < header.size()) {
    header.remove_prefix(at + 1);
    const size_t equals = header.find_first_of("=;");
    if (equals == std::string_view::npos || header[equals] == ';') {
      at = equals;
      continue;
    }
    const bool is_wanted = ToLower(Trim(header.substr(0, equals))) == name;
    header.remove_prefix(equals + 1);
    header = header.substr(std::min(header.find_first_not_of(" \t"), header.size()));
    std::string value;
    if (header.starts_with('"')) {
      size_t i = 1;
      for (; i < header.size() && header[i] != '"'; ++i) {
        if (header[i] == '\\' && i + 1 < header.size()) ++i;
        value += header[i];
      }
      at = header.find(';', std::min(i, header.size()));
    } else {
      at = header.find(';');
      value = std::string(Trim(header.substr(0, at)));
    }
    if (is_wanted) return value;
  }
  return {};
}

Result<std::vector<Part>> ParseMultipart(std::string_view body, std::string_view content_type) {
  const std::string boundary = MediaParameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70)
    return Malformed("its content type names no boundary");
  const std::string delimiter = "\r\n--" + boundary;
  std::vector<Part> parts;
  const size_t first = body.starts_with(std::string_view(delimiter).substr(2))
                           ? delimiter.size() - 2
                           : body.find(delimiter);
  if (first == std::string_view::npos) return Malformed("the boundary is not found");
  body.remove_prefix(
      body.starts_with(std::string_view(delimiter).substr(2)) ? first : first + delimiter.size());
  while (!body.starts_with("--")) {
    const size_t line_end = body.find("\r\n");
    if (line_end == std::string_view::npos) return Malformed("it ends in its middle");
    body.remove_prefix(line_end + 2);
    const size_t head_end = body.substr(0, kPartHeaderBytesMax).find("\r\n\r\n");
    if (head_end == std::string_view::npos) return Malformed("a part's headers have no end");
    SLUICE_TRY(auto part, ParsePartHeaders(body.substr(0, head_end)));
    body.remove_prefix(head_end + 4);
    const size_t end = body.find(delimiter);
    if (end == std::string_view::npos) return Malformed("a part has no end");
    part.body = body.substr(0, end);
    body.remove_prefix(end + delimiter.size());
    parts.push_back(std::move(part));
    if (parts.size() > kPartsMax) return Malformed("it has too many parts");
  }
  return parts;
}

}  // namespace sluice::api
