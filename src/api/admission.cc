#include "api/admission.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/multipart.h"
#include "net/media_type.h"

namespace sluice::api {
namespace {

namespace http = boost::beast::http;

std::optional<Method> MethodOf(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::kGet;
    case http::verb::head:
      return Method::kHead;
    case http::verb::post:
      return Method::kPost;
    case http::verb::put:
      return Method::kPut;
    case http::verb::patch:
      return Method::kPatch;
    case http::verb::delete_:
      return Method::kDelete;
    case http::verb::options:
      return Method::kOptions;
    default:
      return std::nullopt;
  }
}

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool HasBody(const RequestParser& parser) {
  if (parser.chunked()) return true;
  const auto length = parser.content_length();
  return length && *length != 0;
}

std::optional<Problem> ReadHeaders(const RequestParser& parser, Request& request) {
  for (const auto& field : parser.get()) {
    std::string& value = request.headers[ToLower(View(field.name_string()))];
    if (!value.empty()) value += ", ";
    value += View(field.value());
  }
  request.content_type = net::ParseMediaType(request.Header("content-type")).type;
  const std::string_view expect = request.Header("expect");
  if (!expect.empty() && ToLower(expect) != "100-continue") {
    return Problem{.status = 417,
                   .code = "bad-request",
                   .message = "the header Expect must be \"100-continue\""};
  }
  if (parser.get().version() >= 11 && !request.headers.contains("host")) {
    return Problem{.status = 400, .code = "bad-request", .message = "the header Host is required"};
  }
  return std::nullopt;
}

std::optional<Problem> CheckBody(const RequestParser& parser, Admitted& admitted) {
  if (!HasBody(parser) || admitted.route->consumes.empty()) return std::nullopt;
  Request& request = admitted.request;
  const auto& consumes = admitted.route->consumes;
  if (request.content_type.empty()) request.content_type = consumes.front();
  if (std::find(consumes.begin(), consumes.end(), request.content_type) == consumes.end()) {
    return Problem{.status = 415,
                   .code = "unsupported-media-type",
                   .message = fmt::format("the body's content type must be {}, found \"{}\"",
                                          fmt::join(consumes, " or "), request.content_type),
                   .headers = {{"Accept", fmt::format("{}", fmt::join(consumes, ", "))}}};
  }
  const std::string encoding = ToLower(Trim(request.Header("content-encoding")));
  admitted.gzip_body = encoding == "gzip" || encoding == "x-gzip" || encoding == "deflate";
  if (encoding.empty() || encoding == "identity" || admitted.gzip_body) return std::nullopt;
  return Problem{
      .status = 415,
      .code = "unsupported-media-type",
      .message = fmt::format(
          "the body's content encoding must be gzip, deflate or identity, found \"{}\"", encoding),
      .headers = {{"Accept-Encoding", "gzip, deflate, identity"}}};
}

// The route, where caller and path agree.
std::variant<Router::Match, Problem> FindRoute(std::optional<Method> method, Request& request,
                                               const Router& router, const ServerOptions& options) {
  auto found = method ? router.Find(*method, request.target.segments)
                      : std::variant<Router::Match, Problem>(Problem{
                            .status = 405,
                            .code = "method-not-allowed",
                            .message = "this method is not possible here",
                            .headers = {{"Allow", router.Allowed(request.target.segments)}}});
  const auto* match = std::get_if<Router::Match>(&found);
  if (match && match->route->permission == Permission::kNone) return found;
  auto principal = options.authenticate(request.Header("authorization"));
  if (!principal.ok()) return ToProblem(principal.error());
  request.principal = std::move(principal).value();
  if (match && !request.principal.may(match->route->permission)) {
    return ToProblem(MakeError(Code::kForbidden, "\"{}\" lacks the permission {}",
                               request.principal.name, ToString(match->route->permission)));
  }
  return found;
}

}  // namespace

std::variant<Admitted, Problem> Admit(const RequestParser& parser, const Router& router,
                                      const ServerOptions& options) {
  Admitted admitted;
  Request& request = admitted.request;
  const std::string_view target = View(parser.get().target());
  if (target.size() > options.target_bytes_max) {
    return Problem{
        .status = 414,
        .code = "too-large",
        .message = fmt::format("the request's target must have at most {} bytes, found {}",
                               options.target_bytes_max, target.size())};
  }
  if (auto problem = ReadHeaders(parser, request)) return *std::move(problem);
  const auto method = MethodOf(parser.get().method());
  request.method = method.value_or(Method::kGet);
  if (method == Method::kOptions && target == "*")
    request.target = {};
  else {
    auto parsed = ParseTarget(target);
    if (!parsed.ok()) return ToProblem(parsed.error());
    request.target = std::move(parsed).value();
  }
  auto found = FindRoute(method, request, router, options);
  if (auto* problem = std::get_if<Problem>(&found)) return std::move(*problem);
  auto& match = std::get<Router::Match>(found);
  request.path = std::move(match.path);
  admitted.route = match.route;
  if (auto problem = CheckBody(parser, admitted)) return *std::move(problem);
  return admitted;
}

}  // namespace sluice::api
