// `sluice dtl eval` and `sluice dtl run`: rules over entities from files and pipes, without a hub.

#pragma once

#include <cstdio>
#include <string>

#include "dtl/catalogue.h"
#include "server/terminal.h"

namespace sluice::server {

// One JSON object a line in: {"rules", "source", "datasets"?, "namespaced_identifiers"?,
// "pipe_id"?}; one a line out: {"result": entity or null, "created": [entity, …]?} or {"error":
// "…"}. A line that fails does not end it.
int EvaluateLines(std::FILE* in, const dtl::Catalogue& catalogue, Terminal& terminal);

struct DtlRunOptions {
  std::string rules;  // A file: a transform, its rules, or a list of transforms.
  std::string input;  // NDJSON or a JSON array; empty: standard input.
  std::string pipe_id = "pipe";
  bool namespaced_identifiers = false;
  bool array = false;  // Writes one JSON array instead of a line for each entity.
  bool pretty = false;
};
// Streams; 0: every entity was mapped, 1: one failed (mapping goes on behind it), 2: it could not
// begin.
int RunRules(const DtlRunOptions& options, const dtl::Catalogue& catalogue, Terminal& terminal);

}  // namespace sluice::server
