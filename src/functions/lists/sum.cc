// sum: the numbers of a list together.

#include "functions/lists/lists.h"
#include "functions/sequence.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

Result<Value> Sum(const dtl::Args& args) {
  Value total = Value::Integer(0);
  for (const Value& value : ValuesOf(args[0], args.arena())) {
    if (!value.IsNumber()) continue;
    SLUICE_TRY(total, Calculate(Operator::kPlus, total, value, args.arena()));
  }
  return total;
}

}  // namespace

void AddSum(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "sum",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "The sum of the numbers in VALUES; other values are left out. 0 if there is none. A "
             "decimal makes the sum a decimal, otherwise a float makes it a float.",
      .examples = {{R"(["sum", ["list", 2, "x", 4, 6]])", "12"}, {R"(["sum", null])", "0"}},
      .eval = Sum,
  });
}

}  // namespace sluice::functions
