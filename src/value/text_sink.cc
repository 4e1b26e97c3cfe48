#include "value/text_sink.h"

#include "value/encoded_json.h"
#include "value/encoding.h"

namespace sluice::json {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;
// Room for the worst is made for texts up to this size.
constexpr size_t kQuickBytesMax = 512;
// An escape, or a block of which part is text, and the quotes.
constexpr size_t kRoomBytes = 16;

}  // namespace

void PutString(std::string_view prefix, std::string_view text, TextSink& out) {
  if (prefix.empty() && text.size() <= kQuickBytesMax) {
    out.Ensure(StringJsonBytesMax(text.size()));
    out.AdvanceTo(WriteStringJson(text, out.end()));
    return;
  }
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
