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
  struct Push {
    EntityStream stream;
    pipe::InletWriter& writer;
    bool refused = false;  // The writer gave an error.
  };
  // Reads and writes the whole body; what was written is committed whatever the result.
  Result<void> Pump(const pipe::BodyReader& body, pipe::InletWriter& writer, const Stop& stop);
  Result<void> Read(const pipe::BodyReader& body, Push& push, const Stop& stop);
  static Result<void> Drain(Push& push, const Stop& stop);
  static Result<void> Pass(Push& push, const Stop& stop);
  Result<void> TakeBody(const pipe::BodyReader& body, pipe::InletWriter& writer, const Stop& stop);
  Result<void> ReceiveFull(const PushParameters& parameters, const pipe::BodyReader& body,
                           const Stop& stop);

  const Options options_;
  pipe::Inlet& inlet_;
  PushSequence sequence_;
};

}  // namespace sluice::connectors
