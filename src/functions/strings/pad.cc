// ljust and rjust: widen a string with a fill character.

#include "functions/arguments.h"
#include "functions/strings/characters.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

enum class Side { kLeft, kRight };

Result<std::optional<Value>> Pad(const dtl::Args& args, const Value& value, int64_t width,
                                 std::string_view fill, Side side) {
  const auto text = value.AsString();
  if (!text) return std::optional<Value>();
  const int64_t length = CountCharacters(*text);
  if (width <= length) return std::optional(value);
  const int64_t missing = width - length;
  SLUICE_TRY(CheckStringBytes(args, text->size() + static_cast<uint64_t>(missing) * fill.size()));
  const auto padding = args.arena().Repeat(fill, static_cast<size_t>(missing));
  const auto padded = side == Side::kLeft ? args.arena().Concat(padding, *text)
                                          : args.arena().Concat(*text, padding);
  return std::optional(Value::String(padded));
}

Result<Value> Justify(const dtl::Args& args, Side side) {
  const auto width = args[0].AsInteger();
  const auto fill = args[1].AsString();
  if (!width || !fill || CountCharacters(*fill) != 1) return Value::Null();
  if (*width > static_cast<int64_t>(limits::kStringCharactersMax)) {
    return TooLarge("WIDTH", static_cast<uint64_t>(*width), limits::kStringCharactersMax);
  }
  return dtl::MapValues(args, args[2],
                        [&](const Value& value) { return Pad(args, value, *width, *fill, side); });
}

std::vector<dtl::Param> Params() {
  using enum dtl::Kind;
  return {{"WIDTH", kInteger}, {"FILL_CHARACTER", kString}, {"VALUES", kValues}};
}

}  // namespace

void AddPad(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "ljust",
      .chapter = "strings",
      .params = Params(),
      .doc =
          "Fills each string in VALUES on the right with FILL_CHARACTER, up to WIDTH characters. "
          "A longer string stays as it is; other values are left out. "
          "Null if WIDTH is not an integer or FILL_CHARACTER is not one character.",
      .examples = {{R"(["ljust", 6, "0", "123"])", R"("123000")"},
                   {R"(["ljust", 5, "-", ["list", "abc", 7]])", R"(["abc--"])"}},
      .eval = [](const dtl::Args& args) { return Justify(args, Side::kRight); },
  });
  catalogue.Add({
      .name = "rjust",
      .chapter = "strings",
      .params = Params(),
      .doc = "Fills each string in VALUES on the left with FILL_CHARACTER; otherwise as ljust.",
      .examples = {{R"(["rjust", 6, "0", "123"])", R"("000123")"}},
      .eval = [](const dtl::Args& args) { return Justify(args, Side::kLeft); },
  });
}

}  // namespace sluice::functions
