// What tests do between the steps of a bulk load (bulk_load.h).

#pragma once

#include <functional>

namespace sluice::storage {

// The steps of a bulk load, in their order, for tests that stop between them.
enum class BulkStep { kFilesWritten, kIntentSynced, kIngested, kIntentRemoved };

struct BulkHooks {
  std::function<void(BulkStep)> after_step = {};
  bool sync_intent = true;  // False is a mistake that tests plant.
};

}  // namespace sluice::storage
