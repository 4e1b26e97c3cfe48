#include "api/problem.h"

#include "value/json.h"

namespace sluice::api {
namespace {

int StatusOf(Code code) {
  switch (code) {
    case Code::kBadConfig:
    case Code::kBadData:
    case Code::kBadRequest:
      return 400;
    case Code::kUnauthorized:
      return 401;
    case Code::kForbidden:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
      return 409;
    case Code::kTooLarge:
      return 413;
    case Code::kNotBuilt:
      return 501;
    case Code::kUnavailable:
    case Code::kCancelled:
      return 503;
    case Code::kTimeout:
      return 504;
    case Code::kCorrupt:
    case Code::kIo:
    case Code::kInternal:
      return 500;
  }
  return 500;
}

}  // namespace

std::string Problem::ToJson() const {
  std::string json = "{\"code\": ";
  WriteJsonString(code, json);
  json += ", \"message\": ";
  WriteJsonString(message, json);
  if (!at.empty()) {
    json += ", \"at\": ";
    WriteJsonString(at, json);
  }
  json += "}";
  return json;
}

Problem ToProblem(const Error& error) {
  Problem problem{.status = StatusOf(error.code),
                  .code = std::string(ToString(error.code)),
                  .message = error.message,
                  .at = error.at};
  if (problem.status == 401)
    problem.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sluice\"");
  if (problem.status == 503) problem.headers.emplace_back("Retry-After", "1");
  return problem;
}

}  // namespace sluice::api
