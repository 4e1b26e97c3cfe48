// `sluice check DIR`: validates a configuration folder, DTL included, and runs nothing.

#pragma once

#include "server/run_folder.h"

namespace sluice::server {

int CheckFolder(const FolderOptions& options, Terminal& terminal);

}  // namespace sluice::server
