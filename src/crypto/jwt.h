// JSON web tokens: signed claims in three parts.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "value/value.h"

namespace sluice::crypto {

enum class JwtAlgorithm { kHs256, kEdDsa, kRs256 };

// A key belongs to one algorithm: a token that names another is refused. Immutable; used by any
// thread.
class JwtKey {
 public:
  // At least 32 bytes; the same key signs and verifies.
  static Result<JwtKey> Hs256(std::string secret);
  // Ed25519 from a seed of 32 bytes; signs and verifies.
  static Result<JwtKey> EdDsa(std::string seed);
  // PEM text. A private key signs and verifies, a public key or certificate verifies only.
  static Result<JwtKey> Rs256(std::string_view pem);

  JwtAlgorithm algorithm() const;
  // First 16 hexadecimal digits of the SHA-256 of the public part (of an HS256 key: of an HMAC with
  // it).
  const std::string& key_id() const;

  struct State;
  const State& state() const { return *state_; }

 private:
  explicit JwtKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// What a verified token says. Copyable; owns its memory.
class JwtClaims {
 public:
  // The claims as an object.
  const Value& root() const { return root_; }
  // Empty where missing or no string.
  std::string_view subject() const;
  std::optional<int64_t> expires_s() const;

 private:
  friend Result<JwtClaims> VerifyJwt(std::string_view, const std::vector<JwtKey>&, WallTime);
  std::shared_ptr<Arena> arena_;
  Value root_;
};

// Signs claims, a JSON object. kBadRequest where the key cannot sign or the claims are no object.
Result<std::string> MintJwt(std::string_view claims_json, const JwtKey& key);

// Checks form, algorithm, signature against any of the keys, `exp` and `nbf` (a minute of
// tolerance). kUnauthorized with the reason; the reason never holds the token.
Result<JwtClaims> VerifyJwt(std::string_view token, const std::vector<JwtKey>& keys, WallTime now);

}  // namespace sluice::crypto
