#include "value/utf8.h"

#include <simdjson.h>

#include "value/encoding.h"

namespace sluice {
namespace {

// Bytes of the sequence that starts at `at`, or 0.
size_t SequenceBytes(const unsigned char* at, size_t left) {
  const auto continues = [&](size_t i) { return i < left && (at[i] & 0xC0) == 0x80; };
  if (at[0] < 0x80) return 1;
  if (at[0] < 0xC2) return 0;
  if (at[0] < 0xE0) return continues(1) ? 2 : 0;
  if (at[0] < 0xF0) {
    if (!continues(1) || !continues(2)) return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] >= 0xA0)) return 0;
    return 3;
  }
  if (at[0] > 0xF4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if ((at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] >= 0x90)) return 0;
  return 4;
}

}  // namespace

size_t Utf8ErrorOffset(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 &&
        (encoding::Load<uint64_t>(text.data() + at) & 0x8080808080808080u) == 0) {
      at += 8;
      continue;
    }
    const size_t size = SequenceBytes(bytes + at, text.size() - at);
    if (size == 0) return at;
    at += size;
  }
  return at;
}

bool IsUtf8(std::string_view text) {
  // For short texts the call costs more than the check.
  if (text.size() < 64) return Utf8ErrorOffset(text) == text.size();
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace sluice
