// map-dict and map-values: functions over the properties of dicts.

#include "functions/dict_builder.h"
#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Result<std::optional<Value>> MapOneDict(const dtl::Args& args, const Value& dict) {
  if (!dict.IsDict()) return std::optional<Value>();
  DictBuilder out(args.arena(), dict.count());
  for (const Property& property : dict.properties()) {
    SLUICE_TRY(const Value key, args.Apply(0, Value::String(property.name)));
    const auto name = key.AsString();
    if (!name) continue;
    SLUICE_TRY(const Value value, args.Apply(1, property.value));
    out.Set(*name, value);
  }
  return out.size() == 0 ? std::nullopt : std::optional(out.Dict());
}

Result<Value> MapDict(const dtl::Args& args) {
  return dtl::MapValues(args, AsList(args[2]),
                        [&](const Value& value) { return MapOneDict(args, value); });
}

Result<Value> MapDictValues(const dtl::Args& args) {
  if (!args[1].IsDict() && !IsSequence(args[1])) return Value::Null();
  ListBuilder out(args.arena());
  for (const Value& dict : ValuesOf(args[1], args.arena())) {
    for (const Property& property : dict.properties()) {
      SLUICE_TRY(const Value value, args.Apply(0, property.value));
      out.Add(value);
    }
  }
  return out.List();
}

}  // namespace

void AddMapDict(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "map-dict",
      .chapter = "lists",
      .params = {{"KEY_FUNCTION", kFunction}, {"VALUE_FUNCTION", kFunction}, {"VALUES"}},
      .doc = "For each dict in VALUES a dict whose names KEY_FUNCTION makes of its names, and "
             "VALUE_FUNCTION its values of its values. A property whose new name is no string is "
             "left out, and so are dicts without properties and values that are no dicts. Of "
             "several properties with one name the last wins.",
      .examples = {{R"(["map-dict", ["upper", "_."], ["plus", 1, "_."], {"a": 1, "b": 2}])",
                    R"({"A": 2, "B": 3})"}},
      .eval = MapDict,
  });
  catalogue.Add({
      .name = "map-values",
      .chapter = "lists",
      .params = {{"VALUE_FUNCTION", kFunction}, {"VALUES"}},
      .doc = "One list of what VALUE_FUNCTION gives for all values of all dicts in VALUES. Values "
             "that are no dicts are left out. Null if VALUES is neither a dict nor a list.",
      .examples = {{R"(["map-values", ["lower", "_."], {"x": "A", "y": "B"}])", R"(["a", "b"])"}},
      .eval = MapDictValues,
  });
}

}  // namespace sluice::functions
