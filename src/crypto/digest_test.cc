#include "crypto/digest.h"

#include <gmock/gmock.h>

namespace sluice::crypto {
namespace {

TEST(Digest, GivesThePublishedDigestsOfAbc) {
  EXPECT_EQ(Hex(Digest(Algorithm::kMd5, "abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Hex(Digest(Algorithm::kSha1, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Hex(Digest(Algorithm::kSha256, "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Digest(Algorithm::kSha512, "abc")).substr(0, 16), "ddaf35a193617aba");
}

// RFC 4231, test cases 1 and 2; an empty key as RFC 2104 has it.
TEST(Hmac, GivesThePublishedCodes) {
  EXPECT_EQ(Hex(Hmac(Algorithm::kSha256, std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(Hmac(Algorithm::kSha256, "Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(Hmac(Algorithm::kSha256, "", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, KnowsItsNames) {
  EXPECT_EQ(AlgorithmOf("sha384"), Algorithm::kSha384);
  EXPECT_EQ(AlgorithmOf("SHA256"), std::nullopt);
}

TEST(Hex, RoundTripsAndRefusesOthers) {
  EXPECT_EQ(Hex(std::string("\x00\xff\x10", 3)), "00ff10");
  EXPECT_EQ(FromHex("00FF10"), std::string("\x00\xff\x10", 3));
  EXPECT_EQ(FromHex("0"), std::nullopt);
  EXPECT_EQ(FromHex("zz"), std::nullopt);
}

// RFC 4648, section 10.
TEST(Base64, GivesThePublishedVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(Base64(plain), text);
    EXPECT_EQ(FromBase64(text), plain);
  }
  EXPECT_EQ(Base64Url("\xff\xef\xfe\xff"), "_-_-_w");
  EXPECT_EQ(FromBase64Url("_-_-_w"), "\xff\xef\xfe\xff");
}

TEST(Base64, RefusesWhatIsNotWellFormed) {
  for (const char* text :
       {"A", "AAAAA", "AA=", "A===", "AA==AA==", "A A=", "AA\n=", "_-==", "AB=="}) {
    EXPECT_EQ(FromBase64(text), std::nullopt) << text;
  }
  EXPECT_EQ(FromBase64("Zg"), "f");
}

TEST(Base64, RoundTripsRandomBytes) {
  for (size_t size = 0; size < 100; ++size) {
    const std::string bytes = RandomBytes(size);
    EXPECT_EQ(bytes.size(), size);
    EXPECT_EQ(FromBase64(Base64(bytes)), bytes);
    EXPECT_EQ(FromBase64Url(Base64Url(bytes)), bytes);
    EXPECT_EQ(FromHex(Hex(bytes)), bytes);
  }
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

TEST(EqualInConstantTime, ComparesBytes) {
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualInConstantTime("abc", "ab"));
  EXPECT_TRUE(EqualInConstantTime("", ""));
}

}  // namespace
}  // namespace sluice::crypto
