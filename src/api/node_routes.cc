// Routes of the hub itself: what it is, whether it is well, restarting, resetting, the language it
// speaks.

#include "api/routes.h"
#include "value/json.h"

namespace sluice::api {
namespace {

Result<void> GetRoot(const Service& service, Answer& answer) {
  JsonWriter json;
  json.BeginObject().Name("status").BeginObject();
  json.Name("developer_mode").Boolean(service->developer_mode);
  json.Name("node_start_time").Time(service->hub->started());
  json.Name("version").String(service->version);
  json.EndObject().EndObject();
  return SendJson(answer, json.text());
}

Result<void> GetStatus(const Service& service, Answer& answer) {
  pipe::Hub& hub = *service->hub;
  JsonWriter json;
  json.BeginObject();
  json.Name("node_start_time").Time(hub.started());
  json.Name("node_time").Time(service->clock->Now());
  json.Name("version").String(service->version);
  json.Name("developer_mode").Boolean(service->developer_mode);
  json.Name("disk_bytes").Count(hub.store().DiskBytes());
  const auto space = hub.store().Space();
  json.Name("disk").BeginObject();
  json.Name("total_bytes").Count(space.disk.total_bytes);
  json.Name("free_bytes").Count(space.disk.free_bytes);
  json.Name("needed_bytes").Count(space.needed_bytes);
  json.Name("writing_stopped").Boolean(space.stopped).EndObject();
  json.Name("datasets").Count(hub.store().ListDatasets().size());
  const auto pipes = hub.ListPipes();
  uint64_t running = 0;
  uint64_t invalid = 0;
  for (const auto& pipe : pipes) {
    running += pipe.pump.is_running ? 1 : 0;
    invalid += pipe.is_valid_config ? 0 : 1;
  }
  json.Name("pipes").BeginObject();
  json.Name("total")
      .Count(pipes.size())
      .Name("running")
      .Count(running)
      .Name("invalid")
      .Count(invalid);
  json.EndObject().Name("systems").Count(hub.ListSystems().size());
  json.EndObject();
  return SendJson(answer, json.text());
}

Result<void> GetHealth(const Service& service, Answer& answer) {
  if (service->health) {
    if (auto health = service->health(); !health.ok()) {
      return MakeError(Code::kUnavailable, "the hub is not well: {}", health.error().message);
    }
  }
  return SendJson(answer, R"({"status": "ok"})");
}

Result<void> PostAdmin(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto form, request.ReadForm());
  SLUICE_TRY(const auto operation, form.Required("operation"));
  if (operation != "restart" && operation != "reset") {
    return MakeError(Code::kBadRequest, "the operation must be restart or reset, found \"{}\"",
                     operation);
  }
  if (!service->restart) {
    return MakeError(Code::kConflict, "this hub cannot be restarted over its API");
  }
  if (operation == "reset") SLUICE_TRY(service->hub->ResetEverything(request.stop));
  service->restart();
  return SendOk(answer);
}

Result<void> GetNamespaces(const Service& service, Answer& answer) {
  const auto metadata = service->hub->GetMetadata();
  JsonWriter json;
  json.BeginObject().Name("default").BeginObject();
  if (metadata.effective) {
    for (const Property& prefix :
         metadata.effective->root()["namespaces"]["default"].value().properties()) {
      json.Name(prefix.name).Raw(ToJson(prefix.value, {.transit = Transit::kKeep}));
    }
  }
  json.EndObject().EndObject();
  return SendJson(answer, json.text());
}

void WriteFunction(JsonWriter& json, const dtl::Function& function) {
  json.BeginObject().Name("name").String(function.name);
  json.Name("chapter").String(function.chapter).Name("doc").String(function.doc);
  json.Name("transform").Boolean(function.transform);
  if (!function.deprecated.empty()) json.Name("deprecated").String(function.deprecated);
  json.Name("parameters").BeginArray();
  for (const dtl::Param& param : function.params) {
    json.BeginObject().Name("name").String(param.name);
    json.Name("min").Integer(param.min).Name("max").Integer(param.max).EndObject();
  }
  json.EndArray().Name("examples").BeginArray();
  for (const dtl::Example& example : function.examples) {
    json.BeginObject().Name("dtl").Raw(example.dtl).Name("result").Raw(example.result);
    json.Name("source").Raw(example.source).EndObject();
  }
  json.EndArray().EndObject();
}

Result<void> GetFunctions(const Service& service, Answer& answer) {
  JsonWriter json;
  json.BeginArray();
  if (service->catalogue) {
    for (const dtl::Function* function : service->catalogue->all()) WriteFunction(json, *function);
  }
  json.EndArray();
  return SendJson(answer, json.text());
}

void AddPublicRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/health",
              .permission = Permission::kNone,
              .group = "Hub",
              .doc = "Whether the hub is well; 503 with the reason if not.",
              .handler = [service](const Request&, Answer& answer) {
                return GetHealth(service, answer);
              }});
  router.Add({.method = Method::kGet,
              .pattern = "/api/ping",
              .permission = Permission::kNone,
              .group = "Hub",
              .doc = "Answers at once.",
              .handler = [](const Request&, Answer& answer) {
                return SendJson(answer, R"({"status": "ok"})");
              }});
}

}  // namespace

void AddNodeRoutes(Router& router, const Service& service) {
  AddPublicRoutes(router, service);
  router.Add(
      {.method = Method::kGet,
       .pattern = "/api",
       .permission = Permission::kReadConfig,
       .group = "Hub",
       .doc = "What the hub is.",
       .handler = [service](const Request&, Answer& answer) { return GetRoot(service, answer); },
       .parameters = {
           {.name = "aggregated", .type = "boolean", .doc = "Has no effect: there is one node."}}});
  router.Add({.method = Method::kGet,
              .pattern = "/api/status",
              .permission = Permission::kReadConfig,
              .group = "Hub",
              .doc = "Since when the hub runs, and how much it holds.",
              .handler = [service](const Request&, Answer& answer) {
                return GetStatus(service, answer);
              }});
  router.Add({.method = Method::kPost,
              .pattern = "/api/admin",
              .permission = Permission::kAdmin,
              .group = "Hub",
              .doc = "Restarts the hub, or takes away everything it holds (configuration, secrets, "
                     "datasets) and "
                     "restarts it.",
              .handler = [service](const Request& request,
                                   Answer& answer) { return PostAdmin(service, request, answer); },
              .parameters = {{.name = "operation",
                              .doc = "restart or reset.",
                              .place = RouteParameter::Place::kForm,
                              .required = true}},
              .consumes = kFormBody});
  router.Add({.method = Method::kGet,
              .pattern = "/api/license",
              .permission = Permission::kReadConfig,
              .group = "Hub",
              .doc = "The licence: this hub is free software and needs no key.",
              .handler = [](const Request&, Answer& answer) {
                return SendJson(answer,
                                R"({"status": "valid", "license": "Apache-2.0", "expires": null})");
              }});
  router.Add({.method = Method::kGet,
              .pattern = "/api/namespaces",
              .permission = Permission::kReadConfig,
              .group = "Hub",
              .doc = "The prefixes of namespaces, the built-in ones included.",
              .handler = [service](const Request&, Answer& answer) {
                return GetNamespaces(service, answer);
              }});
  router.Add({.method = Method::kGet,
              .pattern = "/api/dtl/functions",
              .permission = Permission::kReadConfig,
              .group = "Hub",
              .doc = "The functions and transforms of the transformation language, for editors.",
              .handler = [service](const Request&, Answer& answer) {
                return GetFunctions(service, answer);
              }});
}

}  // namespace sluice::api
