// list and combine: lists of the arguments.

#include "functions/arguments.h"
#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Result<Value> MakeList(const dtl::Args& args) {
  return Value::List(args.arena().CopyArray(args.from(0)));
}

Result<Value> Combine(const dtl::Args& args) {
  uint64_t count = 0;
  for (const Value& argument : args.from(0)) count += CountValues(argument);
  SLUICE_TRY(CheckListItems(args, count));
  ListBuilder out(args.arena(), count);
  for (const Value& argument : args.from(0)) out.AddAll(ValuesOf(argument, args.arena()));
  return out.List();
}

}  // namespace

void AddCombine(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "list",
      .chapter = "lists",
      .params = {{"VALUES", dtl::Kind::kValues, 0, -1}},
      .doc = "A list of the arguments, each as one item: lists stay lists, and null stays.",
      .examples = {{R"(["list", "a", ["list", "b"], null])", R"(["a", ["b"], null])"},
                   {R"(["list"])", "[]"}},
      .eval = MakeList,
  });
  catalogue.Add({
      .name = "combine",
      .chapter = "lists",
      .params = {{"VALUES", dtl::Kind::kValues, 1, -1}},
      .doc = "One list of the values in all arguments: lists give their items, null gives none.",
      .examples = {{R"(["combine", 1, ["list", 2, 3, ["list", 4]]])", "[1, 2, 3, [4]]"},
                   {R"(["combine", null])", "[]"}},
      .eval = Combine,
  });
}

}  // namespace sluice::functions
