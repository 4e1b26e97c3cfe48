#include "config/environment.h"

#include <algorithm>

#include "base/limits.h"
#include "config/parse_text.h"
#include "config/substitute.h"

namespace sluice::config {

std::shared_ptr<const Environment> Environment::Empty() {
  std::shared_ptr<Environment> environment(new Environment());
  environment->bytes_ = "{}";
  return environment;
}

Result<std::shared_ptr<const Environment>> Environment::Parse(std::string bytes,
                                                              const std::string& file) {
  if (bytes.size() > limits::kConfigDocumentBytesMax) {
    return MakeError(Code::kTooLarge, "environment variables have at most {} bytes, found {}",
                     limits::kConfigDocumentBytesMax, bytes.size());
  }
  std::shared_ptr<Environment> environment(new Environment());
  environment->bytes_ = std::move(bytes);
  SLUICE_TRY(const ParsedText parsed,
             ParseText(WithoutByteOrderMark(environment->bytes_), file.empty() ? "env.json" : file,
                       {}, environment->arena_));
  const Value root = parsed.root;
  const auto add = [&](const Value& object) {
    for (const Property& variable : object.properties()) {
      environment->variables_.insert_or_assign(std::string(variable.name), variable.value);
    }
  };
  const ConfigView view(root);
  if (root.IsDict()) {
    add(root);
  } else if (root.IsList()) {
    for (size_t i = 0; i < root.count(); ++i) {
      if (!view[i].value().IsDict()) {
        return view[i].Fail("expected an object of environment variables, found {}",
                            view[i].Describe());
      }
      add(view[i].value());
    }
  } else {
    return view.Fail("expected an object of environment variables, found {}", view.Describe());
  }
  return std::shared_ptr<const Environment>(std::move(environment));
}

std::optional<Value> Environment::Find(std::string_view name) const {
  const auto variable = variables_.find(name);
  return variable == variables_.end() ? std::nullopt : std::optional(variable->second);
}

std::vector<std::string_view> Environment::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : variables_) names.push_back(name);
  return names;
}

Value SubstituteEnvironment(const ConfigView& view, const Environment& environment, Arena& arena,
                            Issues& issues) {
  const auto find = [&](std::string_view name, const ConfigView& at) -> std::optional<Value> {
    if (auto value = environment.Find(name)) return value;
    const auto names = environment.names();
    const std::string_view nearest = Nearest(name, names);
    issues.Add({Level::kError, at.pointer(),
                fmt::format("there is no environment variable \"{}\"", name),
                nearest.empty() ? std::string() : fmt::format("Did you mean \"{}\"?", nearest)});
    return std::nullopt;
  };
  return Substitute(view, "$ENV(", find, arena);
}

std::vector<SecretUse> SecretsUsed(const ConfigView& view) {
  std::vector<SecretUse> uses;
  Arena arena;
  const auto note = [&](std::string_view name, const ConfigView& at) -> std::optional<Value> {
    const auto same = [&](const SecretUse& use) { return use.name == name; };
    if (std::none_of(uses.begin(), uses.end(), same)) {
      uses.push_back({std::string(name), at.pointer()});
    }
    return std::nullopt;
  };
  Substitute(view, "$SECRET(", note, arena);
  return uses;
}

Result<Value> SubstituteSecrets(const ConfigView& view, const FindSecret& find, Arena& arena) {
  std::optional<Error> failure;
  const auto look_up = [&](std::string_view name, const ConfigView& at) -> std::optional<Value> {
    auto value = find(name);
    if (!failure && !value.ok()) failure = value.error();
    if (!failure && !*value) failure = at.Fail("there is no secret \"{}\"", name);
    return value.ok() ? *value : std::nullopt;
  };
  const Value substituted = Substitute(view, "$SECRET(", look_up, arena);
  if (failure) return *failure;
  return substituted;
}

}  // namespace sluice::config
