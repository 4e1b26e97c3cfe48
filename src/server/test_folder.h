// `sluice test DIR`: runs a project in memory, without a network, and compares with its expected/
// folder.

#pragma once

#include <string>

#include "base/stop.h"
#include "server/run_folder.h"

namespace sluice::server {

struct TestOptions {
  FolderOptions folder;  // The profile is "test" by default.
  std::string junit;     // Where to write the JUnit report; empty: nowhere.
};

int TestFolder(const TestOptions& options, const Stop& stop, Terminal& terminal);

}  // namespace sluice::server
