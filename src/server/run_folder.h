// `sluice run DIR`: loads a configuration folder and runs every pipe to completion.

#pragma once

#include <string>

#include "base/stop.h"
#include "server/node.h"
#include "server/terminal.h"

namespace sluice::server {

struct FolderOptions {
  std::string folder;
  std::string data;      // Empty: in memory.
  std::string profile;   // NAME of NAME-env.json.
  std::string env_file;  // Wins over the profile.
};

// Whether a folder is a hub's data folder, rather than one of configurations.
bool IsDataFolder(const std::string& folder);
// Loads a project into a node: its environment, then its components. Prints each finding; false if
// the configuration has errors, and then nothing was applied.
Result<bool> LoadFolder(Node& node, const config::Project& project, const FolderOptions& options,
                        Terminal& terminal);
// Prints the findings of an upload; gives the number of errors.
size_t PrintFindings(const pipe::ConfigOutcome& outcome, Terminal& terminal);
// The table of pipes with what they did.
void PrintPipes(const pipe::RunAllReport& report, Terminal& terminal);
// Posts testdata/PIPE.json of the project to the pipes' receivers.
Result<void> FeedTestdata(Node& node, const config::Project& project, const Stop& stop);

int RunFolder(const FolderOptions& options, const Stop& stop, Terminal& terminal);

}  // namespace sluice::server
