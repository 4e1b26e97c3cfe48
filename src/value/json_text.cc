// What is rare in JSON texts: escapes, long numbers, duplicate names, errors.

#include <charconv>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "value/number.h"
#include "value/number_text.h"
#include "value/record_builder.h"
#include "value/record_writer.h"

namespace sluice::json {
namespace {

using encoding::Buffer;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The value of four hexadecimal digits, or -1.
int ReadHex(std::string_view text) {
  if (text.size() < 4) return -1;
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + 4, value, 16);
  return read.ec == std::errc() && read.ptr == text.data() + 4 && text[0] != '-' ? value : -1;
}

void AppendUtf8(uint32_t point, std::string& out) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | point >> 6));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | point >> 12));
    out.push_back(static_cast<char>(0x80 | ((point >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | point >> 18));
    out.push_back(static_cast<char>(0x80 | ((point >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((point >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
}

// The character for the letter behind a backslash, or 0.
char Unescaped(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

void PutInteger(int64_t value, Buffer& out) {
  out.Push(static_cast<char>(Tag::kInteger));
  out.AppendVarint(encoding::ZigZag(value));
}

// mantissa * 10^exponent if a double shows it exactly enough to be rounded once.
std::optional<double> QuickDouble(uint64_t mantissa, int64_t exponent) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (mantissa > (uint64_t{1} << 53) || exponent < -22 || exponent > 22) return std::nullopt;
  const auto value = static_cast<double>(mantissa);
  return exponent < 0 ? value / kPowers[-exponent] : value * kPowers[exponent];
}

std::string Shown(std::string_view token) {
  constexpr size_t kShownMax = 40;
  return token.size() <= kShownMax ? std::string(token)
                                   : fmt::format("{}...", token.substr(0, kShownMax));
}

}  // namespace

bool RecordBuilder::Unescape(std::string_view raw, std::string& out) {
  const auto offset = [&](size_t at) { return static_cast<size_t>(raw.data() - text_) + at; };
  out.clear();
  for (size_t at = 0; at < raw.size();) {
    const size_t backslash = std::min(raw.find('\\', at), raw.size());
    out.append(raw.substr(at, backslash - at));
    if (backslash == raw.size()) break;
    const char letter = raw[backslash + 1];
    at = backslash + 2;
    if (letter != 'u') {
      const char character = Unescaped(letter);
      if (character == 0)
        return Fail(Code::kBadData, offset(backslash), "an escape that JSON does not have");
      out.push_back(character);
      continue;
    }
    const int unit = ReadHex(raw.substr(at));
    if (unit < 0)
      return Fail(Code::kBadData, offset(backslash), "expected four hexadecimal digits behind \\u");
    at += 4;
    auto point = static_cast<uint32_t>(unit);
    if (point >= 0xD800 && point < 0xE000) {
      const bool paired = point < 0xDC00 && raw.substr(at).starts_with("\\u");
      const int low = paired ? ReadHex(raw.substr(at + 2)) : -1;
      if (low < 0xDC00 || low >= 0xE000) {
        return Fail(Code::kBadData, offset(backslash),
                    "half of a surrogate pair, which is no character");
      }
      at += 6;
      point = 0x10000 + ((point - 0xD800) << 10) + (static_cast<uint32_t>(low) - 0xDC00);
    }
    AppendUtf8(point, out);
  }
  return true;
}

bool RecordBuilder::BuildNumber(Buffer& out) {
  const char* const start = text_ + *at_;
  const char* at = start;
  const bool negative = *at == '-';
  if (negative) ++at;
  const char* const digits = at;
  uint64_t mantissa = 0;
  for (; IsDigit(*at); ++at) mantissa = mantissa * 10 + static_cast<uint64_t>(*at - '0');
  if (at == digits) return Unexpected("a digit", static_cast<size_t>(at - text_));
  if (*digits == '0' && at - digits > 1) {
    return Fail(Code::kBadData, static_cast<size_t>(digits - text_),
                "a number starts with a needless zero");
  }
  if (*at == '.' || *at == 'e' || *at == 'E')
    return BuildReal(at, at - digits > 19 ? UINT64_MAX : mantissa, out);
  if (!Terminates(at)) return Unexpected("the end of a number", static_cast<size_t>(at - text_));
  if (at - digits > 18) return BuildBigInteger({start, static_cast<size_t>(at - start)}, out);
  PutInteger(negative ? -static_cast<int64_t>(mantissa) : static_cast<int64_t>(mantissa), out);
  ++at_;
  return true;
}

bool RecordBuilder::BuildBigInteger(std::string_view token, Buffer& out) {
  Arena arena;
  const auto integer = ParseInteger(token, arena);
  if (!integer) {
    return Fail(Code::kTooLarge, *at_,
                fmt::format("a number of {} characters; at most {} digits are allowed",
                            token.size(), limits::kNumberDigitsMax));
  }
  encoding::Put(*integer, out);
  ++at_;
  return true;
}

bool RecordBuilder::BuildReal(const char* point, uint64_t mantissa, Buffer& out) {
  const char* const start = text_ + *at_;
  const char* at = point;
  int64_t exponent = 0;
  if (*at == '.') {
    const char* const fraction = ++at;
    for (; IsDigit(*at); ++at) {
      // Too many digits for the quick way end up above 2^53 and stay there.
      mantissa = mantissa > (uint64_t{1} << 58) ? UINT64_MAX
                                                : mantissa * 10 + static_cast<uint64_t>(*at - '0');
    }
    if (at == fraction)
      return Unexpected("a digit behind the point", static_cast<size_t>(at - text_));
    exponent = fraction - at;
  }
  if (*at == 'e' || *at == 'E') {
    ++at;
    const bool negative = *at == '-';
    if (negative || *at == '+') ++at;
    const char* const digits = at;
    int64_t written = 0;
    for (; IsDigit(*at); ++at) {
      if (written < 1'000'000'000) written = written * 10 + (*at - '0');
    }
    if (at == digits) return Unexpected("a digit of the exponent", static_cast<size_t>(at - text_));
    exponent += negative ? -written : written;
  }
  if (!Terminates(at)) return Unexpected("the end of a number", static_cast<size_t>(at - text_));
  const std::string_view token(start, static_cast<size_t>(at - start));
  if (options_.floats == FloatMode::kFloat) {
    auto quick = QuickDouble(mantissa, exponent);
    double value = quick ? (*start == '-' ? -*quick : *quick) : number_text::NearestDouble(token);
    if (std::isinf(value)) {
      return Fail(Code::kBadData, *at_,
                  fmt::format("{} is beyond the range of a float", Shown(token)));
    }
    encoding::Put(Value::Float(value), out);
    ++at_;
    return true;
  }
  return BuildExact(token, out);
}

// Decimals, and floats that may be integers.
bool RecordBuilder::BuildExact(std::string_view token, Buffer& out) {
  const bool to_decimal =
      options_.floats == FloatMode::kDecimal || options_.floats == FloatMode::kIntegerOrDecimal;
  const bool to_integer = options_.floats != FloatMode::kDecimal;
  std::optional<std::string> written_out;
  // Without an exponent a JSON number is canonical as it is.
  std::string_view decimal = token;
  if (token.find_first_of("eE") != std::string_view::npos ||
      token.size() > limits::kNumberDigitsMax) {
    written_out = number_text::CanonicalDecimal(token);
    decimal = written_out ? std::string_view(*written_out) : std::string_view();
  }
  if (to_integer && !decimal.empty()) {
    const size_t point = std::min(decimal.find('.'), decimal.size());
    if (decimal.find_first_of("123456789", point) == std::string::npos) {
      return BuildBigInteger(decimal.substr(0, point), out);
    }
  }
  if (to_decimal && decimal.empty()) {
    return Fail(Code::kTooLarge, *at_,
                fmt::format("{} has more than {} digits", Shown(token), limits::kNumberDigitsMax));
  }
  if (to_decimal) {
    encoding::Put(Value::Decimal(decimal), out);
    ++at_;
    return true;
  }
  const double value = number_text::NearestDouble(token);
  if (std::isinf(value)) {
    return Fail(Code::kBadData, *at_,
                fmt::format("{} is beyond the range of a float", Shown(token)));
  }
  // What would be written as an integral float must be an integer too, or it would be one when read
  // again.
  Arena arena;
  const auto whole =
      std::trunc(value) == value ? ToInteger(Value::Float(value), arena) : std::nullopt;
  encoding::Put(whole.value_or(Value::Float(value)), out);
  ++at_;
  return true;
}

uint32_t DropDuplicates(size_t body, uint32_t count, Buffer& out) {
  struct Range {
    std::string_view name;
    std::string_view value;
  };
  std::vector<Range> kept;
  std::unordered_map<std::string_view, size_t> places;
  kept.reserve(count);
  places.reserve(count);
  const char* at = out.data() + body;
  for (uint32_t i = 0; i < count; ++i) {
    const auto name = encoding::ReadText(at);
    const char* const start = at;
    at = encoding::Skip(at);
    const std::string_view value(start, static_cast<size_t>(at - start));
    const auto [place, added] = places.try_emplace(name, kept.size());
    if (added) {
      kept.push_back({name, value});
    } else {
      kept[place->second].value = value;
    }
  }
  if (kept.size() == count) return count;
  Buffer rewritten;
  for (const Range& range : kept) {
    encoding::PutName(range.name, rewritten);
    rewritten.Append(range.value);
  }
  out.Truncate(body);
  out.Append(rewritten.view());
  return static_cast<uint32_t>(kept.size());
}

bool RecordBuilder::Unexpected(std::string_view expected, size_t offset) {
  if (offset >= size_) {
    cut_off_ = true;
    return Fail(Code::kBadData, size_, fmt::format("expected {}, found the end", expected));
  }
  const auto byte = static_cast<unsigned char>(text_[offset]);
  const auto found = byte >= 0x20 && byte < 0x7F ? fmt::format("'{}'", text_[offset])
                                                 : fmt::format("the byte 0x{:02x}", byte);
  return Fail(Code::kBadData, offset, fmt::format("expected {}, found {}", expected, found));
}

bool RecordBuilder::Fail(Code code, size_t offset, std::string message) {
  failure_ = {.code = code, .offset = offset, .message = std::move(message)};
  return false;
}

}  // namespace sluice::json
