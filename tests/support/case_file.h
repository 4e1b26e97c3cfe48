// Case files (*.test): what DTL gives, told in text. See tests/README.md for the format.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sluice::testing {

// One field of a case: its words and the lines it stands on, from 0, `end_line` behind the last.
struct Field {
  std::string key;
  std::string text;  // Continuation lines joined with '\n', without what stands around them.
  size_t line = 0;
  size_t end_line = 0;
};

struct Case {
  std::string name;
  size_t line = 0;
  std::vector<Field> fields;

  // The first field of this name; nullptr if there is none.
  const Field* Find(std::string_view key) const;
};

struct CaseFile {
  std::string path;
  std::vector<std::string> lines;
  std::vector<Case> cases;
};

// Reads a case file's text. Errors name the path and the line: an unknown field, a field twice that
// may stand once, a case that wants nothing.
Result<CaseFile> ParseCaseFile(std::string path, std::string_view text);

// The text of the file with some fields' values replaced, keyed by their first line.
std::string RewriteFields(const CaseFile& file, const std::map<size_t, std::string>& texts);

}  // namespace sluice::testing
