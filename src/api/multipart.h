// multipart/form-data bodies (RFC 7578), read whole.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sluice::api {

struct Part {
  std::string name;
  std::string filename;      // Empty if there is none.
  std::string content_type;  // Lower-case, without parameters; empty if there is none.
  std::string_view body;     // Views the parsed body.
};

// `content_type` is the header's value, with the boundary. kBadRequest says what is malformed.
Result<std::vector<Part>> ParseMultipart(std::string_view body, std::string_view content_type);

// A parameter of a header's value: MediaParameter("a; b=c; d=\"e f\"", "d") gives "e f"; empty if
// missing.
std::string MediaParameter(std::string_view header, std::string_view name);
// For header names and values that are compared without case.
std::string ToLower(std::string_view text);
std::string_view Trim(std::string_view text);

}  // namespace sluice::api
