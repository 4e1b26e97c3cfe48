// Continuation: how sources that read over HTTP follow a since-value (configuration-sources.rst).

#pragma once

#include <string>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "config/option_table.h"
#include "config/view.h"
#include "pipe/component.h"
#include "value/value.h"

namespace sluice::connectors {

struct ContinuationOptions {
  pipe::Continuation flags;
  std::string initial_since_text;  // As a request parameter; empty: none.

  // The since-value of a request: that of the pipe, or else the initial one. Empty: none, or not
  // supported.
  std::string SinceText(const Value& since) const;
};

// Reads `supports_since`, `is_since_comparable`, `is_chronological`, `is_chronological_full` and
// `initial_since_value`.
Result<ContinuationOptions> ReadContinuation(const config::ConfigView& config);
// The same options, for documentation; `options` come first.
std::vector<config::OptionDescription> WithContinuation(
    std::vector<config::OptionDescription> options);

// A since-value as the parameter `since`: integers as digits, strings as they are.
std::string SinceParameter(const Value& since);

// Follows the `_updated` of entities by the source's strategy: the last one where they come in
// order, else the greatest one, known at the end.
class SinceTracker {
 public:
  explicit SinceTracker(const pipe::Continuation& flags);

  void Note(const Value& updated);
  // All entities of the run were noted.
  void End() { ended_ = true; }
  // Null: nothing to store yet. Valid until the next Note.
  Value since() const;

 private:
  enum class Strategy { kNone, kChronological, kMax };
  Strategy strategy_ = Strategy::kNone;
  bool ended_ = false;
  std::string record_;  // The value of choice, encoded; empty: none.
};

}  // namespace sluice::connectors
