// What a dataset sink works out by comparing entities with the latest versions: optimistic locking,
// the refusal of second versions, and deleted children (configuration-sinks-dataset.rst).

#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "pipe/dataset_sink.h"

namespace sluice::pipe {

struct CheckedEntities {
  std::vector<Entity> entities;
  uint64_t ignored = 0;  // Left out by prevent_multiple_versions "ignore".
};

// Whether any of these options is set.
bool ComparesWithLatest(const DatasetSinkOptions& options);
// What comes back views the batch.
Result<CheckedEntities> CheckAgainstLatest(const DatasetSinkOptions& options, storage::Store& store,
                                           storage::DatasetNumber number, const Batch& batch);

}  // namespace sluice::pipe
