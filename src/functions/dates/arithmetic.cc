// datetime-plus, datetime-diff and datetime-shift: arithmetic on instants.

#include <limits>

#include "functions/dates/date_part.h"
#include "functions/dates/dates.h"
#include "functions/dates/time_zone.h"
#include "functions/sequence.h"
#include "value/instant.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

constexpr std::string_view kPartExpected =
    "expected year, month, week, day, hour, minute, second, millisecond, microsecond or nanosecond";

// A literal date part is worked out once and a wrong one refused; another is looked up at each
// call, null if unknown.
Result<dtl::Eval> BindPart(const dtl::Call& call,
                           Result<Value> (*body)(const dtl::Args&, const DatePart&)) {
  if (!call.IsConstant(0)) {
    return dtl::Eval([body](const dtl::Args& args) -> Result<Value> {
      const auto part = ParseDatePart(args[0].AsString().value_or(""));
      return part ? body(args, *part) : Value::Null();
    });
  }
  const auto part = ParseDatePart(call.Constant(0).AsString().value_or(""));
  if (!part) return call.Fail(0, std::string(kPartExpected));
  return dtl::Eval([body, part = *part](const dtl::Args& args) { return body(args, part); });
}

Result<Value> Plus(const dtl::Args& args, const DatePart& part) {
  const auto count = FirstValue(args[1]).AsInteger();
  if (!count) return Value::Null();
  return dtl::MapValues(args, args[2], [&](const Value& value) -> Result<std::optional<Value>> {
    const auto at = value.AsDatetime();
    if (!at) return std::optional<Value>();
    const auto moved = AddDateParts(*at, part, *count);
    return moved ? std::optional(Value::Datetime(*moved)) : std::nullopt;
  });
}

std::string DigitsOf(__int128 number) {
  std::string digits;
  for (__int128 left = number < 0 ? -number : number; left > 0; left /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
  }
  return number < 0 ? "-" + digits : digits;
}

Result<Value> Diff(const dtl::Args& args, const DatePart& part) {
  const auto a = FirstValue(args[1]).AsDatetime();
  const auto b = FirstValue(args[2]).AsDatetime();
  if (!a || !b) return Value::Null();
  const __int128 count = CountDateParts(*a, *b, part);
  using Limits = std::numeric_limits<int64_t>;
  if (count >= Limits::min() && count <= Limits::max())
    return Value::Integer(static_cast<int64_t>(count));
  return ParseInteger(DigitsOf(count), args.arena()).value_or(Value::Null());
}

Result<Value> Shift(const dtl::Args& args, const TimeZone& from, const TimeZone& to) {
  return dtl::MapValues(args, args[2], [&](const Value& value) -> Result<std::optional<Value>> {
    const auto at = value.AsDatetime();
    if (!at) return std::optional<Value>();
    const auto utc = TimeZone::Utc();
    const int64_t instant = from.ToSeconds(utc.ToCivil(at->seconds));
    const Instant shifted{utc.ToSeconds(to.ToCivil(instant)), at->nanoseconds};
    return InRange(shifted) ? std::optional(Value::Datetime(shifted)) : std::nullopt;
  });
}

Result<dtl::Eval> BindShift(const dtl::Call& call) {
  std::optional<TimeZone> zones[2];
  for (size_t i = 0; i < 2; ++i) {
    if (!call.IsConstant(i)) continue;
    auto zone = TimeZone::Load(call.Constant(i).AsString().value_or(""));
    if (!zone.ok()) return call.Fail(i, zone.error().message);
    zones[i] = std::move(*zone);
  }
  return dtl::Eval([from = zones[0], to = zones[1]](const dtl::Args& args) -> Result<Value> {
    if (from && to) return Shift(args, *from, *to);
    const auto load = [&](const std::optional<TimeZone>& known, size_t i) -> Result<TimeZone> {
      if (known) return *known;
      auto zone = TimeZone::Load(args[i].AsString().value_or(""));
      if (!zone.ok()) return MakeError(Code::kBadData, "{}", zone.error().message);
      return zone;
    };
    SLUICE_TRY(const auto loaded_from, load(from, 0));
    SLUICE_TRY(const auto loaded_to, load(to, 1));
    return Shift(args, loaded_from, loaded_to);
  });
}

}  // namespace

void AddDateArithmetic(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "datetime-plus",
      .chapter = "dates",
      .params = {{"DATEPART", kString}, {"VALUE", kInteger}, {"VALUES", kValues}},
      .doc = "Moves the datetimes in VALUES by VALUE (which may be negative) units of DATEPART: "
             "year, month, week, "
             "day, hour, minute, second, millisecond, microsecond or nanosecond. Years and months "
             "are those of the "
             "calendar: a day that the month does not have becomes its last. Other values, and "
             "what would fall "
             "outside the years 1 to 9999, are dropped.",
      .examples = {{R"(["datetime-plus", "day", 1, "~t2015-07-28T00:00:00Z"])",
                    R"("~t2015-07-29T00:00:00Z")"},
                   {R"(["datetime-plus", "month", 1, "~t2024-01-31T00:00:00Z"])",
                    R"("~t2024-02-29T00:00:00Z")"}},
      .bind = [](const dtl::Call& call) { return BindPart(call, Plus); },
  });
  catalogue.Add({
      .name = "datetime-diff",
      .chapter = "dates",
      .params = {{"DATEPART", kString}, {"STARTDATE", kValues}, {"ENDDATE", kValues}},
      .doc = "Counts the whole units of DATEPART (as in datetime-plus) from ENDDATE to STARTDATE, "
             "towards zero: "
             "negative if STARTDATE is the earlier one. Null if one of them is no datetime.",
      .examples =
          {{R"(["datetime-diff", "day", "~t2015-07-28T00:00:00Z", "~t2015-07-29T00:00:00Z"])",
            "-1"},
           {R"(["datetime-diff", "month", "~t2016-07-29T00:00:00Z", "~t2015-03-02T00:00:00Z"])",
            "16"}},
      .bind = [](const dtl::Call& call) { return BindPart(call, Diff); },
  });
  catalogue.Add({
      .name = "datetime-shift",
      .chapter = "dates",
      .params = {{"FROM_TIMEZONE", kString}, {"TO_TIMEZONE", kString}, {"VALUES", kValues}},
      .doc = "Reads the datetimes in VALUES as what a clock showed in FROM_TIMEZONE, and gives "
             "what a clock in "
             "TO_TIMEZONE showed then. Other values are dropped.",
      .examples = {{R"(["datetime-shift", "Europe/Oslo", "UTC", "~t2015-07-28T09:46:00Z"])",
                    R"("~t2015-07-28T07:46:00Z")"}},
      .bind = BindShift,
  });
}

}  // namespace sluice::functions
