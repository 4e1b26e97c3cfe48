// Routes of endpoint pipes: receivers take what is pushed, publishers give what is pulled.

#include "api/routes.h"

namespace sluice::api {
namespace {

pipe::EndpointRequest MakeEndpointRequest(const Request& request, std::string kind) {
  pipe::EndpointRequest endpoint{.pipe_id = request.Path("pipe_id"),
                                 .kind = std::move(kind),
                                 .parameters = request.query().all(),
                                 .headers = request.headers,
                                 .content_type = request.content_type};
  if (const auto filename = request.path.find("filename"); filename != request.path.end()) {
    endpoint.filename = filename->second;
  }
  endpoint.headers.erase("authorization");
  return endpoint;
}

Result<void> Receive(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto receiver, service->hub->FindReceiver(request.Path("pipe_id")));
  SLUICE_TRY(const auto json, receiver->Receive(MakeEndpointRequest(request, "entities"),
                                                request.body, request.stop));
  return SendJson(answer, json.empty() ? "{}" : json);
}

Result<void> Publish(const Service& service, const Request& request, Answer& answer,
                     const std::string& kind) {
  SLUICE_TRY(const auto publisher, service->hub->FindPublisher(request.Path("pipe_id"), kind));
  return publisher->Publish(
      MakeEndpointRequest(request, kind),
      [&](const pipe::EndpointHead& head) { return answer.Start(head); },
      [&](std::string_view bytes) { return answer.Write(bytes); }, request.stop);
}

std::vector<RouteParameter> PushParameters() {
  return {{.name = "sequence_id", .doc = "Names the sync that this request is part of."},
          {.name = "is_full",
           .type = "boolean",
           .doc = "Whether the sequence holds everything, so that what it lacks is deleted.",
           .default_json = "false"},
          {.name = "request_id", .doc = "Names this request."},
          {.name = "previous_request_id", .doc = "The request before it in the sequence."},
          {.name = "is_first", .type = "boolean", .doc = "The first request of a full sequence."},
          {.name = "is_last", .type = "boolean", .doc = "The last request of a full sequence."}};
}

void AddPublisher(Router& router, const Service& service, const std::string& kind,
                  const std::string& type, const std::string& doc) {
  const auto handler = [service, kind](const Request& request, Answer& answer) {
    return Publish(service, request, answer, kind);
  };
  const std::vector<RouteParameter> parameters = {
      {.name = "since",
       .doc = "The `_updated` of the last entity seen: only what comes after it is returned."},
      {.name = "limit", .type = "integer", .doc = "At most so many entities."}};
  for (const char* rest : {"", "/{filename}"}) {
    router.Add({.method = Method::kGet,
                .pattern = "/api/publishers/{pipe_id}/" + kind + rest,
                .permission = Permission::kReadData,
                .group = "Publishers",
                .doc = doc + (*rest ? " The answer is an attachment of that name." : ""),
                .handler = handler,
                .parameters = parameters,
                .produces = {type}});
  }
}

}  // namespace

void AddEndpointRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kPost,
              .pattern = "/api/receivers/{pipe_id}/entities",
              .permission = Permission::kWriteData,
              .group = "Receivers",
              .doc = "Pushes a JSON list of entities to a pipe with an http_endpoint source. The "
                     "answer comes when "
                     "everything is durable.",
              .handler = [service](const Request& request,
                                   Answer& answer) { return Receive(service, request, answer); },
              .parameters = PushParameters(),
              .consumes = {"application/json", "application/x-ndjson"}});
  AddPublisher(router, service, "entities", "application/json",
               "The entities of a pipe with an http_endpoint sink, as JSON.");
  AddPublisher(router, service, "csv", "text/csv",
               "The entities of a pipe with a csv_endpoint sink, as CSV.");
  AddPublisher(router, service, "xml", "application/xml",
               "The entities of a pipe with an xml_endpoint sink, as XML.");
  AddPublisher(router, service, "excel",
               "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
               "The entities of a pipe as an Excel workbook.");
}

}  // namespace sluice::api
