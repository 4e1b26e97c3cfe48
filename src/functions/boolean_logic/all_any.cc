// all and any: the truth of many values.

#include "functions/boolean_logic/boolean_logic.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

// Whether some value of VALUES, or what FUNCTION gives for it, has the wanted truth.
Result<bool> HasOne(const dtl::Args& args, bool wanted) {
  const bool has_function = args.size() == 2;
  for (const Value& value : ValuesOf(args[has_function ? 1 : 0], args.arena())) {
    if (!has_function) {
      if (value.IsTrue() == wanted) return true;
      continue;
    }
    SLUICE_TRY(const Value result, args.Apply(0, value));
    if (result.IsTrue() == wanted) return true;
  }
  return false;
}

Result<Value> All(const dtl::Args& args) {
  SLUICE_TRY(const bool has_false, HasOne(args, false));
  return Value::Boolean(!has_false);
}

Result<Value> Any(const dtl::Args& args) {
  SLUICE_TRY(const bool has_true, HasOne(args, true));
  return Value::Boolean(has_true);
}

std::vector<dtl::Param> Params() { return {{"FUNCTION", dtl::Kind::kFunction, 0, 1}, {"VALUES"}}; }

}  // namespace

void AddAllAny(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "all",
      .chapter = "boolean-logic",
      .params = Params(),
      .doc = "True if every value in VALUES is true, or with FUNCTION if it is true for every "
             "value. Also true where there is no value. False are null, false and the empty list.",
      .examples = {{R"(["all", ["list", 1, 2, 3]])", "true"},
                   {R"(["all", ["gt", "_.", 2], ["list", 1, 3, 5]])", "false"}},
      .eval = All,
  });
  catalogue.Add({
      .name = "any",
      .chapter = "boolean-logic",
      .params = Params(),
      .doc = "True if a value in VALUES is true, or with FUNCTION if it is true for one of them. "
             "False where there is no value.",
      .examples = {{R"(["any", ["list", null, false, 0]])", "true"},
                   {R"(["any", ["lt", "_.", 2], ["list", 6, 7, 8]])", "false"}},
      .eval = Any,
  });
}

}  // namespace sluice::functions
