#include "value/json_scan.h"

#include <fmt/core.h>

#include "value/utf8.h"

namespace sluice::json {

size_t ByteOrderMarkBytes(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
}

BrokenByte FindBrokenByte(std::string_view text) {
  const size_t utf8_end = Utf8ErrorOffset(text);
  size_t opened = text.size();
  bool escaped = false;
  for (size_t at = 0; at < utf8_end; ++at) {
    const char c = text[at];
    if (opened == text.size()) {
      if (c == '\\') return {at, "a backslash outside a string"};
      if (c == '"') opened = at;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      return {at, fmt::format("a control character (0x{:02x}) in a string",
                              static_cast<unsigned char>(c))};
    }
    if (escaped) {
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      opened = text.size();
    }
  }
  if (utf8_end != text.size()) {
    return {utf8_end,
            fmt::format("invalid UTF-8 (0x{:02x})", static_cast<unsigned char>(text[utf8_end]))};
  }
  return {opened, "a string that is not closed"};
}

void ItemScanner::Look(char c) {
  ++seen_;
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
      if (depth_ == 0) whole_ = seen_;
    }
    return;
  }
  switch (c) {
    case '"':
      in_string_ = true;
      break;
    case '{':
    case '[':
      ++depth_;
      break;
    case '}':
    case ']':
      if (depth_ != 0) --depth_;
      if (depth_ == 0) whole_ = seen_;
      break;
    case ',':
    case ' ':
    case '\n':
    case '\r':
    case '\t':
      if (depth_ == 0) whole_ = seen_;
      break;
    default:
      break;
  }
}

void ItemScanner::Scan(std::string_view bytes) {
  for (const char c : bytes) Look(c);
}

size_t ItemScanner::ScanToEnd(std::string_view bytes) {
  const size_t before = whole_;
  for (size_t at = 0; at < bytes.size(); ++at) {
    Look(bytes[at]);
    if (whole_ != before) return at + 1;
  }
  return bytes.size();
}

}  // namespace sluice::json
