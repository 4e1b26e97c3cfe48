#include "crypto/jwt.h"

#include <gmock/gmock.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/digest.h"

namespace sluice::crypto {
namespace {

constexpr int64_t kNowSeconds = 1'800'000'000;

WallTime At(int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

JwtKey Secret(char fill = 's') { return JwtKey::Hs256(std::string(32, fill)).value(); }

std::string PemOf(EVP_PKEY* key, bool with_private) {
  BIO* bio = BIO_new(BIO_s_mem());
  if (with_private) {
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  } else {
    PEM_write_bio_PUBKEY(bio, key);
  }
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string Reason(const Result<JwtClaims>& refused) {
  if (refused.ok()) return "it was accepted";
  EXPECT_EQ(refused.error().code, Code::kUnauthorized);
  return refused.error().message;
}

// RFC 7515, appendix A.1.
TEST(Jwt, VerifiesThePublishedHs256Token) {
  const auto key = JwtKey::Hs256(
      *FromBase64Url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwj"
                     "AzZr1Z9CAow"));
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh"
      "0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const auto claims = VerifyJwt(token, {*key}, At(1'300'819'380));
  ASSERT_TRUE(claims.ok()) << claims.error().message;
  EXPECT_EQ(claims->root().Find("iss").AsString(), "joe");
  EXPECT_EQ(claims->expires_s(), 1'300'819'380);
  EXPECT_EQ(Reason(VerifyJwt(token, {*key}, At(1'300'819'441))),
            "the token is not valid: it has expired");
}

// RFC 8037, appendix A.4: the signature of a text with a seed.
TEST(Jwt, MintsAndVerifiesEdDsa) {
  const auto key =
      JwtKey::EdDsa(*FromBase64Url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")).value();
  const auto token = MintJwt(R"({"sub":"admin"})", key);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(VerifyJwt(*token, {key}, At(kNowSeconds))->subject(), "admin");
  const auto other = JwtKey::EdDsa(std::string(32, 'o')).value();
  EXPECT_EQ(Reason(VerifyJwt(*token, {other}, At(kNowSeconds))),
            "the token is not valid: its signature is wrong");
  EXPECT_TRUE(VerifyJwt(*token, {other, key}, At(kNowSeconds)).ok());
  EXPECT_EQ(key.key_id().size(), 16u);
  EXPECT_NE(key.key_id(), other.key_id());
}

TEST(Jwt, MintsAndVerifiesRs256) {
  EVP_PKEY* pair = EVP_RSA_gen(2048);
  const auto both = JwtKey::Rs256(PemOf(pair, true)).value();
  const auto verifier = JwtKey::Rs256(PemOf(pair, false)).value();
  EVP_PKEY_free(pair);
  EXPECT_EQ(both.key_id(), verifier.key_id());
  const auto token = MintJwt(R"({"sub":"admin"})", both);
  ASSERT_TRUE(token.ok());
  EXPECT_TRUE(VerifyJwt(*token, {verifier}, At(kNowSeconds)).ok());
  EXPECT_EQ(MintJwt("{}", verifier).error().code, Code::kBadRequest);
}

TEST(Jwt, RefusesRsaKeysThatAreShortOrNone) {
  EVP_PKEY* pair = EVP_RSA_gen(1024);
  EXPECT_EQ(JwtKey::Rs256(PemOf(pair, true)).error().message,
            "an RSA key has at least 2048 bits, found 1024");
  EVP_PKEY_free(pair);
  EXPECT_FALSE(JwtKey::Rs256("rubbish").ok());
  EXPECT_FALSE(JwtKey::Rs256("").ok());
}

// The second part is what the public client decodes; a claim `principals` would make it call its
// vendor.
TEST(Jwt, HasThreePartsAndTheClaimsAsGiven) {
  const std::string claims = R"({"iat":1800000000,"sub":"admin"})";
  const std::string token = MintJwt(claims, Secret()).value();
  EXPECT_EQ(std::count(token.begin(), token.end(), '.'), 2);
  const size_t first = token.find('.');
  EXPECT_EQ(*FromBase64Url(token.substr(first + 1, token.rfind('.') - first - 1)), claims);
}

// A public key is no secret: nobody may sign with it as if it were an HS256 key.
TEST(Jwt, LetsTheKeyChooseTheAlgorithm) {
  EVP_PKEY* pair = EVP_RSA_gen(2048);
  const std::string pem = PemOf(pair, false);
  EVP_PKEY_free(pair);
  const auto forged = MintJwt(R"({"sub":"admin"})", JwtKey::Hs256(pem).value()).value();
  EXPECT_EQ(Reason(VerifyJwt(forged, {JwtKey::Rs256(pem).value()}, At(kNowSeconds))),
            "the token is not valid: no key here is for its algorithm");
  const std::string none = Base64Url(R"({"alg":"none"})") + "." + Base64Url("{}") + ".";
  EXPECT_EQ(Reason(VerifyJwt(none, {Secret()}, At(kNowSeconds))),
            "the token is not valid: no key here is for its algorithm");
}

TEST(Jwt, SaysWhyATokenIsRefused) {
  const std::string token = MintJwt(R"({"nbf":1800000100})", Secret()).value();
  const auto reason = [](const std::string& text) {
    return Reason(VerifyJwt(text, {Secret()}, At(kNowSeconds))).substr(24);
  };
  EXPECT_EQ(reason(token), "its time has not come yet");
  EXPECT_EQ(reason(""), "expected three parts with dots between them");
  EXPECT_EQ(reason("a.b.c.d"), "expected three parts with dots between them");
  EXPECT_EQ(reason("?.b.c"), "its header is not base64url");
  EXPECT_EQ(reason("YQ.b.c"), "its header is not a JSON object");
  EXPECT_EQ(reason(token + "AA"), "its signature is not base64url");
  EXPECT_EQ(reason(token.substr(0, token.rfind('.') + 1)), "its signature is wrong");
  EXPECT_EQ(reason(std::string(70'000, 'a')), "it is too long");
  EXPECT_EQ(reason(MintJwt(R"({"exp":"soon"})", Secret()).value()),
            "\"exp\" is not a number of seconds");
}

TEST(Jwt, WantsWholeKeysAndObjects) {
  EXPECT_FALSE(JwtKey::Hs256("short").ok());
  EXPECT_FALSE(JwtKey::EdDsa("short").ok());
  EXPECT_EQ(MintJwt("[]", Secret()).error().message, "claims must be a JSON object");
}

}  // namespace
}  // namespace sluice::crypto
