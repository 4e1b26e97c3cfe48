// The secrets manager's content: global secrets and those of one system (security.rst,
// secrets_manager).

#pragma once

#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/environment.h"
#include "crypto/sealed_box.h"

namespace sluice::config {

// Secrets in memory, each sealed; opened only to make a component. May be used by several threads.
class Secrets {
 public:
  explicit Secrets(const crypto::SealedBox& box) : box_(box) {}

  // `json` is an object or a list of objects, name → value. An empty `system` means global. Adds
  // and replaces.
  Result<void> Put(std::string_view system, std::string_view json);
  // The same, but takes away all others of that scope first.
  Result<void> Replace(std::string_view system, std::string_view json);
  // kNotFound if there is none.
  Result<void> Delete(std::string_view system, std::string_view name);
  // A removed system's secrets go with it.
  void DeleteSystem(std::string_view system);
  std::vector<std::string> Names(std::string_view system) const;

  // For SubstituteSecrets: the system's own, then the global ones. The value lives in `arena`.
  Result<std::optional<Value>> Find(std::string_view system, std::string_view name,
                                    Arena& arena) const;
  FindSecret For(std::string_view system, Arena& arena) const;

  // For storage: an opaque text that holds sealed secrets only. A wrong key is kCorrupt when they
  // are opened.
  std::string Save() const;
  Result<void> Load(std::string_view saved);

 private:
  enum class Others { kKeep, kDrop };
  Result<void> PutAll(std::string_view system, std::string_view json, Others others);

  const crypto::SealedBox& box_;
  mutable std::shared_mutex scopes_mutex_;
  std::map<std::string, std::map<std::string, std::string>, std::less<>>
      scopes_;  // System → name → sealed JSON.
};

}  // namespace sluice::config
