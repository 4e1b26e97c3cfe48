// Fernet tokens: authenticated symmetric encryption (the public Fernet specification, version
// 0x80).

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::crypto {

// The 32-byte Fernet key of a password: its SHA-256. As a Fernet library wants it: Base64 of this,
// in the URL form, with padding.
std::string FernetKeyOf(std::string_view password);

// A token (URL-safe base64 text with padding). The same text and key give the same token: the
// initialisation vector is made of both, and the time in the token is 0. So equal plain texts can
// be told from their tokens, and an entity that has not changed is not written again.
std::string FernetEncrypt(std::string_view plain, std::string_view key);

// kBadData if it is no token, or was made with another key, or altered. Any vector and time are
// taken.
Result<std::string> FernetDecrypt(std::string_view token, std::string_view key);

}  // namespace sluice::crypto
