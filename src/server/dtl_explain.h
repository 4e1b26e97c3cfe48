// `sluice dtl explain DIR PIPE`: how a pipe joins, what it follows, and whether it is exact.

#pragma once

#include <string>

#include "server/run_folder.h"

namespace sluice::server {

struct DtlExplainOptions {
  // `folder`: the data folder of a hub that does not run, for what is in its indexes too, or a
  // configuration folder, for the plan alone.
  FolderOptions folder;
  std::string pipe;
  bool json = false;
};

int ExplainPipe(const DtlExplainOptions& options, Terminal& terminal);

}  // namespace sluice::server
