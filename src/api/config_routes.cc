// Routes of whole configurations: upload and download, as JSON or as an archive.

#include "api/multipart.h"
#include "api/routes.h"
#include "base/limits.h"
#include "config/project.h"

namespace sluice::api {
namespace {

constexpr std::string_view kDefaultGroup = "default";
const std::vector<std::string> kConfigBody = {"application/json", "application/zip",
                                              "multipart/form-data", "application/octet-stream"};

// The bytes of the upload: the body, or the part `file` of a form.
Result<std::string> ReadUpload(const Request& request) {
  SLUICE_TRY(auto body, request.ReadBody(limits::kConfigUploadBytesMax));
  if (request.content_type != "multipart/form-data") return body;
  SLUICE_TRY(const auto parts, ParseMultipart(body, request.Header("content-type")));
  for (const Part& part : parts) {
    if (part.name == "file") return std::string(part.body);
  }
  return MakeError(Code::kBadRequest,
                   "the form must have a part named \"file\" with the configuration");
}

// Files of an archive that are no components, in the form of an upload's other errors.
std::string FileIssuesJson(const std::vector<config::FileIssue>& issues) {
  JsonWriter json;
  json.BeginObject().Name("code").String("bad-config");
  json.Name("message").String("the upload cannot be read as components");
  json.Name("validation_errors").BeginArray();
  for (const config::FileIssue& issue : issues) {
    const std::string elements = issue.error.at.empty() ? issue.file : issue.error.at;
    json.BeginObject()
        .Name("posted-config")
        .BeginObject()
        .Name("_id")
        .String(issue.file)
        .EndObject();
    json.Name("config-errors").BeginArray().BeginObject();
    json.Name("level").String("error").Name("msg").String(issue.error.message);
    json.Name("elements").String(elements).EndObject().EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return json.Take();
}

std::string OutcomeJson(const pipe::ConfigOutcome& outcome) {
  JsonWriter json;
  json.BeginObject().Name("message").String("OK").Name("valid").Boolean(outcome.valid);
  json.Name("added").Strings(outcome.added).Name("changed").Strings(outcome.changed);
  json.Name("removed").Strings(outcome.removed).EndObject();
  return json.Take();
}

enum class Scope { kGroup, kAll };

Result<void> PutConfig(const Service& service, const Request& request, Answer& answer, Scope scope,
                       std::string_view group) {
  SLUICE_TRY(const bool force, request.query().Boolean("force", false));
  SLUICE_TRY(const auto bytes, ReadUpload(request));
  auto upload = config::ParseUpload(bytes);
  if (!upload.ok()) {
    const std::vector<config::FileIssue> issues = {{.file = "upload", .error = upload.error()}};
    return SendJson(answer, FileIssuesJson(issues), 400);
  }
  if (!upload->issues.empty()) return SendJson(answer, FileIssuesJson(upload->issues), 400);
  pipe::Hub& hub = *service->hub;
  auto outcome = scope == Scope::kAll
                     ? hub.PutConfig(upload->documents, force, UserOf(request))
                     : hub.PutGroup(group, upload->documents, force, UserOf(request));
  if (!outcome.ok()) return outcome.TakeError();
  return SendOutcome(*outcome, answer,
                     [&]() -> Result<std::string> { return OutcomeJson(*outcome); });
}

bool WantsArchive(const Request& request) {
  const std::string_view accept = request.Header("accept");
  return accept.find("application/zip") != std::string_view::npos;
}

Result<void> GetConfig(const Service& service, const Request& request, Answer& answer,
                       std::optional<std::string_view> group) {
  const auto components = service->hub->ListConfig(group);
  if (WantsArchive(request)) {
    config::Documents documents;
    for (const auto& component : components) documents.push_back(component.original);
    SLUICE_TRY(answer.Start({.content_type = "application/zip"}));
    return answer.Write(config::WriteArchive(documents));
  }
  SLUICE_TRY(answer.Start({}));
  SLUICE_TRY(answer.Write("["));
  for (size_t i = 0; i < components.size(); ++i) {
    if (i != 0) SLUICE_TRY(answer.Write(", "));
    SLUICE_TRY(answer.Write(components[i].original->bytes()));
  }
  return answer.Write("]");
}

void AddPair(Router& router, const Service& service, const std::string& pattern, Scope scope,
             const std::string& what) {
  const auto group = [scope](const Request& request) -> std::optional<std::string_view> {
    if (scope == Scope::kAll) return std::nullopt;
    const auto found = request.path.find("group");
    return found == request.path.end() ? kDefaultGroup : std::string_view(found->second);
  };
  router.Add({.method = Method::kGet,
              .pattern = pattern,
              .permission = Permission::kReadConfig,
              .group = "Configuration",
              .doc = "The configuration of " + what +
                     " as it was uploaded: a JSON list, or a zip archive where the client accepts "
                     "application/zip.",
              .handler =
                  [service, group](const Request& request, Answer& answer) {
                    return GetConfig(service, request, answer, group(request));
                  },
              .produces = {"application/json", "application/zip"}});
  router.Add({.method = Method::kPut,
              .pattern = pattern,
              .permission = Permission::kWriteConfig,
              .group = "Configuration",
              .doc = "Replaces the configuration of " + what +
                     ": JSON, a zip archive, or either as the part \"file\" of a form. Without "
                     "force it is all or "
                     "nothing; 400 lists every error.",
              .handler =
                  [service, scope, group](const Request& request, Answer& answer) {
                    return PutConfig(service, request, answer, scope,
                                     group(request).value_or(kDefaultGroup));
                  },
              .parameters = {ForceParameter()},
              .consumes = kConfigBody});
}

Result<void> CheckConfig(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto bytes, ReadUpload(request));
  SLUICE_TRY(const auto upload, config::ParseUpload(bytes));
  if (!upload.issues.empty()) return SendJson(answer, FileIssuesJson(upload.issues));
  SLUICE_TRY(const auto outcome, service->hub->CheckConfig(upload.documents));
  return SendJson(answer, config::ValidationErrorsJson(outcome.findings));
}

}  // namespace

void AddConfigRoutes(Router& router, const Service& service) {
  AddPair(router, service, "/api/config", Scope::kGroup, "the default group");
  AddPair(router, service, "/api/config/{group}", Scope::kGroup, "one group");
  AddPair(router, service, "/api/config-all", Scope::kAll, "all groups");
  router.Add(
      {.method = Method::kPost,
       .pattern = "/api/config-check",
       .permission = Permission::kReadConfig,
       .group = "Configuration",
       .doc = "Checks a configuration as an upload would, and applies nothing.",
       .handler = [service](const Request& request,
                            Answer& answer) { return CheckConfig(service, request, answer); },
       .consumes = kConfigBody});
}

}  // namespace sluice::api
