// difference, intersection, intersects and union.

#include "functions/sequence.h"
#include "functions/sets/sets.h"
#include "functions/value_set.h"

namespace sluice::functions {
namespace {

enum class Keep { kThoseIn, kThoseNotIn };

ValueSet SetOf(std::span<const Value> values, Arena& arena) {
  ValueSet set(arena, values.size());
  for (const Value& value : values) set.Insert(value);
  return set;
}

// VALUES1 in their order, duplicates too, of which the kept ones are (not) in VALUES2.
Result<Value> Select(const dtl::Args& args, Keep keep) {
  const auto values = ValuesOf(args[0], args.arena());
  const ValueSet others = SetOf(ValuesOf(args[1], args.arena()), args.arena());
  ListBuilder out(args.arena(), values.size());
  for (const Value& value : values) {
    if (others.Contains(value) == (keep == Keep::kThoseIn)) out.Add(value);
  }
  return out.List();
}

Result<Value> Intersects(const dtl::Args& args) {
  const ValueSet others = SetOf(ValuesOf(args[1], args.arena()), args.arena());
  for (const Value& value : ValuesOf(args[0], args.arena())) {
    if (others.Contains(value)) return Value::Boolean(true);
  }
  return Value::Boolean(false);
}

Result<Value> Union(const dtl::Args& args) {
  const auto values = ValuesOf(args[0], args.arena());
  const auto others = ValuesOf(args[1], args.arena());
  ValueSet set(args.arena(), values.size() + others.size());
  for (const Value& value : values) set.Insert(value);
  for (const Value& value : others) set.Insert(value);
  return Value::List(set.values());
}

std::vector<dtl::Param> Params() { return {{"VALUES1"}, {"VALUES2"}}; }

}  // namespace

void AddSetOperations(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "difference",
      .chapter = "sets",
      .params = Params(),
      .doc = "A list of the values in VALUES1 that are not in VALUES2, in their order and with "
             "their duplicates. Null has no values.",
      .examples = {{R"(["difference", ["list", "D", "A", "D", "B"], ["list", "A", "F"]])",
                    R"(["D", "D", "B"])"}},
      .eval = [](const dtl::Args& args) { return Select(args, Keep::kThoseNotIn); },
  });
  catalogue.Add({
      .name = "intersection",
      .chapter = "sets",
      .params = Params(),
      .doc = "A list of the values in VALUES1 that are also in VALUES2, in their order and with "
             "their duplicates. Null has no values.",
      .examples = {{R"(["intersection", ["list", "B", "C", "B", "D"], ["list", "A", "B"]])",
                    R"(["B", "B"])"}},
      .eval = [](const dtl::Args& args) { return Select(args, Keep::kThoseIn); },
  });
  catalogue.Add({
      .name = "intersects",
      .chapter = "sets",
      .params = Params(),
      .doc = "True if a value is both in VALUES1 and in VALUES2.",
      .examples = {{R"(["intersects", "B", ["list", "B", "C"]])", "true"}},
      .eval = Intersects,
  });
  catalogue.Add({
      .name = "union",
      .chapter = "sets",
      .params = Params(),
      .doc = "A list of the values in VALUES1 and then those in VALUES2, without duplicates: the "
             "first stays. Null has no values.",
      .examples = {{R"(["union", ["list", "A", "B"], ["list", "B", "C"]])", R"(["A", "B", "C"])"}},
      .eval = Union,
  });
}

}  // namespace sluice::functions
