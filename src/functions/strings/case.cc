// lower and upper: Unicode case mapping without a locale.

#include <unicode/bytestream.h>
#include <unicode/casemap.h>

#include <cstdint>
#include <cstring>
#include <optional>

#include "functions/arguments.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

enum class Case { kLower, kUpper };

// The second byte of a letter from À to ÿ, whose first is 0xC3 in both cases; nothing where the
// other case is written otherwise (ß, ÿ).
std::optional<char> MapLatin(unsigned char second, Case to) {
  constexpr unsigned char kTimes = 0x97, kDivided = 0xB7, kSharpS = 0x9F, kYDiaeresis = 0xBF;
  const bool sign = second == kTimes || second == kDivided;
  if (to == Case::kLower) {
    return static_cast<char>(second < kSharpS && !sign ? second + 0x20 : second);
  }
  if (second == kSharpS || second == kYDiaeresis) return std::nullopt;
  return static_cast<char>(second > kSharpS && !sign ? second - 0x20 : second);
}

// Eight bytes at once; what is not ASCII stays.
uint64_t MapBlock(uint64_t block, Case to) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t first = to == Case::kLower ? 'A' : 'a';
  const uint64_t low_bits = block & (0x7F * kEach);
  // The high bit of each byte: at or behind the first letter, and behind the last.
  const uint64_t from_first = low_bits + (0x80 - first) * kEach;
  const uint64_t behind_last = low_bits + (0x7F - (first + 25)) * kEach;
  const uint64_t letters = (from_first ^ behind_last) & ~block & (0x80 * kEach);
  return block ^ (letters >> 2);
}

// Copies a text, what is ASCII of it in the other case. False if some is not.
bool MapAsciiText(std::string_view text, Case to, char* out) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t seen = 0;
  const auto map = [&]<class T>(T block, size_t at) {
    std::memcpy(&block, text.data() + at, sizeof block);
    seen |= block;
    block = static_cast<T>(MapBlock(block, to));
    std::memcpy(out + at, &block, sizeof block);
  };
  const size_t size = text.size();
  // The last block overlaps the one before it.
  if (size >= 8) {
    for (size_t at = 0; at + 8 < size; at += 8) map(uint64_t{}, at);
    map(uint64_t{}, size - 8);
  } else if (size >= 4) {
    map(uint32_t{}, 0);
    map(uint32_t{}, size - 4);
  } else {
    for (size_t at = 0; at < size; ++at) map(uint8_t{}, at);
  }
  return (seen & kHighBits) == 0;
}

// Texts of ASCII and the letters from À to ÿ, most of what there is; nothing for others.
std::optional<std::string_view> MapWestern(std::string_view text, Case to, Arena& arena) {
  constexpr unsigned char kLatinLead = 0xC3;
  char* const out = arena.Allocate(text.size());
  if (MapAsciiText(text, to, out)) return std::string_view(out, text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) continue;
    const auto second =
        byte == kLatinLead ? MapLatin(static_cast<unsigned char>(text[i + 1]), to) : std::nullopt;
    if (!second) {
      arena.Trim(out);
      return std::nullopt;
    }
    out[++i] = *second;
  }
  return std::string_view(out, text.size());
}

// No character's mapping has more than three times its bytes.
constexpr size_t kGrowthMax = 3;

// Full mappings of the root locale: "ß" has the upper case "SS", a final "Σ" the lower case "ς".
Result<std::string_view> MapUnicode(std::string_view text, Case to, Arena& arena) {
  const size_t capacity = text.size() * kGrowthMax;
  char* const out = arena.Allocate(capacity);
  icu::CheckedArrayByteSink sink(out, static_cast<int32_t>(capacity));
  UErrorCode status = U_ZERO_ERROR;
  const icu::StringPiece piece(text.data(), static_cast<int32_t>(text.size()));
  if (to == Case::kLower) {
    icu::CaseMap::utf8ToLower("", 0, piece, sink, nullptr, status);
  } else {
    icu::CaseMap::utf8ToUpper("", 0, piece, sink, nullptr, status);
  }
  if (U_FAILURE(status) || sink.Overflowed()) {
    return MakeError(Code::kInternal, "case mapping failed: {}", u_errorName(status));
  }
  const auto written = static_cast<size_t>(sink.NumberOfBytesWritten());
  arena.Trim(out + written);
  return std::string_view(out, written);
}

Result<Value> MapCase(const dtl::Args& args, Case to) {
  return dtl::MapValues(args, args[0], [&](const Value& value) -> Result<std::optional<Value>> {
    const auto text = value.AsString();
    if (!text) return std::optional<Value>();
    SLUICE_TRY(CheckStringBytes(args, text->size()));
    if (const auto western = MapWestern(*text, to, args.arena())) {
      return std::optional(Value::String(*western));
    }
    SLUICE_TRY(auto mapped, MapUnicode(*text, to, args.arena()));
    return std::optional(Value::String(mapped));
  });
}

}  // namespace

void AddCase(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "lower",
      .chapter = "strings",
      .params = {{"VALUES"}},
      .doc = "The strings in VALUES in lower case. Other values are left out.",
      .examples = {{R"(["lower", ["list", "A", "Å", 7]])", R"(["a", "å"])"}},
      .eval = [](const dtl::Args& args) { return MapCase(args, Case::kLower); },
  });
  catalogue.Add({
      .name = "upper",
      .chapter = "strings",
      .params = {{"VALUES"}},
      .doc = "The strings in VALUES in upper case. Other values are left out.",
      .examples = {{R"(["upper", ["list", "a", "å", 7]])", R"(["A", "Å"])"}},
      .eval = [](const dtl::Args& args) { return MapCase(args, Case::kUpper); },
  });
}

}  // namespace sluice::functions
