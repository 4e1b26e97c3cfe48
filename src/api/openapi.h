// The description of the API that /api/reference gives, made from the table of routes.

#pragma once

#include <string>
#include <string_view>

#include "api/router.h"

namespace sluice::api {

// OpenAPI 3.0 as JSON.
std::string OpenApiJson(const Router& router, std::string_view version);

}  // namespace sluice::api
