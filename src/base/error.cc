#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace sluice {

std::string_view ToString(Code code) {
  switch (code) {
    case Code::kBadConfig:
      return "bad-config";
    case Code::kBadData:
      return "bad-data";
    case Code::kBadRequest:
      return "bad-request";
    case Code::kUnauthorized:
      return "unauthorized";
    case Code::kForbidden:
      return "forbidden";
    case Code::kNotFound:
      return "not-found";
    case Code::kConflict:
      return "conflict";
    case Code::kTooLarge:
      return "too-large";
    case Code::kTimeout:
      return "timeout";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kCancelled:
      return "cancelled";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kIo:
      return "io";
    case Code::kNotBuilt:
      return "not-built";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Error::ToText() const {
  return at.empty() ? fmt::format("{}: {}", ToString(code), message)
                    : fmt::format("{} at {}: {}", ToString(code), at, message);
}

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "sluice: internal check failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace sluice
