// items, key-values, keys and values: the properties of dicts as lists.

#include "functions/dictionaries/dictionaries.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Value PairOf(const Property& property, Arena& arena) {
  const Value pair[] = {Value::String(property.name), property.value};
  return Value::List(arena.CopyArray(std::span<const Value>(pair)));
}

Value KeyValueOf(const Property& property, Arena& arena) {
  const Property properties[] = {{"key", Value::String(property.name)}, {"value", property.value}};
  return Value::Dict(arena.CopyArray(std::span<const Property>(properties)));
}

// One list of what `make` gives for all properties; null where there is neither a dict nor a list.
template <class F>
Value ListProperties(const dtl::Args& args, F&& make) {
  if (!args[0].IsDict() && !IsSequence(args[0])) return Value::Null();
  ListBuilder out(args.arena());
  for (const Value& dict : ValuesOf(args[0], args.arena())) {
    for (const Property& property : dict.properties()) out.Add(make(property));
  }
  return out.List();
}

Result<Value> Items(const dtl::Args& args) {
  return ListProperties(args,
                        [&](const Property& property) { return PairOf(property, args.arena()); });
}

// The reference's example gives a dict, not a list, for a single dict with one property.
Result<Value> KeyValues(const dtl::Args& args) {
  const Value list = ListProperties(
      args, [&](const Property& property) { return KeyValueOf(property, args.arena()); });
  return args[0].IsDict() && list.count() == 1 ? list.At(0) : list;
}

Result<Value> Keys(const dtl::Args& args) {
  return ListProperties(args,
                        [](const Property& property) { return Value::String(property.name); });
}

Result<Value> Values(const dtl::Args& args) {
  return ListProperties(args, [](const Property& property) { return property.value; });
}

}  // namespace

void AddItems(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "items",
      .chapter = "dictionaries",
      .params = {{"DICTS"}},
      .doc = "A list of pairs, name and value, of all properties of all dicts in DICTS. Other "
             "values are left out. Null if DICTS is neither a dict nor a list.",
      .examples = {{R"(["items", ["list", {"A": 1, "B": 2}, "x", {"C": 3}]])",
                    R"([["A", 1], ["B", 2], ["C", 3]])"}},
      .eval = Items,
  });
  catalogue.Add({
      .name = "key-values",
      .chapter = "dictionaries",
      .params = {{"DICTS"}},
      .doc = "A list with a dict for each property of all dicts in DICTS: \"key\" is its name, "
             "\"value\" its value. A single dict with one property gives a single dict. Other "
             "values are left out. Null if DICTS is neither a dict nor a list.",
      .examples = {{R"(["key-values", {"a": 1, "b": 2}])",
                    R"([{"key": "a", "value": 1}, {"key": "b", "value": 2}])"},
                   {R"(["key-values", {"hello": "world"}])",
                    R"({"key": "hello", "value": "world"})"}},
      .eval = KeyValues,
  });
  catalogue.Add({
      .name = "keys",
      .chapter = "dictionaries",
      .params = {{"DICTS"}},
      .doc = "A list of the names of all properties of all dicts in DICTS. Other values are left "
             "out. Null if DICTS is neither a dict nor a list.",
      .examples = {{R"(["keys", ["list", {"A": 1, "B": 2}, 123, {"A": 1}]])",
                    R"(["A", "B", "A"])"}},
      .eval = Keys,
  });
  catalogue.Add({
      .name = "values",
      .chapter = "dictionaries",
      .params = {{"DICTS"}},
      .doc = "A list of the values of all properties of all dicts in DICTS. Other values are left "
             "out. Null if DICTS is neither a dict nor a list.",
      .examples = {{R"(["values", ["list", {"A": 1, "B": 2}, 123, {"A": 1}]])", "[1, 2, 1]"}},
      .eval = Values,
  });
}

}  // namespace sluice::functions
