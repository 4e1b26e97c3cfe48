#include "base/random.h"

#include <sys/random.h>

#include <cstring>

#include "base/check.h"

namespace sluice {
namespace {

class MachineRandom final : public Random {
 public:
  uint64_t Next() override {
    uint64_t bits = 0;
    SLUICE_CHECK(getrandom(&bits, sizeof bits, 0) == sizeof bits);
    return bits;
  }
};

}  // namespace

std::array<uint8_t, 16> Random::Uuid() {
  std::array<uint8_t, 16> bytes;
  const uint64_t halves[2] = {Next(), Next()};
  std::memcpy(bytes.data(), halves, 16);
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
  return bytes;
}

Random& SystemRandom() {
  static MachineRandom random;
  return random;
}

uint64_t SeededRandom::Next() {
  const std::lock_guard lock(state_mutex_);
  uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace sluice
