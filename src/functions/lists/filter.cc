// filter: the values that pass.

#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Result<Value> Filter(const dtl::Args& args) {
  if (args[1].IsNull()) return Value::Null();
  return dtl::MapValues(args, AsList(args[1]),
                        [&](const Value& value) -> Result<std::optional<Value>> {
                          SLUICE_TRY(const Value passes, args.Apply(0, value));
                          return passes.IsTrue() ? std::optional(value) : std::nullopt;
                        });
}

}  // namespace

void AddFilter(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "filter",
      .chapter = "lists",
      .params = {{"FUNCTION", dtl::Kind::kFunction}, {"VALUES"}},
      .doc =
          "The values in VALUES for which FUNCTION is true. A single value gives itself or null.",
      .examples = {{R"(["filter", ["gt", "_.age", 42], "_S.people"])", R"([{"age": 50}])",
                    R"({"people": [{"age": 30}, {"age": 50}, {"age": 40}]})"},
                   {R"(["filter", ["neq", "_.", "x"], "x"])", "null"}},
      .eval = Filter,
  });
}

}  // namespace sluice::functions
