// Routes that read entities: of datasets, of execution logs, and as they go through a pipe.

#include "api/entity_query.h"
#include "api/post_entities.h"
#include "api/routes.h"
#include "api/show.h"
#include "pipe/breaker/circuit_breaker.h"
#include "value/json.h"

namespace sluice::api {
namespace {

constexpr size_t kReadEntities = 1000;

// Writes a JSON list entity by entity.
class EntityList {
 public:
  explicit EntityList(Answer& answer) : answer_(answer) {}

  Result<void> Add(const Entity& entity) {
    text_.clear();
    text_ += is_first_ ? "[" : ",\n";
    is_first_ = false;
    WriteEntityJson(entity, text_);
    return answer_.Write(text_);
  }
  Result<void> End() { return answer_.Write(is_first_ ? "[]" : "]"); }

 private:
  Answer& answer_;
  std::string text_;
  bool is_first_ = true;
};

struct Found {
  std::shared_ptr<const storage::Snapshot> snapshot;
  storage::DatasetInfo info;
};

Result<Found> FindInSnapshot(const Service& service, const std::string& dataset) {
  auto snapshot = service->hub->store().TakeSnapshot();
  SLUICE_TRY(auto info, snapshot->FindDataset(dataset));
  if (!info) return MakeError(Code::kNotFound, "there is no dataset \"{}\"", dataset);
  return Found{.snapshot = std::move(snapshot), .info = *std::move(info)};
}

Result<void> SendEntities(const Service& service, const Request& request, Answer& answer,
                          const std::string& dataset) {
  SLUICE_TRY(auto query, ReadEntityQuery(request.query()));
  SLUICE_TRY(const auto found, FindInSnapshot(service, dataset));
  if (query.populated && !found.info.populated) {
    return MakeError(Code::kNotFound, "the dataset \"{}\" is not populated yet", dataset);
  }
  SLUICE_TRY(auto reader, query.subset ? service->hub->ReadSubset(found.snapshot, found.info,
                                                                  *query.subset, query.read)
                                       : found.snapshot->ReadLog(found.info.number, query.read));
  auto headers = DatasetHeaders(found.info);
  if (query.subset) headers.emplace_back("X-Dataset-Filtered", "true");
  SLUICE_TRY(answer.Start({.headers = std::move(headers)}));
  EntityList list(answer);
  Arena arena;
  std::vector<Entity> entities;
  while (query.limit > 0) {
    if (request.stop.IsSet()) return MakeError(Code::kCancelled, "the hub is stopping");
    arena.Clear();
    entities.clear();
    SLUICE_TRY(reader->Next(std::min<uint64_t>(kReadEntities, query.limit), arena, entities));
    if (entities.empty()) break;
    query.limit -= entities.size();
    for (const Entity& entity : entities) SLUICE_TRY(list.Add(entity));
  }
  return list.End();
}

Result<void> SendEntity(const Service& service, const Request& request, Answer& answer,
                        std::string_view id) {
  constexpr size_t kVersionsMax = 100'000;
  const std::string& dataset = request.Path("dataset_id");
  SLUICE_TRY(const auto offset, request.query().Count("offset"));
  SLUICE_TRY(const auto found, FindInSnapshot(service, dataset));
  Arena arena;
  const Entity* entity = nullptr;
  if (offset) {
    SLUICE_TRY(const auto versions,
               found.snapshot->History(found.info.number, id, kVersionsMax, arena));
    for (const Entity* version : versions) {
      if (version->updated.AsInteger() == static_cast<int64_t>(*offset)) entity = version;
    }
  } else {
    const std::string_view ids[] = {id};
    SLUICE_TRY(const auto latest, found.snapshot->Get(found.info.number, ids, arena));
    entity = latest[0];
  }
  if (!entity) {
    return MakeError(Code::kNotFound, "the dataset \"{}\" has no entity \"{}\"{}", dataset, id,
                     offset ? fmt::format(" at offset {}", *offset) : "");
  }
  std::string text;
  WriteEntityJson(*entity, text);
  return SendJson(answer, text);
}

Result<void> SendPreview(const Service& service, const Request& request, Answer& answer) {
  const Parameters& query = request.query();
  const std::string_view stage_name = query.Text("stage", "sink");
  const auto stage = pipe::ParseStage(stage_name);
  if (!stage) {
    return MakeError(
        Code::kBadRequest,
        "stage must be source, before-transforms, after-transforms or sink, found \"{}\"",
        stage_name);
  }
  pipe::PreviewOptions options{.stage = *stage, .since = std::string(query.Text("since", ""))};
  SLUICE_TRY(const auto limit, query.Count("limit"));
  // The limit is of what is returned, so that what transforms let go does not count.
  uint64_t left = limit.value_or(std::numeric_limits<uint64_t>::max());
  SLUICE_TRY(answer.Start({}));
  EntityList list(answer);
  const auto visit = [&](const Entity& entity) -> Result<bool> {
    if (left == 0) return false;
    SLUICE_TRY(list.Add(entity));
    return --left > 0;
  };
  if (left > 0)
    SLUICE_TRY(service->hub->Preview(request.Path("pipe_id"), options, visit, request.stop));
  return list.End();
}

void AddSingleEntityRoutes(Router& router, const Service& service) {
  router.Add(
      {.method = Method::kGet,
       .pattern = "/api/datasets/{dataset_id}/entity",
       .permission = Permission::kReadData,
       .group = "Entities",
       .doc = "One entity: its latest version, or the one at an offset.",
       .handler = [service](const Request& request, Answer& answer) -> Result<void> {
         SLUICE_TRY(const auto id, request.query().Required("entity_id"));
         return SendEntity(service, request, answer, id);
       },
       .parameters = {{.name = "entity_id", .doc = "Its `_id`.", .required = true},
                      {.name = "offset", .type = "integer", .doc = "The version's `_updated`."}}});
  router.Add({.method = Method::kGet,
              .pattern = "/api/datasets/{dataset_id}/entities/{rest_of_path*}",
              .permission = Permission::kReadData,
              .group = "Entities",
              .doc = "One entity, its `_id` in the path. Deprecated: use entity.",
              .handler = [service](const Request& request, Answer& answer) {
                return SendEntity(service, request, answer, request.Path("rest_of_path"));
              }});
}

void AddPipeEntityRoutes(Router& router, const Service& service) {
  router.Add(
      {.method = Method::kGet,
       .pattern = "/api/pipes/{pipe_id}/entities",
       .permission = Permission::kReadData,
       .group = "Entities",
       .doc = "The entities of a pipe at one stage, worked out now; nothing is stored. The pump "
              "need not have "
              "run, and pipes to external systems send nothing.",
       .handler = [service](const Request& request,
                            Answer& answer) { return SendPreview(service, request, answer); },
       .parameters = {{.name = "stage",
                       .doc = "source, before-transforms, after-transforms or sink.",
                       .default_json = "\"sink\""},
                      {.name = "since", .doc = "The source's offset to begin after."},
                      {.name = "limit", .type = "integer", .doc = "At most so many entities."}}});
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/{pipe_id}/log",
              .permission = Permission::kReadConfig,
              .group = "Entities",
              .doc = "The pipe's execution log.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                const std::string& id = request.Path("pipe_id");
                SLUICE_TRY(service->hub->GetPipe(id));
                const std::string dataset = "system:pump_execution:" + id;
                if (!service->hub->store().FindDataset(dataset)) return SendJson(answer, "[]");
                return SendEntities(service, request, answer, dataset);
              },
              .parameters = EntityParameters()});
}

// features/circuit-breakers.rst: nothing is posted to a dataset whose circuit breaker has tripped.
Result<void> RequireNotTripped(const pipe::Hub& hub, std::string_view dataset) {
  const auto writer = hub.WriterOf(dataset);
  if (!writer) return {};
  SLUICE_TRY(const auto tripped, pipe::FindTripped(hub.store(), *writer));
  if (tripped) return MakeError(Code::kConflict, "{}", *tripped);
  return {};
}

}  // namespace

void AddEntityRoutes(Router& router, const Service& service) {
  auto parameters = EntityParameters();
  parameters.push_back({.name = "populated",
                        .type = "boolean",
                        .doc = "404 if no full run of its pipe has completed yet.",
                        .default_json = "false"});
  parameters.push_back({.name = "subset",
                        .doc = "[\"eq\", INDEX_EXPRESSION, VALUE] as JSON: only entities for which "
                               "this holds as in joins; one that has left the subset comes as a "
                               "deleted one. 404 if the dataset has no such index."});
  router.Add({.method = Method::kGet,
              .pattern = "/api/datasets/{dataset_id}/entities",
              .permission = Permission::kReadData,
              .group = "Entities",
              .doc = "The dataset's entities in the order of its log, as of now.",
              .handler =
                  [service](const Request& request, Answer& answer) {
                    return SendEntities(service, request, answer, request.Path("dataset_id"));
                  },
              .parameters = std::move(parameters)});
  router.Add({.method = Method::kPost,
              .pattern = "/api/datasets/{dataset_id}/entities",
              .permission = Permission::kWriteData,
              .group = "Entities",
              .doc = "Writes entities to the dataset, which is made if it is not there. To push "
                     "data regularly use a "
                     "receiver.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(const bool force, request.query().Boolean("force", false));
                SLUICE_TRY(RequireNotTripped(*service->hub, request.Path("dataset_id")));
                SLUICE_TRY(const auto counts,
                           PostEntities(service->hub->store(), request.Path("dataset_id"), request,
                                        force));
                JsonWriter json;
                json.BeginObject().Name("received").Count(counts.received);
                json.Name("written").Count(counts.written).EndObject();
                return SendJson(answer, json.text());
              },
              .parameters = {{.name = "force",
                              .type = "boolean",
                              .doc = "Writes entities that have not changed too.",
                              .default_json = "false"}},
              .consumes = kJsonBody});
  AddSingleEntityRoutes(router, service);
  AddPipeEntityRoutes(router, service);
}

}  // namespace sluice::api
