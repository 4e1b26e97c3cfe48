#include "dtl/trigger.h"

#include "dtl/path.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::dtl {

Trigger::Trigger(std::vector<NameReference> key, const Value& value) : key_(std::move(key)) {
  if (const auto text = value.AsString()) pattern_.emplace(*text);
  Encode(value, record_);
}

bool Trigger::Matches(const Entity& entity, Arena& arena) const {
  const Value found = Walk(Value::OfEntity(&entity), key_, arena);
  if (!found.IsList()) return MatchesOne(found);
  for (const Value& item : found.items()) {
    if (MatchesOne(item)) return true;
  }
  return false;
}

bool Trigger::MatchesOne(const Value& value) const {
  if (pattern_) return value.IsString() && pattern_->Matches(value.text());
  return !value.IsNull() && Equal(value, Decode(record_));
}

void ReadIdRequired(const config::ConfigView& transform, CompileOptions& options,
                    config::Issues& issues) {
  const auto view = transform["id_required"];
  if (!view.exists()) return;
  if (auto flag = view.Boolean(); flag.ok()) {
    options.id_required = *flag;
  } else {
    issues.AddError(flag.error());
  }
}

std::optional<Trigger> ReadTrigger(const config::ConfigView& view, const Namespaces& namespaces,
                                   config::Issues& issues) {
  if (!view.exists()) return std::nullopt;
  if (!view.value().IsDict() || !view["value"].exists()) {
    issues.AddError(view.Fail("expected an object with \"value\", found {}", view.Describe()));
    return std::nullopt;
  }
  std::string key = "_trigger";
  if (const auto given = view["key"]; given.exists()) {
    auto text = given.String();
    if (!text.ok()) {
      issues.AddError(text.error());
      return std::nullopt;
    }
    key = *text;
  }
  // A path without a variable: it begins at the entity.
  auto path = ParsePath(key.starts_with("_S.") ? key : "_S." + key);
  if (!path.ok()) {
    issues.AddError(view["key"].Fail("{}", path.error().message));
    return std::nullopt;
  }
  std::vector<NameReference> names;
  for (const auto& name : path->names) names.push_back(ReadName(name, namespaces));
  return Trigger(std::move(names), view["value"].value());
}

}  // namespace sluice::dtl
