#include "server/access.h"

#include <memory>
#include <vector>

#include "base/limits.h"
#include "crypto/jwt.h"
#include "crypto/key_file.h"
#include "server/node.h"

namespace sluice::server {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr std::string_view kBearer = "bearer ";

bool StartsWithBearer(std::string_view text) {
  if (text.size() < kBearer.size()) return false;
  for (size_t i = 0; i < kBearer.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != kBearer[i]) return false;
  }
  return true;
}

int64_t SecondsOf(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// The token in the file if the key still verifies it; else a new one is written there. It has no
// claim `principals`: the public client would send such a token to its vendor's portal.
Result<void> KeepAdminToken(const std::string& path, const crypto::JwtKey& key,
                            const Clock& clock) {
  const auto stored = ReadFile(path, limits::kHttpHeaderBytesMax);
  if (stored.ok() && crypto::VerifyJwt(*stored, {key}, clock.Now()).ok()) return {};
  const std::string claims =
      fmt::format(R"({{"iss":"sluice","sub":"admin","roles":["group:Admin"],"iat":{}}})",
                  SecondsOf(clock.Now()));
  SLUICE_TRY(const std::string token, crypto::MintJwt(claims, key));
  return crypto::WritePrivateFile(path, token);
}

api::Principal PrincipalOf(const crypto::JwtClaims& claims) {
  api::Principal principal;
  principal.name = claims.subject();
  bool is_admin = false;
  for (const Value& role : claims.root().Find("roles").items()) {
    principal.roles.emplace_back(role.AsString().value_or(""));
    is_admin = is_admin || principal.roles.back() == "group:Admin";
  }
  principal.may = [is_admin](api::Permission) { return is_admin; };
  return principal;
}

}  // namespace

Result<Access> OpenAccess(const std::string& data, const Clock& clock) {
  SLUICE_TRY(auto secret, crypto::LoadOrCreateKey(data + "/jwt.key", kKeyBytes));
  SLUICE_TRY(const auto key, crypto::JwtKey::Hs256(std::move(secret)));
  Access access;
  access.token_file = data + "/admin.jwt";
  SLUICE_TRY(KeepAdminToken(access.token_file, key, clock));
  access.authenticate = [keys = std::vector{key},
                         &clock](std::string_view header) -> Result<api::Principal> {
    if (!StartsWithBearer(header)) {
      return MakeError(Code::kUnauthorized,
                       "expected the header \"Authorization: Bearer TOKEN\", found {}",
                       header.empty() ? "none" : "another scheme");
    }
    SLUICE_TRY(const auto claims,
               crypto::VerifyJwt(header.substr(kBearer.size()), keys, clock.Now()));
    return PrincipalOf(claims);
  };
  return access;
}

}  // namespace sluice::server
