// `sluice dtl explain DIR PIPE`: how a pipe joins, what it follows, and whether it is exact.

#pragma once

#include <string>

#include "server/run_folder.h"

namespace sluice::server {

struct DtlExplainOptions {
  FolderOptions folder;
  std::string pipe;
  std::string data;  // A data folder, for what is in its indexes; empty: the plan alone.
  bool json = false;
};

int ExplainPipe(const DtlExplainOptions& options, Terminal& terminal);

}  // namespace sluice::server
