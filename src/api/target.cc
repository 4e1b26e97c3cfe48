#include "api/target.h"

#include <charconv>

namespace sluice::api {
namespace {

std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// How many bytes the UTF-8 character at the front of `text` has; 0 if it is none.
size_t Utf8Length(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = at(1);
  if (lead == 0xE0 && second < 0xA0) return 0;
  if (lead == 0xED && second > 0x9F) return 0;  // Surrogates.
  if (lead == 0xF0 && second < 0x90) return 0;
  if (lead == 0xF4 && second > 0x8F) return 0;
  return length;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool HasControlCharacters(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  }
  return false;
}

// Cuts `text` at the first `separator` and gives what was before it.
std::string_view CutFront(std::string_view& text, char separator) {
  const size_t at = text.find(separator);
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return front;
}

Result<std::vector<std::string>> ParsePath(std::string_view path) {
  std::vector<std::string> segments;
  if (!path.starts_with('/')) {
    return MakeError(Code::kBadRequest, "the request's path must start with '/', found \"{}\"",
                     path);
  }
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return segments;
  size_t start = 0;
  while (start <= path.size()) {
    const size_t end = std::min(path.find('/', start), path.size());
    SLUICE_TRY(auto segment, DecodePercent(path.substr(start, end - start), Plus::kKeep));
    if (HasControlCharacters(segment)) {
      return MakeError(Code::kBadRequest, "the request's path holds a control character");
    }
    segments.push_back(std::move(segment));
    start = end + 1;
  }
  return segments;
}

}  // namespace

std::optional<std::string_view> Parameters::Text(std::string_view name) const {
  const auto found = all_.find(std::string(name));
  if (found == all_.end()) return std::nullopt;
  return found->second;
}

std::string_view Parameters::Text(std::string_view name, std::string_view otherwise) const {
  return Text(name).value_or(otherwise);
}

Result<bool> Parameters::Boolean(std::string_view name, bool otherwise) const {
  const std::string_view text = Text(name, "");
  if (text.empty()) return otherwise;
  if (text == "true" || text == "True" || text == "1") return true;
  if (text == "false" || text == "False" || text == "0") return false;
  return MakeError(Code::kBadRequest, "the parameter \"{}\" must be true or false, found \"{}\"",
                   name, text);
}

Result<std::optional<int64_t>> Parameters::Integer(std::string_view name) const {
  const std::string_view text = Text(name, "");
  if (text.empty()) return std::optional<int64_t>();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return MakeError(Code::kBadRequest, "the parameter \"{}\" must be an integer, found \"{}\"",
                     name, text);
  }
  return std::optional<int64_t>(value);
}

Result<std::optional<uint64_t>> Parameters::Count(std::string_view name) const {
  SLUICE_TRY(const auto value, Integer(name));
  if (!value) return std::optional<uint64_t>();
  if (*value < 0) {
    return MakeError(Code::kBadRequest, "the parameter \"{}\" must not be negative, found {}", name,
                     *value);
  }
  return std::optional<uint64_t>(static_cast<uint64_t>(*value));
}

Result<std::string_view> Parameters::Required(std::string_view name) const {
  const auto text = Text(name);
  if (text && !text->empty()) return *text;
  return MakeError(Code::kBadRequest, "the parameter \"{}\" is required", name);
}

Result<std::string> DecodePercent(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kSpace) {
      decoded += ' ';
    } else if (text[i] == '%') {
      const auto high = i + 2 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? HexDigit(text[i + 2]) : std::nullopt;
      if (!high || !low) {
        return MakeError(Code::kBadRequest,
                         "'%' must be followed by two hexadecimal digits, found \"{}\"",
                         text.substr(i, 3));
      }
      decoded += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  if (!IsUtf8(decoded)) {
    return MakeError(Code::kBadRequest,
                     "the request's target or form is not valid UTF-8 after decoding");
  }
  return decoded;
}

Result<Parameters> ParseForm(std::string_view text) {
  Parameters parameters;
  while (!text.empty()) {
    std::string_view pair = CutFront(text, '&');
    if (pair.empty()) continue;
    SLUICE_TRY(auto name, DecodePercent(CutFront(pair, '='), Plus::kSpace));
    SLUICE_TRY(auto value, DecodePercent(pair, Plus::kSpace));
    parameters.Add(std::move(name), std::move(value));
  }
  return parameters;
}

Result<Target> ParseTarget(std::string_view target) {
  if (const size_t scheme = target.find("://");
      scheme != std::string_view::npos && !target.starts_with('/')) {
    const size_t path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    if (target.starts_with('?')) {
      SLUICE_TRY(auto query, ParseForm(target.substr(1)));
      return Target{.segments = {}, .query = std::move(query)};
    }
  }
  const std::string_view before_fragment = CutFront(target, '#');
  std::string_view query = before_fragment;
  const std::string_view path = CutFront(query, '?');
  Target result;
  SLUICE_TRY(result.segments, ParsePath(path));
  SLUICE_TRY(result.query, ParseForm(query));
  return result;
}

}  // namespace sluice::api
