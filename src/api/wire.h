// The text of HTTP/1.1 heads and what the parser's errors mean. For connection.cc.

#pragma once

#include <boost/system/error_code.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/problem.h"
#include "base/clock.h"
#include "pipe/endpoint.h"

namespace sluice::api {

enum class Framing {
  kLength,  // Content-Length.
  kChunks,  // Transfer-Encoding: chunked.
  kClose,   // The end of the connection ends the body (HTTP/1.0).
  kNone,    // No body, and no length either.
};

struct HeadOptions {
  Framing framing = Framing::kLength;
  uint64_t length = 0;
  bool keep_alive = true;
  WallTime now{};
};

// Status line and header, up to and with the empty line. Values lose their control characters, so
// that none can start a line of its own.
std::string HeadText(const pipe::EndpointHead& head, const HeadOptions& options);
// "1f\r\n".
std::string ChunkStart(size_t bytes);

// What to answer where a request cannot be read; nothing where nobody waits for an answer.
std::optional<Problem> ProblemOfRead(const boost::system::error_code& error, bool timed_out);

// Whether an Accept-Encoding header takes gzip.
bool TakesGzip(std::string_view accept_encoding);

}  // namespace sluice::api
