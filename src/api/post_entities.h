// Entities posted straight to a dataset. Internal to api/.

#pragma once

#include <string>

#include "api/request.h"
#include "storage/store.h"

namespace sluice::api {

struct PostCounts {
  uint64_t received = 0;
  uint64_t written = 0;  // As changed.
};

// Reads the body as a stream of entities and writes them in commits; returns when they are durable.
// An error's message says how many entities were stored before it; sending all again does no harm.
Result<PostCounts> PostEntities(storage::Store& store, const std::string& dataset,
                                const Request& request, bool force);

}  // namespace sluice::api
