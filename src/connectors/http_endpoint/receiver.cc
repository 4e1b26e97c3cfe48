#include "connectors/http_endpoint/receiver.h"

#include "base/limits.h"
#include "net/media_type.h"

namespace sluice::connectors {
namespace {

// One commit: large enough to be cheap for an entity, small enough for bounded memory.
constexpr size_t kBatchEntities = limits::kCommitEntitiesMax;
constexpr size_t kBatchBytes = limits::kCommitBytesMax / 2;

Result<void> CheckRequest(const pipe::EndpointRequest& request) {
  if (request.kind == "sdshare-push-receiver") {
    return MakeError(Code::kNotBuilt, "the SDShare push receiver is not built in this version");
  }
  if (request.kind != "entities") {
    return MakeError(Code::kNotFound, "expected the endpoint \"entities\", found \"{}\"",
                     request.kind);
  }
  if (!net::IsJson(request.content_type)) {
    return MakeError(Code::kBadRequest, "expected the content type application/json, found \"{}\"",
                     request.content_type);
  }
  return {};
}

}  // namespace

Result<std::string> PushReceiver::Receive(const pipe::EndpointRequest& request,
                                          const pipe::BodyReader& body, const Stop& stop) {
  SLUICE_TRY(CheckRequest(request));
  SLUICE_TRY(const PushParameters parameters, ReadPushParameters(request));
  if (parameters.is_full) {
    SLUICE_TRY(ReceiveFull(parameters, body, stop));
  } else {
    SLUICE_TRY(sequence_.EnterIncremental(parameters));
    Progress progress;
    SLUICE_TRY(TakeBody(body, progress, stop));
  }
  return std::string("{}");
}

Result<void> PushReceiver::ReceiveFull(const PushParameters& parameters,
                                       const pipe::BodyReader& body, const Stop& stop) {
  SLUICE_TRY(const uint64_t full_run, sequence_.Enter(parameters));
  auto received = [&]() -> Result<void> {
    Progress progress{.full_run = full_run};
    SLUICE_TRY(TakeBody(body, progress, stop));
    if (!parameters.is_last) return {};
    SLUICE_TRY(inlet_.FinishFullRun(full_run, stop));
    return inlet_.WaitDurable(stop);
  }();
  if (received.ok()) return sequence_.Accept(parameters);
  sequence_.Fail();
  return received;
}

// Makes what was written durable also where the rest of the body is bad: the answer says how much
// it is.
Result<void> PushReceiver::TakeBody(const pipe::BodyReader& body, Progress& progress,
                                    const Stop& stop) {
  auto pumped = Pump(body, progress, stop);
  if (pumped.ok()) return inlet_.WaitDurable(stop);
  const Code code = pumped.error().code;
  const bool bad_body = code == Code::kBadData || code == Code::kTooLarge;
  if (!bad_body) return pumped;
  SLUICE_TRY(inlet_.WaitDurable(stop));
  Error error = pumped.error();
  error.message += fmt::format("; {} entities were stored", progress.stored);
  return error;
}

Result<void> PushReceiver::Pump(const pipe::BodyReader& body, Progress& progress,
                                const Stop& stop) {
  EntityStream stream({.read = {.floats = options_.floats},
                       .value_bytes_max = options_.entity_bytes_max,
                       .wrapped_object = false});
  bool any = false;
  while (true) {
    auto piece = body();
    if (!piece.ok()) {
      // What came whole is kept: the sender will send all of it again.
      SLUICE_TRY(Flush(stream, progress, stop));
      return piece.TakeError();
    }
    if (piece->empty()) break;
    any = any || !IsBlank(*piece);
    stream.Feed(*piece);
    SLUICE_TRY(Drain(stream, progress, stop));
  }
  if (!any) {
    return MakeError(Code::kBadData,
                     "expected a JSON array of entities or one entity, found an empty body");
  }
  stream.Finish();
  SLUICE_TRY(Drain(stream, progress, stop));
  SLUICE_TRY(Flush(stream, progress, stop));
  if (stream.AtEnd()) return {};
  return MakeError(Code::kBadData, "the body ends before its end: the JSON text is not complete");
}

Result<void> PushReceiver::Drain(EntityStream& stream, Progress& progress, const Stop& stop) {
  while (true) {
    auto full = stream.Fill(kBatchEntities, kBatchBytes);
    if (!full.ok()) {
      SLUICE_TRY(Flush(stream, progress, stop));
      return full.TakeError();
    }
    if (!*full) return {};
    SLUICE_TRY(Flush(stream, progress, stop));
  }
}

Result<void> PushReceiver::Flush(EntityStream& stream, Progress& progress, const Stop& stop) {
  const size_t count = stream.waiting();
  if (count == 0) return {};
  SLUICE_TRY(inlet_.Write(stream.Take(), progress.full_run, stop));
  progress.stored += count;
  return {};
}

}  // namespace sluice::connectors
