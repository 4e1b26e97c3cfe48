// Who may use the Service API: the signing key and the admin token of a data folder.

#pragma once

#include <string>

#include "api/server.h"
#include "base/clock.h"
#include "base/error.h"

namespace sluice::server {

struct Access {
  api::Authenticate authenticate;
  std::string token_file;  // DATA/admin.jwt, readable by its owner only.
};

// Loads the signing key of the data folder, or makes it; writes an admin token if there is none
// that the key verifies. Tokens are checked against the clock at each request.
Result<Access> OpenAccess(const std::string& data, const Clock& clock);

}  // namespace sluice::server
