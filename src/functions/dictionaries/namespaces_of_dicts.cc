// apply-ns and strip-ns: the namespaces of a dict's names.

#include <memory>
#include <optional>
#include <string>

#include "dtl/evaluation.h"
#include "functions/arguments.h"
#include "functions/dict_builder.h"
#include "functions/dictionaries/dictionaries.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

enum class Space { kOfPipe, kNone, kGiven };

struct Namespace {
  Space space = Space::kOfPipe;
  std::string text = {};  // kGiven
};

struct ApplyOptions {
  Namespace property;
  Namespace identity;
  bool skip_underscore = true;
  bool skip_dollar = true;
  bool recursive = true;
};

// Puts namespaces before the names of one call's dicts. Empty texts put nothing.
struct Applier {
  const ApplyOptions& options;
  std::string_view property;
  std::string_view identity;
  Arena& arena;

  std::string_view Prefixed(std::string_view space, std::string_view text) const {
    const bool has_it =
        text.size() > space.size() && text.starts_with(space) && text[space.size()] == ':';
    if (space.empty() || has_it) return text;
    return arena.Concat(arena.Concat(space, ":"), text);
  }

  bool IsSkipped(std::string_view name) const {
    return (options.skip_underscore && name.starts_with('_')) ||
           (options.skip_dollar && name.starts_with('$'));
  }

  Value Deep(const Value& value) const {
    if (value.IsDict()) return Dict(value);
    if (!value.IsList()) return value;
    ListBuilder out(arena, value.count());
    for (const Value& item : value.items()) out.Add(Deep(item));
    return out.List();
  }

  Value Dict(const Value& dict) const {
    DictBuilder out(arena, dict.count());
    for (const Property& property_of : dict.properties()) {
      const std::string_view name = property_of.name;
      const bool skipped = IsSkipped(name);
      const auto new_name = skipped ? name : Prefixed(property, name);
      if (name == "_id" && property_of.value.IsString()) {
        out.Set(new_name, Value::String(Prefixed(identity, property_of.value.text())));
      } else {
        out.Set(new_name,
                options.recursive && !skipped ? Deep(property_of.value) : property_of.value);
      }
    }
    return out.Dict();
  }
};

std::string_view TextOf(const Namespace& space, const std::string& of_pipe) {
  switch (space.space) {
    case Space::kOfPipe:
      return of_pipe;
    case Space::kNone:
      return {};
    case Space::kGiven:
      return space.text;
  }
  return {};
}

Result<Value> Apply(const dtl::Args& args, const ApplyOptions& options) {
  const auto& pipe = args.evaluation().namespaces();
  const Applier applier{.options = options,
                        .property = TextOf(options.property, pipe.property),
                        .identity = TextOf(options.identity, pipe.identity),
                        .arena = args.arena()};
  return dtl::MapValues(args, args[1], [&](const Value& value) -> std::optional<Value> {
    if (!value.IsDict()) return std::nullopt;
    return applier.Dict(value);
  });
}

Result<Namespace> ReadNamespace(const dtl::Call& call, const Property& property) {
  if (property.value.IsNull()) return Namespace{Space::kNone};
  const auto text = property.value.AsString();
  if (text) return Namespace{Space::kGiven, std::string(*text)};
  return call.Fail(0, fmt::format("\"{}\": expected a string or null", property.name));
}

Result<bool> ReadFlag(const dtl::Call& call, const Property& property) {
  if (const auto flag = property.value.AsBoolean()) return *flag;
  return call.Fail(0, fmt::format("\"{}\": expected true or false", property.name));
}

Result<ApplyOptions> ReadOptions(const dtl::Call& call) {
  const Value config = call.Constant(0);
  ApplyOptions options;
  if (const auto text = config.AsString()) {
    options.property = options.identity = {Space::kGiven, std::string(*text)};
    return options;
  }
  if (!config.IsDict()) return call.Fail(0, "expected a namespace or a dict of options");
  for (const Property& property : config.properties()) {
    if (property.name == "property_namespace") {
      SLUICE_TRY(options.property, ReadNamespace(call, property));
    } else if (property.name == "identity_namespace") {
      SLUICE_TRY(options.identity, ReadNamespace(call, property));
    } else if (property.name == "skip_underscore") {
      SLUICE_TRY(options.skip_underscore, ReadFlag(call, property));
    } else if (property.name == "skip_dollar") {
      SLUICE_TRY(options.skip_dollar, ReadFlag(call, property));
    } else if (property.name == "recursive") {
      SLUICE_TRY(options.recursive, ReadFlag(call, property));
    } else {
      return call.Fail(
          0, fmt::format("unknown option \"{}\"; known are property_namespace, identity_namespace, "
                         "skip_underscore, skip_dollar and recursive",
                         property.name));
    }
  }
  return options;
}

Result<dtl::Eval> BindApply(const dtl::Call& call) {
  SLUICE_TRY(auto read, ReadOptions(call));
  auto options = std::make_shared<const ApplyOptions>(std::move(read));
  return dtl::Eval([options](const dtl::Args& args) { return Apply(args, *options); });
}

std::string_view AfterLastColon(std::string_view name) { return name.substr(name.rfind(':') + 1); }

Value Strip(const Value& value, Arena& arena) {
  if (const auto ni = value.AsNi()) return Value::Ni(AfterLastColon(*ni));
  if (value.IsList()) {
    ListBuilder out(arena, value.count());
    for (const Value& item : value.items()) out.Add(Strip(item, arena));
    return out.List();
  }
  if (!value.IsDict()) return value;
  DictBuilder out(arena, value.count());
  for (const Property& property : value.properties()) {
    const bool is_id = property.name == "_id" && property.value.IsString();
    out.Set(AfterLastColon(property.name),
            is_id ? Value::String(AfterLastColon(property.value.text()))
                  : Strip(property.value, arena));
  }
  return out.Dict();
}

Result<Value> StripValues(const dtl::Args& args) {
  return dtl::MapValues(args, args[0], [&](const Value& value) -> std::optional<Value> {
    if (!value.IsDict()) return std::nullopt;
    return Strip(value, args.arena());
  });
}

}  // namespace

void AddNamespacesOfDicts(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "apply-ns",
      .chapter = "dictionaries",
      .params = {{"NAMESPACE_OR_CONFIGDICT", dtl::Kind::kAnyLiteral}, {"VALUES"}},
      .doc = "The dicts in VALUES with namespaces put before their names and before the values of "
             "_id, in dicts inside too, as the pipe's add_namespaces does. The first argument is "
             "a namespace for both, or a dict of options: property_namespace and "
             "identity_namespace (the pipe's by default; null puts none), skip_underscore and "
             "skip_dollar (names that start so, and what is below them, stay; true by default), "
             "recursive (true by default). What has the namespace already is not prefixed again. "
             "Other values are left out.",
      .examples = {{R"(["apply-ns", "myns", {"_id": "123", "foo": 1, "$bar": {"baz": 2}}])",
                    R"({"_id": "myns:123", "myns:foo": 1, "$bar": {"baz": 2}})"}},
      .bind = BindApply,
      .purity = dtl::Purity::kContext,
  });
  catalogue.Add({
      .name = "strip-ns",
      .chapter = "dictionaries",
      .params = {{"VALUES"}},
      .doc = "The dicts in VALUES without the namespaces of their names, of _id and of NIs, in "
             "dicts inside too, as the pipe's remove_namespaces does. Of several properties that "
             "come to one name the last wins. Other values are left out.",
      .examples = {{R"(["strip-ns", {"ns1:b": 1, "ns2:c": {"ns1:d": 2}}])",
                    R"({"b": 1, "c": {"d": 2}})"}},
      .eval = StripValues,
  });
}

}  // namespace sluice::functions
