// Lookup: how DTL asks for entities of other datasets. dtl/ knows no storage; pipe/ implements
// this.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "value/value.h"

namespace sluice::dtl {

// What a hop's step looks up: entities of `dataset` by a key that is worked out from each of them.
// The compiler makes one for each (dataset, canonical expression) a program needs.
class IndexedKey {
 public:
  virtual ~IndexedKey() = default;
  virtual const std::string& dataset() const = 0;
  // Canonical text of the key expression with the alias replaced by "_"; with the dataset it names
  // an index.
  virtual const std::string& expression() const = 0;
  // Whether the expression is the entity's own `_id`: then the dataset itself is the index.
  virtual bool IsId() const { return false; }
  // The key values of an entity: each one joins (overlap). Null and missing give none.
  virtual std::vector<Value> Keys(const Entity& entity, Arena& arena) const = 0;
  // The same expression over the entities of another dataset.
  virtual std::shared_ptr<const IndexedKey> Over(std::string dataset) const = 0;
};

// One snapshot of the datasets a batch reads. Used by one thread at a time.
class Lookup {
 public:
  virtual ~Lookup() = default;
  // For each of `keys`: the live entities of key.dataset() one of whose key values equals it,
  // ascending by
  // `_id`; lists may repeat an entity where several keys find it. A dataset that does not exist has
  // none.
  virtual Result<std::vector<std::span<const Entity* const>>> Find(const IndexedKey& key,
                                                                   std::span<const Value> keys,
                                                                   Arena& arena) = 0;
  // The latest version of one entity; nullptr if there is none or it is deleted.
  virtual Result<const Entity*> Get(std::string_view dataset, std::string_view id,
                                    Arena& arena) = 0;
  // Calls `visit` for all live entities ascending by `_id`: a hop without any join.
  virtual Result<void> Scan(std::string_view dataset, Arena& arena,
                            const std::function<Result<bool>(const Entity&)>& visit) = 0;
  // The version before this one of an entity of the pipe's source dataset, for `is-changed`;
  // nullptr if there is none, if it is gone, or if the source is no dataset.
  virtual Result<const Entity*> Previous(const Entity&, Arena&) { return nullptr; }
  // The completeness of `dataset` as the writer of `via` has last seen it
  // (completeness-feature.rst); null if either does not exist or `via` knows nothing of it.
  virtual Result<Value> Completeness(std::string_view via, std::string_view dataset, Arena& arena) {
    (void)via, (void)dataset, (void)arena;
    return Value::Null();
  }
};

}  // namespace sluice::dtl
