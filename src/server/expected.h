// Test specifications of a project (expected/*.test.json), and what their comparison means: as the
// public client's `verify` does it.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "value/value.h"

namespace sluice::server {

// The properties of a *.test.json file; what it leaves out has these defaults.
struct TestSpecification {
  std::string name;  // The file's name without ".test.json".
  std::string path;  // Of the specification itself.
  std::string pipe;  // Default: name.
  std::string file;  // The path of the expected data; default: NAME.json beside it.
  std::string endpoint = "json";
  std::string stage;                                   // Empty: what enters the sink.
  std::multimap<std::string, std::string> parameters;  // For publishers.
  std::vector<std::string> blacklist;  // Globs over dotted paths; lists add nothing to a path.
  std::vector<std::string> fields_to_sort_by = {"_id"};
  bool ignore = false;
  bool ignore_deletes = true;
};

Result<TestSpecification> ReadSpecification(const std::string& path);

// Compared as JSON: sorted, indented text of the expected file, and of what the hub gave after
// taking out reserved and blacklisted properties, whole floats as integers, and integers of more
// than 16 digits rounded like doubles.
struct JsonComparison {
  std::string expected;
  std::string found;
  bool equal() const { return expected == found; }
};
// `found_json`: one JSON text for each entity, as the API shows it.
Result<JsonComparison> CompareJson(const TestSpecification& specification,
                                   std::string_view expected_json,
                                   const std::vector<std::string>& found_json);

// Python's fnmatch: `*`, `?`, `[a-z]`, `[!a-z]` over the whole text.
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace sluice::server
