#include "functions/misc/murmur3.h"

#include <bit>
#include <cstring>

namespace sluice::functions {
namespace {

constexpr uint64_t kFactor1 = 0x87c37b91114253d5;
constexpr uint64_t kFactor2 = 0x4cf5ad432745937f;
constexpr size_t kBlockBytes = 16;

uint64_t Finish(uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccd;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53;
  k ^= k >> 33;
  return k;
}

uint64_t Mix1(uint64_t k) { return std::rotl(k * kFactor1, 31) * kFactor2; }
uint64_t Mix2(uint64_t k) { return std::rotl(k * kFactor2, 33) * kFactor1; }

// Up to 8 bytes, the first the lowest.
uint64_t ReadLittleEndian(std::string_view bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size() && i < 8; ++i) {
    word |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  return word;
}

}  // namespace

Hash128 Murmur3(std::string_view bytes, uint32_t seed) {
  const size_t length = bytes.size();
  uint64_t h1 = seed;
  uint64_t h2 = seed;
  for (; bytes.size() >= kBlockBytes; bytes.remove_prefix(kBlockBytes)) {
    h1 ^= Mix1(ReadLittleEndian(bytes));
    h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
    h2 ^= Mix2(ReadLittleEndian(bytes.substr(8)));
    h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
  }
  if (bytes.size() > 8) h2 ^= Mix2(ReadLittleEndian(bytes.substr(8)));
  h1 ^= Mix1(ReadLittleEndian(bytes));
  h1 ^= length;
  h2 ^= length;
  h1 += h2;
  h2 += h1;
  h1 = Finish(h1);
  h2 = Finish(h2);
  h1 += h2;
  h2 += h1;
  return {.low = h1, .high = h2};
}

}  // namespace sluice::functions
