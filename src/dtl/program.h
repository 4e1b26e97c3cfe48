// Programs: the rules of one DTL transform, compiled.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/stop.h"
#include "config/issue.h"
#include "config/view.h"
#include "dtl/catalogue.h"
#include "dtl/lookup.h"
#include "value/value.h"

namespace sluice::dtl {

// The namespaces of a pipe (features/namespaces.rst).
struct Namespaces {
  bool identifiers = false;  // `namespaced_identifiers`
  std::string identity;      // `namespaces.identity`, by default the pipe's id
  std::string property;      // `namespaces.property`, by default the pipe's id
};

struct CompileOptions {
  std::string pipe_id;
  Namespaces namespaces;
  bool id_required = true;  // configuration-transforms-dtl.rst
  // Whether a dataset exists: one that does not yet is a warning. Nothing: not checked.
  std::function<bool(std::string_view)> dataset_exists = {};
  std::string sink_dataset;    // The pipe's own, for hops to it and `trigger_on`.
  bool fold_constants = true;  // Tests switch it off.
};

// What a program reads and writes (static analysis): for dependency tracking, lineage, warnings.
struct Analysis {
  std::set<std::string> datasets;                          // All that hops and lookup-entity read.
  std::vector<std::shared_ptr<const IndexedKey>> indexes;  // All that its joins need.
  std::vector<std::string> not_exact;  // Reasons why law 3 cannot hold; empty if exact.
  bool creates = false;         // create or create-child: one source entity, several outputs.
  bool reads_metadata = false;  // _updated, _ts, _hash or _previous.
  bool hops_to_sink = false;
};

// The greatest number of entities that each join of a hop with `trace` found, by its `trace` and
// its alias.
using Trace = std::map<std::string, std::map<std::string, uint64_t>>;

// What a run needs from its surroundings. One for each thread.
struct Environment {
  Lookup* lookup = nullptr;  // May be null where the program reads no other dataset.
  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  Stop stop = {};
  Value bindings = {};      // `_B`: a dict of URL parameters; null where there are none.
  Trace* trace = nullptr;   // Where `trace` of hops is counted; null: nowhere.
  bool* tripped = nullptr;  // Set by `trip!` before its error: the sink's circuit breaker trips.
};

// What one source entity becomes, in the order of emission: created entities before the target.
struct Output {
  std::vector<Entity>
      entities;           // Dicts lie in the arena. The target is last, unless it was discarded.
  bool filtered = false;  // The target was let go by `filter`: it is there with filtered set.
};

// Immutable; may be run by any number of threads, each with its own arena. What comes out views the
// arena, the source entity and the program (its literals): keep all three until the output is
// encoded.
class Program {
 public:
  virtual ~Program() = default;
  // Runs the default rule on one entity. Errors name the entity's `_id`, the JSON pointer of the
  // call, and the value.
  virtual Result<Output> Run(const Entity& source, const Environment& environment,
                             Arena& arena) const = 0;
  virtual const Analysis& analysis() const = 0;
};

// Compiles a transform's document ({"type": "dtl", "rules": {"default": […]}}, or only its rules).
// Every finding goes to `issues`; without errors there a program comes back. The program keeps what
// it needs of the document.
Result<std::shared_ptr<const Program>> Compile(const config::ConfigView& transform,
                                               const Catalogue& catalogue,
                                               const CompileOptions& options,
                                               config::Issues& issues);

// One expression on its own, `_S` being the entity it is given: subsets, the equality of merge
// sources, completeness, and tests. Rules cannot be applied from it.
class Expression {
 public:
  virtual ~Expression() = default;
  virtual Result<Value> Evaluate(const Entity& source, const Environment& environment,
                                 Arena& arena) const = 0;
  virtual const Analysis& analysis() const = 0;
};

Result<std::shared_ptr<const Expression>> CompileExpression(const config::ConfigView& expression,
                                                            const Catalogue& catalogue,
                                                            const CompileOptions& options,
                                                            config::Issues& issues);

}  // namespace sluice::dtl
