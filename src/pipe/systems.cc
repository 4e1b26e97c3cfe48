#include "pipe/systems.h"

#include <vector>

#include "value/json.h"

namespace sluice::pipe {
namespace {

Result<std::unique_ptr<System>> MakeOne(SystemEntry& entry, const config::Secrets* secrets,
                                        const Registry& registry, MakeContext context) {
  if (!entry.checked.valid()) {
    return MakeError(Code::kBadConfig, "the configuration of the system is invalid");
  }
  const config::ConfigView root = entry.checked.effective->root();
  const std::string_view type = root["type"].value().AsString().value_or("");
  const SystemType* const known = registry.FindSystem(type);
  if (known == nullptr || !known->make) {
    return MakeError(Code::kNotBuilt, "systems of type \"{}\" are not built in this version", type);
  }
  const auto find = secrets ? secrets->For(entry.checked.document->id(), entry.arena)
                            : [](std::string_view) { return std::optional<Value>(); };
  auto filled = config::SubstituteSecrets(root, find, entry.arena);
  if (!filled.ok()) {
    // No mistake of the configuration: a system's secrets can only be put once it is there.
    Error error = filled.error();
    if (error.code == Code::kBadConfig) error.code = Code::kUnavailable;
    return error;
  }
  config::Issues issues;
  context.issues = &issues;
  return known->make(config::ConfigView(*filled), context);
}

config::Issue ToIssue(const config::Effective& effective, const Error& error) {
  const bool may_come = error.code == Code::kNotBuilt || error.code == Code::kUnavailable;
  return {.level = may_come ? config::Level::kWarning : config::Level::kError,
          .at = effective.OriginalPointer(error.at),
          .message = error.message};
}

}  // namespace

Result<System*> SystemSet::Find(std::string_view id, const config::ConfigView& place) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) {
    std::vector<std::string_view> names;
    for (const auto& [name, entry] : entries_) names.push_back(name);
    const std::string_view nearest = config::Nearest(id, names);
    if (nearest.empty()) return place.Fail("there is no system \"{}\"", id);
    return place.Fail("there is no system \"{}\"; did you mean \"{}\"?", id, nearest);
  }
  const SystemEntry& entry = *found->second;
  if (entry.system) return entry.system.get();
  if (entry.error->code == Code::kNotBuilt) return *entry.error;
  if (entry.error->code == Code::kUnavailable) {
    return MakeError(Code::kUnavailable, "the system \"{}\" cannot be used: {}", id,
                     entry.error->message);
  }
  return place.Fail("the system \"{}\" cannot be used: {}", id, entry.error->message);
}

const SystemEntry* SystemSet::FindEntry(std::string_view id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.get();
}

std::shared_ptr<SystemSet> MakeSystems(const config::CheckedConfiguration& configuration,
                                       const SystemSet* before, const config::Secrets* secrets,
                                       const std::set<std::string>& changed_secrets,
                                       const Registry& registry, const MakeContext& context) {
  auto set = std::make_shared<SystemSet>();
  for (const config::CheckedComponent* checked : configuration.systems()) {
    const std::string id(checked->document->id());
    if (id.empty()) continue;
    std::string identity = ToJson(checked->effective->root().value(), {.sort_keys = true});
    const bool secrets_changed = changed_secrets.contains("") || changed_secrets.contains(id);
    if (before && !secrets_changed) {
      const auto found = before->entries_.find(id);
      if (found != before->entries_.end() && found->second->identity == identity &&
          found->second->checked.document == checked->document) {
        set->entries_[id] = found->second;
        continue;
      }
    }
    auto entry = std::make_shared<SystemEntry>();
    entry->checked = *checked;
    entry->identity = std::move(identity);
    auto made = MakeOne(*entry, secrets, registry, context);
    if (made.ok()) {
      entry->system = std::move(made).value();
    } else {
      entry->error = made.error();
      if (checked->valid()) {
        entry->checked.issues.push_back(ToIssue(*checked->effective, made.error()));
      }
    }
    set->entries_[id] = std::move(entry);
  }
  return set;
}

}  // namespace sluice::pipe
