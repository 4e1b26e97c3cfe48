#include "dtl/names.h"

namespace sluice::dtl {
namespace {

// `_id`, `_deleted`, `$ids` and their like have no namespace.
bool IsReserved(std::string_view name) {
  return !name.empty() && (name.front() == '_' || name.front() == '$');
}

std::string_view Prefixed(std::string_view space, std::string_view name, Arena& arena) {
  return arena.Concat(arena.Concat(space, ":"), name);
}

// "::x" is x as it is, ":x" is x in `space`, and a name with a colon is complete.
std::string_view Complete(std::string_view name, std::string_view space, Arena& arena) {
  if (name.starts_with("::")) return name.substr(2);
  if (name.starts_with(":")) return Prefixed(space, name.substr(1), arena);
  if (name.find(':') != std::string_view::npos) return name;
  return Prefixed(space, name, arena);
}

}  // namespace

SplitName SplitAtLastColon(std::string_view name) {
  const auto colon = name.rfind(':');
  if (colon == std::string_view::npos) return {.space = {}, .identifier = name, .qualified = false};
  return {.space = name.substr(0, colon), .identifier = name.substr(colon + 1), .qualified = true};
}

std::string_view WrittenName(std::string_view name, const Namespaces& namespaces, Arena& arena) {
  if (!namespaces.identifiers || IsReserved(name)) return name;
  return Complete(name, namespaces.property, arena);
}

Value WrittenId(const Value& id, const Namespaces& namespaces, Arena& arena) {
  const auto text = id.AsString();
  if (!namespaces.identifiers || !text) return id;
  return Value::String(Complete(*text, namespaces.identity, arena));
}

bool NameReference::Matches(std::string_view property) const {
  if (!any_namespace) return property == name;
  if (!property.ends_with(name)) return false;
  return property.size() == name.size() || property[property.size() - name.size() - 1] == ':';
}

NameReference ReadName(std::string_view name, const Namespaces& namespaces) {
  if (!namespaces.identifiers || IsReserved(name)) return {.name = std::string(name)};
  if (name.starts_with("::")) return {.name = std::string(name.substr(2))};
  if (name.starts_with(":")) return {.name = namespaces.property + std::string(name)};
  return {.name = std::string(name), .any_namespace = name.find(':') == std::string_view::npos};
}

NamePattern::NamePattern(std::string_view pattern, const Namespaces& namespaces)
    : identifier_(pattern) {
  if (!namespaces.identifiers) return;
  if (pattern.starts_with("::")) {
    identifier_ = Wildcard(pattern.substr(2));
    return;
  }
  if (IsReserved(pattern) && identifier_.IsLiteral()) return;
  const std::string full =
      pattern.starts_with(":") ? namespaces.property + std::string(pattern) : std::string(pattern);
  const SplitName split = SplitAtLastColon(full);
  scope_ = split.qualified ? Scope::kNamespace : Scope::kAnyNamespace;
  if (split.qualified) space_.emplace(split.space);
  identifier_ = Wildcard(split.identifier);
}

bool NamePattern::Matches(std::string_view property) const {
  if (scope_ == Scope::kWholeName) return identifier_.Matches(property);
  const SplitName split = SplitAtLastColon(property);
  if (scope_ == Scope::kAnyNamespace) return identifier_.Matches(split.identifier);
  return split.qualified && space_->Matches(split.space) && identifier_.Matches(split.identifier);
}

std::optional<std::string_view> NamePattern::SingleName() const {
  if (scope_ != Scope::kWholeName || !identifier_.IsLiteral()) return std::nullopt;
  return identifier_.pattern();
}

}  // namespace sluice::dtl
