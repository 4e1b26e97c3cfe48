// Records: the contiguous binary form of values, as stored and hashed.
//
// A value is a tag byte and its payload:
//
//   null, false, true    nothing
//   integer              zigzag varint, 64 bits
//   big integer          varint length, decimal digits
//   decimal              varint length, canonical text
//   float                8 bytes, little endian
//   date                 zigzag varint, days since 1970
//   datetime             8 bytes seconds since 1970, 4 bytes nanoseconds, little endian
//   string, NI, URI,
//   bytes                varint length, bytes
//   UUID                 16 bytes
//   list                 4-byte size in bytes of the items, 4-byte count, items
//   dict, sorted dict    4-byte size in bytes of the properties, 4-byte count, then for each
//   property
//                        varint length of the name, the name, the value
//
// All lengths are little endian. A *sorted* dict's names ascend bytewise; the tag says so, which
// makes the canonical form (value/identity.h) of most records the record itself.

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "value/value.h"

namespace sluice {

enum class Tag : uint8_t {
  kNull,
  kFalse,
  kTrue,
  kInteger,
  kBigInteger,
  kDecimal,
  kFloat,
  kDate,
  kDatetime,
  kString,
  kNi,
  kUri,
  kBytes,
  kUuid,
  kList,
  kDict,
  kSortedDict,
};
inline constexpr uint8_t kTagMax = static_cast<uint8_t>(Tag::kSortedDict);

// The format of records on disk; raised when a tag changes its meaning.
inline constexpr uint8_t kRecordFormat = 1;

// The value whose tag byte is the first of `record`. The record must be one that Encode or the JSON
// reader made, or one that CheckRecord let pass; it is not checked.
Value Decode(std::string_view record);
// The same, and moves `at` behind the value.
Value DecodeNext(const char*& at);
// The address behind the value at `at`.
const char* SkipEncoded(const char* at);

// Appends the record of any value. An encoded value is copied as bytes.
void Encode(const Value& value, std::string& out);

// Which of a dict's properties go into a dataset.
//
// Appends the record of an entity as a dataset stores it: properties ascend by name, reserved
// fields (names that start with '_') are left out except `_id` and `_deleted`, and `_deleted` only
// where it is true (entity-data-model.rst, reserved fields).
void EncodeForDataset(const Value& dict, std::string& out);

// Whether bytes from outside are one well-formed record and nothing else: sizes, tags, UTF-8,
// depth.
Result<void> CheckRecord(std::string_view record);

// Copies a value of any form into an arena as a record; what comes back is encoded, or inline.
Value CopyInto(const Value& value, Arena& arena);

}  // namespace sluice
