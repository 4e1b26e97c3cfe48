#include "storage/id_filter.h"

#include <algorithm>

#include "value/hash_bytes.h"

namespace sluice::storage {
namespace {

constexpr uint64_t kFirstIds = 250'000;
constexpr uint64_t kBitsAnId = 10;
constexpr uint64_t kBitsInBlock = 512;
constexpr int kProbes = 6;
constexpr int kProbeBits = 9;  // A bit's place in its block.
constexpr size_t kAhead = 16;  // Blocks asked for before they are needed.

}  // namespace

IdFilter::Probe IdFilter::ProbeOf(std::string_view key) {
  const Hash128 hash = HashBytes(key);
  return {.block = hash.high, .bits = hash.low};
}

size_t IdFilter::BlockOf(const Segment& segment, const Probe& probe) {
  using Wide = unsigned __int128;
  return static_cast<size_t>(static_cast<Wide>(probe.block) * segment.blocks.size() >> 64);
}

bool IdFilter::Has(const Block& block, uint64_t bits) {
  for (int i = 0; i < kProbes; ++i, bits >>= kProbeBits) {
    const uint64_t place = bits & (kBitsInBlock - 1);
    if ((block.words[place / 64] >> (place % 64) & 1) == 0) return false;
  }
  return true;
}

void IdFilter::Set(Block& block, uint64_t bits) {
  for (int i = 0; i < kProbes; ++i, bits >>= kProbeBits) {
    const uint64_t place = bits & (kBitsInBlock - 1);
    block.words[place / 64] |= uint64_t{1} << (place % 64);
  }
}

// Each segment is as large as all before it together, so that few are asked.
void IdFilter::Grow(uint64_t ids) {
  const uint64_t room = std::max({kFirstIds, ids_, ids});
  segments_.push_back(
      {.blocks = std::vector<Block>(room * kBitsAnId / kBitsInBlock + 1), .room = room});
}

std::vector<bool> IdFilter::AddAll(std::span<const std::string_view> keys) {
  std::vector<Probe> probes;
  probes.reserve(keys.size());
  for (const auto key : keys) probes.push_back(ProbeOf(key));
  std::vector<bool> known(keys.size());
  for (const Segment& segment : segments_) {
    for (size_t i = 0; i < probes.size(); ++i) {
      if (i + kAhead < probes.size()) {
        __builtin_prefetch(&segment.blocks[BlockOf(segment, probes[i + kAhead])]);
      }
      if (!known[i]) known[i] = Has(segment.blocks[BlockOf(segment, probes[i])], probes[i].bits);
    }
  }
  const auto added = static_cast<uint64_t>(std::ranges::count(known, false));
  if (segments_.empty() || segments_.back().room < added) Grow(added);
  Segment& last = segments_.back();
  for (size_t i = 0; i < probes.size(); ++i) {
    if (!known[i]) Set(last.blocks[BlockOf(last, probes[i])], probes[i].bits);
  }
  last.room -= added;
  ids_ += added;
  return known;
}

}  // namespace sluice::storage
