#include "server/node.h"

#include <fmt/ranges.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/limits.h"
#include "connectors/connectors.h"
#include "crypto/digest.h"
#include "crypto/key_file.h"
#include "dtl/special_forms.h"
#include "functions/functions.h"
#include "pipe/builtins.h"

namespace sluice::server {

std::unique_ptr<dtl::Catalogue> MakeCatalogue() {
  auto catalogue = std::make_unique<dtl::Catalogue>();
  dtl::AddSpecialForms(*catalogue);
  functions::AddAll(*catalogue);
  return catalogue;
}

std::unique_ptr<pipe::Registry> MakeRegistry() {
  auto registry = std::make_unique<pipe::Registry>();
  pipe::AddBuiltins(*registry);
  connectors::AddAll(*registry);
  return registry;
}

Result<std::unique_ptr<Node>> Node::Open(const NodeOptions& options) {
  std::unique_ptr<storage::Store> store;
  if (options.data.empty()) {
    store = storage::MakeMemoryStore({});
  } else {
    std::error_code failed;
    std::filesystem::create_directories(options.data, failed);
    if (failed) {
      return MakeError(Code::kIo, "cannot make the data folder {}: {}", options.data,
                       failed.message());
    }
    SLUICE_TRY(store, storage::OpenRocksStore(options.data + "/store", options.store));
  }
  return OpenOn(std::move(store), options);
}

Result<std::unique_ptr<Node>> Node::OpenOn(std::unique_ptr<storage::Store> store,
                                           const NodeOptions& options) {
  std::unique_ptr<Node> node(new Node());
  node->catalogue_ = MakeCatalogue();
  node->registry_ = MakeRegistry();
  node->store_ = std::move(store);
  std::string key, spill_folder;
  if (options.data.empty()) {
    key = crypto::RandomBytes(crypto::SealedBox::kKeyBytes);
  } else {
    spill_folder = options.data;
    SLUICE_TRY(
        key, crypto::LoadOrCreateKey(options.data + "/secrets.key", crypto::SealedBox::kKeyBytes));
  }
  SLUICE_TRY(auto box, crypto::SealedBox::FromKey(std::move(key)));
  node->box_ = std::make_unique<crypto::SealedBox>(std::move(box));
  node->secrets_ = std::make_unique<config::Secrets>(*node->box_);
  pipe::HubOptions hub;
  hub.store = node->store_.get();
  hub.registry = node->registry_.get();
  hub.catalogue = node->catalogue_.get();
  hub.secrets = node->secrets_.get();
  hub.schedules = options.schedules;
  hub.signals = options.signals;
  hub.log = options.log;
  hub.spill_folder = spill_folder;
  SLUICE_TRY(node->hub_, pipe::Hub::Open(std::move(hub)));
  return node;
}

Node::~Node() {
  if (hub_) hub_->Shutdown();
}

Result<std::string> ReadFile(const std::string& path, size_t bytes_max) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) {
    const auto code = errno == ENOENT ? Code::kNotFound : Code::kIo;
    return MakeError(code, "cannot read {}: {}", path, std::strerror(errno));
  }
  std::string bytes;
  char block[64 * 1024];
  while (const size_t count = std::fread(block, 1, sizeof block, file.get())) {
    if (bytes.size() + count > bytes_max) {
      return MakeError(Code::kTooLarge, "{} has over {} bytes", path, bytes_max);
    }
    bytes.append(block, count);
  }
  if (std::ferror(file.get()) != 0) {
    return MakeError(Code::kIo, "cannot read {}: {}", path, std::strerror(errno));
  }
  return bytes;
}

Result<std::string> ReadEnvironment(const config::Project& project, const std::string& folder,
                                    const std::string& profile, const std::string& env_file) {
  if (!env_file.empty()) return ReadFile(env_file, limits::kConfigDocumentBytesMax);
  if (profile.empty()) return std::string("{}");
  const auto found = project.profiles.find(profile);
  if (found != project.profiles.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, json] : project.profiles) names.push_back(name);
  return MakeError(Code::kNotFound, "{} has no profile {} (expected {}-env.json); it has {}",
                   folder, profile, profile,
                   names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

}  // namespace sluice::server
