// OpenPGP messages (RFC 4880), through GnuPG.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::crypto {

// One key in a keyring of its own, in a private folder that goes with it. Making one starts a
// process, so keep it. Used by any thread, one at a time inside.
class PgpKey {
 public:
  // kBadConfig if the armoured text holds no key of this kind; kUnavailable if GnuPG is not
  // installed. The message never holds the key.
  static Result<PgpKey> Public(std::string_view armoured);
  static Result<PgpKey> Private(std::string_view armoured, std::string passphrase);

  // An armoured message; another text each time.
  Result<std::string> Encrypt(std::string_view plain) const;
  // kBadData if it is no message, or for another key, or the pass phrase is wrong.
  Result<std::string> Decrypt(std::string_view message) const;

 private:
  struct State;
  explicit PgpKey(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace sluice::crypto
