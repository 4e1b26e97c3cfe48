// Programs: the rules of one DTL transform, compiled.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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

struct RdfRegistry;

// The namespaces of a pipe (features/namespaces.rst).
struct Namespaces {
  bool identifiers = false;  // `namespaced_identifiers`
  std::string identity;      // `namespaces.identity`, by default the pipe's id
  std::string property;      // `namespaces.property`, by default the pipe's id
  // `namespaces.default` of the service metadata: name → URI prefix, for NIs made of URIs.
  std::vector<std::pair<std::string, std::string>> prefixes = {};
  // `rdf` of the service metadata (dtl/rdf_registry.h); null where there is none.
  std::shared_ptr<const RdfRegistry> rdf = {};
};

struct CompileOptions {
  std::string pipe_id;
  Namespaces namespaces;
  bool id_required = true;  // configuration-transforms-dtl.rst
  // Whether a dataset exists: one that does not yet is a warning. Nothing: not checked.
  std::function<bool(std::string_view)> dataset_exists = {};
  std::string source_dataset;  // The pipe's own where its source is one dataset, for `lookup`.
  std::string sink_dataset;    // The pipe's own, for hops to it and `trigger_on`.
  bool fold_constants = true;  // Tests switch it off.
};

// One way to join: entities whose `key` has one of the values that `from` has.
struct HopJoin {
  std::shared_ptr<const IndexedKey> key;
  // The other side, where it reads one entity only: that of the parent step, whose dataset it
  // names, or for steps that begin at the value hopped from, that value's (named by
  // CompileOptions::source_dataset). Null where it reads
  // `_T`, `_P`, `_B`, `_`, or an alias of an enclosing expression: the key is then known by
  // evaluation only.
  std::shared_ptr<const IndexedKey> from;
};

// Whether one entity passes what a hop asks of one alias alone.
class EntityFilter {
 public:
  virtual ~EntityFilter() = default;
  virtual bool Passes(const Entity& entity, Arena& arena) const = 0;
};

// What a hop reads of the entities of one alias.
class EntityReads {
 public:
  virtual ~EntityReads() = default;
  // Whether the hop can tell the two apart.
  virtual bool Differ(const Entity& a, const Entity& b, Arena& arena) const = 0;
};

// How the entities of one alias are found, in the order of joining.
struct HopStep {
  static constexpr int kSource = -1;  // The value hopped from.
  static constexpr int kRoot = -2;    // `_R._S`, the entity that the program runs on.

  std::string alias;
  std::string dataset;
  int parent = kSource;        // Or the position of an earlier step.
  std::vector<HopJoin> joins;  // Any of them joins.
  std::shared_ptr<const EntityFilter>
      filter;  // Null: all pass. Never passes less than the hop lets through.
  std::shared_ptr<const EntityReads> reads;  // Null: all of the entity.
};

struct HopSpec {
  std::vector<HopStep> steps;
  bool recurse = false;
  bool exclude_root = false;
  bool track = true;            // `track-dependencies`
  std::vector<int> returned;    // Positions of the steps whose entities it gives.
  bool returns_values = false;  // It gives what an expression makes of them instead.
};

// A call of hops or apply-hops: its specs are chained, each beginning at what the one before gives.
// Calls in the rule `default` begin at the entity that the program runs on; calls in another rule
// at what the calls that apply that rule (`applies`) give.
struct Hop {
  std::string at;       // JSON pointer.
  std::string rule;     // Where the call stands; empty in an expression on its own.
  std::string applies;  // apply-hops: the rule that it runs on each result.
  bool nested = false;  // It stands inside a HOP_SPEC of another call.
  std::vector<HopSpec> specs;
};

// What a program reads and writes (static analysis): for dependency tracking, lineage, warnings.
struct Analysis {
  std::set<std::string> datasets;                          // All that hops and lookup-entity read.
  std::vector<std::shared_ptr<const IndexedKey>> indexes;  // All that its joins need.
  std::vector<Hop> hops;               // All calls, in the order of the document.
  std::vector<std::string> not_exact;  // Reasons why law 3 cannot hold; empty if exact.
  bool creates = false;         // create or create-child: one source entity, several outputs.
  bool rewrites_id = false;     // The target's `_id` may be another than the source's.
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
  // Dicts lie in the arena. The target is last, unless it was discarded.
  std::vector<Entity> entities;
  bool filtered = false;   // The target was let go by `filter`: it is there with filtered set.
  bool discarded = false;  // There is no target: `discard`, or no id where none is required.
};

// Immutable; may be run by any number of threads, each with its own arena. What comes out views the
// arena, the source entity and the program (its literals): keep all three until the output is
// encoded.
class Program {
 public:
  virtual ~Program() = default;
  // Runs the default rule on one entity. Errors name the entity's `_id`, the JSON pointer of the
  // call, and the value. What `output` held is dropped, its memory used again; after an error what
  // it holds is of no use.
  virtual Result<void> Run(const Entity& source, const Environment& environment, Arena& arena,
                           Output& output) const = 0;
  // The same for callers that keep no Output.
  Result<Output> Run(const Entity& source, const Environment& environment, Arena& arena) const {
    Output output;
    SLUICE_TRY(Run(source, environment, arena, output));
    return output;
  }
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
