#include "connectors/continuation.h"

#include "value/json.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::connectors {
namespace {

struct Options {
  bool supports_since = false;
  bool is_since_comparable = true;
  bool is_chronological = false;
  bool is_chronological_full = true;
  config::ConfigView initial_since_value;
};

const config::OptionTable<Options>& Table() {
  using O = Options;
  using config::Optional;
  static const config::OptionTable<O> table = {
      Optional("supports_since", &O::supports_since,
               "The server takes a \"since\" parameter and gives what is newer."),
      Optional("is_since_comparable", &O::is_since_comparable,
               "Values of \"_updated\" can be compared with each other."),
      Optional("is_chronological", &O::is_chronological,
               "Entities come in the order of \"_updated\"."),
      Optional("is_chronological_full", &O::is_chronological_full,
               "They do so also when everything is read."),
      Optional("initial_since_value", &O::initial_since_value,
               "Where to begin while the pipe has no offset."),
  };
  return table;
}

}  // namespace

std::string SinceParameter(const Value& since) {
  if (since.IsNull()) return {};
  if (const auto text = since.AsString()) return std::string(*text);
  std::string text = ToJson(since, {.transit = Transit::kKeep});
  // Dates and the like are JSON strings of plain text.
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

std::string ContinuationOptions::SinceText(const Value& since) const {
  if (!flags.supports_since) return {};
  return since.IsNull() ? initial_since_text : SinceParameter(since);
}

Result<ContinuationOptions> ReadContinuation(const config::ConfigView& config) {
  SLUICE_TRY(const Options options, Table().Read(config));
  const Value& initial = options.initial_since_value.value();
  if (!initial.IsNull() && !initial.IsString() && initial.kind() != Kind::kInteger) {
    return options.initial_since_value.Fail("expected a string or an integer, found {}",
                                            options.initial_since_value.Describe());
  }
  return ContinuationOptions{.flags = {.supports_since = options.supports_since,
                                       .is_since_comparable = options.is_since_comparable,
                                       .is_chronological = options.is_chronological,
                                       .is_chronological_full = options.is_chronological_full},
                             .initial_since_text = SinceParameter(initial)};
}

std::vector<config::OptionDescription> WithContinuation(
    std::vector<config::OptionDescription> options) {
  for (config::OptionDescription& option : Table().Describe()) options.push_back(std::move(option));
  return options;
}

SinceTracker::SinceTracker(const pipe::Continuation& flags) {
  if (!flags.supports_since) return;
  if (flags.is_chronological) {
    strategy_ = Strategy::kChronological;
  } else if (flags.is_since_comparable) {
    strategy_ = Strategy::kMax;
  }
}

void SinceTracker::Note(const Value& updated) {
  if (strategy_ == Strategy::kNone || updated.IsNull()) return;
  if (strategy_ == Strategy::kMax && !record_.empty() && Compare(updated, Decode(record_)) <= 0) {
    return;
  }
  record_.clear();
  Encode(updated, record_);
}

Value SinceTracker::since() const {
  if (record_.empty() || (strategy_ == Strategy::kMax && !ended_)) return Value::Null();
  return Decode(record_);
}

}  // namespace sluice::connectors
