// `sluice merge explain DIR PIPE [ID]`: why entities are one.

#pragma once

#include <string>

#include "base/stop.h"
#include "server/run_folder.h"
#include "server/terminal.h"

namespace sluice::server {

struct MergeExplainOptions {
  // `folder`: a hub's data folder, or a configuration folder whose pipes are run first.
  FolderOptions folder;
  std::string pipe;
  std::string id;  // Of a merged entity or a member; empty: an overview of all groups.
  bool json = false;
};

int ExplainMerge(const MergeExplainOptions& options, const Stop& stop, Terminal& terminal);

}  // namespace sluice::server
