// Routes of the store: compaction and who keeps it back, backups.

#include <map>

#include "api/routes.h"

namespace sluice::api {
namespace {

Result<void> GetCompaction(const Service& service, Answer& answer) {
  const auto& store = service->hub->store();
  std::map<storage::DatasetNumber, storage::DatasetInfo> datasets;
  uint64_t queued = 0;
  for (auto& info : store.ListDatasets()) {
    queued += info.queued;
    datasets.emplace(info.number, std::move(info));
  }
  JsonWriter json;
  json.BeginObject().Name("queued").Count(queued).Name("holds").BeginArray();
  for (const auto& hold : store.ListHolds()) {
    const auto dataset = datasets.find(hold.dataset);
    if (dataset == datasets.end()) continue;
    json.BeginObject().Name("dataset").String(dataset->second.name);
    json.Name("holder").String(hold.holder).Name("from").Count(hold.from);
    json.Name("behind").Count(
        dataset->second.next_offset > hold.from ? dataset->second.next_offset - hold.from : 0);
    json.Name("queued").Count(dataset->second.queued).EndObject();
  }
  json.EndArray().EndObject();
  return SendJson(answer, json.text());
}

Error NoBackups() {
  return MakeError(Code::kConflict,
                   "this hub was not told where to put backups: start it with --backup DIR");
}

Result<void> GetBackups(const Service& service, Answer& answer) {
  if (!service->list_backups) return NoBackups();
  SLUICE_TRY(const auto names, service->list_backups());
  JsonWriter json;
  json.BeginArray();
  for (const auto& name : names) json.BeginObject().Name("_id").String(name).EndObject();
  json.EndArray();
  return SendJson(answer, json.text());
}

Result<void> PostBackup(const Service& service, const Request& request, Answer& answer) {
  if (!service->make_backup) return NoBackups();
  SLUICE_TRY(const auto made, service->make_backup(request.stop));
  return SendJson(answer, made);
}

}  // namespace

void AddStoreRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/compaction",
              .permission = Permission::kReadConfig,
              .group = "Hub",
              .doc = "How many versions wait to be removed, and who keeps compaction back where.",
              .handler = [service](const Request&, Answer& answer) {
                return GetCompaction(service, answer);
              }});
  router.Add({.method = Method::kPost,
              .pattern = "/api/compaction",
              .permission = Permission::kOperate,
              .group = "Hub",
              .doc = "Begins a compaction of all datasets, as far as holds allow.",
              .handler = [service](const Request&, Answer& answer) -> Result<void> {
                service->hub->Compact();
                return SendOk(answer);
              }});
  router.Add({.method = Method::kGet,
              .pattern = "/api/backups",
              .permission = Permission::kAdmin,
              .group = "Hub",
              .doc = "The hub's backups, oldest first.",
              .handler = [service](const Request&, Answer& answer) {
                return GetBackups(service, answer);
              }});
  router.Add({.method = Method::kPost,
              .pattern = "/api/backups",
              .permission = Permission::kAdmin,
              .group = "Hub",
              .doc = "Makes a backup while the hub runs, in the folder that it was started with.",
              .handler = [service](const Request& request, Answer& answer) {
                return PostBackup(service, request, answer);
              }});
}

}  // namespace sluice::api
