#include "value/instant.h"

#include <chrono>

namespace sluice {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
// 0001-01-01T00:00:00Z and the second after 9999-12-31T23:59:59Z.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kEndSecond = 253'402'300'800;

// The value of `count` digits, or -1.
int ReadDigits(const char* text, int count) {
  int value = 0;
  for (int i = 0; i < count; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return -1;
    value = value * 10 + static_cast<int>(digit);
  }
  return value;
}

void WriteDigits(uint32_t value, int count, char* to) {
  for (int i = count; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

// Days since 1970 of a date.
int32_t DaysOf(int year, unsigned month, unsigned day) {
  return static_cast<int32_t>(std::chrono::sys_days(std::chrono::year(year) /
                                                    static_cast<int>(month) / static_cast<int>(day))
                                  .time_since_epoch()
                                  .count());
}

void WriteDate(int32_t days, char* to) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  WriteDigits(static_cast<uint32_t>(static_cast<int>(date.year())), 4, to);
  to[4] = '-';
  WriteDigits(static_cast<unsigned>(date.month()), 2, to + 5);
  to[7] = '-';
  WriteDigits(static_cast<unsigned>(date.day()), 2, to + 8);
}

}  // namespace

std::optional<int32_t> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = ReadDigits(text.data(), 4);
  const int month = ReadDigits(text.data() + 5, 2);
  const int day = ReadDigits(text.data() + 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  if (day > 28) {
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
  }
  return DaysOf(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
}

std::optional<Instant> ParseDatetime(std::string_view text) {
  if (text.size() < 20 || text.size() > 30 || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text.back() != 'Z') {
    return std::nullopt;
  }
  const auto days = ParseDate(text.substr(0, 10));
  const int hour = ReadDigits(text.data() + 11, 2);
  const int minute = ReadDigits(text.data() + 14, 2);
  const int second = ReadDigits(text.data() + 17, 2);
  if (!days || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  Instant at{*days * kSecondsPerDay + (hour * 60 + minute) * 60 + second, 0};
  if (text.size() == 20) return at;
  const int digits = static_cast<int>(text.size()) - 21;
  if (text[19] != '.' || digits < 1) return std::nullopt;
  int fraction = ReadDigits(text.data() + 20, digits);
  if (fraction < 0) return std::nullopt;
  for (int i = digits; i < 9; ++i) fraction *= 10;
  at.nanoseconds = static_cast<uint32_t>(fraction);
  return at;
}

std::string DateText(int32_t days) {
  char text[kInstantTextMax];
  return std::string(text, WriteDateText(days, text));
}

std::string DatetimeText(Instant at) {
  char text[kInstantTextMax];
  return std::string(text, WriteDatetimeText(at, text));
}

char* WriteDateText(int32_t days, char* to) {
  WriteDate(days, to);
  return to + 10;
}

char* WriteDatetimeText(Instant at, char* to) {
  int64_t days = at.seconds / kSecondsPerDay;
  auto of_day = at.seconds % kSecondsPerDay;
  if (of_day < 0) {
    of_day += kSecondsPerDay;
    --days;
  }
  const auto second = static_cast<uint32_t>(of_day);
  WriteDate(static_cast<int32_t>(days), to);
  to[10] = 'T';
  WriteDigits(second / 3600, 2, to + 11);
  to[13] = ':';
  WriteDigits(second / 60 % 60, 2, to + 14);
  to[16] = ':';
  WriteDigits(second % 60, 2, to + 17);
  to += 19;
  if (at.nanoseconds != 0) {
    int digits = 9;
    uint32_t fraction = at.nanoseconds;
    for (; fraction % 10 == 0; fraction /= 10) --digits;
    *to++ = '.';
    WriteDigits(fraction, digits, to);
    to += digits;
  }
  *to++ = 'Z';
  return to;
}

bool InRange(Instant at) {
  return at.seconds >= kFirstSecond && at.seconds < kEndSecond && at.nanoseconds < 1'000'000'000;
}

}  // namespace sluice
