#include "crypto/jwt.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <utility>

#include "crypto/digest.h"
#include "value/json.h"

namespace sluice::crypto {
namespace {

constexpr size_t kTokenBytesMax = 64 * 1024;  // An HTTP header is no longer.
constexpr size_t kHs256BytesMin = 32;         // RFC 7518: as long as the digest.
constexpr size_t kEd25519SeedBytes = 32;
constexpr int kRsaBitsMin = 2048;  // RFC 7518.
constexpr int64_t kToleranceSeconds = 60;

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;
using Bio = std::unique_ptr<BIO, BioFree>;
using Context = std::unique_ptr<EVP_MD_CTX, ContextFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;

const unsigned char* Unsigned(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string_view NameOf(JwtAlgorithm algorithm) {
  switch (algorithm) {
    case JwtAlgorithm::kHs256:
      return "HS256";
    case JwtAlgorithm::kEdDsa:
      return "EdDSA";
    case JwtAlgorithm::kRs256:
      return "RS256";
  }
  return {};
}

std::string KeyIdOf(std::string_view public_part) {
  return Hex(Digest(Algorithm::kSha256, public_part)).substr(0, 16);
}

std::string PublicPart(EVP_PKEY* key) {
  unsigned char* encoded = nullptr;
  const int size = i2d_PUBKEY(key, &encoded);
  SLUICE_CHECK(size > 0);
  std::string bytes(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
  OPENSSL_free(encoded);
  return bytes;
}

// EdDSA digests by itself; RS256 uses SHA-256.
const EVP_MD* MethodOf(JwtAlgorithm algorithm) {
  return algorithm == JwtAlgorithm::kRs256 ? EVP_sha256() : nullptr;
}

Bio BioOf(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// No pass phrase is asked for on the terminal.
int NoPassPhrase(char*, int, int, void*) { return 0; }

}  // namespace

struct JwtKey::State {
  JwtAlgorithm algorithm = JwtAlgorithm::kHs256;
  std::string secret;
  Key key;
  bool can_sign = true;
  std::string id;

  ~State() { OPENSSL_cleanse(secret.data(), secret.size()); }
};

namespace {

Result<std::string> Sign(const JwtKey::State& key, std::string_view text) {
  if (key.algorithm == JwtAlgorithm::kHs256) return Hmac(Algorithm::kSha256, key.secret, text);
  const Context context(EVP_MD_CTX_new());
  size_t size = 0;
  std::string signature;
  if (EVP_DigestSignInit(context.get(), nullptr, MethodOf(key.algorithm), nullptr, key.key.get()) ==
          1 &&
      EVP_DigestSign(context.get(), nullptr, &size, Unsigned(text), text.size()) == 1) {
    signature.resize(size);
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       Unsigned(text), text.size()) == 1) {
      signature.resize(size);
      return signature;
    }
  }
  return MakeError(Code::kInternal, "the token cannot be signed with this {} key",
                   NameOf(key.algorithm));
}

bool Verifies(const JwtKey::State& key, std::string_view text, std::string_view signature) {
  if (key.algorithm == JwtAlgorithm::kHs256) {
    return EqualInConstantTime(Hmac(Algorithm::kSha256, key.secret, text), signature);
  }
  const Context context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, MethodOf(key.algorithm), nullptr,
                              key.key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Unsigned(signature), signature.size(), Unsigned(text),
                          text.size()) == 1;
}

Error Refused(std::string_view reason) {
  return MakeError(Code::kUnauthorized, "the token is not valid: {}", reason);
}

Result<Value> ParsePart(std::string_view part, std::string_view name, Arena& arena) {
  const auto text = FromBase64Url(part);
  if (!text) return Refused(fmt::format("its {} is not base64url", name));
  JsonParser parser({.transit = Transit::kKeep});
  auto parsed = parser.Parse(*text, arena);
  if (!parsed.ok() || !parsed->IsDict()) {
    return Refused(fmt::format("its {} is not a JSON object", name));
  }
  return parsed;
}

Result<std::optional<int64_t>> SecondsOf(const Value& claims, std::string_view name) {
  const auto value = claims.TryFind(name);
  if (!value) return std::optional<int64_t>();
  if (const auto seconds = value->AsInteger()) return std::optional(*seconds);
  if (const auto seconds = value->AsFloat(); seconds && *seconds > -1e15 && *seconds < 1e15) {
    return std::optional(static_cast<int64_t>(*seconds));
  }
  return Refused(fmt::format("\"{}\" is not a number of seconds", name));
}

Result<void> CheckTimes(const Value& claims, WallTime now) {
  const int64_t now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  SLUICE_TRY(const auto expires, SecondsOf(claims, "exp"));
  if (expires && *expires < now_s - kToleranceSeconds) return Refused("it has expired");
  SLUICE_TRY(const auto begins, SecondsOf(claims, "nbf"));
  if (begins && *begins > now_s + kToleranceSeconds) return Refused("its time has not come yet");
  return {};
}

}  // namespace

Result<JwtKey> JwtKey::Hs256(std::string secret) {
  if (secret.size() < kHs256BytesMin) {
    return MakeError(Code::kBadRequest, "an HS256 key has at least {} bytes, found {}",
                     kHs256BytesMin, secret.size());
  }
  auto state = std::make_shared<State>();
  state->id = KeyIdOf(Hmac(Algorithm::kSha256, secret, "key id"));
  state->secret = std::move(secret);
  return JwtKey(std::move(state));
}

Result<JwtKey> JwtKey::EdDsa(std::string seed) {
  if (seed.size() != kEd25519SeedBytes) {
    return MakeError(Code::kBadRequest, "an Ed25519 seed has {} bytes, found {}", kEd25519SeedBytes,
                     seed.size());
  }
  auto state = std::make_shared<State>();
  state->algorithm = JwtAlgorithm::kEdDsa;
  state->key.reset(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Unsigned(seed), seed.size()));
  OPENSSL_cleanse(seed.data(), seed.size());
  if (!state->key) return MakeError(Code::kInternal, "OpenSSL has no Ed25519");
  state->id = KeyIdOf(PublicPart(state->key.get()));
  return JwtKey(std::move(state));
}

Result<JwtKey> JwtKey::Rs256(std::string_view pem) {
  auto state = std::make_shared<State>();
  state->algorithm = JwtAlgorithm::kRs256;
  state->key.reset(PEM_read_bio_PrivateKey(BioOf(pem).get(), nullptr, NoPassPhrase, nullptr));
  state->can_sign = state->key != nullptr;
  if (!state->key) {
    state->key.reset(PEM_read_bio_PUBKEY(BioOf(pem).get(), nullptr, NoPassPhrase, nullptr));
  }
  if (!state->key) {
    const Certificate certificate(
        PEM_read_bio_X509(BioOf(pem).get(), nullptr, NoPassPhrase, nullptr));
    if (certificate) state->key.reset(X509_get_pubkey(certificate.get()));
  }
  if (!state->key || EVP_PKEY_base_id(state->key.get()) != EVP_PKEY_RSA) {
    return MakeError(Code::kBadRequest,
                     "expected an RSA private key, public key or certificate as PEM without pass "
                     "phrase, found something else");
  }
  if (EVP_PKEY_bits(state->key.get()) < kRsaBitsMin) {
    return MakeError(Code::kBadRequest, "an RSA key has at least {} bits, found {}", kRsaBitsMin,
                     EVP_PKEY_bits(state->key.get()));
  }
  state->id = KeyIdOf(PublicPart(state->key.get()));
  return JwtKey(std::move(state));
}

JwtAlgorithm JwtKey::algorithm() const { return state_->algorithm; }

const std::string& JwtKey::key_id() const { return state_->id; }

std::string_view JwtClaims::subject() const { return root_.Find("sub").AsString().value_or(""); }

std::optional<int64_t> JwtClaims::expires_s() const {
  const auto seconds = SecondsOf(root_, "exp");
  return seconds.ok() ? *seconds : std::nullopt;
}

Result<std::string> MintJwt(std::string_view claims_json, const JwtKey& key) {
  Arena arena;
  JsonParser parser({.transit = Transit::kKeep});
  const auto claims = parser.Parse(claims_json, arena);
  if (!claims.ok() || !claims->IsDict()) {
    return MakeError(Code::kBadRequest, "claims must be a JSON object");
  }
  const JwtKey::State& state = key.state();
  if (!state.can_sign) {
    return MakeError(Code::kBadRequest, "a public {} key cannot sign", NameOf(state.algorithm));
  }
  const std::string header =
      fmt::format(R"({{"alg":"{}","kid":"{}","typ":"JWT"}})", NameOf(state.algorithm), state.id);
  std::string token = Base64Url(header) + "." + Base64Url(claims_json);
  SLUICE_TRY(const std::string signature, Sign(state, token));
  return token + "." + Base64Url(signature);
}

Result<JwtClaims> VerifyJwt(std::string_view token, const std::vector<JwtKey>& keys, WallTime now) {
  if (token.size() > kTokenBytesMax) return Refused("it is too long");
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return Refused("expected three parts with dots between them");
  }
  auto arena = std::make_shared<Arena>();
  SLUICE_TRY(const Value header, ParsePart(token.substr(0, first), "header", *arena));
  const std::string_view algorithm = header.Find("alg").AsString().value_or("");
  if (header.Has("crit")) return Refused("its header asks for extensions");
  const auto signature = FromBase64Url(token.substr(second + 1));
  if (!signature) return Refused("its signature is not base64url");

  bool algorithm_known = false;
  bool verified = false;
  for (const JwtKey& key : keys) {
    // A token does not choose how its key is used: the key's own algorithm counts.
    if (NameOf(key.algorithm()) != algorithm) continue;
    algorithm_known = true;
    verified = verified || Verifies(key.state(), token.substr(0, second), *signature);
  }
  if (!algorithm_known) return Refused("no key here is for its algorithm");
  if (!verified) return Refused("its signature is wrong");

  JwtClaims claims;
  SLUICE_TRY(claims.root_,
             ParsePart(token.substr(first + 1, second - first - 1), "payload", *arena));
  SLUICE_TRY(CheckTimes(claims.root_, now));
  claims.arena_ = std::move(arena);
  return claims;
}

}  // namespace sluice::crypto
