// group and group-by: values that share a key.

#include <string>
#include <vector>

#include "functions/dict_builder.h"
#include "functions/json/json_writer.h"
#include "functions/lists/lists.h"
#include "functions/sequence.h"
#include "functions/value_set.h"

namespace sluice::functions {
namespace {

// Groups in the order of their first values.
class Groups {
 public:
  Groups(Arena& arena, size_t values_max) : arena_(arena), keys_(arena, values_max) {}

  void Add(const Value& key, const Value& value) {
    if (keys_.Insert(key)) members_.emplace_back(arena_);
    members_[*keys_.Find(key)].Add(value);
  }
  std::span<const Value> keys() const { return keys_.values(); }
  Value Members(size_t group) const { return members_[group].List(); }

 private:
  Arena& arena_;
  ValueSet keys_;
  std::vector<ListBuilder> members_;
};

Result<Value> Group(const dtl::Args& args) {
  Arena& arena = args.arena();
  const auto values = ValuesOf(args[2], arena);
  Groups groups(arena, values.size());
  for (const Value& value : values) {
    SLUICE_TRY(const Value key, args.Apply(0, value));
    SLUICE_TRY(const Value grouped, args.Apply(1, value));
    groups.Add(key, grouped);
  }
  ListBuilder out(arena, groups.keys().size());
  for (size_t i = 0; i < groups.keys().size(); ++i) {
    const Value pair[] = {groups.keys()[i], groups.Members(i)};
    out.Add(Value::List(arena.CopyArray(std::span<const Value>(pair))));
  }
  return out.List();
}

// The name of a value's group: the transit JSON of its key, or what STRING_FUNCTION makes of the
// key. Nothing where that is no string.
Result<std::optional<Value>> GroupName(const dtl::Args& args, const Value& value) {
  Value key = value;
  if (args.size() > 1) {
    SLUICE_TRY(key, args.Apply(0, value));
  }
  if (args.size() == 3) {
    SLUICE_TRY(const Value name, args.Apply(1, key));
    return name.IsString() ? std::optional(name) : std::nullopt;
  }
  std::string json;
  AppendJson(key, JsonForm::kTransit, json);
  return std::optional(Value::String(args.arena().Copy(json)));
}

Result<Value> GroupBy(const dtl::Args& args) {
  Arena& arena = args.arena();
  const auto values = ValuesOf(args[args.size() - 1], arena);
  Groups groups(arena, values.size());
  for (const Value& value : values) {
    SLUICE_TRY(const auto name, GroupName(args, value));
    if (name) groups.Add(*name, value);
  }
  DictBuilder out(arena, groups.keys().size());
  for (size_t i = 0; i < groups.keys().size(); ++i)
    out.Set(groups.keys()[i].text(), groups.Members(i));
  return out.Dict();
}

}  // namespace

void AddGroup(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "group",
      .chapter = "lists",
      .params = {{"KEY_FUNCTION", kFunction}, {"VALUE_FUNCTION", kFunction}, {"VALUES"}},
      .doc = "A list of pairs: a key that KEY_FUNCTION gives, and the list of what VALUE_FUNCTION "
             "gives for all values with that key. Keys come in the order of their first values. "
             "Null has no values.",
      .examples = {{R"(["group", ["first", "_."], ["last", "_."], "_S.rows"])",
                    R"([["x", [1, 3]], ["y", [2]]])",
                    R"({"rows": [["x", 1], ["y", 2], ["x", 3]]})"}},
      .eval = Group,
  });
  catalogue.Add({
      .name = "group-by",
      .chapter = "lists",
      .params = {{"KEY_FUNCTION", kFunction, 0, 1},
                 {"STRING_FUNCTION", kFunction, 0, 1},
                 {"VALUES"}},
      .doc = "A dict of lists: the values with one key, which KEY_FUNCTION gives, or else is the "
             "value itself. The property's name is the key as transit encoded JSON, or what "
             "STRING_FUNCTION makes of the key; where that is no string the value is left out. "
             "Null has no values.",
      .examples = {{R"(["group-by", ["length", "_."], ["list", "phi", "alpha", "rho"]])",
                    R"({"3": ["phi", "rho"], "5": ["alpha"]})"},
                   {R"(["group-by", ["upper", "_."], ["string", "_."], ["list", "a", "b"]])",
                    R"({"A": ["a"], "B": ["b"]})"}},
      .eval = GroupBy,
  });
}

}  // namespace sluice::functions
