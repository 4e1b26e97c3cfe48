// map: a function over values.

#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Result<Value> Map(const dtl::Args& args) {
  if (args[1].IsNull()) return Value::Null();
  return dtl::MapValues(args, AsList(args[1]),
                        [&](const Value& value) -> Result<std::optional<Value>> {
                          SLUICE_TRY(const Value result, args.Apply(0, value));
                          return std::optional(result);
                        });
}

}  // namespace

void AddMap(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "map",
      .chapter = "lists",
      .params = {{"FUNCTION", dtl::Kind::kFunction}, {"VALUES"}},
      .doc = "The results of FUNCTION for each value in VALUES, null among them. A single value "
             "gives a single result, null gives null.",
      .examples = {{R"(["map", ["lower", "_."], ["list", "A", "B"]])", R"(["a", "b"])"},
                   {R"(["map", ["count", "_."], ["list", ["list", 1, 2], null]])", "[2, 0]"}},
      .eval = Map,
  });
}

}  // namespace sluice::functions
