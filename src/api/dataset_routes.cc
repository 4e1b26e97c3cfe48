// Routes of datasets: listing, deleting, their indexes.

#include <algorithm>

#include "api/routes.h"
#include "api/show.h"

namespace sluice::api {
namespace {

Result<storage::DatasetInfo> FindDataset(const Service& service, const Request& request) {
  const std::string& name = request.Path("dataset_id");
  auto info = service->hub->store().FindDataset(name);
  if (!info) return MakeError(Code::kNotFound, "there is no dataset \"{}\"", name);
  return *std::move(info);
}

using Holds = std::vector<storage::Store::Hold>;

void WriteOne(JsonWriter& json, const Service& service, const storage::DatasetInfo& info,
              const Holds& all_holds) {
  Holds holds;
  for (const auto& hold : all_holds) {
    if (hold.dataset == info.number) holds.push_back(hold);
  }
  WriteDataset(json, info,
               {.writer = service->hub->WriterOf(info.name),
                .readers = service->hub->ReadersOf(info.name),
                .holds = std::move(holds)});
}

Result<void> ListDatasets(const Service& service, Answer& answer) {
  auto datasets = service->hub->store().ListDatasets();
  std::sort(datasets.begin(), datasets.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  JsonWriter json;
  json.BeginArray();
  const auto holds = service->hub->store().ListHolds();
  for (const auto& info : datasets) WriteOne(json, service, info, holds);
  json.EndArray();
  return SendJson(answer, json.text());
}

Result<void> GetDataset(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto info, FindDataset(service, request));
  JsonWriter json;
  WriteOne(json, service, info, service->hub->store().ListHolds());
  return SendJson(answer, json.text());
}

Result<void> PostDataset(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto form, request.ReadForm());
  SLUICE_TRY(const auto operation, form.Required("operation"));
  const std::string& name = request.Path("dataset_id");
  if (operation == "rollback-circuit-breaker") {
    SLUICE_TRY(service->hub->RollbackCircuitBreaker(name, UserOf(request)));
  } else if (operation == "commit-circuit-breaker") {
    SLUICE_TRY(service->hub->CommitCircuitBreaker(name, UserOf(request)));
  } else {
    return MakeError(
        Code::kBadRequest,
        "the operation must be rollback-circuit-breaker or commit-circuit-breaker, found \"{}\"",
        operation);
  }
  return SendOk(answer);
}

Result<void> ListIndexes(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto info, FindDataset(service, request));
  JsonWriter json;
  json.BeginArray();
  for (const auto& index : service->hub->store().ListIndexes(info.number)) {
    json.BeginObject().Name("id").Count(index.number);
    json.Name("expression").String(index.definition.expression);
    json.Name("ready").Boolean(index.ready).Name("entries").Count(index.entries).EndObject();
  }
  json.EndArray();
  return SendJson(answer, json.text());
}

Result<void> DropIndex(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto info, FindDataset(service, request));
  for (const auto& index : service->hub->store().ListIndexes(info.number)) {
    if (std::to_string(index.number) != request.Path("index_int_id")) continue;
    SLUICE_TRY(service->hub->store().DropIndex(index.number));
    return SendOk(answer);
  }
  return MakeError(Code::kNotFound, "the dataset \"{}\" has no index {}", info.name,
                   request.Path("index_int_id"));
}

void AddIndexRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/datasets/{dataset_id}/indexes",
              .permission = Permission::kReadConfig,
              .group = "Datasets",
              .doc = "The dataset's indexes.",
              .handler = [service](const Request& request, Answer& answer) {
                return ListIndexes(service, request, answer);
              }});
  router.Add({.method = Method::kDelete,
              .pattern = "/api/datasets/{dataset_id}/indexes/{index_int_id}",
              .permission = Permission::kAdmin,
              .group = "Datasets",
              .doc = "Drops an index. A pipe that needs it builds it again with its next run.",
              .handler = [service](const Request& request, Answer& answer) {
                return DropIndex(service, request, answer);
              }});
}

}  // namespace

void AddDatasetRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/datasets",
              .permission = Permission::kReadConfig,
              .group = "Datasets",
              .doc = "All datasets, ordered by their names.",
              .handler = [service](const Request&,
                                   Answer& answer) { return ListDatasets(service, answer); },
              .parameters = {{.name = "verbose", .type = "boolean", .doc = "Has no effect."}}});
  router.Add({.method = Method::kGet,
              .pattern = "/api/datasets/{dataset_id}",
              .permission = Permission::kReadConfig,
              .group = "Datasets",
              .doc = "One dataset: how much it holds, and which pipes write and read it.",
              .handler = [service](const Request& request, Answer& answer) {
                return GetDataset(service, request, answer);
              }});
  router.Add({.method = Method::kDelete,
              .pattern = "/api/datasets/{dataset_id}",
              .permission = Permission::kWriteData,
              .group = "Datasets",
              .doc = "Deletes the dataset. The pipe that writes it starts anew with its next run.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(
                    service->hub->DeleteDataset(request.Path("dataset_id"), UserOf(request)));
                return SendOk(answer);
              }});
  router.Add(
      {.method = Method::kPost,
       .pattern = "/api/datasets/{dataset_id}",
       .permission = Permission::kOperate,
       .group = "Datasets",
       .doc = "Decides about what a circuit breaker holds back.",
       .handler = [service](const Request& request,
                            Answer& answer) { return PostDataset(service, request, answer); },
       .parameters = {{.name = "operation",
                       .doc = "rollback-circuit-breaker or commit-circuit-breaker.",
                       .place = RouteParameter::Place::kForm,
                       .required = true}},
       .consumes = kFormBody});
  AddIndexRoutes(router, service);
}

}  // namespace sluice::api
