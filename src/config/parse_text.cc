#include "config/parse_text.h"

#include "value/json.h"

namespace sluice::config {

TextPlace AdvancePlace(TextPlace place, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  place.offset += text.size();
  return place;
}

Error PlacedError(std::string_view file, const TextPlace& place, std::string message) {
  return Error{
      .code = Code::kBadConfig,
      .message = std::move(message),
      .at = fmt::format("{}:{}:{}", file.empty() ? "config.json" : file, place.line, place.column)};
}

std::string_view WithoutByteOrderMark(std::string_view bytes) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return bytes.starts_with(kMark) ? bytes.substr(kMark.size()) : bytes;
}

Result<ParsedText> ParseText(std::string_view text, std::string_view file, const TextPlace& start,
                             Arena& arena) {
  CheckedText checked = CheckJsonText(text);
  if (checked.error) {
    return PlacedError(file, AdvancePlace(start, text.substr(0, checked.error->offset)),
                       checked.error->message);
  }
  JsonParser parser({.transit = Transit::kKeep});
  auto parsed = parser.Parse(text, arena);
  // What is left are numbers out of range.
  if (!parsed.ok()) return PlacedError(file, start, parsed.error().message);
  return ParsedText{*parsed, std::move(checked.duplicates)};
}

}  // namespace sluice::config
