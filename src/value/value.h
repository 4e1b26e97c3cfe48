// Value: a 16-byte view of one value of the entity data model (entity-data-model.rst).

#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"

namespace sluice {

// The kinds, in the order of the reference's mixed type ordering (dates and datetimes share a rank,
// so do the three numbers). A tuple is made by the function `tuples` only and is stored as a list.
enum class Kind : uint8_t {
  kNull,
  kBoolean,
  kInteger,
  kFloat,
  kDecimal,
  kDate,
  kDatetime,
  kUuid,
  kNi,
  kUri,
  kString,
  kDict,
  kTuple,
  kBytes,
  kList,
};

std::string_view ToString(Kind kind);

// Seconds since 1970 (may be negative) and nanoseconds of that second.
struct Instant {
  int64_t seconds = 0;
  uint32_t nanoseconds = 0;
  auto operator<=>(const Instant&) const = default;
};

struct Property;
struct Entity;

// A view: whoever makes a Value sees to it that the memory behind it (a record, or an arena)
// outlives it. Copying costs two words. A list or dict is either *encoded* (a range of bytes of a
// record, see value/record.h), *built* (an array of items in an arena), or, for a dict, an *entity*
// (see Entity below).
class Value {
 public:
  // How the payload is held.
  enum class Form : uint8_t { kInline, kText, kEncoded, kBuilt, kEntity };

  constexpr Value() : integer_(0), tag_(TagOf(Kind::kNull, Form::kInline, 0)) {}

  static constexpr Value Null() { return Value(); }
  static Value Boolean(bool value) {
    return Value(Kind::kBoolean, Form::kInline, value ? 1 : 0, 0);
  }
  static Value Integer(int64_t value) { return Value(Kind::kInteger, Form::kInline, value, 0); }
  // An integer outside int64: canonical decimal digits, with '-' if negative. The text must outlive
  // the value.
  static Value BigInteger(std::string_view digits) {
    return Value(Kind::kInteger, Form::kText, digits);
  }
  // NaN and the infinities are kept as they are; they are written as null.
  static Value Float(double value) {
    return Value(Kind::kFloat, Form::kInline, std::bit_cast<int64_t>(value), 0);
  }
  // Canonical decimal text (value/number.h): digits, at most one '.', no exponent.
  static Value Decimal(std::string_view digits) {
    return Value(Kind::kDecimal, Form::kText, digits);
  }
  // Days since 1970-01-01.
  static Value Date(int32_t days) { return Value(Kind::kDate, Form::kInline, days, 0); }
  static Value Datetime(Instant at) {
    return Value(Kind::kDatetime, Form::kInline, at.seconds, at.nanoseconds);
  }
  static Value String(std::string_view text) { return Value(Kind::kString, Form::kText, text); }
  // The text after "~:".
  static Value Ni(std::string_view text) { return Value(Kind::kNi, Form::kText, text); }
  // The text after "~r".
  static Value Uri(std::string_view text) { return Value(Kind::kUri, Form::kText, text); }
  // Raw bytes, decoded.
  static Value Bytes(std::string_view bytes) { return Value(Kind::kBytes, Form::kText, bytes); }
  // 16 bytes, big endian.
  static Value Uuid(std::string_view bytes) { return Value(Kind::kUuid, Form::kText, bytes); }
  static Value List(std::span<const Value> items) {
    return Value(Kind::kList, Form::kBuilt, items.data(), items.size());
  }
  static Value Tuple(std::span<const Value> items) {
    return Value(Kind::kTuple, Form::kBuilt, items.data(), items.size());
  }
  // Properties in the order in which they are written out; names are distinct.
  static Value Dict(std::span<const Property> properties);
  // A dict whose Find also knows the entity's metadata (`_updated` and so on).
  static Value OfEntity(const Entity* entity);
  // A list or dict in a record: `at` points at its tag byte. Used by value/record.cc.
  static Value Encoded(Kind kind, const char* at, uint32_t count) {
    Value value(kind, Form::kEncoded, 0, count);
    value.data_ = at;
    return value;
  }

  Kind kind() const { return static_cast<Kind>(tag_ >> kKindShift & 0xFF); }
  Form form() const { return static_cast<Form>(tag_ >> kFormShift & 0xFF); }
  bool IsNull() const { return kind() == Kind::kNull; }
  bool IsList() const { return kind() == Kind::kList; }
  bool IsDict() const { return kind() == Kind::kDict; }
  bool IsString() const { return kind() == Kind::kString; }
  bool IsNumber() const { return kind() >= Kind::kInteger && kind() <= Kind::kDecimal; }

  // False are null, false and the empty list; all else is true (SEMANTICS, "Values and truth").
  bool IsTrue() const {
    if (kind() == Kind::kBoolean) return integer_ != 0;
    if (kind() == Kind::kList) return size() != 0;
    return kind() != Kind::kNull;
  }

  // Each gives nothing where the kind is another.
  std::optional<bool> AsBoolean() const {
    return kind() == Kind::kBoolean ? std::optional(integer_ != 0) : std::nullopt;
  }
  // Nothing also where the integer does not fit 64 bits.
  std::optional<int64_t> AsInteger() const {
    return kind() == Kind::kInteger && form() == Form::kInline ? std::optional(integer_)
                                                               : std::nullopt;
  }
  std::optional<double> AsFloat() const {
    return kind() == Kind::kFloat ? std::optional(std::bit_cast<double>(integer_)) : std::nullopt;
  }
  std::optional<std::string_view> AsString() const {
    return kind() == Kind::kString ? std::optional(text()) : std::nullopt;
  }
  std::optional<std::string_view> AsNi() const {
    return kind() == Kind::kNi ? std::optional(text()) : std::nullopt;
  }
  std::optional<std::string_view> AsUri() const {
    return kind() == Kind::kUri ? std::optional(text()) : std::nullopt;
  }
  std::optional<std::string_view> AsBytes() const {
    return kind() == Kind::kBytes ? std::optional(text()) : std::nullopt;
  }
  std::optional<std::string_view> AsUuid() const {
    return kind() == Kind::kUuid ? std::optional(text()) : std::nullopt;
  }
  std::optional<int32_t> AsDate() const {
    return kind() == Kind::kDate ? std::optional(static_cast<int32_t>(integer_)) : std::nullopt;
  }
  std::optional<Instant> AsDatetime() const {
    return kind() == Kind::kDatetime ? std::optional(Instant{integer_, size()}) : std::nullopt;
  }

  // The bytes of a value held as text: strings, NIs, URIs, bytes, UUIDs, decimals and big integers.
  std::string_view text() const { return {data_, size()}; }
  bool IsBigInteger() const { return kind() == Kind::kInteger && form() == Form::kText; }

  // Items of a list, or properties of a dict (without metadata); 0 for other kinds.
  uint32_t count() const;

  // For loops over a list's items: for (Value item : value.items()). Empty for other kinds.
  class Items;
  Items items() const;
  // For loops over a dict's properties: for (const Property& p : value.properties()). Empty for
  // other kinds.
  class Properties;
  Properties properties() const;

  // A dict's property; null where it is missing or this is no dict. An entity's metadata is found
  // too.
  Value Find(std::string_view name) const;
  // The same, but nothing where it is missing.
  std::optional<Value> TryFind(std::string_view name) const;
  bool Has(std::string_view name) const { return TryFind(name).has_value(); }

  // The nth item of a list from 0; null if there is none. Encoded lists are walked.
  Value At(uint32_t index) const;

  // For value/: the array of a built list or dict, the first byte of an encoded one, the entity.
  const Value* built_items() const { return items_; }
  const Property* built_properties() const { return properties_; }
  const char* encoded() const { return data_; }
  const Entity* entity() const { return entity_; }
  int64_t raw() const { return integer_; }

 private:
  static constexpr int kKindShift = 32;
  static constexpr int kFormShift = 40;
  static constexpr uint64_t TagOf(Kind kind, Form form, size_t size) {
    return static_cast<uint32_t>(size) | static_cast<uint64_t>(kind) << kKindShift |
           static_cast<uint64_t>(form) << kFormShift;
  }

  constexpr Value(Kind kind, Form form, int64_t integer, uint32_t size)
      : integer_(integer), tag_(TagOf(kind, form, size)) {}
  Value(Kind kind, Form form, std::string_view text)
      : data_(text.data()), tag_(TagOf(kind, form, text.size())) {}
  Value(Kind kind, Form form, const Value* items, size_t count)
      : items_(items), tag_(TagOf(kind, form, count)) {}

  // Bytes of a text, number of items or properties, or the nanoseconds of a datetime.
  uint32_t size() const { return static_cast<uint32_t>(tag_); }

  // Two words and no padding: copied and passed in two registers. What is written in smaller parts
  // and then copied as words waits for the parts.
  union {
    int64_t integer_;
    const char* data_;
    const Value* items_;
    const Property* properties_;
    const Entity* entity_;
  };
  uint64_t tag_;  // The size, the kind and the form.
};
static_assert(sizeof(Value) == 16);

// A name and its value in a dict.
struct Property {
  std::string_view name;
  Value value;
};

// 128 bits of XXH3, see value/identity.h.
struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  auto operator<=>(const Hash128&) const = default;
};

// An entity: its properties, and what a dataset knows about this version of it
// (entity-data-model.rst, reserved fields). `dict` holds `_id`, `_deleted` where it is true, and
// everything that is stored.
struct Entity {
  Value dict;
  Value updated;                 // `_updated`: integer or string; null if there is none.
  Value previous;                // `_previous`; null if there is none.
  std::optional<int64_t> ts_us;  // `_ts`: microseconds since 1970.
  std::optional<Hash128> hash;   // `_hash`.
  bool deleted = false;          // The dict's `_deleted` is true.
  bool filtered =
      false;            // `_filtered`: a transform's `filter` let it go; a dataset sink deletes it.
  bool stored = false;  // Read from a dataset: `_deleted` then reads as false, not as missing.
  mutable std::array<char, 32> hash_text =
      {};  // The memory behind the `_hash` that Metadata gives.

  // The dict's `_id`; empty if it is missing or no string.
  std::string_view id() const;
  // The value of a metadata field (`_updated`, `_previous`, `_ts`, `_hash`, `_deleted`,
  // `_filtered`).
  std::optional<Value> Metadata(std::string_view name) const;
};

}  // namespace sluice

#include "value/iterate.h"
