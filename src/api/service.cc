#include "api/service.h"

#include "api/openapi.h"
#include "api/routes.h"

namespace sluice::api {

pipe::User UserOf(const Request& request) {
  return {.id = request.principal.name, .email = {}, .remote_addr = request.remote_address};
}

RouteParameter ForceParameter() {
  return {
      .name = "force",
      .type = "boolean",
      .doc =
          "Takes over components that have errors too; they are listed as invalid and do not run.",
      .default_json = "false"};
}

Result<void> SendOutcome(const pipe::ConfigOutcome& outcome, Answer& answer,
                         const std::function<Result<std::string>()>& applied) {
  if (!outcome.applied) {
    return SendJson(answer, config::ValidationErrorsJson(outcome.findings), 400);
  }
  SLUICE_TRY(const auto json, applied());
  return SendJson(answer, json);
}

Result<void> SendOk(Answer& answer) { return SendJson(answer, R"({"message": "OK"})"); }

namespace {

void AddReference(Router& router, const std::string& version) {
  // The text is made when all routes are known, this one included.
  auto text = std::make_shared<std::string>();
  router.Add(
      {.method = Method::kGet,
       .pattern = "/api/reference",
       .permission = Permission::kReadConfig,
       .group = "Hub",
       .doc = "This description of the API, as OpenAPI 3.",
       .handler = [text](const Request&, Answer& answer) { return SendJson(answer, *text); }});
  *text = OpenApiJson(router, version);
}

}  // namespace

Router MakeServiceRouter(ServiceOptions options) {
  SLUICE_CHECK(options.hub != nullptr);
  const std::string version = options.version;
  const auto service = std::make_shared<const ServiceOptions>(std::move(options));
  Router router;
  AddNodeRoutes(router, service);
  AddConfigRoutes(router, service);
  AddVariableRoutes(router, service);
  AddPipeRoutes(router, service);
  AddPumpRoutes(router, service);
  AddRunAllRoutes(router, service);
  AddSystemRoutes(router, service);
  AddDatasetRoutes(router, service);
  AddStoreRoutes(router, service);
  AddEntityRoutes(router, service);
  AddEndpointRoutes(router, service);
  AddUnbuiltRoutes(router);
  AddReference(router, version);
  return router;
}

}  // namespace sluice::api
