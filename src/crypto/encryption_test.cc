// Fernet, RSA and OpenPGP, each against another implementation: vectors of the Fernet
// specification, openssl, gpg.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/digest.h"
#include "crypto/fernet.h"
#include "crypto/pgp.h"
#include "crypto/rsa.h"

namespace sluice::crypto {
namespace {

// A folder that goes with the test, and commands run in it.
class Folder {
 public:
  Folder() {
    std::string path = testing::TempDir() + "sluice-crypto-XXXXXX";
    path_ = mkdtemp(path.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  void Write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  }
  std::string Read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path_ + "/" + name, std::ios::binary).rdbuf();
    return text.str();
  }
  void Run(const std::string& command) const {
    ASSERT_EQ(std::system(("cd " + path_ + " && (" + command + ") >log 2>&1").c_str()), 0)
        << command << Read("log");
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// From the "verify.json" of the Fernet specification.
TEST(Fernet, ReadsTheTokenOfTheSpecification) {
  const auto key = FromBase64Url("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4");
  ASSERT_TRUE(key);
  const auto plain = FernetDecrypt(
      "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_"
      "5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==",
      *key);
  ASSERT_TRUE(plain.ok()) << plain.error().ToText();
  EXPECT_EQ(*plain, "hello");
}

TEST(Fernet, GivesBackWhatItEncrypted) {
  const std::string key = FernetKeyOf("secret");
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(15, 'x'), std::string(16, 'x'),
        std::string(100'000, 'y'), std::string("\0\xFF", 2)}) {
    const auto plain = FernetDecrypt(FernetEncrypt(text, key), key);
    ASSERT_TRUE(plain.ok());
    EXPECT_EQ(*plain, text);
  }
}

TEST(Fernet, RefusesEveryAlteredByte) {
  const std::string key = FernetKeyOf("secret");
  const std::string token = FernetEncrypt("attack at dawn", key);
  for (size_t i = 0; i < token.size() && token[i] != '='; ++i) {
    std::string altered = token;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(FernetDecrypt(altered, key).ok()) << i;
  }
  EXPECT_EQ(FernetDecrypt(token, FernetKeyOf("other")).error().code, Code::kBadData);
  EXPECT_EQ(FernetDecrypt("", key).error().code, Code::kBadData);
}

TEST(Rsa, OpensslReadsWhatItEncryptsAndTheOtherWayRound) {
  const Folder folder;
  folder.Run("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out private.pem");
  folder.Run("openssl pkey -in private.pem -pubout -out public.pem");
  const auto public_key = RsaKey::Public(folder.Read("public.pem"));
  const auto private_key = RsaKey::Private(folder.Read("private.pem"));
  ASSERT_TRUE(public_key.ok() && private_key.ok());
  const auto bytes = public_key->Encrypt("blåbær");
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(*private_key->Decrypt(*bytes), "blåbær");
  const std::string options = " -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 ";
  folder.Write("bytes", *bytes);
  folder.Run("openssl pkeyutl -decrypt -inkey private.pem" + options + "-in bytes -out text");
  EXPECT_EQ(folder.Read("text"), "blåbær");
  folder.Write("text", "from openssl");
  folder.Run("openssl pkeyutl -encrypt -pubin -inkey public.pem" + options + "-in text -out bytes");
  EXPECT_EQ(*private_key->Decrypt(folder.Read("bytes")), "from openssl");
  EXPECT_EQ(public_key->Encrypt(std::string(191, 'x')).error().code, Code::kTooLarge);
  EXPECT_TRUE(public_key->Encrypt(std::string(190, 'x')).ok());
  EXPECT_EQ(private_key->Decrypt(std::string(256, 'x')).error().code, Code::kBadData);
  EXPECT_EQ(RsaKey::Public("no key").error().code, Code::kBadConfig);
  EXPECT_EQ(RsaKey::Private(folder.Read("public.pem")).error().code, Code::kBadConfig);
}

TEST(Pgp, GnupgReadsWhatItEncryptsAndTheOtherWayRound) {
  const Folder folder;
  folder.Run("mkdir -m 700 ring");
  const std::string gpg =
      "gpg --homedir ring --batch --pinentry-mode loopback --passphrase opensesame ";
  folder.Run(gpg + "--quick-generate-key 'Test <test@example.org>' rsa2048 default never");
  folder.Run(gpg + "--quick-add-key $(" + gpg +
             "--list-keys --with-colons | sed -n 's/^fpr:*\\([^:]*\\):/\\1/p' | "
             "head -n 1) rsa2048 encr never");
  folder.Run(gpg + "--armor --export > public.asc");
  folder.Run(gpg + "--armor --export-secret-keys > private.asc");
  const auto public_key = PgpKey::Public(folder.Read("public.asc"));
  ASSERT_TRUE(public_key.ok()) << public_key.error().ToText();
  const auto private_key = PgpKey::Private(folder.Read("private.asc"), "opensesame");
  ASSERT_TRUE(private_key.ok()) << private_key.error().ToText();
  const auto message = public_key->Encrypt("blåbær");
  ASSERT_TRUE(message.ok()) << message.error().ToText();
  EXPECT_EQ(*private_key->Decrypt(*message), "blåbær");
  folder.Write("message", *message);
  folder.Run(gpg + "--decrypt message > text");
  EXPECT_EQ(folder.Read("text"), "blåbær");
  folder.Write("text", "from gpg");
  folder.Run(gpg +
             "--trust-model always --armor -r test@example.org --output encrypted --encrypt text");
  EXPECT_EQ(*private_key->Decrypt(folder.Read("encrypted")), "from gpg");
  EXPECT_EQ(private_key->Decrypt("no message").error().code, Code::kBadData);
  EXPECT_EQ(PgpKey::Public("no key").error().code, Code::kBadConfig);
  folder.Run("gpgconf --homedir ring --kill all");
}

}  // namespace
}  // namespace sluice::crypto
