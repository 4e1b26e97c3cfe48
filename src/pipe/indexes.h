// The indexes that the pipes' joins need, kept in step with the configuration.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dtl/lookup.h"
#include "storage/store.h"

namespace sluice::pipe {

using IndexedKeys = std::vector<std::shared_ptr<const dtl::IndexedKey>>;

// May be used by several threads.
class Indexes {
 public:
  explicit Indexes(storage::Store& store) : store_(store) {}

  // What all pipes need from now on: registers the extractors of those whose dataset is there, and
  // drops indexes that nobody needs. Must come before anything is written after a start, since the
  // store refuses appends to a dataset while an extractor of one of its indexes is missing.
  Result<void> Reconcile(const IndexedKeys& needed);
  // Makes and fills the indexes; returns when they are ready. Datasets that do not exist have none.
  Result<void> Build(const IndexedKeys& keys, const Stop& stop);
  // The index over `key` of this incarnation; nothing if it has none that is known.
  std::optional<uint32_t> Find(storage::DatasetNumber dataset, std::string_view expression) const;
  // What fills the index of a dataset, which need not be there; null if no pipe needs such an
  // index.
  std::shared_ptr<const storage::KeyExtractor> FindExtractor(
      std::string_view dataset, const storage::IndexDefinition& definition) const;

 private:
  Result<std::optional<storage::IndexInfo>> Create(
      const std::shared_ptr<const dtl::IndexedKey>& key);

  storage::Store& store_;
  mutable std::mutex numbers_mutex_;
  std::map<std::pair<storage::DatasetNumber, std::string>, uint32_t> numbers_;
  // By dataset and expression.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const storage::KeyExtractor>>
      extractors_;
};

}  // namespace sluice::pipe
