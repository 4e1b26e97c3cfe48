#include "value/text_sink.h"

#include "value/encoding.h"

namespace sluice::json {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kHighs = 0x8080808080808080u;
// An escape, or a block of which part is text, and the quotes.
constexpr size_t kRoomBytes = 16;

// The high bit of each byte that must be escaped. Bytes above the lowest such one may be marked
// wrongly.
uint64_t FindSpecial(uint64_t block) {
  const auto zero_byte = [](uint64_t v) { return (v - kOnes) & ~v & kHighs; };
  const uint64_t control = (block - kOnes * 0x20) & ~block & kHighs;
  return control | zero_byte(block ^ (kOnes * '"')) | zero_byte(block ^ (kOnes * '\\'));
}

char* WriteEscaped(unsigned char byte, char* to) {
  constexpr std::string_view kHex = "0123456789abcdef";
  *to++ = '\\';
  switch (byte) {
    case '"':
    case '\\':
      *to++ = static_cast<char>(byte);
      return to;
    case '\n':
      *to++ = 'n';
      return to;
    case '\r':
      *to++ = 'r';
      return to;
    case '\t':
      *to++ = 't';
      return to;
    case '\b':
      *to++ = 'b';
      return to;
    case '\f':
      *to++ = 'f';
      return to;
    default:
      break;
  }
  std::memcpy(to, "u00", 3);
  to[3] = kHex[byte >> 4];
  to[4] = kHex[byte & 15];
  return to + 5;
}

}  // namespace

void PutString(std::string_view prefix, std::string_view text, TextSink& out) {
  const char* from = text.data();
  const char* const end = from + text.size();
  // Room for all but what escapes add.
  out.Ensure(prefix.size() + text.size() + kRoomBytes);
  char* to = out.end();
  *to++ = '"';
  if (!prefix.empty()) std::memcpy(to, prefix.data(), prefix.size());
  to += prefix.size();
  const auto escape = [&](const char* at) {
    to = WriteEscaped(static_cast<unsigned char>(*at), to);
    out.AdvanceTo(to);
    out.Ensure(static_cast<size_t>(end - at) + kRoomBytes);
    to = out.end();
  };
  while (end - from >= 8) {
    const auto block = encoding::Load<uint64_t>(from);
    const uint64_t special = FindSpecial(block);
    encoding::Store(to, block);
    if (special == 0) {
      from += 8;
      to += 8;
      continue;
    }
    const int clean = std::countr_zero(special) / 8;
    from += clean;
    to += clean;
    escape(from++);
  }
  while (from != end) {
    const auto left = static_cast<size_t>(end - from);
    const uint64_t block = encoding::LoadPartial(from, left);
    // Bytes that are not there must not look like control characters.
    const uint64_t special = FindSpecial(block | (kOnes * '@') << (8 * left));
    encoding::Store(to, block);
    if (special == 0) {
      to += left;
      break;
    }
    const int clean = std::countr_zero(special) / 8;
    from += clean;
    to += clean;
    escape(from++);
  }
  *to++ = '"';
  out.AdvanceTo(to);
}

}  // namespace sluice::json
