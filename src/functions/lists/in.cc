// in: whether values are among others.

#include <algorithm>

#include "functions/lists/lists.h"
#include "functions/sequence.h"
#include "functions/value_set.h"
#include "value/relations.h"

namespace sluice::functions {
namespace {

bool IsAmong(std::string_view text, const Value& items) {
  if (!IsSequence(items)) return items.IsString() && items.text() == text;
  for (const Value& item : AsList(items).items()) {
    if (item.IsString() && item.text() == text) return true;
  }
  return false;
}

Result<Value> In(const dtl::Args& args) {
  if (args[0].IsString()) return Value::Boolean(IsAmong(args[0].text(), args[1]));
  const auto values = ValuesOf(args[0], args.arena());
  if (values.empty()) return Value::Boolean(false);
  const auto items = ValuesOf(args[1], args.arena());
  // Few are compared one by one.
  constexpr size_t kComparedMax = 16;
  if (values.size() * items.size() <= kComparedMax) {
    return Value::Boolean(std::all_of(values.begin(), values.end(), [&](const Value& value) {
      return std::any_of(items.begin(), items.end(),
                         [&](const Value& item) { return Equal(value, item); });
    }));
  }
  ValueSet set(args.arena(), items.size());
  for (const Value& item : items) set.Insert(item);
  for (const Value& value : values) {
    if (!set.Contains(value)) return Value::Boolean(false);
  }
  return Value::Boolean(true);
}

}  // namespace

void AddIn(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "in",
      .chapter = "lists",
      .params = {{"VALUES"}, {"ITEMS"}},
      .doc = "True if all values in VALUES are also in ITEMS. False if VALUES is null or an empty "
             "list.",
      .examples = {{R"(["in", "a", ["list", "a", "b"]])", "true"},
                   {R"(["in", ["list", "a", "d"], ["list", "a", "b"]])", "false"}},
      .eval = In,
  });
}

}  // namespace sluice::functions
