// integer, float and decimal.

#include <fmt/format.h>

#include <cmath>

#include "functions/cast.h"
#include "functions/numbers/numbers.h"
#include "functions/numbers/twos_complement.h"
#include "functions/strings/characters.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

using Converted = Result<std::optional<Value>>;

// Text of a number with white space around it taken away, and zeros put where ".5" and "5." leave
// them out.
std::string_view NumberText(std::string_view text, Arena& arena) {
  text = Trim(text);
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return text;
  const auto is_digit = [&](size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  const bool before = point > 0 && is_digit(point - 1);
  const bool after = is_digit(point + 1);
  if (before == after) return text;
  const auto head = before ? text.substr(0, point + 1) : arena.Concat(text.substr(0, point), "0.");
  return arena.Concat(before ? arena.Concat(head, "0") : head, text.substr(point + 1));
}

Converted ToInteger(const Value& value, Arena& arena) {
  if (value.IsNumber()) return sluice::ToInteger(value, arena);
  const auto text = value.AsString();
  if (!text) return std::optional<Value>();
  const auto digits = Trim(*text);
  if (digits.starts_with("0x")) return ParseHexDigits(digits.substr(2), arena);
  return ParseInteger(digits, arena);
}

Converted ToFloat(const Value& value, Arena& arena) {
  if (value.kind() == Kind::kFloat) return std::optional(value);
  double number = 0;
  if (value.IsNumber()) {
    number = ToDouble(value);
  } else {
    const auto text = value.AsString();
    if (!text) return std::optional<Value>();
    const auto decimal = ParseDecimal(NumberText(*text, arena), arena);
    if (!decimal) return std::optional<Value>();
    number = ToDouble(*decimal);
  }
  if (!std::isfinite(number)) return std::optional<Value>();
  return std::optional(Value::Float(number));
}

Converted ToDecimal(const Value& value, Arena& arena) {
  if (value.kind() == Kind::kDecimal) return std::optional(value);
  if (value.IsBigInteger()) return std::optional(Value::Decimal(value.text()));
  if (const auto integer = value.AsInteger()) return ParseDecimal(fmt::to_string(*integer), arena);
  if (const auto number = value.AsFloat()) {
    if (!std::isfinite(*number)) return std::optional<Value>();
    return ParseDecimal(FloatText(*number), arena);
  }
  const auto text = value.AsString();
  if (!text) return std::optional<Value>();
  return ParseDecimal(NumberText(*text, arena), arena);
}

template <auto kConvert>
dtl::Eval Cast() {
  return [](const dtl::Args& args) {
    return CastValues(args, [&](const Value& value) { return kConvert(value, args.arena()); });
  };
}

}  // namespace

void AddNumberCasts(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "integer",
      .chapter = "numbers",
      .params = CastParams(),
      .doc = "Makes integers of VALUES: of floats and decimals without their fraction, of strings "
             "that are written as one, and of those that start with 0x, whose digits are read as "
             "two's complement. What is no integer is left out, or replaced by what FUNCTION "
             "gives for it. Null is left out.",
      .examples = {{R"(["integer", ["list", "1", 124.4, "1.7", "0x00ff", "0xff"]])",
                    "[1, 124, 255, -1]"},
                   {R"(["integer", ["string", "n/a"], ["list", "1", "10^2"]])", R"([1, "n/a"])"}},
      .eval = Cast<ToInteger>(),
  });
  catalogue.Add({
      .name = "float",
      .chapter = "numbers",
      .params = CastParams(),
      .doc = "Makes floats (IEEE 754, 64 bits) of VALUES: of numbers, which may lose digits, and "
             "of strings that are written as one. What is no float, or beyond its range, is left "
             "out, or replaced by what FUNCTION gives for it. Null is left out.",
      .examples = {{R"(["float", ["list", "1.0", 2, "one"]])", "[1.0, 2.0]"},
                   {R"(["float", 0.0, "n/a"])", "0.0"}},
      .eval = Cast<ToFloat>(),
  });
  catalogue.Add({
      .name = "decimal",
      .chapter = "numbers",
      .params = CastParams(),
      .doc = "Makes decimals, which are exact, of VALUES: of numbers, and of strings that are "
             "written as one. A float becomes the shortest decimal that stands for it. What is no "
             "decimal is left out, or replaced by what FUNCTION gives for it. Null is left out.",
      .examples = {{R"(["decimal", ["list", "1.0", 2.2, "one"]])", R"(["~f1.0", "~f2.2"])"},
                   {R"(["decimal", ["string", "_."], "n/a"])", R"("n/a")"}},
      .eval = Cast<ToDecimal>(),
  });
}

}  // namespace sluice::functions
