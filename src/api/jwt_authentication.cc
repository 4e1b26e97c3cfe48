#include "api/jwt_authentication.h"

#include <algorithm>
#include <set>

#include "api/json_writer.h"
#include "api/multipart.h"

namespace sluice::api {
namespace {

constexpr std::string_view kAdminRole = "group:Admin";
constexpr std::string_view kScheme = "bearer ";

std::vector<std::string> StringsOf(const Value& list) {
  std::vector<std::string> strings;
  for (const Value item : list.items()) {
    if (const auto text = item.AsString()) strings.emplace_back(*text);
  }
  return strings;
}

Principal PrincipalOf(const crypto::JwtClaims& claims) {
  Principal principal;
  principal.name = std::string(claims.subject());
  principal.roles = StringsOf(claims.root().Find("roles"));
  if (std::find(principal.roles.begin(), principal.roles.end(), kAdminRole) !=
      principal.roles.end()) {
    principal.may = [](Permission) { return true; };
    return principal;
  }
  const auto listed = StringsOf(claims.root().Find("permissions"));
  principal.may = [permissions = std::set<std::string, std::less<>>(listed.begin(), listed.end())](
                      Permission asked) { return permissions.contains(ToString(asked)); };
  return principal;
}

}  // namespace

std::string AdminClaims(WallTime now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  JsonWriter json;
  json.BeginObject().Name("iss").String("sluice").Name("sub").String("admin");
  json.Name("iat").Integer(seconds).Name("roles").Strings({std::string(kAdminRole)}).EndObject();
  return json.Take();
}

Authenticate MakeJwtAuthentication(std::vector<crypto::JwtKey> keys, const Clock& clock) {
  return [keys = std::move(keys), &clock](std::string_view authorization) -> Result<Principal> {
    if (ToLower(authorization.substr(0, kScheme.size())) != kScheme) {
      return MakeError(
          Code::kUnauthorized,
          "a token is required: the header \"Authorization: Bearer TOKEN\" (the hub's owner "
          "finds one in admin.jwt in its data folder)");
    }
    const std::string_view token = Trim(authorization.substr(kScheme.size()));
    SLUICE_TRY(const auto claims, crypto::VerifyJwt(token, keys, clock.Now()));
    return PrincipalOf(claims);
  };
}

}  // namespace sluice::api
