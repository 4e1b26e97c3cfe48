// datetime, is-datetime and now.

#include <chrono>

#include "dtl/evaluation.h"
#include "functions/cast.h"
#include "functions/dates/dates.h"
#include "functions/first_value.h"
#include "value/instant.h"

namespace sluice::functions {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

Instant FromNanoseconds(int64_t nanoseconds) {
  int64_t seconds = nanoseconds / kSecond;
  int64_t rest = nanoseconds % kSecond;
  if (rest < 0) {
    --seconds;
    rest += kSecond;
  }
  return {seconds, static_cast<uint32_t>(rest)};
}

Result<std::optional<Value>> ToDatetime(const Value& value) {
  if (value.kind() == Kind::kDatetime) return std::optional(value);
  if (const auto days = value.AsDate())
    return std::optional(Value::Datetime({int64_t{*days} * 86'400, 0}));
  if (const auto nanoseconds = value.AsInteger()) {
    return std::optional(Value::Datetime(FromNanoseconds(*nanoseconds)));
  }
  const auto text = value.AsString();
  const auto at = text ? ParseDatetime(*text) : std::nullopt;
  return at ? std::optional(Value::Datetime(*at)) : std::nullopt;
}

}  // namespace

void AddDatetime(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "datetime",
      .chapter = "dates",
      .params = CastParams(),
      .doc = "Makes datetimes of VALUES: of strings in the form 2015-07-28T09:46:00.12345Z, of "
             "integers (nanoseconds "
             "since 1970, negative before), and of dates (their midnight). What does not convert "
             "is left out, or "
             "replaced by what FUNCTION gives for it. Null is left out.",
      .examples = {{R"(["datetime", "2015-07-28T09:46:00.12345Z"])",
                    R"("~t2015-07-28T09:46:00.12345Z")"},
                   {R"(["datetime", 1438076760123450000])", R"("~t2015-07-28T09:46:00.12345Z")"}},
      .eval = [](const dtl::Args& args) { return CastValues(args, ToDatetime); },
  });
  catalogue.Add({
      .name = "is-datetime",
      .chapter = "dates",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a datetime, or a list whose first item is one. Dates without a "
             "time are not.",
      .examples = {{R"(["is-datetime", "~t2015-07-28T09:46:00Z"])", "true"},
                   {R"(["is-datetime", "2015-07-28T09:46:00Z"])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kDatetime; }),
  });
  catalogue.Add({
      .name = "now",
      .chapter = "dates",
      .params = {},
      .doc = "The time at which it is evaluated, as a datetime. A pipe that uses it is not exact: "
             "processing an entity "
             "again gives another output.",
      .examples = {{R"(["is-datetime", ["now"]])", "true"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        const auto now = args.evaluation().clock().Now().time_since_epoch();
        return Value::Datetime(
            FromNanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
      },
      .purity = dtl::Purity::kNondeterministic,
  });
}

}  // namespace sluice::functions
