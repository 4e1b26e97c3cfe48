// How much a writer gathers for one commit.

#pragma once

#include <cstddef>
#include <memory>

#include "base/limits.h"
#include "storage/store.h"

namespace sluice::storage {

// Small commits until a load turns out to change nearly everything it brings: then it goes on as
// bulk loads, which are cheaper for each version but need them in memory. Used by one thread.
class CommitUnit {
 public:
  // Of records: what a bulk load holds in memory before it is committed; another one may be
  // gathered meanwhile.
  static constexpr size_t kBulkBytesMax = 40 * 1024 * 1024;
  static constexpr size_t kBulkEntitiesMax = 125'000;

  // Into a dataset that holds nothing everything is new. The store must outlive this.
  CommitUnit(Store& store, bool dataset_empty) : store_(store) { Choose(dataset_empty); }

  // Whether what was gathered is enough.
  bool Full(size_t entities, size_t bytes) const {
    return bulk() ? entities >= kBulkEntitiesMax || bytes >= kBulkBytesMax
                  : entities >= limits::kCommitEntitiesMax || bytes >= limits::kCommitBytesMax / 2;
  }
  // What became of it.
  void Committed(const CommitReceipt& receipt, size_t entities) {
    Choose(10 * receipt.appended >= 9 * entities);
  }
  bool bulk() const { return place_ != nullptr; }

 private:
  void Choose(bool bulk) {
    if (!bulk) place_.reset();
    if (bulk && !place_) place_ = store_.TakeBulkPlace();
  }

  Store& store_;
  std::shared_ptr<const void> place_;
};

}  // namespace sluice::storage
