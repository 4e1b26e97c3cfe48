// `sluice export` and `sluice import`: a dataset's entities as NDJSON, from and to a data folder.

#pragma once

#include <string>

#include "base/stop.h"
#include "server/terminal.h"

namespace sluice::server {

struct ExportOptions {
  std::string data;
  std::string dataset;
  bool history = false;   // Superseded versions too.
  bool deleted = false;   // Deleted entities too.
  bool metadata = false;  // `_updated`, `_ts`, `_hash`, `_previous` too.
};
int ExportDataset(const ExportOptions& options, const Stop& stop, Terminal& terminal);

struct ImportOptions {
  std::string data;
  std::string dataset;  // Made if it is not there.
  std::string input;    // NDJSON or a JSON array; empty: standard input.
  bool full = false;    // What the input does not hold is deleted.
};
int ImportDataset(const ImportOptions& options, const Stop& stop, Terminal& terminal);

}  // namespace sluice::server
