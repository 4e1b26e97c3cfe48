// abs: numbers without their sign.

#include "functions/math/math.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

Result<Value> Absolute(const dtl::Args& args) {
  return dtl::MapValues(args, args[0], [&](const Value& value) -> std::optional<Value> {
    if (!value.IsNumber()) return std::nullopt;
    return Sign(value) < 0 ? Negate(value, args.arena()) : value;
  });
}

}  // namespace

void AddAbs(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "abs",
      .chapter = "math",
      .params = {{"VALUES"}},
      .doc = "The absolute values of the numbers in VALUES; each keeps its type. Other values are "
             "left out.",
      .examples = {{R"(["abs", ["list", -2, 4, "x"]])", "[2, 4]"}, {R"(["abs", -2.23])", "2.23"}},
      .eval = Absolute,
  });
}

}  // namespace sluice::functions
