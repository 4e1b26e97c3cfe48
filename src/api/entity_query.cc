#include "api/entity_query.h"

#include "api/show.h"

namespace sluice::api {

Result<EntityQuery> ReadEntityQuery(const Parameters& query) {
  EntityQuery result;
  SLUICE_TRY(result.read.history, query.Boolean("history", true));
  SLUICE_TRY(result.read.deleted, query.Boolean("deleted", true));
  SLUICE_TRY(result.read.reverse, query.Boolean("reverse", false));
  SLUICE_TRY(result.populated, query.Boolean("populated", false));
  // The whole history has its deletions, whatever else is asked for.
  if (result.read.history) result.read.deleted = true;
  SLUICE_TRY(const auto limit, query.Count("limit"));
  if (limit) result.limit = *limit;
  SLUICE_TRY(const auto since, query.Integer("since"));
  if (since && result.read.reverse) {
    result.read.to = static_cast<storage::Offset>(std::max<int64_t>(*since, 0));
  } else if (since && *since >= 0) {
    result.read.from = static_cast<storage::Offset>(*since) + 1;
  }
  if (query.Has("subset")) result.subset = query.Text("subset", "");
  return result;
}

std::vector<RouteParameter> EntityParameters() {
  return {
      {.name = "since",
       .type = "integer",
       .doc = "The `_updated` of the last entity seen: only what comes after it is returned."},
      {.name = "limit", .type = "integer", .doc = "At most so many entities."},
      {.name = "history",
       .type = "boolean",
       .doc = "Superseded versions too; else only the latest of each entity.",
       .default_json = "true"},
      {.name = "deleted",
       .type = "boolean",
       .doc = "Deleted entities too. The whole history always has them.",
       .default_json = "true"},
      {.name = "reverse", .type = "boolean", .doc = "The newest first.", .default_json = "false"}};
}

std::vector<std::pair<std::string, std::string>> DatasetHeaders(
    const storage::DatasetInfo& dataset) {
  std::vector<std::pair<std::string, std::string>> headers = {
      {"X-Dataset-Populated", dataset.populated ? "true" : "false"},
      {"X-Dataset-Generation", UuidText(dataset.uuid)}};
  if (dataset.next_offset > 0) {
    headers.emplace_back("X-Dataset-Max-Updated", std::to_string(dataset.next_offset - 1));
  }
  return headers;
}

}  // namespace sluice::api
