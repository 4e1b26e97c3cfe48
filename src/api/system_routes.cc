// Routes of systems as components: listing, adding, changing, removing.

#include "api/routes.h"
#include "api/show.h"
#include "base/limits.h"

namespace sluice::api {
namespace {

Result<std::string> SystemJson(const Service& service, std::string_view id) {
  SLUICE_TRY(const auto system, service->hub->GetSystem(id));
  JsonWriter json;
  WriteSystem(json, system);
  return json.Take();
}

Result<void> ListSystems(const Service& service, Answer& answer) {
  JsonWriter json;
  json.BeginArray();
  for (const auto& system : service->hub->ListSystems()) WriteSystem(json, system);
  json.EndArray();
  return SendJson(answer, json.text());
}

Result<void> CheckIsSystem(const config::Document& document) {
  if (document.kind() == config::ComponentKind::kSystem) return {};
  return MakeError(Code::kBadRequest, "only systems can be put here, found \"{}\" of type \"{}\"",
                   document.id(), document.type());
}

Result<void> AddSystems(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const bool force, request.query().Boolean("force", false));
  SLUICE_TRY(const auto body, request.ReadBody(limits::kConfigUploadBytesMax));
  SLUICE_TRY(const auto documents, config::ParseDocuments(body));
  for (const auto& document : documents) SLUICE_TRY(CheckIsSystem(*document));
  SLUICE_TRY(const auto outcome, service->hub->PutComponents(documents, force, UserOf(request)));
  return SendOutcome(outcome, answer, [&]() -> Result<std::string> {
    JsonWriter json;
    json.BeginArray();
    for (const auto& document : documents) {
      SLUICE_TRY(const auto system, SystemJson(service, document->id()));
      json.Raw(system);
    }
    json.EndArray();
    return json.Take();
  });
}

Result<void> PutSystemConfig(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const bool force, request.query().Boolean("force", false));
  SLUICE_TRY(auto body, request.ReadBody(limits::kConfigDocumentBytesMax));
  SLUICE_TRY(auto document, config::Document::Parse(std::move(body)));
  SLUICE_TRY(CheckIsSystem(*document));
  const std::string& id = request.Path("system_id");
  if (document->id() != id) {
    return MakeError(Code::kBadRequest,
                     "the configuration must be of the system \"{}\", found \"{}\"", id,
                     document->id());
  }
  SLUICE_TRY(const auto outcome, service->hub->PutComponents({document}, force, UserOf(request)));
  return SendOutcome(outcome, answer, [&] { return SystemJson(service, id); });
}

void AddOneSystem(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/systems/{system_id}",
              .permission = Permission::kReadConfig,
              .group = "Systems",
              .doc = "One system. Secrets show as their names.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(const auto json, SystemJson(service, request.Path("system_id")));
                return SendJson(answer, json);
              }});
  router.Add({.method = Method::kDelete,
              .pattern = "/api/systems/{system_id}",
              .permission = Permission::kWriteConfig,
              .group = "Systems",
              .doc = "Removes the system.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(service->hub->DeleteSystem(request.Path("system_id"), UserOf(request)));
                return SendOk(answer);
              }});
  router.Add({.method = Method::kGet,
              .pattern = "/api/systems/{system_id}/config",
              .permission = Permission::kReadConfig,
              .group = "Systems",
              .doc = "The system's configuration, byte for byte as it was uploaded.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(const auto system, service->hub->GetSystem(request.Path("system_id")));
                return SendJson(answer, system.config.original->bytes());
              }});
}

}  // namespace

void AddSystemRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/systems",
              .permission = Permission::kReadConfig,
              .group = "Systems",
              .doc = "All systems, ordered by their ids.",
              .handler = [service](const Request&,
                                   Answer& answer) { return ListSystems(service, answer); },
              .parameters = {{.name = "verbose", .type = "boolean", .doc = "Has no effect."}}});
  router.Add({.method = Method::kPost,
              .pattern = "/api/systems",
              .permission = Permission::kWriteConfig,
              .group = "Systems",
              .doc = "Adds or replaces systems: a JSON list of configurations.",
              .handler = [service](const Request& request,
                                   Answer& answer) { return AddSystems(service, request, answer); },
              .parameters = {ForceParameter()},
              .consumes = kJsonBody});
  AddOneSystem(router, service);
  router.Add(
      {.method = Method::kPut,
       .pattern = "/api/systems/{system_id}/config",
       .permission = Permission::kWriteConfig,
       .group = "Systems",
       .doc = "Adds or replaces the system's configuration.",
       .handler = [service](const Request& request,
                            Answer& answer) { return PutSystemConfig(service, request, answer); },
       .parameters = {ForceParameter()},
       .consumes = kJsonBody});
}

}  // namespace sluice::api
