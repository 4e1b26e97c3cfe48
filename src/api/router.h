// Router: the table of the API's routes, from which requests are dispatched and /api/reference is
// generated.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/problem.h"
#include "api/request.h"

namespace sluice::api {

// A query or form parameter, for the reference.
struct RouteParameter {
  enum class Place { kQuery, kForm };
  std::string name;
  std::string type = "string";  // "string", "integer", "boolean".
  std::string doc = {};
  std::string default_json = {};  // JSON text; empty if there is none.
  Place place = Place::kQuery;
  bool required = false;
};

struct Route {
  Method method = Method::kGet;
  // "/api/pipes/{pipe_id}/pump"; a last segment "{name*}" takes the rest of the path. A literal
  // segment wins over a parameter.
  std::string pattern;
  Permission permission = Permission::kAdmin;
  std::string group;  // The chapter of the reference.
  std::string doc;
  Handler handler;
  std::vector<RouteParameter> parameters = {};
  // Content types of the body; another one is 415, none given stands for the first. Empty: a body
  // is ignored.
  std::vector<std::string> consumes = {};
  std::vector<std::string> produces = {"application/json"};
};

// Built before the server starts, then read by any thread.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // Adding a pattern's method twice is our own mistake.
  void Add(Route route);

  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string> path;
  };
  // 404 where no pattern fits; 405 with Allow where one fits but not with this method. HEAD finds
  // GET's route.
  std::variant<Match, Problem> Find(Method method, const std::vector<std::string>& segments) const;
  // The methods of the path, "GET, HEAD, OPTIONS"; empty where no pattern fits.
  std::string Allowed(const std::vector<std::string>& segments) const;

  // In the order of adding.
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;
  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace sluice::api
