// Bearer tokens: who a signed token says the caller is.

#pragma once

#include <string>
#include <vector>

#include "api/server.h"
#include "crypto/jwt.h"

namespace sluice::api {

// The claims of the token that may do everything, for crypto::MintJwt. It never expires: it lies in
// a file that only the hub's owner can read. It has no claim `principals`: the `sesam` client sends
// tokens that have one elsewhere.
std::string AdminClaims(WallTime now);

// "Bearer TOKEN", signed by any of the keys. The role "group:Admin" may do everything; others what
// the claim `permissions` lists, by the names of ToString(Permission).
Authenticate MakeJwtAuthentication(std::vector<crypto::JwtKey> keys, const Clock& clock);

}  // namespace sluice::api
