// Routes of what configurations refer to: environment variables, secrets, service metadata.

#include "api/routes.h"
#include "api/show.h"
#include "base/limits.h"

namespace sluice::api {
namespace {

constexpr size_t kVariablesBytesMax = 16 * 1024 * 1024;

// --- Environment ---

Result<void> SendEnv(const Service& service, Answer& answer) {
  return SendJson(answer, service->hub->GetEnv()->bytes());
}

void AddEnvironment(Router& router, const Service& service) {
  router.Add(
      {.method = Method::kGet,
       .pattern = "/api/env",
       .permission = Permission::kReadConfig,
       .group = "Environment",
       .doc = "The environment variables, exactly as they were put.",
       .handler = [service](const Request&, Answer& answer) { return SendEnv(service, answer); }});
  router.Add(
      {.method = Method::kPut,
       .pattern = "/api/env",
       .permission = Permission::kWriteConfig,
       .group = "Environment",
       .doc = "Replaces all environment variables by those of a JSON object (or a list of them).",
       .handler = [service](const Request& request, Answer& answer) -> Result<void> {
         SLUICE_TRY(const auto body, request.ReadBody(kVariablesBytesMax));
         SLUICE_TRY(service->hub->PutEnv(body));
         return SendEnv(service, answer);
       },
       .consumes = kJsonBody});
  for (const Method method : {Method::kPost, Method::kPatch}) {
    router.Add({.method = method,
                .pattern = "/api/env",
                .permission = Permission::kWriteConfig,
                .group = "Environment",
                .doc = "Adds or replaces environment variables and keeps the others.",
                .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                  SLUICE_TRY(const auto body, request.ReadBody(kVariablesBytesMax));
                  SLUICE_TRY(service->hub->PatchEnv(body));
                  return SendEnv(service, answer);
                },
                .consumes = kJsonBody});
  }
  router.Add({.method = Method::kDelete,
              .pattern = "/api/env/{env_var}",
              .permission = Permission::kWriteConfig,
              .group = "Environment",
              .doc = "Takes away one environment variable.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(service->hub->DeleteEnv(request.Path("env_var")));
                return SendOk(answer);
              }});
}

// --- Secrets: of the hub, or of the system in the path ---

std::string SystemOf(const Request& request) {
  const auto found = request.path.find("system_id");
  return found == request.path.end() ? std::string() : found->second;
}

Result<void> SendSecretNames(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto names, service->hub->ListSecrets(SystemOf(request)));
  return SendJson(answer, JsonWriter().Strings(names).text());
}

void AddSecrets(Router& router, const Service& service, const std::string& pattern,
                const std::string& whose) {
  router.Add({.method = Method::kGet,
              .pattern = pattern,
              .permission = Permission::kReadConfig,
              .group = "Secrets",
              .doc = "The names of the secrets of " + whose + "; values are never shown.",
              .handler = [service](const Request& request, Answer& answer) {
                return SendSecretNames(service, request, answer);
              }});
  const auto put = [&](Method method, pipe::SecretsMode mode, const std::string& doc) {
    router.Add({.method = method,
                .pattern = pattern,
                .permission = Permission::kWriteConfig,
                .group = "Secrets",
                .doc = doc,
                .handler = [service, mode](const Request& request, Answer& answer) -> Result<void> {
                  SLUICE_TRY(const auto body, request.ReadBody(kVariablesBytesMax));
                  SLUICE_TRY(service->hub->PutSecrets(SystemOf(request), body, mode));
                  return SendSecretNames(service, request, answer);
                },
                .parameters = {{.name = "encrypt",
                                .type = "boolean",
                                .doc = "Has no effect: secrets are always encrypted at rest."}},
                .consumes = kJsonBody});
  };
  put(Method::kPut, pipe::SecretsMode::kReplaceAll,
      "Replaces the secrets of " + whose + ": names and values.");
  put(Method::kPost, pipe::SecretsMode::kAdd,
      "Adds or replaces secrets of " + whose + " and keeps the others.");
  router.Add({.method = Method::kDelete,
              .pattern = pattern + "/{secret_key}",
              .permission = Permission::kWriteConfig,
              .group = "Secrets",
              .doc = "Takes away one secret of " + whose + ".",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(
                    service->hub->DeleteSecret(SystemOf(request), request.Path("secret_key")));
                return SendOk(answer);
              }});
}

// --- Metadata ---

Result<std::string> MetadataJson(const Service& service) {
  const auto metadata = service->hub->GetMetadata();
  JsonWriter json;
  json.BeginObject().Name("_id").String(metadata.id.empty() ? "node" : metadata.id);
  WriteComponentConfig(json.Name("config"), metadata);
  json.EndObject();
  return json.Take();
}

Result<void> PutMetadata(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const bool force, request.query().Boolean("force", false));
  SLUICE_TRY(auto body, request.ReadBody(limits::kConfigDocumentBytesMax));
  SLUICE_TRY(auto document, config::Document::Parse(std::move(body)));
  SLUICE_TRY(const auto outcome,
             service->hub->PutMetadata(std::move(document), force, UserOf(request)));
  return SendOutcome(outcome, answer, [&] { return MetadataJson(service); });
}

Result<void> DeleteMetadata(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto outcome,
             service->hub->PutMetadata(nullptr, /*force=*/true, UserOf(request)));
  return SendOutcome(outcome, answer, [&] { return MetadataJson(service); });
}

void AddMetadata(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/metadata",
              .permission = Permission::kReadConfig,
              .group = "Metadata",
              .doc = "The service metadata: as uploaded, and with all defaults.",
              .handler = [service](const Request&, Answer& answer) -> Result<void> {
                SLUICE_TRY(const auto json, MetadataJson(service));
                return SendJson(answer, json);
              }});
  router.Add(
      {.method = Method::kPut,
       .pattern = "/api/metadata",
       .permission = Permission::kWriteConfig,
       .group = "Metadata",
       .doc = "Replaces the service metadata.",
       .handler = [service](const Request& request,
                            Answer& answer) { return PutMetadata(service, request, answer); },
       .parameters = {ForceParameter()},
       .consumes = kJsonBody});
  router.Add({.method = Method::kDelete,
              .pattern = "/api/metadata",
              .permission = Permission::kWriteConfig,
              .group = "Metadata",
              .doc = "Takes away the service metadata: defaults hold again.",
              .handler = [service](const Request& request, Answer& answer) {
                return DeleteMetadata(service, request, answer);
              }});
}

}  // namespace

void AddVariableRoutes(Router& router, const Service& service) {
  AddEnvironment(router, service);
  AddSecrets(router, service, "/api/secrets", "the hub");
  AddSecrets(router, service, "/api/systems/{system_id}/secrets", "one system");
  AddMetadata(router, service);
}

}  // namespace sluice::api
