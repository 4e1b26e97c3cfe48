// The effective configuration: variables substituted, conditions resolved, short forms expanded,
// defaults filled in.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "config/document.h"
#include "config/environment.h"
#include "config/issue.h"
#include "config/resolve.h"
#include "config/view.h"

namespace sluice::config {

// What pipes take from the service metadata (configuration-metadata.rst). Immutable; read by any
// thread.
class ServiceMetadata {
 public:
  // Of the effective metadata document; without one, the defaults of the reference.
  static std::shared_ptr<const ServiceMetadata> Default();

  bool namespaced_identifiers() const { return root()["namespaced_identifiers"].value().IsTrue(); }
  // Built-in prefixes overlaid with `namespaces.default`.
  const std::vector<std::pair<std::string, std::string>>& prefixes() const { return prefixes_; }
  // `global_defaults` with all defaults filled in: Global("max_merged").
  ConfigView Global(std::string_view name) const { return root()["global_defaults"][name]; }
  ConfigView root() const { return ConfigView(root_); }

 private:
  friend std::shared_ptr<const ServiceMetadata> MakeServiceMetadata(
      std::shared_ptr<const class Effective>);
  ServiceMetadata() = default;
  std::shared_ptr<const class Effective> effective_;
  Value root_;
  std::vector<std::pair<std::string, std::string>> prefixes_;
};

std::shared_ptr<const ServiceMetadata> MakeServiceMetadata(
    std::shared_ptr<const class Effective> effective);

// One component's effective configuration. Immutable; read by any thread; keeps all memory it
// views.
//
// Of a pipe: `source` and `sink` are objects with a `type`, the conditional ones resolved;
// `transform` is always a list, without conditional ones, chained ones and lists in it; `pump` is
// there unless the source or the sink is an endpoint; `namespaces`, `add_namespaces`,
// `remove_namespaces`, `batch_size`, `checkpoint_interval`, `compaction` and `dependency_tracking`
// are there. All defaults are filled in, also those of the service metadata, except those that
// PropertySchema::filled_in excepts. Of the metadata, `global_defaults` and all prefixes are there.
// Secrets stay "$SECRET(name)".
class Effective {
 public:
  Effective(const Effective&) = delete;
  Effective& operator=(const Effective&) = delete;

  const std::shared_ptr<const Document>& document() const { return document_; }
  std::string_view id() const { return document_->id(); }
  ComponentKind kind() const { return document_->kind(); }
  ConfigView root() const { return ConfigView(root_); }
  // What resolving found, with places in the original document.
  const std::vector<Issue>& issues() const { return issues_; }
  // Where a place of the effective configuration stands in the original document: "/source/url" may
  // be
  // "/source/alternatives/dev/url". A property that was filled in is placed where it would have
  // been written.
  std::string OriginalPointer(std::string_view effective_pointer) const;

 private:
  friend class EffectiveBuilder;
  Effective() = default;

  std::shared_ptr<const Document> document_;
  std::shared_ptr<const Environment> environment_;
  std::shared_ptr<const ServiceMetadata> metadata_;
  Arena arena_;
  Value root_;
  std::vector<Moved> moved_;
  std::vector<Issue> issues_;
};

// Never fails: what cannot be resolved stays as it is, with an issue.
std::shared_ptr<const Effective> MakeEffective(std::shared_ptr<const Document> document,
                                               std::shared_ptr<const Environment> environment,
                                               std::shared_ptr<const ServiceMetadata> metadata);

}  // namespace sluice::config
