#include "value/number_text.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/limits.h"

namespace sluice::number_text {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t DigitsEnd(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// The exponent after 'e'; nothing if there are no digits. What is too large for any number is cut
// off.
std::optional<int64_t> ReadExponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || DigitsEnd(text, 0) != text.size()) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    if (value < 1'000'000'000'000) value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

// Splits canonical text into its digits and the place of the point.
Normal NormalOfText(std::string_view text) {
  Normal normal;
  if (text.starts_with('-')) {
    normal.negative = true;
    text.remove_prefix(1);
  }
  const size_t point = std::min(text.find('.'), text.size());
  normal.digits = text.substr(0, point);
  if (point != text.size()) normal.digits += text.substr(point + 1);
  const size_t first = normal.digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  normal.exponent = static_cast<int64_t>(point) - static_cast<int64_t>(first);
  normal.digits.erase(0, first);
  normal.digits.erase(normal.digits.find_last_not_of('0') + 1);
  return normal;
}

// Numbers of at most two digits behind the point, and fifteen in all: most of what there is. No
// other decimal of so few digits is the same double, so this one is the shortest. Null where the
// value is another.
char* WriteHundredths(double value, char* to) {
  constexpr double kMagnitudeMax = 1e12;
  const double magnitude = std::fabs(value);
  if (!(magnitude < kMagnitudeMax) || std::signbit(value)) return nullptr;
  const auto hundredths = static_cast<int64_t>(magnitude * 100 + 0.5);
  if (static_cast<double>(hundredths) / 100 != magnitude) return nullptr;
  to = std::to_chars(to, to + kFloatTextMax, hundredths / 100).ptr;
  const auto fraction = static_cast<int>(hundredths % 100);
  *to++ = '.';
  *to++ = static_cast<char>('0' + fraction / 10);
  if (fraction % 10 != 0) *to++ = static_cast<char>('0' + fraction % 10);
  return to;
}

}  // namespace

std::optional<std::string> CanonicalDecimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const size_t whole_end = DigitsEnd(text, 0);
  if (whole_end == 0) return std::nullopt;
  size_t end = whole_end;
  std::string_view fraction;
  if (end < text.size() && text[end] == '.') {
    end = DigitsEnd(text, whole_end + 1);
    fraction = text.substr(whole_end + 1, end - whole_end - 1);
    if (fraction.empty()) return std::nullopt;
  }
  int64_t exponent = 0;
  if (end < text.size()) {
    if (text[end] != 'e' && text[end] != 'E') return std::nullopt;
    const auto read = ReadExponent(text.substr(end + 1));
    if (!read) return std::nullopt;
    exponent = *read;
  }
  std::string digits(text.substr(0, whole_end));
  digits += fraction;
  const size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  // Digits before and after the point once the exponent is written out.
  const int64_t scale = static_cast<int64_t>(fraction.size()) - exponent;
  digits.erase(0, zeros);
  const auto size = static_cast<int64_t>(digits.size());
  const auto digits_max = static_cast<int64_t>(limits::kNumberDigitsMax);
  if (std::max(size, scale) > digits_max || (size != 0 && size - scale > digits_max))
    return std::nullopt;
  if (scale < 0 && size != 0) digits.append(static_cast<size_t>(-scale), '0');
  if (scale >= 0 && scale >= size) digits.insert(0, static_cast<size_t>(scale - size + 1), '0');
  if (digits.empty()) digits = "0";
  if (scale > 0) digits.insert(digits.size() - static_cast<size_t>(scale), 1, '.');
  if (negative) digits.insert(0, 1, '-');
  return digits;
}

bool IsCanonicalDecimal(std::string_view text) {
  constexpr size_t kFew = 24;
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.size() > kFew || !IsDigit(text[0])) return false;
  if (text[0] == '0' && text.size() > 1 && text[1] != '.') return false;
  bool point = false;
  for (const char c : text) {
    if (IsDigit(c)) continue;
    if (c != '.' || point) return false;
    point = true;
  }
  return text.back() != '.';
}

char* WriteFloat(double value, char* to) {
  if (char* const end = WriteHundredths(value, to)) return end;
  const double magnitude = std::fabs(value);
  if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return std::to_chars(to, to + kFloatTextMax, value, std::chars_format::scientific).ptr;
  }
  char* const end = std::to_chars(to, to + kFloatTextMax, value, std::chars_format::fixed).ptr;
  for (const char* c = to; c != end; ++c) {
    if (*c == '.') return end;
  }
  end[0] = '.';
  end[1] = '0';
  return end + 2;
}

double NearestDouble(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc::result_out_of_range) return value;
  // Too large or too small: the place of the first digit tells which.
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t exponent_at = text.find_first_of("eE");
  const auto exponent =
      exponent_at == text.npos ? 0 : ReadExponent(text.substr(exponent_at + 1)).value_or(0);
  const auto mantissa = NormalOfText(text.substr(0, exponent_at));
  const double magnitude = !mantissa.digits.empty() && mantissa.exponent + exponent > 0
                               ? std::numeric_limits<double>::infinity()
                               : 0.0;
  return negative ? -magnitude : magnitude;
}

Normal NormalOf(const Value& number) {
  if (const auto integer = number.AsInteger()) {
    char text[24];
    return NormalOfText({text, std::to_chars(text, text + sizeof text, *integer).ptr});
  }
  if (const auto value = number.AsFloat()) {
    // No double has more than 309 digits before the point and 1074 after it.
    char text[1400];
    return NormalOfText(
        {text,
         std::to_chars(text, text + sizeof text, *value, std::chars_format::fixed, 1074).ptr});
  }
  return NormalOfText(number.text());
}

int CompareNormals(const Normal& a, const Normal& b) {
  const auto sign = [](const Normal& n) { return n.digits.empty() ? 0 : n.negative ? -1 : 1; };
  const int sign_a = sign(a);
  const int sign_b = sign(b);
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  if (sign_a == 0) return 0;
  int magnitude = 0;
  if (a.exponent != b.exponent) {
    magnitude = a.exponent < b.exponent ? -1 : 1;
  } else {
    magnitude = a.digits.compare(b.digits);
  }
  return sign_a > 0 ? magnitude : -magnitude;
}

}  // namespace sluice::number_text
