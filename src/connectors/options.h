// Types of options that several connectors share.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "config/option_table.h"
#include "config/view.h"

namespace sluice::connectors {

// A dict of strings, in the order of the configuration: HTTP headers, proxies.
struct StringMap {
  std::vector<std::pair<std::string, std::string>> items;
};

// The choice named `text`, the value of the option `name`; an error lists all of them.
template <class T>
Result<T> ReadChoice(const config::ConfigView& config, std::string_view name, std::string_view text,
                     std::initializer_list<std::pair<std::string_view, T>> choices) {
  std::string names;
  for (const auto& [choice, value] : choices) {
    if (choice == text) return value;
    names += names.empty() ? "" : ", ";
    names += fmt::format("\"{}\"", choice);
  }
  return config[name].Fail("expected one of {}, found \"{}\"", names, text);
}

}  // namespace sluice::connectors

namespace sluice::config {

template <>
struct OptionReader<connectors::StringMap> {
  static constexpr const char* kType = "object";
  static Result<connectors::StringMap> Read(const ConfigView& value);
  static std::string Json(const connectors::StringMap&) { return {}; }
};

}  // namespace sluice::config
