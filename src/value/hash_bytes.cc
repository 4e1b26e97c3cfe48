#include "value/hash_bytes.h"

#include <xxhash.h>

namespace sluice {

Hash128 HashBytes(std::string_view bytes) {
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return {.low = hash.low64, .high = hash.high64};
}

}  // namespace sluice
