// sorted and sorted-descending.

#include <algorithm>

#include "functions/arguments.h"
#include "functions/lists/lists.h"
#include "functions/sequence.h"
#include "value/relations.h"

namespace sluice::functions {
namespace {

enum class Direction { kAscending, kDescending };

struct Keyed {
  Value key;
  Value value;
};

// Values with equal keys keep their order in both directions.
Result<Value> Sort(const dtl::Args& args, Direction direction) {
  const bool has_function = args.size() == 2;
  const Value values = args[has_function ? 1 : 0];
  if (!IsSequence(values)) return values;
  Arena& arena = args.arena();
  const auto items = ValuesOf(values, arena);
  SLUICE_TRY(args.evaluation().CountSteps(items.size()));
  Keyed* const keyed = arena.AllocateArray<Keyed>(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    Value key = items[i];
    if (has_function) {
      SLUICE_TRY(key, args.Apply(0, items[i]));
    }
    new (keyed + i) Keyed{key, items[i]};
  }
  std::stable_sort(keyed, keyed + items.size(), [direction](const Keyed& a, const Keyed& b) {
    return direction == Direction::kAscending ? Compare(a.key, b.key) < 0
                                              : Compare(a.key, b.key) > 0;
  });
  ListBuilder out(arena, items.size());
  for (size_t i = 0; i < items.size(); ++i) out.Add(keyed[i].value);
  return out.List();
}

std::vector<dtl::Param> Params() { return {{"FUNCTION", dtl::Kind::kFunction, 0, 1}, {"VALUES"}}; }

}  // namespace

void AddSorted(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "sorted",
      .chapter = "lists",
      .params = Params(),
      .doc = "The items of VALUES in ascending order, or ordered by the results of FUNCTION for "
             "them. Types are ordered null, booleans, numbers, dates, UUIDs, NIs, URIs, strings "
             "(by code points), dicts, tuples, bytes, lists. Items that are equal keep their "
             "order. What is no list stays as it is.",
      .examples = {{R"(["sorted", ["list", "b", 2, "a", 4]])", R"([2, 4, "a", "b"])"},
                   {R"(["sorted", "_.age", "_S.people"])", R"([{"age": 20}, {"age": 30}])",
                    R"({"people": [{"age": 30}, {"age": 20}]})"}},
      .eval = [](const dtl::Args& args) { return Sort(args, Direction::kAscending); },
  });
  catalogue.Add({
      .name = "sorted-descending",
      .chapter = "lists",
      .params = Params(),
      .doc = "The items of VALUES in descending order; otherwise as sorted.",
      .examples = {{R"(["sorted-descending", ["list", 4, 2, 5, 4, 3]])", "[5, 4, 4, 3, 2]"}},
      .eval = [](const dtl::Args& args) { return Sort(args, Direction::kDescending); },
  });
}

}  // namespace sluice::functions
