#include "api/router.h"

#include <map>

#include "base/check.h"

namespace sluice::api {

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;        // "{name}": one segment.
  std::unique_ptr<Node> rest;             // "{name*}": one or more.
  std::map<Method, const Route*> routes;  // Of the pattern that ends here.
  std::unique_ptr<Route> options;         // Answers OPTIONS where no route of the table does.

  // The most specific node with routes whose pattern fits the segments from `at`.
  const Node* Find(const std::vector<std::string>& segments, size_t at) const {
    if (at == segments.size()) return routes.empty() ? nullptr : this;
    if (const auto literal = literals.find(segments[at]); literal != literals.end()) {
      if (const Node* found = literal->second->Find(segments, at + 1)) return found;
    }
    if (parameter && !segments[at].empty()) {
      if (const Node* found = parameter->Find(segments, at + 1)) return found;
    }
    return rest ? rest.get() : nullptr;
  }

  std::string Allowed() const {
    std::string allowed;
    for (const auto& [method, route] : routes) {
      allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", ToString(method));
      if (method == Method::kGet) allowed += ", HEAD";
    }
    if (!routes.contains(Method::kOptions)) allowed += ", OPTIONS";
    return allowed;
  }
};

namespace {

std::vector<std::string> SplitPattern(std::string_view pattern) {
  std::vector<std::string> segments;
  SLUICE_CHECK(pattern.starts_with('/'));
  size_t start = 1;
  while (start < pattern.size()) {
    const size_t end = std::min(pattern.find('/', start), pattern.size());
    segments.emplace_back(pattern.substr(start, end - start));
    start = end + 1;
  }
  return segments;
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{'); }
bool IsRest(std::string_view segment) { return segment.ends_with("*}"); }

// "{name}" and "{name*}" give "name".
std::string ParameterName(std::string_view segment) {
  segment.remove_prefix(1);
  segment.remove_suffix(IsRest(segment) ? 2 : 1);
  return std::string(segment);
}

std::map<std::string, std::string> PathParameters(const Route& route,
                                                  const std::vector<std::string>& segments) {
  std::map<std::string, std::string> parameters;
  size_t at = 0;
  for (const std::string& pattern : SplitPattern(route.pattern)) {
    if (IsRest(pattern)) {
      std::string rest = segments[at];
      for (size_t i = at + 1; i < segments.size(); ++i) rest += "/" + segments[i];
      parameters[ParameterName(pattern)] = std::move(rest);
      break;
    }
    if (IsParameter(pattern)) parameters[ParameterName(pattern)] = segments[at];
    ++at;
  }
  return parameters;
}

Result<void> SendAllowed(const std::string& allowed, Answer& answer) {
  return answer.Start({.status = 200, .content_type = "", .headers = {{"Allow", allowed}}});
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::Add(Route route) {
  SLUICE_CHECK(route.handler != nullptr && !route.doc.empty());
  Node* node = root_.get();
  for (const std::string& segment : SplitPattern(route.pattern)) {
    std::unique_ptr<Node>& next = IsRest(segment)        ? node->rest
                                  : IsParameter(segment) ? node->parameter
                                                         : node->literals[segment];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  const bool is_new = node->routes.emplace(routes_.back()->method, routes_.back().get()).second;
  SLUICE_CHECK(is_new);
  if (node->options) return;
  node->options = std::make_unique<Route>(Route{.method = Method::kOptions,
                                                .permission = Permission::kNone,
                                                .handler = [node](const Request&, Answer& answer) {
                                                  return SendAllowed(node->Allowed(), answer);
                                                }});
}

std::variant<Router::Match, Problem> Router::Find(Method method,
                                                  const std::vector<std::string>& segments) const {
  const Node* node = root_->Find(segments, 0);
  if (!node) {
    return Problem{.status = 404,
                   .code = "not-found",
                   .message = "there is nothing at this path; /api/reference lists what there is"};
  }
  if (method == Method::kOptions && !node->routes.contains(method)) {
    return Match{.route = node->options.get(), .path = {}};
  }
  const auto found = node->routes.find(method == Method::kHead ? Method::kGet : method);
  if (found == node->routes.end()) {
    return Problem{.status = 405,
                   .code = "method-not-allowed",
                   .message = fmt::format("{} is not possible here, only {}", ToString(method),
                                          node->Allowed()),
                   .headers = {{"Allow", node->Allowed()}}};
  }
  return Match{.route = found->second, .path = PathParameters(*found->second, segments)};
}

std::string Router::Allowed(const std::vector<std::string>& segments) const {
  const Node* node = root_->Find(segments, 0);
  return node ? node->Allowed() : std::string();
}

}  // namespace sluice::api
