// Media types: the values of Content-Type.

#pragma once

#include <string>
#include <string_view>

namespace sluice::net {

// "Application/JSON; charset=\"utf-8\"" is {"application/json", "utf-8"}; both in lower case.
struct MediaType {
  std::string type;
  std::string charset;  // Empty where none is given.
};
MediaType ParseMediaType(std::string_view content_type);

// application/json, text/json, types that end in +json, and NDJSON under its usual names.
bool IsJson(std::string_view content_type);

// The value of Content-Disposition. Characters that clients stumble over are left out of the name,
// and a name that is not ASCII is given in RFC 5987's form too. Empty if no name is left.
std::string ContentDisposition(std::string_view disposition, std::string_view filename);

}  // namespace sluice::net
