// Any bytes as a request: head, target, admission, and the body as a form and as parts. Nothing may
// crash, and every refusal must be a client's error with a message.

#include <cstdint>
#include <limits>

#include "api/admission.h"
#include "api/asio.h"
#include "api/multipart.h"
#include "base/check.h"

namespace sluice::api {
namespace {

const Router& TheRouter() {
  static const Router router = [] {
    Router made;
    const auto handler = [](const Request&, Answer&) -> Result<void> { return {}; };
    made.Add({.method = Method::kGet, .pattern = "/a/{x}/b", .doc = "-", .handler = handler});
    made.Add({.method = Method::kPost,
              .pattern = "/a/{rest*}",
              .doc = "-",
              .handler = handler,
              .consumes = {"application/json"}});
    return made;
  }();
  return router;
}

void CheckProblem(const Problem& problem) {
  SLUICE_CHECK(problem.status >= 400 && problem.status < 500);
  SLUICE_CHECK(!problem.message.empty() && !problem.code.empty());
}

void FuzzHead(std::string_view text) {
  RequestParser parser;
  parser.header_limit(64 * 1024);
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  boost::system::error_code error;
  parser.put(boost::asio::buffer(text.data(), text.size()), error);
  if (error || !parser.is_header_done()) return;
  const ServerOptions options{.authenticate = [](std::string_view) {
    return Principal{.may = [](Permission) { return true; }};
  }};
  const auto admission = Admit(parser, TheRouter(), options);
  if (const auto* problem = std::get_if<Problem>(&admission)) {
    CheckProblem(*problem);
  } else {
    const auto& admitted = std::get<Admitted>(admission);
    SLUICE_CHECK(admitted.route != nullptr);
  }
}

}  // namespace
}  // namespace sluice::api

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  sluice::api::FuzzHead(text);
  const auto form = sluice::api::ParseForm(text);
  SLUICE_CHECK(form.ok() || !form.error().message.empty());
  const auto parts = sluice::api::ParseMultipart(text, "multipart/form-data; boundary=b");
  SLUICE_CHECK(parts.ok() || !parts.error().message.empty());
  sluice::api::MediaParameter(text, "q");
  return 0;
}
