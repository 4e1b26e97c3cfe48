// Project: components read from folders and archives, and written to them.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/document.h"

namespace sluice::config {

// A file that could not be read as components, or that a setting is wrong in.
struct FileIssue {
  std::string file;  // As the user names it.
  Error error;       // `at` is FILE:LINE:COLUMN where known.
};

// The folder of a `sesam` client project, today's layout and older ones.
struct Project {
  Documents components;           // Pipes, systems, metadata, in order of their files' names.
  std::vector<FileIssue> issues;  // Nothing is left out silently.
  // Profile name → environment JSON, byte for byte: "test-env.json" is profile "test".
  std::map<std::string, std::string> profiles;
  std::vector<std::string> expected;            // Paths of expected/*.test.json.
  std::map<std::string, std::string> testdata;  // Pipe id → path of testdata/PIPE.json.
};

// Reads `folder`. An error only where the folder itself cannot be read; broken files are issues.
Result<Project> LoadProject(const std::string& folder);

// Components of an upload: a zip archive (it begins with "PK") of *.conf.json files, or JSON (an
// object or an array). An archive that cannot be read, or JSON that breaks, is an error; broken or
// unexpected files of an archive are issues, and an upload that has any is refused.
struct Upload {
  Documents documents;
  std::vector<FileIssue> issues;
};
Result<Upload> ParseUpload(std::string_view bytes);

// The archive that GET config answers: pipes/ID.conf.json, systems/ID.conf.json,
// node-metadata.conf.json, with each document's bytes as they came, no folder entries, sorted by
// name, same bytes for same documents.
std::string WriteArchive(const Documents& documents);

}  // namespace sluice::config
