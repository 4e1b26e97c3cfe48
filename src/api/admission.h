// Admission: from a request's head to the route that serves it, or to the problem that answers it.

#pragma once

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <variant>

#include "api/server.h"

namespace sluice::api {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

struct Admitted {
  Request request;  // All but `body` and `stop`.
  const Route* route = nullptr;
  bool gzip_body = false;
};

// Checks, in this order: size and form of the target, credentials, path, method, permission,
// content type and encoding. Who is not known gets 401 whatever else is wrong, except on public
// routes.
std::variant<Admitted, Problem> Admit(const RequestParser& parser, const Router& router,
                                      const ServerOptions& options);

}  // namespace sluice::api
