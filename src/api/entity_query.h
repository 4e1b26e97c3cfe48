// The parameters with which a dataset's entities are asked for. Internal to api/.

#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "api/request.h"
#include "api/router.h"
#include "storage/store.h"

namespace sluice::api {

struct EntityQuery {
  storage::ReadOptions read;
  uint64_t limit = std::numeric_limits<uint64_t>::max();
  bool populated = false;             // Only if a full run has completed.
  std::optional<std::string> subset;  // ["eq", INDEX_EXPRESSION, VALUE].
};

// `since` is the `_updated` of the last entity seen: what comes after it is read, in reverse what
// came before it.
Result<EntityQuery> ReadEntityQuery(const Parameters& query);
std::vector<RouteParameter> EntityParameters();

// The headers of json-pull.rst.
std::vector<std::pair<std::string, std::string>> DatasetHeaders(
    const storage::DatasetInfo& dataset);

}  // namespace sluice::api
