// Endpoints that the reference documents and this version does not have: 501, and not 404, so that
// a client learns which of the two it is.

#include "api/routes.h"

namespace sluice::api {
namespace {

struct Unbuilt {
  Method method;
  const char* pattern;
  const char* what;
};

constexpr Unbuilt kUnbuilt[] = {
    {Method::kGet, "/api/models", "models"},
    {Method::kPost, "/api/models", "models"},
    {Method::kGet, "/api/models/{model_id}", "models"},
    {Method::kDelete, "/api/models/{model_id}", "models"},
    {Method::kGet, "/api/models/{model_id}/{entity_type_id}", "models"},
    {Method::kGet, "/api/pipes/{pipe_id}/generate-schema-definition", "inferred schemas"},
    {Method::kGet, "/api/pipes/{pipe_id}/entity-types/source", "inferred schemas"},
    {Method::kGet, "/api/pipes/{pipe_id}/entity-types/sink", "inferred schemas"},
    {Method::kGet, "/api/datasets/{dataset_id}/generate-schema-definition", "inferred schemas"},
    {Method::kPost, "/api/pipes/{pipe_id}/webhook", "webhooks"},
    {Method::kGet, "/api/datasets/{dataset_id}/sdshare-collection", "SDShare"},
    {Method::kGet, "/api/datasets/{dataset_id}/sdshare-fragments", "SDShare"},
    {Method::kGet, "/api/datasets/{dataset_id}/sdshare-fragments/{rest_of_path*}", "SDShare"},
    {Method::kGet, "/api/publishers/{pipe_id}/sdshare-collection", "SDShare"},
    {Method::kGet, "/api/publishers/{pipe_id}/sdshare-fragments", "SDShare"},
    {Method::kPost, "/api/receivers/{pipe_id}/sdshare-push-receiver", "SDShare"},
    {Method::kGet, "/api/publishers/{pipe_id}/shareable-links", "shareable links"},
    {Method::kPost, "/api/publishers/{pipe_id}/shareable-links", "shareable links"},
    {Method::kDelete, "/api/publishers/{pipe_id}/shareable-links/{shareable_link_id}",
     "shareable links"},
    {Method::kGet, "/api/config-history/entity", "the history of configurations"},
    {Method::kPost, "/api", "operations on the node other than those of /api/admin"},
    {Method::kPut, "/api/license", "license keys"},
    {Method::kGet, "/api/systems/{system_id}/logs", "microservices"},
    {Method::kGet, "/api/systems/{system_id}/status", "microservices"},
    {Method::kPost, "/api/systems/{system_id}/reload", "microservices"},
    {Method::kGet, "/api/systems/{system_id}/proxy/{rest_of_path*}", "microservices"},
    {Method::kPost, "/api/systems/{system_id}/proxy/{rest_of_path*}", "microservices"},
    {Method::kPut, "/api/systems/{system_id}/proxy/{rest_of_path*}", "microservices"},
    {Method::kPatch, "/api/systems/{system_id}/proxy/{rest_of_path*}", "microservices"},
    {Method::kDelete, "/api/systems/{system_id}/proxy/{rest_of_path*}", "microservices"},
    {Method::kGet, "/api/metrics", "metrics"},
    {Method::kPost, "/api/jwt", "signing in with a password"},
    {Method::kPost, "/api/logs", "changing the log's level"},
    {Method::kGet, "/api/status/heap", "looking at the process's memory"},
    {Method::kGet, "/api/status/debugmallocstats", "looking at the process's memory"},
    {Method::kGet, "/api/status/stacktrace", "looking at the process's threads"},
    {Method::kPost, "/api/utils/reformat-config", "formatting configurations"},
};

}  // namespace

void AddUnbuiltRoutes(Router& router) {
  for (const Unbuilt& unbuilt : kUnbuilt) {
    router.Add({.method = unbuilt.method,
                .pattern = unbuilt.pattern,
                .permission = Permission::kReadConfig,
                .group = "Not built",
                .doc = fmt::format("Not built in this version: {}.", unbuilt.what),
                .handler = [what = unbuilt.what](const Request&, Answer&) -> Result<void> {
                  return MakeError(Code::kNotBuilt, "not built in this version: {}", what);
                }});
  }
}

}  // namespace sluice::api
