#include "server/access.h"

#include "api/jwt_authentication.h"
#include "base/limits.h"
#include "crypto/jwt.h"
#include "crypto/key_file.h"
#include "server/node.h"

namespace sluice::server {
namespace {

constexpr size_t kKeyBytes = 32;

// The token in the file if the key still verifies it; else a new one is written there.
Result<void> KeepAdminToken(const std::string& path, const crypto::JwtKey& key,
                            const Clock& clock) {
  const auto stored = ReadFile(path, limits::kHttpHeaderBytesMax);
  if (stored.ok() && crypto::VerifyJwt(*stored, {key}, clock.Now()).ok()) return {};
  SLUICE_TRY(const std::string token, crypto::MintJwt(api::AdminClaims(clock.Now()), key));
  return crypto::WritePrivateFile(path, token);
}

}  // namespace

Result<Access> OpenAccess(const std::string& data, const Clock& clock) {
  SLUICE_TRY(auto secret, crypto::LoadOrCreateKey(data + "/jwt.key", kKeyBytes));
  SLUICE_TRY(const auto key, crypto::JwtKey::Hs256(std::move(secret)));
  Access access;
  access.token_file = data + "/admin.jwt";
  SLUICE_TRY(KeepAdminToken(access.token_file, key, clock));
  access.authenticate = api::MakeJwtAuthentication({key}, clock);
  return access;
}

}  // namespace sluice::server
