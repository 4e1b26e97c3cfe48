#include "functions/dates/date_format.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>

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

// The pairs of digits that dates are written with: the century, the year in it, …, and microseconds
// in three parts.
enum Pair : uint8_t { kCentury, kYear, kMonth, kDay, kHour, kHour12, kMinute, kSecond, kMicro };
constexpr size_t kPairs = kMicro + 3;
using Numbers = std::array<uint8_t, kPairs>;

Numbers NumbersOf(const CivilTime& time, uint32_t nanoseconds) {
  const auto year = static_cast<unsigned>(time.year);
  const auto small = [](auto number) { return static_cast<uint8_t>(number); };
  return {small(year / 100 % 100),
          small(year % 100),
          small(time.month),
          small(time.day),
          small(time.hour),
          small((time.hour + 11) % 12 + 1),
          small(time.minute),
          small(time.second),
          small(nanoseconds / 10'000'000),
          small(nanoseconds / 100'000 % 100),
          small(nanoseconds / 1000 % 100)};
}

// What a token always writes: `count` pairs from `first` on; none where its width differs.
struct Pairs {
  uint8_t first = 0;
  uint8_t count = 0;
};
Pairs PairsOf(char token) {
  switch (token) {
    case 'Y':
      return {kCentury, 2};
    case 'f':
      return {kMicro, 3};
    case 'y':
      return {kYear, 1};
    case 'm':
      return {kMonth, 1};
    case 'd':
      return {kDay, 1};
    case 'H':
      return {kHour, 1};
    case 'I':
      return {kHour12, 1};
    case 'M':
      return {kMinute, 1};
    case 'S':
      return {kSecond, 1};
    default:
      return {};
  }
}

char* WritePair(unsigned number, char* to) {
  to[0] = static_cast<char>('0' + number / 10);
  to[1] = static_cast<char>('0' + number % 10);
  return to + 2;
}

// The text of one token; at most 8 characters.
char* WriteToken(char kind, const CivilTime& time, const Numbers& numbers, int offset_s, char* to) {
  const auto [first, count] = PairsOf(kind);
  for (unsigned i = 0; i < count; ++i) to = WritePair(numbers[first + i], to);
  switch (kind) {
    case 'e':
      return Digits(time.day, time.day < 10 ? 1 : 2, to);
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
      return to;
  }
}

}  // namespace

Result<DateFormat> DateFormat::Compile(std::string_view pattern) {
  DateFormat format;
  SLUICE_TRY(format.ReadTokens(pattern));
  constexpr size_t kTokenBytesMax = 8;
  for (const Token& token : format.tokens_) {
    format.text_bytes_max_ += token.text.empty() ? kTokenBytesMax : token.text.size();
  }
  format.LayOut();
  return format;
}

// Of tokens that always have the same width a text is made into which pairs of digits are put.
void DateFormat::LayOut() {
  for (const Token& token : tokens_) {
    const auto [first, count] = PairsOf(token.kind);
    if (token.text.empty() && count == 0) {
      layout_.clear();
      places_.clear();
      return;
    }
    for (unsigned i = 0; i < count; ++i) {
      places_.push_back({layout_.size(), first + i});
      layout_ += "00";
    }
    layout_ += token.text;
  }
}

Result<void> DateFormat::ReadTokens(std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (IsSpace(pattern[i])) {
      if (tokens_.empty() || tokens_.back().kind != ' ') tokens_.push_back({' ', {}});
      tokens_.back().text += pattern[i];
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
      if (tokens_.empty() || tokens_.back().kind != '"') tokens_.push_back({'"', {}});
      tokens_.back().text += literal;
    } else if (kTokens.find(kind) == std::string_view::npos) {
      return MakeError(Code::kBadConfig,
                       "the date format \"{}\" has the unknown token %{}; expected one of %d %e %H "
                       "%I %m %M %p %S %f %y %Y %z %%",
                       pattern, kind);
    } else if (kind == 'z' && i + 1 != pattern.size()) {
      return MakeError(Code::kBadConfig, "the date format \"{}\" has %z before its end", pattern);
    } else {
      tokens_.push_back({kind, {}});
    }
  }
  return {};
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
  const CivilTime time = zone.ToCivil(at.seconds);
  const Numbers numbers = NumbersOf(time, at.nanoseconds);
  if (!layout_.empty()) {
    char* const text = arena.Allocate(layout_.size());
    std::memcpy(text, layout_.data(), layout_.size());
    for (const Place& place : places_) WritePair(numbers[place.pair], text + place.at);
    return {text, layout_.size()};
  }
  char* const start = arena.Allocate(text_bytes_max_);
  char* to = start;
  const int offset_s = zone.OffsetAt(at.seconds);
  for (const Token& token : tokens_) {
    if (token.text.empty()) {
      to = WriteToken(token.kind, time, numbers, offset_s, to);
    } else {
      to += token.text.copy(to, token.text.size());
    }
  }
  arena.Trim(to);
  return {start, static_cast<size_t>(to - start)};
}

}  // namespace sluice::functions
