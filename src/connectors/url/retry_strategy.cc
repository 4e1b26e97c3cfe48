#include "connectors/url/retry_strategy.h"

#include <charconv>

namespace sluice::connectors {
namespace {

constexpr int kStatusMin = 100;
constexpr int kStatusMax = 599;

// The properties of a pump that a strategy may set.
struct Setting {
  std::string_view name;
  std::optional<int64_t> RetryAdvice::* member;
};
constexpr Setting kSettings[] = {
    {"max_read_retries", &RetryAdvice::max_read_retries},
    {"read_retry_delay", &RetryAdvice::read_retry_delay_s},
    {"write_retry_delay", &RetryAdvice::write_retry_delay_s},
    {"max_retries_per_entity", &RetryAdvice::max_retries_per_entity},
    {"max_consecutive_write_errors", &RetryAdvice::max_consecutive_write_errors},
    {"max_write_errors_in_retry_dataset", &RetryAdvice::max_write_errors_in_retry_dataset},
    {"batch_retries", &RetryAdvice::batch_retries},
};

Result<RetryAdvice> ReadAdvice(const config::ConfigView& config) {
  if (!config.value().IsDict()) {
    return config.Fail("expected an object, found {}", config.Describe());
  }
  RetryAdvice advice;
  for (const Property& property : config.value().properties()) {
    const config::ConfigView value = config[property.name];
    const Setting* setting = nullptr;
    for (const Setting& known : kSettings) {
      if (known.name == property.name) setting = &known;
    }
    if (setting == nullptr) {
      return value.Fail("expected a retry property of the pump, found \"{}\"", property.name);
    }
    // The switch `batch_retries` is a boolean on some pumps.
    if (const auto flag = value.value().AsBoolean()) {
      advice.*setting->member = *flag ? 1 : 0;
      continue;
    }
    SLUICE_TRY(advice.*setting->member, value.Integer());
  }
  return advice;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<int> ParseStatus(std::string_view text) {
  text = Trim(text);
  int status = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  return whole && status >= kStatusMin && status <= kStatusMax ? std::optional(status)
                                                               : std::nullopt;
}

}  // namespace

Result<RetryStrategy> RetryStrategy::Read(const config::ConfigView& config) {
  if (!config.value().IsDict()) {
    return config.Fail("expected an object, found {}", config.Describe());
  }
  RetryStrategy strategy;
  for (const Property& property : config.value().properties()) {
    SLUICE_TRY(const RetryAdvice advice, ReadAdvice(config[property.name]));
    if (property.name == "default") {
      strategy.default_ = advice;
    } else {
      SLUICE_TRY(strategy.AddRules(config[property.name], property.name, advice));
    }
  }
  return strategy;
}

Result<void> RetryStrategy::AddRules(const config::ConfigView& config, std::string_view key,
                                     const RetryAdvice& advice) {
  for (size_t start = 0; start <= key.size();) {
    const size_t comma = std::min(key.find(',', start), key.size());
    const std::string_view part = key.substr(start, comma - start);
    start = comma + 1;
    const size_t dash = part.find('-');
    const auto from = ParseStatus(part.substr(0, dash));
    const auto to = dash == std::string_view::npos ? from : ParseStatus(part.substr(dash + 1));
    if (!from || !to || *from > *to) {
      return config.Fail(
          "expected HTTP statuses (\"429\", \"400-428\", \"500,502\") or \"default\", found \"{}\"",
          key);
    }
    for (const Rule& rule : rules_) {
      if (*from <= rule.to && rule.from <= *to) {
        return config.Fail("the status {} is in two keys of the strategy",
                           std::max(*from, rule.from));
      }
    }
    rules_.push_back({.from = *from, .to = *to, .advice = advice});
  }
  return {};
}

void RetryStrategy::Advise(Error& error) const {
  if (error.retry == nullptr || error.retry->status == 0) return;
  const int status = error.retry->status;
  const RetryAdvice* found = default_ ? &*default_ : nullptr;
  for (const Rule& rule : rules_) {
    if (rule.from <= status && status <= rule.to) found = &rule.advice;
  }
  if (found == nullptr) return;
  RetryAdvice advice = *found;
  advice.status = status;
  advice.retry_after_s = error.retry->retry_after_s;
  error.retry = std::make_shared<const RetryAdvice>(advice);
}

}  // namespace sluice::connectors
