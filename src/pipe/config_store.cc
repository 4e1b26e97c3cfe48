#include "pipe/config_store.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

namespace sluice::pipe {
namespace {

constexpr std::string_view kDocuments = "config/component/";
// Of documents that lie in another group than they say themselves.
constexpr std::string_view kGroups = "config/group/";
constexpr std::string_view kEnvironment = "config/env";
constexpr std::string_view kSecrets = "config/secrets";

// Keys ascend as places do.
std::string DocumentKey(uint64_t place) { return fmt::format("{}{:016x}", kDocuments, place); }

std::string GroupKey(uint64_t place) { return fmt::format("{}{:016x}", kGroups, place); }

std::optional<uint64_t> PlaceOf(std::string_view key) {
  key.remove_prefix(kDocuments.size());
  uint64_t place = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), place, 16);
  if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
  return place;
}

Result<void> Put(storage::Store& store, std::string_view key, std::string value) {
  const storage::StateChange change{std::string(key), std::move(value)};
  return store.PutMeta({&change, 1});
}

}  // namespace

Result<std::vector<StoredDocument>> LoadDocuments(const storage::Store& store) {
  std::vector<StoredDocument> documents;
  std::optional<Error> broken;
  SLUICE_TRY(store.ScanMeta(kDocuments, [&](std::string_view key, std::string_view value) {
    const auto place = PlaceOf(key);
    auto document = config::Document::Parse(std::string(value));
    if (!place || !document.ok()) {
      broken = MakeError(Code::kCorrupt, "the stored component \"{}\" cannot be read: {}", key,
                         document.ok() ? "its key is broken" : document.error().message);
      return false;
    }
    documents.push_back({*place, std::move(document).value()});
    return true;
  }));
  if (broken) return *broken;
  for (StoredDocument& stored : documents) {
    SLUICE_TRY(const auto group, store.GetMeta(GroupKey(stored.place)));
    if (group) stored.document = config::Document::InGroup(std::move(stored.document), *group);
  }
  return documents;
}

Result<void> SaveDocuments(storage::Store& store, const std::vector<StoredDocument>& before,
                           const std::vector<StoredDocument>& after) {
  std::map<uint64_t, const config::Document*> old;
  for (const StoredDocument& stored : before) old[stored.place] = stored.document.get();
  std::vector<storage::StateChange> changes;
  const auto put_group = [&](uint64_t place, const config::Document* was,
                             const config::Document* is) {
    const auto group = [](const config::Document* document) -> std::optional<std::string> {
      if (document == nullptr || !document->is_placed_in_group()) return std::nullopt;
      return std::string(document->group());
    };
    if (group(was) != group(is)) changes.push_back({GroupKey(place), group(is)});
  };
  for (const StoredDocument& stored : after) {
    const auto found = old.find(stored.place);
    const config::Document* const was = found == old.end() ? nullptr : found->second;
    if (was == nullptr || was->bytes() != stored.document->bytes()) {
      changes.push_back({DocumentKey(stored.place), std::string(stored.document->bytes())});
    }
    put_group(stored.place, was, stored.document.get());
    if (was != nullptr) old.erase(found);
  }
  for (const auto& [place, document] : old) {
    changes.push_back({DocumentKey(place), std::nullopt});
    put_group(place, document, nullptr);
  }
  if (changes.empty()) return {};
  return store.PutMeta(changes);
}

Result<std::shared_ptr<const config::Environment>> LoadEnvironment(const storage::Store& store) {
  SLUICE_TRY(auto bytes, store.GetMeta(kEnvironment));
  if (!bytes) return config::Environment::Empty();
  return config::Environment::Parse(std::move(*bytes));
}

Result<void> SaveEnvironment(storage::Store& store, const config::Environment& environment) {
  return Put(store, kEnvironment, std::string(environment.bytes()));
}

Result<void> LoadSecrets(const storage::Store& store, config::Secrets& secrets) {
  SLUICE_TRY(auto saved, store.GetMeta(kSecrets));
  if (!saved) return {};
  return secrets.Load(*saved);
}

Result<void> SaveSecrets(storage::Store& store, const config::Secrets& secrets) {
  return Put(store, kSecrets, secrets.Save());
}

}  // namespace sluice::pipe
