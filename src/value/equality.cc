// Equality of values, and the hashes and keys that agree with it.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cmath>
#include <limits>

#include "value/encoding.h"
#include "value/number.h"
#include "value/number_text.h"
#include "value/relations.h"
#include "value/sorted_properties.h"

namespace sluice {
namespace {

// Kinds as keys and hashes show them. Stored in indexes: new ones at the end only.
enum class KeyTag : char {
  kNull = 1,
  kFalse,
  kTrue,
  kInteger,      // 8 bytes, big endian, with the sign flipped.
  kDouble,       // 8 bytes: a number that is no 64-bit integer but exactly a double.
  kExactNumber,  // Sign, exponent, digits.
  kNan,
  kDate,
  kDatetime,
  kUuid,
  kNi,
  kUri,
  kString,
  kBytes,
  kDict,
  kTuple,
  kList,
  kLong = 0x40,  // Added to the tag of what is shortened to a prefix and a hash.
};

// Longer payloads are shortened; 128 is also where ids in storage keys are.
constexpr size_t kPayloadBytesMax = 128;
constexpr size_t kPrefixBytes = 48;

void AppendBigEndian(uint64_t bits, std::string& out) {
  bits = __builtin_bswap64(bits);
  out.append(reinterpret_cast<const char*>(&bits), sizeof bits);
}

void AppendPayload(KeyTag tag, std::string_view payload, std::string& out) {
  if (payload.size() <= kPayloadBytesMax) {
    out.push_back(static_cast<char>(tag));
    out.push_back(static_cast<char>(payload.size()));
    out.append(payload);
    return;
  }
  const auto hash = XXH3_128bits(payload.data(), payload.size());
  out.push_back(static_cast<char>(static_cast<char>(tag) + static_cast<char>(KeyTag::kLong)));
  out.append(payload.substr(0, kPrefixBytes));
  AppendBigEndian(hash.high64, out);
  AppendBigEndian(hash.low64, out);
}

void AppendInteger(int64_t value, std::string& out) {
  out.push_back(static_cast<char>(KeyTag::kInteger));
  AppendBigEndian(static_cast<uint64_t>(value) ^ (uint64_t{1} << 63), out);
}

// One form for all numbers of one value: a 64-bit integer, else a double, else normal digits.
void AppendNumber(const Value& number, std::string& out) {
  if (const auto integer = number.AsInteger()) return AppendInteger(*integer, out);
  const double value = ToDouble(number);
  if (std::isnan(value)) return out.push_back(static_cast<char>(KeyTag::kNan));
  const bool is_float = number.kind() == Kind::kFloat;
  if (value >= -9223372036854775808.0 && value < 9223372036854775808.0 &&
      value == std::trunc(value)) {
    const auto whole = static_cast<int64_t>(value);
    if (is_float || CompareNumbers(number, Value::Integer(whole)) == 0)
      return AppendInteger(whole, out);
  }
  if (is_float || (std::isfinite(value) && CompareNumbers(number, Value::Float(value)) == 0)) {
    out.push_back(static_cast<char>(KeyTag::kDouble));
    return AppendBigEndian(std::bit_cast<uint64_t>(value), out);
  }
  const auto normal = number_text::NormalOf(number);
  // A decimal with trailing zeros may be an integer of 17 to 19 digits, which no double shows.
  const auto digits = static_cast<int64_t>(normal.digits.size());
  if (normal.exponent >= digits && normal.exponent <= 19) {
    Arena arena;
    const auto whole = ToInteger(number, arena);
    if (whole && whole->AsInteger()) return AppendInteger(*whole->AsInteger(), out);
  }
  std::string payload(1, normal.negative ? '-' : '+');
  AppendBigEndian(static_cast<uint64_t>(normal.exponent), payload);
  payload += normal.digits;
  AppendPayload(KeyTag::kExactNumber, payload, out);
}

void AppendItems(KeyTag tag, const Value& list, std::string& out) {
  std::string payload;
  for (const Value& item : list.items()) AppendEqualityKey(item, payload);
  AppendPayload(tag, payload, out);
}

void AppendDict(const Value& dict, std::string& out) {
  std::string payload;
  for (const Property& property : SortedProperties(dict)) {
    char size[encoding::kVarintBytesMax];
    payload.append(size, encoding::WriteVarint(property.name.size(), size));
    payload.append(property.name);
    AppendEqualityKey(property.value, payload);
  }
  AppendPayload(KeyTag::kDict, payload, out);
}

bool EqualItems(const Value& a, const Value& b) {
  if (a.count() != b.count()) return false;
  auto items_b = b.items();
  auto at_b = items_b.begin();
  for (const Value& item : a.items()) {
    if (!Equal(item, *at_b)) return false;
    ++at_b;
  }
  return true;
}

bool EqualDicts(const Value& a, const Value& b) {
  if (a.count() != b.count()) return false;
  // Mostly both have the same order; then nothing needs to be sorted.
  auto properties_b = b.properties();
  auto at_b = properties_b.begin();
  bool same_order = true;
  for (const Property& property : a.properties()) {
    if (property.name != at_b->name) {
      same_order = false;
      break;
    }
    if (!Equal(property.value, at_b->value)) return false;
    ++at_b;
  }
  if (same_order) return true;
  const SortedProperties sorted_a(a);
  const SortedProperties sorted_b(b);
  for (size_t i = 0; i < sorted_a.size(); ++i) {
    if (sorted_a[i].name != sorted_b[i].name || !Equal(sorted_a[i].value, sorted_b[i].value))
      return false;
  }
  return true;
}

bool EqualNumbers(const Value& a, const Value& b) {
  const auto nan = [](const Value& value) {
    const auto number = value.AsFloat();
    return number && std::isnan(*number);
  };
  return !nan(a) && !nan(b) && CompareNumbers(a, b) == 0;
}

}  // namespace

bool Equal(const Value& a, const Value& b) {
  if (a.IsNumber()) return b.IsNumber() && EqualNumbers(a, b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kBoolean:
    case Kind::kDate:
      return a.raw() == b.raw();
    case Kind::kDatetime:
      return a.AsDatetime() == b.AsDatetime();
    case Kind::kUuid:
    case Kind::kNi:
    case Kind::kUri:
    case Kind::kString:
    case Kind::kBytes:
      return a.text() == b.text();
    case Kind::kDict:
      return EqualDicts(a, b);
    case Kind::kTuple:
    case Kind::kList:
      return EqualItems(a, b);
    default:
      return true;
  }
}

void AppendEqualityKey(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::kNull:
      return out.push_back(static_cast<char>(KeyTag::kNull));
    case Kind::kBoolean:
      return out.push_back(static_cast<char>(value.IsTrue() ? KeyTag::kTrue : KeyTag::kFalse));
    case Kind::kInteger:
    case Kind::kFloat:
    case Kind::kDecimal:
      return AppendNumber(value, out);
    case Kind::kDate:
      out.push_back(static_cast<char>(KeyTag::kDate));
      return AppendBigEndian(static_cast<uint64_t>(value.raw()) ^ (uint64_t{1} << 63), out);
    case Kind::kDatetime: {
      const auto at = *value.AsDatetime();
      out.push_back(static_cast<char>(KeyTag::kDatetime));
      AppendBigEndian(static_cast<uint64_t>(at.seconds) ^ (uint64_t{1} << 63), out);
      return AppendBigEndian(at.nanoseconds, out);
    }
    case Kind::kUuid:
      out.push_back(static_cast<char>(KeyTag::kUuid));
      out.append(value.text());
      return;
    case Kind::kNi:
      return AppendPayload(KeyTag::kNi, value.text(), out);
    case Kind::kUri:
      return AppendPayload(KeyTag::kUri, value.text(), out);
    case Kind::kString:
      return AppendPayload(KeyTag::kString, value.text(), out);
    case Kind::kBytes:
      return AppendPayload(KeyTag::kBytes, value.text(), out);
    case Kind::kDict:
      return AppendDict(value, out);
    case Kind::kTuple:
      return AppendItems(KeyTag::kTuple, value, out);
    case Kind::kList:
      return AppendItems(KeyTag::kList, value, out);
  }
}

uint64_t EqualityHash(const Value& value) {
  // Strings and NIs are what is hashed most: they need no key.
  if (value.kind() == Kind::kString || value.kind() == Kind::kNi) {
    return XXH3_64bits_withSeed(value.text().data(), value.text().size(),
                                static_cast<uint64_t>(value.kind()));
  }
  std::string key;
  AppendEqualityKey(value, key);
  return XXH3_64bits(key.data(), key.size());
}

}  // namespace sluice
