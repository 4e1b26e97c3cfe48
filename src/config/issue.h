// Issues: what validation finds in a configuration, all of it, not only the first.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace sluice::config {

enum class Level { kError, kWarning };

// One finding: where (JSON pointer into the component's document), what was expected and found, and
// a suggestion.
struct Issue {
  Level level = Level::kError;
  std::string at;
  std::string message;
  std::string suggestion;  // "Did you mean "…"?"; empty if there is none.
};

// Collects issues of one component. Passed down through validation and compilation.
class Issues {
 public:
  void Add(Issue issue) { issues_.push_back(std::move(issue)); }
  void AddError(const Error& error) {
    issues_.push_back({Level::kError, error.at, error.message, {}});
  }
  void Warn(std::string at, std::string message) {
    issues_.push_back({Level::kWarning, std::move(at), std::move(message), {}});
  }
  const std::vector<Issue>& all() const { return issues_; }
  bool HasErrors() const {
    for (const auto& issue : issues_) {
      if (issue.level == Level::kError) return true;
    }
    return false;
  }

 private:
  std::vector<Issue> issues_;
};

}  // namespace sluice::config
