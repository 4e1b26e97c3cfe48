// The command line of `sluice`.

#pragma once

namespace sluice::server {

// Parses the arguments and runs the command; gives the process's exit status.
int RunCommandLine(int argc, char** argv);

}  // namespace sluice::server
