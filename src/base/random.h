// Randomness as an interface: a test gives a seed.

#pragma once

#include <array>
#include <cstdint>
#include <mutex>

namespace sluice {

class Random {
 public:
  virtual ~Random() = default;
  // 64 random bits. May be called by any thread.
  virtual uint64_t Next() = 0;

  // Uniform in [0, below); 0 if `below` is 0.
  uint64_t Below(uint64_t below) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * below) >> 64);
  }
  // 16 random bytes with the version and variant bits of a random UUID set.
  std::array<uint8_t, 16> Uuid();
};

// From the operating system; fit for ids, not for keys (crypto/ has those).
Random& SystemRandom();

// splitmix64 from a seed: the same sequence every time.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() override;

 private:
  std::mutex state_mutex_;
  uint64_t state_;
};

}  // namespace sluice
