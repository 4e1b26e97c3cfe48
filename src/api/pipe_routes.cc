// Routes of pipes as components: listing, adding, changing, removing.

#include "api/routes.h"
#include "api/show.h"
#include "base/limits.h"

namespace sluice::api {
namespace {

// "fields=config,runtime" and "fields=config&fields=runtime".
PipeFields FieldsOf(const Request& request) {
  PipeFields fields;
  for (const auto& [name, value] : request.query().all()) {
    if (name != "fields") continue;
    size_t start = 0;
    while (start <= value.size()) {
      const size_t end = std::min(value.find(',', start), value.size());
      if (end > start) fields.insert(value.substr(start, end - start));
      start = end + 1;
    }
  }
  return fields;
}

Result<std::string> PipeJson(const Service& service, std::string_view id,
                             const PipeFields& fields) {
  SLUICE_TRY(const auto pipe, service->hub->GetPipe(id, {.queues = true}));
  JsonWriter json;
  WritePipe(json, pipe, fields);
  return json.Take();
}

Result<void> ListPipes(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const bool verbose, request.query().Boolean("verbose", false));
  const PipeFields fields = FieldsOf(request);
  JsonWriter json;
  json.BeginArray();
  for (const auto& pipe : service->hub->ListPipes({.queues = verbose}))
    WritePipe(json, pipe, fields);
  json.EndArray();
  return SendJson(answer, json.text());
}

Result<void> AddPipes(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const bool force, request.query().Boolean("force", false));
  SLUICE_TRY(const auto body, request.ReadBody(limits::kConfigUploadBytesMax));
  SLUICE_TRY(const auto documents, config::ParseDocuments(body));
  for (const auto& document : documents) {
    if (document->kind() != config::ComponentKind::kPipe) {
      return MakeError(Code::kBadRequest,
                       "only pipes can be added here, found \"{}\" of type \"{}\"", document->id(),
                       document->type());
    }
  }
  SLUICE_TRY(const auto outcome, service->hub->PutComponents(documents, force, UserOf(request)));
  return SendOutcome(outcome, answer, [&]() -> Result<std::string> {
    JsonWriter json;
    json.BeginArray();
    for (const auto& document : documents) {
      SLUICE_TRY(const auto pipe, PipeJson(service, document->id(), {}));
      json.Raw(pipe);
    }
    json.EndArray();
    return json.Take();
  });
}

Result<void> GetPipeConfig(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto pipe, service->hub->GetPipe(request.Path("pipe_id")));
  return SendJson(answer, pipe.config.original->bytes());
}

Result<void> PutPipeConfig(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const bool force, request.query().Boolean("force", false));
  SLUICE_TRY(auto body, request.ReadBody(limits::kConfigDocumentBytesMax));
  SLUICE_TRY(auto document, config::Document::Parse(std::move(body)));
  const std::string& id = request.Path("pipe_id");
  if (document->id() != id || document->kind() != config::ComponentKind::kPipe) {
    return MakeError(Code::kBadRequest,
                     "the configuration must be of the pipe \"{}\", found \"{}\" of type \"{}\"",
                     id, document->id(), document->type());
  }
  SLUICE_TRY(const auto outcome, service->hub->PutComponents({document}, force, UserOf(request)));
  return SendOutcome(outcome, answer, [&] { return PipeJson(service, id, {}); });
}

RouteParameter FieldsParameter() {
  return {.name = "fields",
          .doc =
              "The parts to return: config, runtime, graph; separated by commas. All of them if it "
              "is left out."};
}

void AddOnePipe(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/{pipe_id}",
              .permission = Permission::kReadConfig,
              .group = "Pipes",
              .doc = "One pipe: its configuration, what goes on in it, and its place in the graph.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(const auto json,
                           PipeJson(service, request.Path("pipe_id"), FieldsOf(request)));
                return SendJson(answer, json);
              },
              .parameters = {FieldsParameter()}});
  router.Add({.method = Method::kDelete,
              .pattern = "/api/pipes/{pipe_id}",
              .permission = Permission::kWriteConfig,
              .group = "Pipes",
              .doc = "Removes the pipe. Its dataset stays.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(service->hub->DeletePipe(request.Path("pipe_id"), UserOf(request)));
                return SendOk(answer);
              }});
}

void AddMergeRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/{pipe_id}/merge",
              .permission = Permission::kReadData,
              .group = "Pipes",
              .doc = "Of a pipe with a merge source: how many groups there are, by how many of its "
                     "datasets they have, the largest, and the values that most entities share. "
                     "Reads all of its datasets.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(const auto json,
                           service->hub->MergeOverview(request.Path("pipe_id"), request.stop));
                return SendJson(answer, json);
              }});
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/{pipe_id}/merge/explain",
              .permission = Permission::kReadData,
              .group = "Pipes",
              .doc = "Why entities are one: which rule and which values brought each member in.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(const auto id, request.query().Required("entity_id"));
                SLUICE_TRY(const auto json,
                           service->hub->ExplainMerge(request.Path("pipe_id"), id, request.stop));
                return SendJson(answer, json);
              },
              .parameters = {{.name = "entity_id",
                              .doc = "The `_id` of a merged entity, or of a member.",
                              .required = true}}});
}

}  // namespace

void AddPipeRoutes(Router& router, const Service& service) {
  AddMergeRoutes(router, service);
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes",
              .permission = Permission::kReadConfig,
              .group = "Pipes",
              .doc = "All pipes, ordered by their ids.",
              .handler = [service](const Request& request,
                                   Answer& answer) { return ListPipes(service, request, answer); },
              .parameters = {{.name = "verbose",
                              .type = "boolean",
                              .doc = "Counts what waits in each pipe's queues too.",
                              .default_json = "false"},
                             FieldsParameter()}});
  router.Add({.method = Method::kPost,
              .pattern = "/api/pipes",
              .permission = Permission::kWriteConfig,
              .group = "Pipes",
              .doc = "Adds or replaces pipes: a JSON list of configurations.",
              .handler = [service](const Request& request,
                                   Answer& answer) { return AddPipes(service, request, answer); },
              .parameters = {ForceParameter()},
              .consumes = kJsonBody});
  AddOnePipe(router, service);
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/{pipe_id}/explain",
              .permission = Permission::kReadConfig,
              .group = "Pipes",
              .doc =
                  "How the pipe joins (indexes, cardinalities expected and seen, hot keys), which "
                  "changes it follows, and whether it is exact, or why not.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(const auto text, service->hub->ExplainPipe(request.Path("pipe_id")));
                return SendJson(answer, text);
              }});
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/{pipe_id}/config",
              .permission = Permission::kReadConfig,
              .group = "Pipes",
              .doc = "The pipe's configuration, byte for byte as it was uploaded.",
              .handler = [service](const Request& request, Answer& answer) {
                return GetPipeConfig(service, request, answer);
              }});
  router.Add(
      {.method = Method::kPut,
       .pattern = "/api/pipes/{pipe_id}/config",
       .permission = Permission::kWriteConfig,
       .group = "Pipes",
       .doc = "Adds or replaces the pipe's configuration.",
       .handler = [service](const Request& request,
                            Answer& answer) { return PutPipeConfig(service, request, answer); },
       .parameters = {ForceParameter()},
       .consumes = kJsonBody});
}

}  // namespace sluice::api
