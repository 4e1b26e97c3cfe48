// Subsets of datasets (json-pull.rst, configuration-sources-dataset.rst) and the indexes that hold
// them (configuration-sinks-dataset.rst, `indexes`).

#pragma once

#include <memory>
#include <string>

#include "config/issue.h"
#include "config/view.h"
#include "dtl/lookup.h"
#include "dtl/program.h"

namespace sluice::dtl {

struct KeyExpression;

// What an index over `dataset` holds. The expression reads `_S` and nothing else. Findings go to
// `issues`; the first error comes back too.
Result<std::shared_ptr<const IndexedKey>> CompileIndexExpression(
    const config::ConfigView& expression, std::string dataset, const Catalogue& catalogue,
    const CompileOptions& options, config::Issues& issues);

// The entities of a dataset for which ["eq", INDEX_EXPRESSION, VALUE] holds as in joins: both sides
// may be lists, one common value suffices, and null is never common. Immutable; may be used by any
// number of threads.
class Subset {
 public:
  Subset(std::shared_ptr<const IndexedKey> key, std::shared_ptr<const KeyExpression> index,
         std::shared_ptr<const Arena> arena, Value value)
      : key_(std::move(key)), index_(std::move(index)), arena_(std::move(arena)), value_(value) {}

  // What an index over the subset's expression holds.
  const IndexedKey& key() const { return *key_; }
  // VALUE, evaluated: one value, or a list of them.
  const Value& value() const { return value_; }
  // An entity for which the expression fails is not in the subset, as no index would have it.
  bool Contains(const Entity& entity, Arena& arena) const;

 private:
  std::shared_ptr<const IndexedKey> key_;
  std::shared_ptr<const KeyExpression> index_;
  std::shared_ptr<const Arena> arena_;  // Of the value.
  Value value_;
};

// VALUE reads nothing. Findings go to `issues`; the first error comes back too.
Result<std::shared_ptr<const Subset>> CompileSubset(const config::ConfigView& subset,
                                                    std::string dataset, const Catalogue& catalogue,
                                                    const CompileOptions& options,
                                                    config::Issues& issues);

}  // namespace sluice::dtl
