// Request and Answer: what a handler of the API gets and gives.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/target.h"
#include "base/error.h"
#include "base/stop.h"
#include "pipe/endpoint.h"

namespace sluice::api {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };
std::string_view ToString(Method method);

// What a route asks of its caller; the names are those of the reference documentation of the API.
enum class Permission {
  kNone,         // Anybody, also without a token.
  kReadConfig,   // Configuration, state and statistics.
  kReadData,     // Entities.
  kWriteData,    // Pushing entities, deleting datasets.
  kOperate,      // Pumps.
  kWriteConfig,  // Configuration, environment, secrets.
  kAdmin,        // The hub itself.
};
std::string_view ToString(Permission permission);

// Who calls, as the token says.
struct Principal {
  std::string name;
  std::vector<std::string> roles;
  std::function<bool(Permission)> may = [](Permission) { return false; };
};

struct Request {
  Method method = Method::kGet;
  Target target;
  std::map<std::string, std::string> path;     // The pattern's parameters, decoded.
  std::map<std::string, std::string> headers;  // Lower-case names; repeated ones joined by ", ".
  std::string content_type;  // Lower-case, without parameters; empty if there is none.
  Principal principal;
  std::string remote_address;
  // The next bytes of the body, decompressed, valid until the next call; empty at the end. Blocks.
  // Once the answer has grown beyond its first buffer the rest of the body is not read any more.
  pipe::BodyReader body;
  // Set when the hub stops.
  Stop stop;

  const Parameters& query() const { return target.query; }
  const std::string& Path(const std::string& name) const { return path.at(name); }
  std::string_view Header(std::string_view lower_case_name) const;
  // The whole body; kTooLarge if it has more bytes.
  Result<std::string> ReadBody(size_t bytes_max) const;
  // The body as a form: urlencoded, or the parts of a multipart body.
  Result<Parameters> ReadForm() const;
};

// Where a handler writes to. Used by one thread at a time.
class Answer {
 public:
  virtual ~Answer() = default;
  // Once, before the first Write. Nothing leaves before the first buffer is full, so that an error
  // returned by the handler up to then becomes the whole answer.
  virtual Result<void> Start(const pipe::EndpointHead& head) = 0;
  // Blocks while the client is slow; kIo if it is gone, and the handler returns that error.
  virtual Result<void> Write(std::string_view bytes) = 0;
};

// Runs on a worker thread and may block. An error becomes the answer (see problem.h), or breaks the
// connection where bytes have left already, so that the client cannot take the answer as whole.
using Handler = std::function<Result<void>(const Request& request, Answer& answer)>;

// A whole answer.
Result<void> SendJson(Answer& answer, std::string_view json, int status = 200);

}  // namespace sluice::api
