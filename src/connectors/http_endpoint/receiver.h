// PushReceiver: takes the entities of a JSON push (json-push.rst) as a stream.

#pragma once

#include <cstddef>

#include "connectors/http_endpoint/push_sequence.h"
#include "connectors/json/entity_stream.h"
#include "pipe/endpoint.h"
#include "pipe/registry.h"

namespace sluice::connectors {

class PushReceiver final : public pipe::Receiver {
 public:
  struct Options {
    FloatMode floats = FloatMode::kIntegerOrDecimal;
    size_t entity_bytes_max = 0;
  };
  PushReceiver(Options options, pipe::Inlet& inlet)
      : options_(options), inlet_(inlet), sequence_(inlet) {}

  Result<std::string> Receive(const pipe::EndpointRequest& request, const pipe::BodyReader& body,
                              const Stop& stop) override;

 private:
  struct Progress {
    std::optional<uint64_t> full_run;
    uint64_t stored = 0;
  };
  // Reads and writes the whole body. Whatever the result, what was written is counted in
  // `progress`.
  Result<void> Pump(const pipe::BodyReader& body, Progress& progress, const Stop& stop);
  Result<void> Drain(EntityStream& stream, Progress& progress, const Stop& stop);
  Result<void> Flush(EntityStream& stream, Progress& progress, const Stop& stop);
  Result<void> TakeBody(const pipe::BodyReader& body, Progress& progress, const Stop& stop);
  Result<void> ReceiveFull(const PushParameters& parameters, const pipe::BodyReader& body,
                           const Stop& stop);

  const Options options_;
  pipe::Inlet& inlet_;
  PushSequence sequence_;
};

}  // namespace sluice::connectors
