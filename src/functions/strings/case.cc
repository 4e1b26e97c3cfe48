// lower and upper: Unicode case mapping without a locale.

#include <unicode/bytestream.h>
#include <unicode/casemap.h>

#include <algorithm>

#include "functions/arguments.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

enum class Case { kLower, kUpper };

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string_view MapAscii(std::string_view text, Case to, Arena& arena) {
  char* const out = arena.Allocate(text.size());
  std::transform(text.begin(), text.end(), out, [to](char c) -> char {
    if (to == Case::kLower) return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return {out, text.size()};
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
    if (IsAscii(*text)) return std::optional(Value::String(MapAscii(*text, to, args.arena())));
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
