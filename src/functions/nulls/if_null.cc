// if-null: a value or its stand-in.

#include "functions/nulls/nulls.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Result<Value> IfNull(const dtl::Args& args) {
  return FirstValue(args[0]).IsNull() ? args[1] : args[0];
}

}  // namespace

void AddIfNull(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "if-null",
      .chapter = "nulls",
      .params = {{"VALUE"}, {"FALLBACK-VALUE"}},
      .doc = "VALUE, or FALLBACK-VALUE where is-null is true for VALUE.",
      .examples = {{R"(["if-null", null, 2])", "2"},
                   {R"(["if-null", ["list", 1, "12345"], 2])", R"([1, "12345"])"}},
      .eval = IfNull,
  });
}

}  // namespace sluice::functions
