// `sluice verify` and `sluice rebuild`: hold what a data folder derives against its logs, and make
// it anew.

#pragma once

#include <string>

#include "base/stop.h"
#include "server/terminal.h"

namespace sluice::server {

struct VerifyDataOptions {
  std::string data;
  uint64_t differences_max = 1000;  // As many are printed; all are counted.
};

// 0: nothing differs; 1: something does, or cannot be read; 2: it could not begin (no such folder,
// in use, a newer format) or was stopped.
int VerifyData(const VerifyDataOptions& options, const Stop& stop, Terminal& terminal);

// 0: everything derived was made anew and verified; 1: what is left wrong lies in the logs; 2: as
// above.
int RebuildData(const VerifyDataOptions& options, const Stop& stop, Terminal& terminal);

}  // namespace sluice::server
