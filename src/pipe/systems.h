// The systems of one configuration, made with their secrets.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "config/secrets.h"
#include "config/validate.h"
#include "pipe/registry.h"

namespace sluice::pipe {

// One system, or why it could not be made.
struct SystemEntry {
  config::CheckedComponent checked;  // Its issues include what making it found.
  std::string identity;              // Another one: made anew.
  Arena arena;                       // The configuration with secrets filled in.
  std::unique_ptr<System> system;
  std::optional<Error> error;  // kNotBuilt, or what is wrong with its configuration.
};

// Immutable once made; pipes keep the set they were made with.
class SystemSet final : public Systems {
 public:
  Result<System*> Find(std::string_view id, const config::ConfigView& place) override;
  const SystemEntry* FindEntry(std::string_view id) const;
  const std::map<std::string, std::shared_ptr<const SystemEntry>, std::less<>>& entries() const {
    return entries_;
  }

 private:
  friend std::shared_ptr<SystemSet> MakeSystems(const config::CheckedConfiguration& configuration,
                                                const SystemSet* before,
                                                const config::Secrets* secrets,
                                                const std::set<std::string>& changed_secrets,
                                                const Registry& registry,
                                                const MakeContext& context);
  std::map<std::string, std::shared_ptr<const SystemEntry>, std::less<>> entries_;
};

// Systems whose configuration is the same as in `before` are taken over. `changed_secrets`: ids of
// systems whose secrets are other ones now; "" for all.
std::shared_ptr<SystemSet> MakeSystems(const config::CheckedConfiguration& configuration,
                                       const SystemSet* before, const config::Secrets* secrets,
                                       const std::set<std::string>& changed_secrets,
                                       const Registry& registry, const MakeContext& context);

// Wraps a set and notes which systems were asked for.
class RecordingSystems final : public Systems {
 public:
  explicit RecordingSystems(SystemSet& systems) : systems_(systems) {}
  Result<System*> Find(std::string_view id, const config::ConfigView& place) override {
    used_.insert(std::string(id));
    return systems_.Find(id, place);
  }
  const std::set<std::string>& used() const { return used_; }

 private:
  SystemSet& systems_;
  std::set<std::string> used_;
};

}  // namespace sluice::pipe
