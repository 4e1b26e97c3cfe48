// LineEvaluator: one request a line in, one answer a line out, as `sluice dtl eval --jsonl` speaks
// it.
//
//   in   {"rules": …, "source": {…}, "datasets"?: {"ID": [{…}]}, "namespaced_identifiers"?: true,
//         "pipe_id"?: "p", "metadata"?: {"namespaces": {"default": {…}}, "rdf": {…}}}
//        or {"expression": …, "source"?: …} for one expression
//   out  {"result": entity or null, "created"?: [entities]}, null meaning filtered,
//        or {"error": "…"}

#pragma once

#include <string>
#include <string_view>

#include "dtl/catalogue.h"
#include "dtl/program.h"
#include "value/json.h"

namespace sluice::dtl {

// What `namespaces.default` and `rdf` of a service metadata document give a program.
void ReadServiceMetadata(const Value& metadata, Namespaces& namespaces);

// Used by one thread at a time; the catalogue must outlive it.
class LineEvaluator {
 public:
  explicit LineEvaluator(const Catalogue& catalogue);

  // The answer, without a line break. Never fails: what is wrong with the request is in the answer.
  std::string Evaluate(std::string_view line);

 private:
  Result<std::string> Answer(std::string_view line);

  const Catalogue& catalogue_;
  JsonParser decode_;
  JsonParser keep_;
};

}  // namespace sluice::dtl
