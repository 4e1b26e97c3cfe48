// distinct: without duplicates.

#include "functions/lists/lists.h"
#include "functions/sequence.h"
#include "functions/value_set.h"

namespace sluice::functions {
namespace {

Result<Value> Distinct(const dtl::Args& args) {
  const bool has_function = args.size() == 2;
  const Value values = args[has_function ? 1 : 0];
  if (!IsSequence(values)) return values;
  const auto items = ValuesOf(values, args.arena());
  ValueSet keys(args.arena(), items.size());
  ListBuilder out(args.arena(), items.size());
  for (const Value& item : items) {
    Value key = item;
    if (has_function) {
      SLUICE_TRY(key, args.Apply(0, item));
    }
    if (keys.Insert(key)) out.Add(item);
  }
  return out.List();
}

}  // namespace

void AddDistinct(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "distinct",
      .chapter = "lists",
      .params = {{"FUNCTION", dtl::Kind::kFunction, 0, 1}, {"VALUES"}},
      .doc = "VALUES without duplicates; the first of equal values stays. With FUNCTION values "
             "are duplicates if its results for them are equal. What is no list stays as it is.",
      .examples = {{R"(["distinct", ["list", 4, 2, 5, 4, 3]])", "[4, 2, 5, 3]"},
                   {R"(["distinct", ["upper", "_."], ["list", "a", "A", "B", "b"]])",
                    R"(["a", "B"])"}},
      .eval = Distinct,
  });
}

}  // namespace sluice::functions
