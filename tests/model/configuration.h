// Pipes, as the model test knows them: made by generator.h, written as the hub's configuration, and
// evaluated by the oracle.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sluice::model {

// One side of a join: a property of an alias, or of what the hop begins at.
struct Key {
  static constexpr int kBegin = -1;

  int alias = kBegin;
  std::vector<std::string> properties;  // Several: a tuple of them.
  bool lower = false;                   // Of texts in lower case.
  bool operator==(const Key&) const = default;
};

// What an alias is asked for beside its joins.
struct Filter {
  int alias = 0;
  std::string property;
  // Greater than a number, or than a property of what the hop begins at.
  std::optional<int64_t> number;
  std::string begin_property;
};

struct Alias {
  std::string dataset;
  std::vector<std::pair<Key, Key>> joins;  // What is bound before, and this one; the first joins.
  std::optional<Filter> filter;
  std::optional<int64_t> subset;  // Its "v" is this.
};

struct Hops {
  std::vector<Alias> aliases;
  bool recurse = false;
  bool exclude_root = false;
  int64_t depth_max = 10;
  int return_alias = 0;
  std::string return_property;  // Empty: the entity.
  // Chained: its results go through another one; or a rule that adds `sub` by hopping on.
  std::vector<Hops> next;
  std::vector<Hops> applied;
};

// A transform: a list of steps, in this order where they are there.
struct Rules {
  bool copies_all = true;  // Else only the id.
  // Before the names of what the source gives: the pipe adds its namespace to them.
  std::string space;
  std::optional<int64_t> filter;      // Source entities whose "v" is greater.
  std::vector<Hops> hops;             // Each adds "h0", "h1", …
  std::optional<Hops> carry;          // "m" is what it finds first, else the own id: for cycles.
  std::optional<Hops> from_sink;      // "hs" is what the pipe's own output has.
  std::optional<Hops> create;         // An entity "c<g>" with what is found.
  bool rewrites_id = false;           // The id is "x<g>".
  std::optional<Hops> children;       // A child for each entity found, emitted.
  std::optional<std::string> rename;  // A property that becomes "r".
};

// What makes entities of several datasets the same.
struct MergeRule {
  bool is_set = false;  // Of equality_sets, else of equality.
  struct Side {
    size_t dataset = 0;  // Of the pipe's sources.
    Key key;
    bool operator==(const Side&) const = default;
  };
  std::vector<Side> sides;
};

struct Merge {
  int version = 1;
  std::vector<MergeRule> rules;
  bool first = false;  // The identity.
  enum class Strategy { kDefault, kCompact, kList } strategy = Strategy::kDefault;
};

struct Pipe {
  std::string id;
  std::vector<std::string> sources;  // Several: a union, or a merge.
  std::optional<Merge> merge;
  bool prefix_ids = true;
  bool add_namespaces = false;
  std::vector<Rules> transforms;  // Chained.
  int batch_size = 100;

  bool is_union() const { return sources.size() > 1 && !merge; }
  bool hops_to_sink() const { return !transforms.empty() && transforms[0].from_sink.has_value(); }
};

// The datasets that pipes read and nobody writes: "d0", "d1", ….
struct Configuration {
  int datasets = 3;
  std::vector<Pipe> pipes;
  bool cyclic = false;  // Pipes hop to what later ones write.
};

// The pipe's document for the hub.
struct WriteOptions {
  bool null_is_a_key = false;  // A mistake: the hub is told to join what has no value, too.
};
std::string WritePipe(const Pipe& pipe, const WriteOptions& options = {});
std::string WriteConfiguration(const Configuration& configuration,
                               const WriteOptions& options = {});

}  // namespace sluice::model
