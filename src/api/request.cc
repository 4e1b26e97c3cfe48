#include "api/request.h"

#include "api/multipart.h"

namespace sluice::api {
namespace {

constexpr size_t kFormBytesMax = 1024 * 1024;

}  // namespace

std::string_view ToString(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
  }
  return "GET";
}

std::string_view ToString(Permission permission) {
  switch (permission) {
    case Permission::kNone:
      return "none";
    case Permission::kReadConfig:
      return "read_config";
    case Permission::kReadData:
      return "read_data";
    case Permission::kWriteData:
      return "write_data";
    case Permission::kOperate:
      return "operate";
    case Permission::kWriteConfig:
      return "write_config";
    case Permission::kAdmin:
      return "admin";
  }
  return "admin";
}

std::string_view Request::Header(std::string_view lower_case_name) const {
  const auto found = headers.find(std::string(lower_case_name));
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::string> Request::ReadBody(size_t bytes_max) const {
  std::string whole;
  while (true) {
    SLUICE_TRY(const auto bytes, body());
    if (bytes.empty()) return whole;
    if (whole.size() + bytes.size() > bytes_max) {
      return MakeError(Code::kTooLarge, "the body must have at most {} bytes", bytes_max);
    }
    whole += bytes;
  }
}

Result<Parameters> Request::ReadForm() const {
  SLUICE_TRY(const auto text, ReadBody(kFormBytesMax));
  if (content_type != "multipart/form-data") return ParseForm(text);
  SLUICE_TRY(const auto parts, ParseMultipart(text, Header("content-type")));
  Parameters form;
  for (const Part& part : parts) form.Add(part.name, std::string(part.body));
  return form;
}

Result<void> SendJson(Answer& answer, std::string_view json, int status) {
  SLUICE_TRY(answer.Start({.status = status}));
  return answer.Write(json);
}

}  // namespace sluice::api
