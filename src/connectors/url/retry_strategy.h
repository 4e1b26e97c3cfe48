// RetryStrategy: what `retry_strategy` says about each HTTP status (configuration-systems-url.rst).

#pragma once

#include <vector>

#include "base/error.h"
#include "config/view.h"

namespace sluice::connectors {

class RetryStrategy {
 public:
  RetryStrategy() = default;  // Says nothing.
  // `config` is an object whose keys are statuses ("429"), ranges ("400-428"), lists of these
  // ("500,502-504") or "default". kBadConfig where it is not, or where a status is named twice.
  static Result<RetryStrategy> Read(const config::ConfigView& config);

  // Adds to the error what holds for its status. An error without a status is left alone.
  void Advise(Error& error) const;

 private:
  struct Rule {
    int from = 0;
    int to = 0;  // Inclusive.
    RetryAdvice advice;
  };
  Result<void> AddRules(const config::ConfigView& config, std::string_view key,
                        const RetryAdvice& advice);

  std::vector<Rule> rules_;
  std::optional<RetryAdvice> default_;
};

}  // namespace sluice::connectors
