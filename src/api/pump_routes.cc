// Routes of pumps: what they do, and telling them what to do.

#include "api/routes.h"
#include "api/show.h"

namespace sluice::api {
namespace {

Result<void> GetPump(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto pipe, service->hub->GetPipe(request.Path("pipe_id"), {.queues = true}));
  JsonWriter json;
  WritePump(json, pipe.config.id, pipe.pump, pipe.config);
  return SendJson(answer, json.text());
}

Result<void> PostPump(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto form, request.ReadForm());
  const Parameters& from = form.Has("operation") ? form : request.query();
  SLUICE_TRY(const auto name, from.Required("operation"));
  const auto operation = pipe::ParsePumpOperation(name);
  if (!operation) {
    return MakeError(Code::kBadRequest,
                     "\"{}\" is no operation of a pump; the pump's "
                     "\"supported-operations\" lists those there are",
                     name);
  }
  std::string_view argument;
  if (*operation == pipe::PumpOperation::kDisable) argument = from.Text("comment", "");
  if (*operation == pipe::PumpOperation::kUpdateLastSeen) argument = from.Text("last-seen", "");
  const std::string& id = request.Path("pipe_id");
  SLUICE_TRY(service->hub->Operate(id, *operation, argument, UserOf(request)));
  return GetPump(service, request, answer);
}

Result<void> TransformEntity(const Service& service, const Request& request, Answer& answer) {
  constexpr size_t kEntityBytesMax = 16 * 1024 * 1024;
  SLUICE_TRY(const auto body, request.ReadBody(kEntityBytesMax));
  SLUICE_TRY(const auto json,
             service->hub->TransformEntity(request.Path("pipe_id"), body, request.stop));
  return SendJson(answer, json);
}

}  // namespace

void AddPumpRoutes(Router& router, const Service& service) {
  using Place = RouteParameter::Place;
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/{pipe_id}/pump",
              .permission = Permission::kReadConfig,
              .group = "Pumps",
              .doc = "The pipe's pump: whether it runs, why not, its last run, what waits. "
                     "Endpoint pipes have none, "
                     "which is no error.",
              .handler = [service](const Request& request, Answer& answer) {
                return GetPump(service, request, answer);
              }});
  router.Add(
      {.method = Method::kPost,
       .pattern = "/api/pipes/{pipe_id}/pump",
       .permission = Permission::kOperate,
       .group = "Pumps",
       .doc = "Tells the pump what to do, and answers with how it is then.",
       .handler = [service](const Request& request,
                            Answer& answer) { return PostPump(service, request, answer); },
       .parameters =
           {{.name = "operation",
             .doc = "start, start-rescan, stop, enable, disable, reset, update-last-seen, "
                    "set-last-seen-to-end, reset-tracking, reset-rescan, discard-retries or "
                    "discard-inferred-schema.",
             .place = Place::kForm,
             .required = true},
            {.name = "last-seen",
             .doc = "For update-last-seen: the offset to go on from. Empty: from the beginning.",
             .place = Place::kForm},
            {.name = "comment", .doc = "For disable: why.", .place = Place::kForm}},
       .consumes = kFormBody});
  router.Add(
      {.method = Method::kPost,
       .pattern = "/api/pipes/{pipe_id}/transform",
       .permission = Permission::kReadData,
       .group = "Pumps",
       .doc = "Runs the pipe's transforms on the entity in the body and answers with the list of "
              "what comes "
              "out. Nothing is stored.",
       .handler = [service](const Request& request,
                            Answer& answer) { return TransformEntity(service, request, answer); },
       .consumes = kJsonBody});
}

}  // namespace sluice::api
