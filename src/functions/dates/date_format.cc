#include "functions/dates/date_format.h"

#include <chrono>

#include "value/instant.h"

namespace sluice::functions {
namespace {

constexpr std::string_view kTokens = "deHImMpSfyYz";
constexpr int kFractionDigitsMax = 9;
constexpr int kPivotYear = 69;  // %y: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068.

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// What has been read of a text so far.
struct Reading {
  std::string_view left;
  CivilTime time;
  uint32_t nanoseconds = 0;
  std::optional<bool> afternoon;
  bool twelve_hours = false;
  std::optional<int> offset_s;

  // A number of at least `least` and at most `most` digits.
  std::optional<int> Number(size_t least, size_t most) {
    size_t count = 0;
    int number = 0;
    while (count < most && count < left.size() && IsDigit(left[count])) {
      number = number * 10 + (left[count++] - '0');
    }
    if (count < least) return std::nullopt;
    left.remove_prefix(count);
    return number;
  }

  bool Field(int& field, size_t least, size_t most, int from, int to) {
    const auto number = Number(least, most);
    if (!number || *number < from || *number > to) return false;
    field = *number;
    return true;
  }

  bool Year(size_t digits) {
    const auto number = Number(digits, digits);
    if (!number) return false;
    time.year = digits == 4 ? *number : *number + (*number < kPivotYear ? 2000 : 1900);
    return true;
  }

  bool Fraction() {
    int digits = 0;
    while (digits < kFractionDigitsMax && !left.empty() && IsDigit(left.front())) {
      nanoseconds = nanoseconds * 10 + static_cast<uint32_t>(left.front() - '0');
      left.remove_prefix(1);
      ++digits;
    }
    for (int i = digits; i < kFractionDigitsMax; ++i) nanoseconds *= 10;
    return digits > 0;
  }

  bool HalfOfDay() {
    if (left.size() < 2 || Lower(left[1]) != 'm') return false;
    const char half = Lower(left[0]);
    if (half != 'a' && half != 'p') return false;
    afternoon = half == 'p';
    left.remove_prefix(2);
    return true;
  }

  bool Offset() {
    if (left == "Z") {
      left = {};
      offset_s = 0;
      return true;
    }
    if (left.empty() || (left.front() != '+' && left.front() != '-')) return false;
    const int sign = left.front() == '+' ? 1 : -1;
    left.remove_prefix(1);
    int hours = 0, minutes = 0;
    if (!Field(hours, 2, 2, 0, 23)) return false;
    if (left.starts_with(':')) left.remove_prefix(1);
    if (!Field(minutes, 2, 2, 0, 59)) return false;
    offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
  }

  bool Spaces() {
    if (left.empty() || !IsSpace(left.front())) return false;
    while (!left.empty() && IsSpace(left.front())) left.remove_prefix(1);
    return true;
  }

  bool Token(char kind) {
    switch (kind) {
      case 'd':
      case 'e':
        return Field(time.day, 1, 2, 1, 31);
      case 'm':
        return Field(time.month, 1, 2, 1, 12);
      case 'H':
        return Field(time.hour, 1, 2, 0, 23);
      case 'I':
        twelve_hours = true;
        return Field(time.hour, 1, 2, 1, 12);
      case 'M':
        return Field(time.minute, 1, 2, 0, 59);
      case 'S':
        return Field(time.second, 1, 2, 0, 59);
      case 'f':
        return Fraction();
      case 'p':
        return HalfOfDay();
      case 'y':
        return Year(2);
      case 'Y':
        return Year(4);
      case 'z':
        return Offset();
      default:
        return Spaces();
    }
  }
};

bool DateExists(const CivilTime& time) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(time.year)),
                                         std::chrono::month(static_cast<unsigned>(time.month)),
                                         std::chrono::day(static_cast<unsigned>(time.day))};
  return date.ok();
}

// Writes digits with leading zeros.
char* Digits(int64_t number, int width, char* to) {
  for (int i = width; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + width;
}

// The text of one token; at most 8 characters.
char* WriteToken(char kind, const CivilTime& time, uint32_t nanoseconds, int offset_s, char* to) {
  switch (kind) {
    case 'd':
      return Digits(time.day, 2, to);
    case 'e':
      return Digits(time.day, time.day < 10 ? 1 : 2, to);
    case 'm':
      return Digits(time.month, 2, to);
    case 'H':
      return Digits(time.hour, 2, to);
    case 'I':
      return Digits((time.hour + 11) % 12 + 1, 2, to);
    case 'M':
      return Digits(time.minute, 2, to);
    case 'S':
      return Digits(time.second, 2, to);
    case 'f':
      return Digits(nanoseconds / 1000, 6, to);
    case 'y':
      return Digits(time.year % 100, 2, to);
    case 'Y':
      return Digits(time.year, 4, to);
    case 'p':
      *to++ = time.hour < 12 ? 'A' : 'P';
      *to++ = 'M';
      return to;
    case 'z': {
      *to++ = offset_s < 0 ? '-' : '+';
      const int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
      return Digits(minutes % 60, 2, Digits(minutes / 60, 2, to));
    }
    default:
      *to++ = ' ';
      return to;
  }
}

}  // namespace

Result<DateFormat> DateFormat::Compile(std::string_view pattern) {
  DateFormat format;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (IsSpace(pattern[i])) {
      if (format.tokens_.empty() || format.tokens_.back().kind != ' ')
        format.tokens_.push_back({' ', {}});
      format.tokens_.back().text += pattern[i];
      continue;
    }
    char kind = '"';
    char literal = pattern[i];
    if (pattern[i] == '%') {
      if (++i == pattern.size()) {
        return MakeError(Code::kBadConfig, "the date format \"{}\" ends with a lone %", pattern);
      }
      literal = '%';
      if (pattern[i] != '%') kind = pattern[i];
    }
    if (kind == '"') {
      if (format.tokens_.empty() || format.tokens_.back().kind != '"')
        format.tokens_.push_back({'"', {}});
      format.tokens_.back().text += literal;
    } else if (kTokens.find(kind) == std::string_view::npos) {
      return MakeError(Code::kBadConfig,
                       "the date format \"{}\" has the unknown token %{}; expected one of %d %e %H "
                       "%I %m %M %p %S %f %y %Y %z %%",
                       pattern, kind);
    } else if (kind == 'z' && i + 1 != pattern.size()) {
      return MakeError(Code::kBadConfig, "the date format \"{}\" has %z before its end", pattern);
    } else {
      format.tokens_.push_back({kind, {}});
    }
  }
  return format;
}

std::optional<Instant> DateFormat::Parse(std::string_view text, const TimeZone& zone) const {
  // Fields that the format does not name are those of 1900-01-01, as in strptime.
  Reading reading{.left = text, .time = {.year = 1900}};
  for (const Token& token : tokens_) {
    if (token.kind != '"') {
      if (!reading.Token(token.kind)) return std::nullopt;
    } else if (reading.left.starts_with(token.text)) {
      reading.left.remove_prefix(token.text.size());
    } else {
      return std::nullopt;
    }
  }
  if (!reading.left.empty() || reading.time.year < 1 || !DateExists(reading.time))
    return std::nullopt;
  if (reading.twelve_hours) {
    reading.time.hour = reading.time.hour % 12 + (reading.afternoon.value_or(false) ? 12 : 0);
  }
  Instant at{0, reading.nanoseconds};
  at.seconds = reading.offset_s ? TimeZone::Utc().ToSeconds(reading.time) - *reading.offset_s
                                : zone.ToSeconds(reading.time);
  return InRange(at) ? std::optional(at) : std::nullopt;
}

std::string_view DateFormat::Format(Instant at, const TimeZone& zone, Arena& arena) const {
  constexpr size_t kTokenBytesMax = 8;
  size_t size = 0;
  for (const Token& token : tokens_)
    size += token.text.empty() ? kTokenBytesMax : token.text.size();
  char* const start = arena.Allocate(size);
  char* to = start;
  const CivilTime time = zone.ToCivil(at.seconds);
  const int offset_s = zone.OffsetAt(at.seconds);
  for (const Token& token : tokens_) {
    if (token.text.empty()) {
      to = WriteToken(token.kind, time, at.nanoseconds, offset_s, to);
    } else {
      to += token.text.copy(to, token.text.size());
    }
  }
  arena.Trim(to);
  return {start, static_cast<size_t>(to - start)};
}

}  // namespace sluice::functions
