// OptionTable: a component's options, named once. It reads them, checks them, documents them, feeds
// the UI's form.

#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/view.h"

namespace sluice::config {

// One option, for documentation and forms.
struct OptionDescription {
  std::string name;
  std::string
      type;  // "string", "integer", "number", "boolean", "list of strings", "object", "any".
  bool required = false;
  std::string default_json;  // JSON text; empty if there is none.
  std::string doc;
};

// Reads one value of a member's type. Specialised for std::string, int64_t, double, bool,
// std::vector<std::string>, std::optional of these, and ConfigView (any value, taken as it is).
template <class T>
struct OptionReader;

template <class Options>
class OptionTable {
 public:
  struct Entry {
    OptionDescription description;
    std::function<Result<void>(const ConfigView& value, Options& options)> read;
  };

  OptionTable(std::initializer_list<Entry> entries) : entries_(entries) {}

  // The options of an object: defaults, then what is written. Unknown options are left to
  // config/validation, which knows every documented one. Errors are kBadConfig at the option's
  // pointer.
  Result<Options> Read(const ConfigView& config) const {
    Options options{};
    for (const Entry& entry : entries_) {
      const ConfigView value = config[entry.description.name];
      if (!value.exists() || value.value().IsNull()) {
        if (entry.description.required)
          return value.Fail("\"{}\" is required", entry.description.name);
        continue;
      }
      SLUICE_TRY(entry.read(value, options));
    }
    return options;
  }

  std::vector<OptionDescription> Describe() const {
    std::vector<OptionDescription> descriptions;
    for (const Entry& entry : entries_) descriptions.push_back(entry.description);
    return descriptions;
  }

 private:
  std::vector<Entry> entries_;
};

template <class Options, class T>
typename OptionTable<Options>::Entry MakeOption(std::string name, T Options::* member,
                                                std::string doc, bool required) {
  typename OptionTable<Options>::Entry entry;
  entry.description = {
      .name = std::move(name),
      .type = OptionReader<T>::kType,
      .required = required,
      .default_json = required ? std::string() : OptionReader<T>::Json(Options{}.*member),
      .doc = std::move(doc)};
  entry.read = [member](const ConfigView& value, Options& options) -> Result<void> {
    SLUICE_TRY(options.*member, OptionReader<T>::Read(value));
    return {};
  };
  return entry;
}

template <class Options, class T>
auto Required(std::string name, T Options::* member, std::string doc) {
  return MakeOption(std::move(name), member, std::move(doc), true);
}

// The default is the member's own initialiser.
template <class Options, class T>
auto Optional(std::string name, T Options::* member, std::string doc) {
  return MakeOption(std::move(name), member, std::move(doc), false);
}

template <>
struct OptionReader<std::string> {
  static constexpr const char* kType = "string";
  static Result<std::string> Read(const ConfigView& value);
  static std::string Json(const std::string& value);
};
template <>
struct OptionReader<int64_t> {
  static constexpr const char* kType = "integer";
  static Result<int64_t> Read(const ConfigView& value);
  static std::string Json(int64_t value);
};
template <>
struct OptionReader<double> {
  static constexpr const char* kType = "number";
  static Result<double> Read(const ConfigView& value);
  static std::string Json(double value);
};
template <>
struct OptionReader<bool> {
  static constexpr const char* kType = "boolean";
  static Result<bool> Read(const ConfigView& value);
  static std::string Json(bool value);
};
template <>
struct OptionReader<std::vector<std::string>> {
  static constexpr const char* kType = "list of strings";
  static Result<std::vector<std::string>> Read(const ConfigView& value);
  static std::string Json(const std::vector<std::string>& value);
};
template <>
struct OptionReader<ConfigView> {
  static constexpr const char* kType = "any";
  static Result<ConfigView> Read(const ConfigView& value) { return value; }
  static std::string Json(const ConfigView&) { return {}; }
};
template <class T>
struct OptionReader<std::optional<T>> {
  static constexpr const char* kType = OptionReader<T>::kType;
  static Result<std::optional<T>> Read(const ConfigView& value) {
    SLUICE_TRY(auto read, OptionReader<T>::Read(value));
    return std::optional<T>(std::move(read));
  }
  static std::string Json(const std::optional<T>& value) {
    return value ? OptionReader<T>::Json(*value) : "";
  }
};

}  // namespace sluice::config
