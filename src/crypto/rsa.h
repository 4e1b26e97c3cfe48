// RSA encryption of short texts: OAEP with SHA-256.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::crypto {

// A key from PEM text (PKCS 1 or PKCS 8; a private key holds its public part). Immutable; used by
// any thread.
class RsaKey {
 public:
  // kBadConfig if the text is no such key, or not RSA; the message never holds the key.
  static Result<RsaKey> Public(std::string_view pem);
  static Result<RsaKey> Private(std::string_view pem);

  // Other bytes each time. kTooLarge if the text is longer than the key can hold (190 bytes with
  // 2048 bits).
  Result<std::string> Encrypt(std::string_view plain) const;
  // kBadData if the bytes were made for another key, or altered. Needs a private key.
  Result<std::string> Decrypt(std::string_view bytes) const;

 private:
  struct State;
  explicit RsaKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace sluice::crypto
