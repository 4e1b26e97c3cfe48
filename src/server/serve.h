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
  std::string backup;             // The folder for backups; empty: none are made.
  double backup_every_hours = 0;  // 0: only when they are asked for.
  size_t backup_keep = 7;         // 0: all.
  double min_free_percent = 5;    // Of the disk; below it entities are refused. 0: never.
};

// Prints the address once it listens. 0 after a signal; 2 if it could not begin.
int Serve(const ServeOptions& options, const Stop& stop, Terminal& terminal);

}  // namespace sluice::server
