// Receiver and Publisher: what the API hands requests of endpoint pipes to. Connectors implement
// them.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/stop.h"

namespace sluice::pipe {

// A request to an endpoint pipe, without HTTP's details.
struct EndpointRequest {
  std::string pipe_id;
  std::string kind;      // "entities", "csv", "xml", …: the last part of the URL.
  std::string filename;  // What follows the kind: "publishers/PIPE/csv/FILENAME"; may be empty.
  std::multimap<std::string, std::string> parameters;  // Decoded query parameters.
  std::map<std::string, std::string> headers;          // Lower-case names.
  std::string content_type;
  // First value of a parameter; empty if it is missing.
  std::string_view Parameter(std::string_view name) const {
    const auto found = parameters.find(std::string(name));
    return found == parameters.end() ? std::string_view() : std::string_view(found->second);
  }
};

// Gives the next bytes of a body; empty at the end. Blocks; an error if the connection breaks.
using BodyReader = std::function<Result<std::string_view>()>;
// Takes bytes of an answer; an error if the client is gone.
using BodyWriter = std::function<Result<void>(std::string_view)>;

struct EndpointHead {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
};

// Takes pushed entities (json-push.rst). May be called by several threads at once.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // Reads the body as a stream and returns when everything is durable. The result is the answer's
  // JSON body. Errors: kBadData (the message says how many entities were stored), kTooLarge (with
  // the entity's index), kConflict (a sequence that does not fit).
  virtual Result<std::string> Receive(const EndpointRequest& request, const BodyReader& body,
                                      const Stop& stop) = 0;
};

// Publishes a pipe's entities (json-pull.rst, configuration-sinks-csv.rst). May be called by
// several threads at once.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Calls `start` once, before the first byte; an error before that becomes the answer's status.
  virtual Result<void> Publish(const EndpointRequest& request,
                               const std::function<Result<void>(const EndpointHead&)>& start,
                               const BodyWriter& body, const Stop& stop) = 0;
};

}  // namespace sluice::pipe
