// What the API and the CLI do to the configuration, the environment and the secrets.

#include <algorithm>

#include "pipe/config_store.h"
#include "pipe/dict_builder.h"
#include "pipe/hub_state.h"
#include "pipe/pipe_state.h"
#include "value/json.h"

namespace sluice::pipe {
namespace {

// Documents that replace others keep no places: the order is that of the upload.
std::vector<StoredDocument> InOrder(const config::Documents& documents, uint64_t first = 0) {
  std::vector<StoredDocument> stored;
  for (const auto& document : documents) stored.push_back({first++, document});
  return stored;
}

uint64_t NextPlace(const std::vector<StoredDocument>& documents) {
  uint64_t next = 0;
  for (const StoredDocument& stored : documents) next = std::max(next, stored.place + 1);
  return next;
}

ComponentConfig ToComponentConfig(const config::CheckedComponent& checked) {
  return {.id = std::string(checked.document->id()),
          .type = std::string(checked.document->type()),
          .original = checked.document,
          .effective = checked.effective};
}

// Adds documents, or puts them in the place of those with the same id and kind.
std::vector<StoredDocument> Merge(std::vector<StoredDocument> stored,
                                  const config::Documents& documents) {
  for (const auto& document : documents) {
    const auto found = std::ranges::find_if(stored, [&](const StoredDocument& old) {
      return old.document->kind() == document->kind() && old.document->id() == document->id();
    });
    if (found != stored.end() && !document->id().empty()) {
      found->document = document;
    } else {
      stored.push_back({NextPlace(stored), document});
    }
  }
  return stored;
}

Result<ConfigOutcome> Apply(Hub::State& state, std::vector<StoredDocument> documents, bool force) {
  const auto environment = state.configuration()->checked->environment();
  return ApplyChange(
      state, {.documents = std::move(documents), .environment = environment, .force = force});
}

Result<void> DeleteComponent(Hub::State& state, config::ComponentKind kind, std::string_view id) {
  const std::lock_guard lock(state.change_mutex);
  auto documents = state.configuration()->documents;
  const auto removed = std::erase_if(documents, [&](const StoredDocument& stored) {
    return stored.document->kind() == kind && stored.document->id() == id;
  });
  if (removed == 0) {
    return MakeError(Code::kNotFound, "there is no {} \"{}\"", config::ToString(kind), id);
  }
  SLUICE_TRY(Apply(state, std::move(documents), /*force=*/true));
  return {};
}

}  // namespace

Result<ConfigOutcome> Hub::PutConfig(const config::Documents& documents, bool force, const User&) {
  const std::lock_guard lock(state_->change_mutex);
  return Apply(*state_, InOrder(documents), force);
}

Result<ConfigOutcome> Hub::PutGroup(std::string_view group, const config::Documents& documents,
                                    bool force, const User&) {
  const std::lock_guard lock(state_->change_mutex);
  auto stored = state_->configuration()->documents;
  std::erase_if(stored, [&](const StoredDocument& old) { return old.document->group() == group; });
  for (StoredDocument& added : InOrder(documents, NextPlace(stored))) {
    added.document = config::Document::InGroup(std::move(added.document), group);
    stored.push_back(std::move(added));
  }
  return Apply(*state_, std::move(stored), force);
}

Result<ConfigOutcome> Hub::PutComponents(const config::Documents& documents, bool force,
                                         const User&) {
  const std::lock_guard lock(state_->change_mutex);
  return Apply(*state_, Merge(state_->configuration()->documents, documents), force);
}

Result<ConfigOutcome> Hub::PutMetadata(std::shared_ptr<const config::Document> document, bool force,
                                       const User& user) {
  if (!document) {
    const std::lock_guard lock(state_->change_mutex);
    auto documents = state_->configuration()->documents;
    std::erase_if(documents, [](const StoredDocument& stored) {
      return stored.document->kind() == config::ComponentKind::kMetadata;
    });
    return Apply(*state_, std::move(documents), force);
  }
  if (document->kind() != config::ComponentKind::kMetadata) {
    return MakeError(Code::kBadConfig, "expected a component of type \"metadata\", found \"{}\"",
                     document->type());
  }
  return PutComponents({std::move(document)}, force, user);
}

Result<ConfigOutcome> Hub::CheckConfig(const config::Documents& documents) const {
  const std::lock_guard lock(state_->change_mutex);
  const auto environment = state_->configuration()->checked->environment();
  return ApplyChange(
      *state_, {.documents = InOrder(documents), .environment = environment, .check_only = true});
}

Result<void> Hub::DeletePipe(std::string_view id, const User&) {
  return DeleteComponent(*state_, config::ComponentKind::kPipe, id);
}

Result<void> Hub::DeleteSystem(std::string_view id, const User&) {
  SLUICE_TRY(DeleteComponent(*state_, config::ComponentKind::kSystem, id));
  if (!state_->options.secrets) return {};
  state_->options.secrets->DeleteSystem(id);
  return SaveSecrets(store(), *state_->options.secrets);
}

std::vector<ComponentConfig> Hub::ListConfig(std::optional<std::string_view> group) const {
  std::vector<ComponentConfig> list;
  const auto configuration = state_->configuration();
  for (const auto& checked : configuration->checked->components()) {
    if (group && checked.document->group() != *group) continue;
    list.push_back(ToComponentConfig(checked));
  }
  return list;
}

Result<ComponentConfig> Hub::GetConfig(std::string_view id) const {
  const auto now = state_->configuration();
  for (const auto& checked : now->checked->components()) {
    if (checked.document->id() == id) return ToComponentConfig(checked);
  }
  return MakeError(Code::kNotFound, "there is no component \"{}\"", id);
}

ComponentConfig Hub::GetMetadata() const {
  const auto configuration = state_->configuration();
  for (const auto& checked : configuration->checked->components()) {
    if (checked.document->kind() == config::ComponentKind::kMetadata) {
      return ToComponentConfig(checked);
    }
  }
  return {.id = "node", .type = "metadata", .original = nullptr, .effective = nullptr};
}

std::shared_ptr<const config::ServiceMetadata> Hub::Metadata() const {
  return state_->configuration()->checked->metadata();
}

std::shared_ptr<const config::Environment> Hub::GetEnv() const {
  return state_->configuration()->checked->environment();
}

Result<void> Hub::PutEnv(std::string_view json) {
  SLUICE_TRY(auto environment, config::Environment::Parse(std::string(json)));
  const std::lock_guard lock(state_->change_mutex);
  SLUICE_TRY(SaveEnvironment(store(), *environment));
  SLUICE_TRY(ApplyChange(*state_, {.documents = state_->configuration()->documents,
                                   .environment = environment,
                                   .force = true}));
  return {};
}

namespace {

// The variables as one JSON object, some of them changed or left out.
std::string EditEnv(const config::Environment& before, const config::Environment* changes,
                    std::string_view left_out) {
  Arena arena;
  DictBuilder variables(arena);
  for (const std::string_view name : before.names()) {
    if (name != left_out) variables.Set(name, *before.Find(name));
  }
  if (changes) {
    for (const std::string_view name : changes->names()) variables.Set(name, *changes->Find(name));
  }
  return ToJson(variables.Make(), {.transit = Transit::kKeep, .indent = 2});
}

}  // namespace

Result<void> Hub::PatchEnv(std::string_view json) {
  SLUICE_TRY(auto changes, config::Environment::Parse(std::string(json)));
  return PutEnv(EditEnv(*GetEnv(), changes.get(), {}));
}

Result<void> Hub::DeleteEnv(std::string_view name) {
  const auto before = GetEnv();
  if (!before->Find(name)) {
    return MakeError(Code::kNotFound, "there is no environment variable \"{}\"", name);
  }
  return PutEnv(EditEnv(*before, nullptr, name));
}

Result<std::vector<std::string>> Hub::ListSecrets(std::string_view system) const {
  if (!state_->options.secrets) return std::vector<std::string>();
  return state_->options.secrets->Names(system);
}

namespace {

Result<void> ChangeSecrets(Hub::State& state, std::string_view system,
                           const std::function<Result<void>(config::Secrets&)>& change) {
  config::Secrets* const secrets = state.options.secrets;
  if (!secrets) return MakeError(Code::kUnavailable, "this hub keeps no secrets");
  const std::lock_guard lock(state.change_mutex);
  SLUICE_TRY(change(*secrets));
  SLUICE_TRY(SaveSecrets(*state.options.store, *secrets));
  const auto now = state.configuration();
  SLUICE_TRY(ApplyChange(state, {.documents = now->documents,
                                 .environment = now->checked->environment(),
                                 .changed_secrets = {std::string(system)},
                                 .force = true}));
  return {};
}

}  // namespace

Result<void> Hub::PutSecrets(std::string_view system, std::string_view json, SecretsMode mode) {
  return ChangeSecrets(*state_, system, [&](config::Secrets& secrets) {
    return mode == SecretsMode::kAdd ? secrets.Put(system, json) : secrets.Replace(system, json);
  });
}

Result<void> Hub::DeleteSecret(std::string_view system, std::string_view name) {
  return ChangeSecrets(*state_, system,
                       [&](config::Secrets& secrets) { return secrets.Delete(system, name); });
}

}  // namespace sluice::pipe
