// dict: a dict of pairs.

#include "functions/arguments.h"
#include "functions/dict_builder.h"
#include "functions/dictionaries/dictionaries.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

// A pair whose key is no string is left out.
Value DictOfArguments(const dtl::Args& args) {
  DictBuilder out(args.arena(), args.size() / 2);
  for (size_t i = 0; i + 1 < args.size(); i += 2) {
    if (const auto name = args[i].AsString()) out.Set(*name, args[i + 1]);
  }
  return out.Dict();
}

Value DictOfPairs(const Value& pairs, Arena& arena) {
  if (pairs.IsNull()) return pairs;
  const auto values = ValuesOf(pairs, arena);
  DictBuilder out(arena, values.size());
  for (const Value& value : values) {
    if (!IsSequence(value) || value.count() != 2) continue;
    const auto pair = ValuesOf(value, arena);
    if (const auto name = pair[0].AsString()) out.Set(*name, pair[1]);
  }
  return out.Dict();
}

Result<Value> MakeDict(const dtl::Args& args) {
  return args.size() == 1 ? DictOfPairs(args[0], args.arena()) : DictOfArguments(args);
}

Result<dtl::Eval> Bind(const dtl::Call& call) {
  if (call.size() > 1 && call.size() % 2 != 0) {
    return call.Fail(call.size() - 1,
                     fmt::format("expected a value for each key, found {} arguments", call.size()));
  }
  if (call.size() == 1) return dtl::Eval(MakeDict);
  return dtl::Eval([](const dtl::Args& args) { return DictOfArguments(args); });
}

}  // namespace

void AddDict(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "dict",
      .chapter = "dictionaries",
      .params = {{"ITEMS or KEY, VALUE", dtl::Kind::kValues, 0, -1}},
      .doc = "A dict. Without arguments it is empty; of one argument it holds the items that are "
             "lists of two, name and value, and null gives null; otherwise arguments are names "
             "and values in turn. Pairs whose name is no string are left out. Of several pairs "
             "with one name the last wins.",
      .examples = {{R"(["dict", "a", ["upper", "a"], "b", null])", R"({"a": "A", "b": null})"},
                   {R"(["dict", ["list", ["list", "A", 1], "x", ["list", "B", 2]]])",
                    R"({"A": 1, "B": 2})"},
                   {R"(["dict"])", "{}"}},
      .bind = Bind,
  });
}

}  // namespace sluice::functions
