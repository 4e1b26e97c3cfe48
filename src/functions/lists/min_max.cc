// min and max.

#include "functions/lists/lists.h"
#include "functions/sequence.h"
#include "value/relations.h"

namespace sluice::functions {
namespace {

enum class Extreme { kLeast, kGreatest };

// Of values with equal keys the first stays.
Result<Value> Find(const dtl::Args& args, Extreme extreme) {
  const bool has_function = args.size() == 2;
  Value best;
  Value best_key;
  bool is_first = true;
  for (const Value& value : ValuesOf(args[has_function ? 1 : 0], args.arena())) {
    Value key = value;
    if (has_function) {
      SLUICE_TRY(key, args.Apply(0, value));
    }
    const int order = is_first ? 0 : Compare(key, best_key);
    if (!is_first && (extreme == Extreme::kLeast ? order >= 0 : order <= 0)) continue;
    best = value;
    best_key = key;
    is_first = false;
  }
  return best;
}

std::vector<dtl::Param> Params() { return {{"FUNCTION", dtl::Kind::kFunction, 0, 1}, {"VALUES"}}; }

}  // namespace

void AddMinMax(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "max",
      .chapter = "lists",
      .params = Params(),
      .doc = "The greatest value in VALUES, or the one for which FUNCTION's result is the "
             "greatest; the first of several. Types are ordered as sorted orders them. Null if "
             "there is no value.",
      .examples = {{R"(["max", ["list", 4, 2, 5, 3]])", "5"},
                   {R"(["max", ["list", "b", 2, "a"]])", R"("b")"}},
      .eval = [](const dtl::Args& args) { return Find(args, Extreme::kGreatest); },
  });
  catalogue.Add({
      .name = "min",
      .chapter = "lists",
      .params = Params(),
      .doc = "The least value in VALUES, or the one for which FUNCTION's result is the least; "
             "otherwise as max.",
      .examples = {{R"(["min", ["list", 4, 2, 5, 3]])", "2"},
                   {R"(["min", ["list", "B", "b", "A", "a"]])", R"("A")"}},
      .eval = [](const dtl::Args& args) { return Find(args, Extreme::kLeast); },
  });
}

}  // namespace sluice::functions
