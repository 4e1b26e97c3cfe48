// `sluice serve`: the hub and its Service API, until a signal comes.

#pragma once

#include <string>

#include "base/stop.h"
#include "server/terminal.h"

namespace sluice::server {

struct ServeOptions {
  std::string data;
  std::string config;  // A folder to load at start; empty: what the data folder holds.
  std::string profile;
  std::string env_file;
  std::string listen = "127.0.0.1:9042";
};

// Prints the address once it listens. 0 after a signal; 2 if it could not begin.
int Serve(const ServeOptions& options, const Stop& stop, Terminal& terminal);

}  // namespace sluice::server
