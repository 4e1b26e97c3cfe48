#include "config/option_table.h"

#include "value/json.h"

namespace sluice::config {

Result<std::string> OptionReader<std::string>::Read(const ConfigView& value) {
  SLUICE_TRY(auto text, value.String());
  return std::string(text);
}

std::string OptionReader<std::string>::Json(const std::string& value) {
  std::string text;
  WriteJsonString(value, text);
  return text;
}

Result<int64_t> OptionReader<int64_t>::Read(const ConfigView& value) { return value.Integer(); }

std::string OptionReader<int64_t>::Json(int64_t value) { return fmt::format("{}", value); }

Result<double> OptionReader<double>::Read(const ConfigView& value) { return value.Number(); }

std::string OptionReader<double>::Json(double value) { return fmt::format("{}", value); }

Result<bool> OptionReader<bool>::Read(const ConfigView& value) { return value.Boolean(); }

std::string OptionReader<bool>::Json(bool value) { return value ? "true" : "false"; }

Result<std::vector<std::string>> OptionReader<std::vector<std::string>>::Read(
    const ConfigView& value) {
  // Many properties of the reference take one string for a list of one; the schema knows which.
  if (const auto text = value.value().AsString())
    return std::vector<std::string>{std::string(*text)};
  if (!value.value().IsList()) {
    return value.Fail("expected a list of strings, found {}", value.Describe());
  }
  std::vector<std::string> texts;
  for (size_t i = 0; i < value.value().count(); ++i) {
    SLUICE_TRY(auto text, value[i].String());
    texts.emplace_back(text);
  }
  return texts;
}

std::string OptionReader<std::vector<std::string>>::Json(const std::vector<std::string>& value) {
  std::string text = "[";
  for (const std::string& item : value) {
    if (text.size() > 1) text += ", ";
    WriteJsonString(item, text);
  }
  return text + "]";
}

}  // namespace sluice::config
