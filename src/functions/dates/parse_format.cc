// datetime-parse and datetime-format: text to instants and back.

#include "functions/dates/date_format.h"
#include "functions/dates/dates.h"

namespace sluice::functions {
namespace {

// The format, and the zone in front of it, of a call: [TIMEZONE,] FORMAT, VALUES.
struct Pattern {
  TimeZone zone = TimeZone::Utc();
  DateFormat format;
};

Result<Pattern> CompilePattern(std::optional<std::string_view> zone, std::string_view format) {
  SLUICE_TRY(auto compiled, DateFormat::Compile(format));
  Pattern pattern{TimeZone::Utc(), std::move(compiled)};
  if (zone) {
    SLUICE_TRY(pattern.zone, TimeZone::Load(*zone));
  }
  return pattern;
}

// Compiles the pattern once where its parts are literals, else for each call.
template <class Body>
Result<dtl::Eval> Bind(const dtl::Call& call, Body body) {
  const size_t format_at = call.size() - 2;
  const bool has_zone = call.size() == 3;
  if (call.IsConstant(format_at) && (!has_zone || call.IsConstant(0))) {
    const auto format = call.Constant(format_at).AsString();
    if (!format) return call.Fail(format_at, "expected a date format, a string");
    std::optional<std::string_view> zone;
    if (has_zone) {
      zone = call.Constant(0).AsString();
      if (!zone) return call.Fail(0, "expected the name of a time zone, a string");
      if (auto known = TimeZone::Load(*zone); !known.ok())
        return call.Fail(0, known.error().message);
    }
    auto pattern = CompilePattern(zone, *format);
    if (!pattern.ok()) return call.Fail(format_at, pattern.error().message);
    return dtl::Eval(
        [body, pattern = std::move(*pattern), values_at = format_at + 1](const dtl::Args& args) {
          const Value values = args[values_at];
          return body(args, pattern, values);
        });
  }
  return dtl::Eval([body, has_zone](const dtl::Args& args) -> Result<Value> {
    const auto format = args[has_zone ? 1 : 0].AsString();
    const auto zone = args[0].AsString();
    if (!format || (has_zone && !zone)) return Value::Null();
    auto pattern = CompilePattern(has_zone ? zone : std::nullopt, *format);
    if (!pattern.ok()) return MakeError(Code::kBadData, "{}", pattern.error().message);
    const Value values = args[has_zone ? 2 : 1];
    return body(args, *pattern, values);
  });
}

Result<Value> Parse(const dtl::Args& args, const Pattern& pattern, const Value& values) {
  return dtl::MapValues(args, values, [&](const Value& value) -> Result<std::optional<Value>> {
    const auto text = value.AsString();
    if (!text) return std::optional<Value>();
    const auto at = pattern.format.Parse(*text, pattern.zone);
    return at ? std::optional(Value::Datetime(*at)) : std::nullopt;
  });
}

Result<Value> Format(const dtl::Args& args, const Pattern& pattern, const Value& values) {
  return dtl::MapValues(args, values, [&](const Value& value) -> std::optional<Value> {
    const auto at = value.AsDatetime();
    if (!at) return std::nullopt;
    return std::optional(Value::String(pattern.format.Format(*at, pattern.zone, args.arena())));
  });
}

std::vector<dtl::Param> Params() {
  using enum dtl::Kind;
  return {{"TIMEZONE_NAME", kString, 0, 1}, {"FORMATSTRING", kString}, {"VALUES", kValues}};
}

}  // namespace

void AddParseFormat(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "datetime-parse",
      .chapter = "dates",
      .params = Params(),
      .doc = "Makes datetimes of those strings in VALUES that match FORMATSTRING as a whole; all "
             "others are dropped. "
             "Text without an offset of its own (%z) is read as time in TIMEZONE_NAME, UTC by "
             "default. Tokens: %d and "
             "%e day, %m month, %Y year, %y year without century (69 to 99 are 1969 to 1999), %H "
             "hour, %I hour of a "
             "12-hour clock with %p am or pm, %M minute, %S second, %f fraction of a second, %z "
             "offset (+HHMM, "
             "+HH:MM, Z; at the end only), %% a percent sign. What the format does not name is "
             "taken from "
             "1900-01-01T00:00:00.",
      .examples =
          {{R"(["datetime-parse", "%d.%m.%Y", "28.07.2015"])", R"("~t2015-07-28T00:00:00Z")"},
           {R"(["datetime-parse", "Europe/Oslo", "%Y-%m-%dT%H:%M:%S", "2018-08-18T12:39:01"])",
            R"("~t2018-08-18T10:39:01Z")"},
           {R"(["datetime-parse", "%Y-%m-%dT%H:%M:%S%z", "2015-07-28T09:46:00+0200"])",
            R"("~t2015-07-28T07:46:00Z")"}},
      .bind =
          [](const dtl::Call& call) {
            return Bind(call, [](auto&... all) { return Parse(all...); });
          },
  });
  catalogue.Add({
      .name = "datetime-format",
      .chapter = "dates",
      .params = Params(),
      .doc = "Writes the datetimes in VALUES as strings, in TIMEZONE_NAME (UTC by default), as "
             "FORMATSTRING says; "
             "other values are dropped. The tokens are those of datetime-parse; %f has "
             "microseconds, so nanoseconds "
             "are lost.",
      .examples =
          {{R"(["datetime-format", "%Y-%m-%d", "~t2015-07-28T09:46:00Z"])", R"("2015-07-28")"},
           {R"(["datetime-format", "Europe/Oslo", "%Y-%m-%d %H:%M:%S", "~t2018-08-18T12:39:01Z"])",
            R"("2018-08-18 14:39:01")"}},
      .bind =
          [](const dtl::Call& call) {
            return Bind(call, [](auto&... all) { return Format(all...); });
          },
  });
}

}  // namespace sluice::functions
