#include "pipe/cron.h"

#include <gtest/gtest.h>

#include "value/instant.h"

namespace sluice::pipe {
namespace {

WallTime At(std::string_view text) {
  const auto instant = ParseDatetime(text);
  EXPECT_TRUE(instant.has_value()) << text;
  return WallTime(std::chrono::seconds(instant->seconds));
}

std::string Next(std::string_view expression, std::string_view after) {
  auto cron = Cron::Parse(expression);
  if (!cron.ok()) return cron.error().message;
  const auto next = cron->Next(At(after));
  if (!next) return "never";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(next->time_since_epoch());
  return DatetimeText({.seconds = seconds.count()});
}

TEST(CronTest, GivesTheNextMinuteThatMatches) {
  struct Case {
    std::string_view expression;
    std::string_view after;
    std::string_view next;
  };
  const Case cases[] = {
      {"* * * * *", "2026-11-23T10:00:30Z", "2026-11-23T10:01:00Z"},
      {"* * * * *", "2026-11-23T10:00:00Z", "2026-11-23T10:01:00Z"},
      {"0 12 * * ?", "2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"},
      {"15 10 ? * *", "2026-11-23T10:14:59Z", "2026-11-23T10:15:00Z"},
      {"15 10 * * ? 2016", "2026-01-01T00:00:00Z", "never"},
      {"15 10 * * ? 2028", "2026-01-01T00:00:00Z", "2028-01-01T10:15:00Z"},
      {"0/5 14,18 * * ?", "2026-11-23T14:55:00Z", "2026-11-23T18:00:00Z"},
      {"0-5 14 * * ?", "2026-11-23T14:05:00Z", "2026-11-24T14:00:00Z"},
      {"10,44 14 ? 3 WED", "2026-11-23T00:00:00Z", "2027-03-03T14:10:00Z"},
      {"15 10 ? * mon-fri", "2026-11-27T11:00:00Z", "2026-11-30T10:15:00Z"},
      {"15 10 L * ?", "2028-02-01T00:00:00Z", "2028-02-29T10:15:00Z"},
      {"15 10 ? * 5L", "2026-11-01T00:00:00Z", "2026-11-27T10:15:00Z"},
      {"0 0 ? * FRI-MON", "2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z"},
      {"0 0 ? * 7", "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z"},
      {"0 12 1/5 * ?", "2026-11-23T00:00:00Z", "2026-11-26T12:00:00Z"},
      {"11 11 11 11 ?", "2026-11-23T00:00:00Z", "2027-11-11T11:11:00Z"},
      {"0 0 13 * 5", "2026-11-23T00:00:00Z", "2026-11-27T00:00:00Z"},  // Either.
      {"0 0 30 2 ?", "2026-11-23T00:00:00Z", "never"},
      {"59 23 31 12 ? 2099", "2026-11-23T00:00:00Z", "2099-12-31T23:59:00Z"},
      {"59 23 31 12 ? 2099", "2099-12-31T23:59:00Z", "never"},
  };
  for (const Case& c : cases) EXPECT_EQ(Next(c.expression, c.after), c.next) << c.expression;
}

TEST(CronTest, SaysWhatIsWrong) {
  EXPECT_NE(Next("* * * *", "2026-01-01T00:00:00Z").find("5 or 6 fields"), std::string::npos);
  const char* wrong[] = {"60 * * * *",    "* 24 * * *",  "* * 0 * *",      "* * 32 * *",
                         "* * * 13 *",    "* * * FOO *", "* * * * 8",      "* * * * 6#3",
                         "* * 15W * *",   "5-1 * * * *", "*/0 * * * *",    "1-2-3 * * * *",
                         "1/2/3 * * * *", ", * * * *",   "* * * * * 1969", "- * * * *"};
  for (const char* expression : wrong) {
    EXPECT_FALSE(Cron::Parse(expression).ok()) << expression;
  }
}

}  // namespace
}  // namespace sluice::pipe
