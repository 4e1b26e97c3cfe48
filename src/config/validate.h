// Validation: every documented type and property, and what components say about each other.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/effective.h"
#include "config/issue.h"

namespace sluice::config {

// One component, checked. `issues` have places in the original document, errors first.
struct CheckedComponent {
  std::shared_ptr<const Document> document;
  std::shared_ptr<const Effective> effective;
  std::vector<Issue> issues;
  bool valid() const;
};

// A whole configuration, checked: what a hub runs. Immutable; read by any thread.
class CheckedConfiguration {
 public:
  const std::vector<CheckedComponent>& components() const { return components_; }
  const CheckedComponent* FindPipe(std::string_view id) const;
  const CheckedComponent* FindSystem(std::string_view id) const;
  std::vector<const CheckedComponent*> pipes() const;
  std::vector<const CheckedComponent*> systems() const;
  const std::shared_ptr<const ServiceMetadata>& metadata() const { return metadata_; }
  const std::shared_ptr<const Environment>& environment() const { return environment_; }
  bool valid() const;

 private:
  friend CheckedConfiguration CheckConfiguration(const Documents& documents,
                                                 std::shared_ptr<const Environment> environment);
  void Index();

  std::vector<CheckedComponent> components_;
  std::map<std::string, size_t, std::less<>> pipes_;
  std::map<std::string, size_t, std::less<>> systems_;
  std::shared_ptr<const ServiceMetadata> metadata_;
  std::shared_ptr<const Environment> environment_;
};

// Checks the documents one by one and together: schema, ids, systems that are named, datasets
// written twice. DTL is not looked into: dtl/ checks rules and adds its issues. Order is kept.
CheckedConfiguration CheckConfiguration(const Documents& documents,
                                        std::shared_ptr<const Environment> environment);

// The schema alone, of an effective component; pointers are effective ones.
void ValidateSchema(const ConfigView& effective, ComponentKind kind, Issues& issues);

// {"code", "message", "validation_errors": [{"posted-config": {"_id": …}, "config-errors":
// [{"level", "msg", "elements"}]}]}, the answer to a refused upload as the public client reads it.
// Components without issues are left out.
std::string ValidationErrorsJson(const std::vector<CheckedComponent>& components);
// The list of one component's "config-errors".
std::string ConfigErrorsJson(const std::vector<Issue>& issues);
// "FILE:LINE:COLUMN: error: PIPE /pointer: message", for terminals.
std::string IssueText(const Document& document, const Issue& issue);

}  // namespace sluice::config
