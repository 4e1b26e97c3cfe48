#include "connectors/http_endpoint/receiver.h"

#include "base/limits.h"
#include "net/media_type.h"

namespace sluice::connectors {
namespace {

// What the pipe's transforms get at once; it stays in the processor's cache until it is encoded.
constexpr size_t kBatchEntities = 2'000;
constexpr size_t kBatchBytes = limits::kCommitBytesMax / 8;

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
    const auto writer = inlet_.OpenWriter(std::nullopt);
    SLUICE_TRY(TakeBody(body, *writer, stop));
  }
  return std::string("{}");
}

Result<void> PushReceiver::ReceiveFull(const PushParameters& parameters,
                                       const pipe::BodyReader& body, const Stop& stop) {
  SLUICE_TRY(const uint64_t full_run, sequence_.Enter(parameters));
  auto received = [&]() -> Result<void> {
    const auto writer = inlet_.OpenWriter(full_run);
    SLUICE_TRY(TakeBody(body, *writer, stop));
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
Result<void> PushReceiver::TakeBody(const pipe::BodyReader& body, pipe::InletWriter& writer,
                                    const Stop& stop) {
  auto pumped = Pump(body, writer, stop);
  const bool bad_body = !pumped.ok() && (pumped.error().code == Code::kBadData ||
                                         pumped.error().code == Code::kTooLarge);
  if (!pumped.ok() && !bad_body) return pumped;
  SLUICE_TRY(inlet_.WaitDurable(stop));
  if (pumped.ok()) return {};
  Error error = pumped.error();
  error.message += fmt::format("; {} entities were stored", writer.stored());
  return error;
}

Result<void> PushReceiver::Pump(const pipe::BodyReader& body, pipe::InletWriter& writer,
                                const Stop& stop) {
  Push push{.stream = EntityStream({.read = {.floats = options_.floats},
                                    .value_bytes_max = options_.entity_bytes_max,
                                    .wrapped_object = false}),
            .writer = writer};
  auto read = Read(body, push, stop);
  // What came whole before an error in the body is kept, but nothing behind what was refused.
  if (!push.refused) SLUICE_TRY(Pass(push, stop));
  SLUICE_TRY(writer.Flush(stop));
  return read;
}

Result<void> PushReceiver::Read(const pipe::BodyReader& body, Push& push, const Stop& stop) {
  bool any = false;
  while (true) {
    SLUICE_TRY(const auto piece, body());
    if (piece.empty()) break;
    any = any || !IsBlank(piece);
    push.stream.Feed(piece);
    SLUICE_TRY(Drain(push, stop));
  }
  if (!any) {
    return MakeError(Code::kBadData,
                     "expected a JSON array of entities or one entity, found an empty body");
  }
  push.stream.Finish();
  SLUICE_TRY(Drain(push, stop));
  if (push.stream.AtEnd()) return {};
  return MakeError(Code::kBadData, "the body ends before its end: the JSON text is not complete");
}

Result<void> PushReceiver::Drain(Push& push, const Stop& stop) {
  while (true) {
    SLUICE_TRY(const bool full, push.stream.Fill(kBatchEntities, kBatchBytes));
    if (!full) return {};
    SLUICE_TRY(Pass(push, stop));
  }
}

Result<void> PushReceiver::Pass(Push& push, const Stop& stop) {
  if (push.stream.waiting() == 0) return {};
  auto written = push.writer.Write(push.stream.Take(), stop);
  push.refused = !written.ok();
  return written;
}

}  // namespace sluice::connectors
