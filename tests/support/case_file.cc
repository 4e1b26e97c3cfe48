#include "tests/support/case_file.h"

#include <algorithm>
#include <array>
#include <span>

namespace sluice::testing {
namespace {

// `warns`, `dataset` and `target` may stand several times.
constexpr std::array<std::string_view, 11> kKeys = {"case",   "dtl",     "source",  "want",
                                                    "fails",  "says",    "dataset", "rules",
                                                    "target", "options", "warns"};
constexpr std::array<std::string_view, 3> kRepeatable = {"warns", "dataset", "target"};

bool Contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

Error At(const std::string& path, size_t line, std::string message) {
  Error error = MakeError(Code::kBadData, "{}", message);
  error.at = fmt::format("{}:{}", path, line + 1);
  return error;
}

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

Result<void> CheckCase(const CaseFile& file, const Case& item) {
  const bool expression = item.Find("dtl") != nullptr;
  if (expression == (item.Find("rules") != nullptr)) {
    return At(file.path, item.line, "a case has either \"dtl\" or \"rules\"");
  }
  const auto* wanted = expression ? "want" : "target";
  if (!item.Find(wanted) && !item.Find("fails") && !item.Find("warns")) {
    return At(file.path, item.line,
              fmt::format("a case wants something: \"{}\", \"fails\" or \"warns\"", wanted));
  }
  return {};
}

}  // namespace

const Field* Case::Find(std::string_view key) const {
  for (const Field& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

Result<CaseFile> ParseCaseFile(std::string path, std::string_view text) {
  CaseFile file{.path = std::move(path), .lines = SplitLines(text), .cases = {}};
  bool in_field = false;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string_view line = file.lines[i];
    const std::string_view content = Trim(line);
    if (content.empty()) {
      in_field = false;
      continue;
    }
    if (line[0] == '#') continue;
    if (line[0] == ' ' || line[0] == '\t') {
      if (!in_field) return At(file.path, i, "a continuation line that continues nothing");
      Field& field = file.cases.back().fields.back();
      field.text += field.text.empty() ? "" : "\n";
      field.text += content;
      field.end_line = i + 1;
      continue;
    }
    const auto end = content.find_first_of(" \t");
    const std::string key(content.substr(0, end));
    const std::string value(end == std::string_view::npos ? std::string_view()
                                                          : Trim(content.substr(end)));
    if (!Contains(kKeys, key))
      return At(file.path, i, fmt::format("\"{}\" is no field of a case", key));
    if (key == "case") {
      file.cases.push_back({.name = value, .line = i, .fields = {}});
      in_field = false;
      continue;
    }
    if (file.cases.empty()) return At(file.path, i, "a field before the first \"case\"");
    if (file.cases.back().Find(key) && !Contains(kRepeatable, key)) {
      return At(file.path, i, fmt::format("\"{}\" twice in one case", key));
    }
    file.cases.back().fields.push_back({.key = key, .text = value, .line = i, .end_line = i + 1});
    in_field = true;
  }
  for (const Case& item : file.cases) SLUICE_TRY(CheckCase(file, item));
  return file;
}

std::string RewriteFields(const CaseFile& file, const std::map<size_t, std::string>& texts) {
  std::string out;
  std::map<size_t, const Field*> fields;
  for (const Case& item : file.cases) {
    for (const Field& field : item.fields) fields[field.line] = &field;
  }
  for (size_t i = 0; i < file.lines.size();) {
    const auto text = texts.find(i);
    if (text == texts.end()) {
      out += file.lines[i++] + "\n";
      continue;
    }
    const Field& field = *fields.at(i);
    const size_t width = std::max(file.lines[i].find(' '), field.key.size() + 1);
    const size_t value =
        file.lines[i].find_first_not_of(' ', std::min(width, file.lines[i].size()));
    const size_t indent = value == std::string::npos ? field.key.size() + 1 : value;
    out += field.key + std::string(indent - field.key.size(), ' ') + text->second + "\n";
    i = field.end_line;
  }
  return out;
}

}  // namespace sluice::testing
