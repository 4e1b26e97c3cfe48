// coalesce: the first value there is.

#include "functions/nulls/nulls.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Result<Value> Coalesce(const dtl::Args& args) {
  const bool has_function = args.size() == 2;
  for (const Value& value : ValuesOf(args[has_function ? 1 : 0], args.arena())) {
    if (!has_function) {
      if (!value.IsNull()) return value;
      continue;
    }
    SLUICE_TRY(const Value passes, args.Apply(0, value));
    if (passes.IsTrue()) return value;
  }
  return Value::Null();
}

}  // namespace

void AddCoalesce(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "coalesce",
      .chapter = "nulls",
      .params = {{"FUNCTION", dtl::Kind::kFunction, 0, 1}, {"VALUES"}},
      .doc = "The first value in VALUES that is not null; with FUNCTION the first for which it is "
             "true. Null if there is none.",
      .examples = {{R"(["coalesce", ["list", null, "a", "b"]])", R"("a")"},
                   {R"(["coalesce", ["gt", "_.n", 1], "_S.items"])", R"({"n": 2})",
                    R"({"items": [{"n": 1}, {"n": 2}, {"n": 3}]})"}},
      .eval = Coalesce,
  });
}

}  // namespace sluice::functions
