// hex: integers as hexadecimal text.

#include "functions/numbers/numbers.h"
#include "functions/numbers/twos_complement.h"

namespace sluice::functions {
namespace {

Result<Value> Hex(const dtl::Args& args) {
  return dtl::MapValues(args, args[0], [&](const Value& value) -> Result<std::optional<Value>> {
    if (value.kind() != Kind::kInteger) return std::optional<Value>();
    SLUICE_TRY(const std::string digits, ToHexDigits(value, args.arena()));
    return std::optional(Value::String(args.arena().Concat("0x", digits)));
  });
}

}  // namespace

void AddHex(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "hex",
      .chapter = "numbers",
      .params = {{"VALUES"}},
      .doc = "The integers in VALUES as text: 0x and the two's complement in as few bytes as hold "
             "the number and its sign, two digits each. Other values are left out.",
      .examples = {{R"(["hex", 255])", R"("0x00ff")"},
                   {R"(["hex", ["list", 1, 124.4, -1]])", R"(["0x01", "0xff"])"}},
      .eval = Hex,
  });
}

}  // namespace sluice::functions
