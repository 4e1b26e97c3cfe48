// hash128: 128-bit hashes of strings and bytes.

#include <limits>
#include <string>

#include "functions/misc/misc.h"
#include "functions/misc/murmur3.h"
#include "functions/sequence.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

// Decimal digits of a number of 128 bits; base 10^19 is the largest power that fits a word.
Value ToInteger(const Hash128& hash, Arena& arena) {
  unsigned __int128 rest = static_cast<unsigned __int128>(hash.high) << 64 | hash.low;
  char digits[40];
  char* at = digits + sizeof digits;
  do {
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  const std::string_view text(at, static_cast<size_t>(digits + sizeof digits - at));
  return ParseInteger(text, arena).value_or(Value::Null());
}

Result<Value> Hash(const dtl::Args& args) {
  const bool has_seed = args.size() == 3;
  const auto seed = has_seed ? FirstValue(args[1]).AsInteger() : std::optional<int64_t>(0);
  if (!seed || *seed < 0 || *seed > std::numeric_limits<uint32_t>::max()) return Value::Null();
  return dtl::MapValues(
      args, args[has_seed ? 2 : 1], [&](const Value& value) -> std::optional<Value> {
        if (value.kind() != Kind::kString && value.kind() != Kind::kBytes) return std::nullopt;
        return ToInteger(Murmur3(value.text(), static_cast<uint32_t>(*seed)), args.arena());
      });
}

Result<dtl::Eval> Bind(const dtl::Call& call) {
  if (call.Constant(0).AsString() != "murmur3")
    return call.Fail(0, R"(expected the algorithm "murmur3")");
  return dtl::Eval(Hash);
}

}  // namespace

void AddHash128(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "hash128",
      .chapter = "misc",
      .params = {{"ALGORITHM", kConstant}, {"SEED", kInteger, 0, 1}, {"VALUES"}},
      .doc = "The 128-bit hash of each string (its UTF-8) and each bytes value in VALUES, as an "
             "integer. Other values are left out. ALGORITHM is \"murmur3\"; SEED is 0 by default. "
             "Null if SEED is not an integer of 32 bits without sign.",
      .examples = {{R"(["hash128", "murmur3", "abc"])", "79267961763742113019008347020647561319"}},
      .bind = Bind,
  });
}

}  // namespace sluice::functions
