// flatten: one level of lists less.

#include "functions/arguments.h"
#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Result<Value> Flatten(const dtl::Args& args) {
  Arena& arena = args.arena();
  uint64_t count = 0;
  const auto values = ValuesOf(args[0], arena);
  for (const Value& value : values) count += IsSequence(value) ? value.count() : 1;
  SLUICE_TRY(CheckListItems(args, count));
  ListBuilder out(arena, count);
  for (const Value& value : values) {
    if (IsSequence(value)) {
      out.AddAll(ValuesOf(value, arena));
    } else {
      out.Add(value);
    }
  }
  return out.List();
}

}  // namespace

void AddFlatten(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "flatten",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "A new list in which the lists in VALUES are replaced by their items; not deeper. A "
             "single value gives a list of one, null the empty list.",
      .examples = {{R"(["flatten", ["list", ["list", 1, 2], ["list", 3, ["list", 4], 5]]])",
                    "[1, 2, 3, [4], 5]"}},
      .eval = Flatten,
  });
}

}  // namespace sluice::functions
