// The three relations on values, settled once: identity, equality, order.

#pragma once

#include <string>
#include <string_view>

#include "base/arena.h"
#include "value/value.h"

namespace sluice {

// Identity: has the entity changed? XXH3-128 over the canonical form of the record: reserved fields
// left out except `_id` and `_deleted`, the properties of every dict in ascending order of their
// names. Kinds are kept apart: 1, 1.0 and ~f1 have different identities.
Hash128 IdentityHash(const Value& dict);
// The same for a record that EncodeForDataset made; no copy where its nested dicts are sorted.
Hash128 IdentityHashOfRecord(std::string_view dataset_record);
// 32 hexadecimal digits, as `_hash` shows it.
std::string HashText(const Hash128& hash);
// The same, written to 32 bytes at `to`.
void WriteHashText(const Hash128& hash, char* to);

// Equality: what `eq`, joins and index keys mean. Numbers compare by value across integers, floats
// and decimals; NaN equals nothing; a boolean equals no number; a NI, URI, date or datetime equals
// no string; lists compare item by item, dicts by their properties without regard to order. No
// unwrapping of one-element lists happens here: that is `eq`'s own rule (dtl/).
bool Equal(const Value& a, const Value& b);
// Equal values have equal hashes.
uint64_t EqualityHash(const Value& value);
// Appends bytes that are the same for equal values and differ for others, and that no other value's
// bytes start with. They are for index keys; long values are shortened to a prefix and a hash, so a
// reader compares the values again.
void AppendEqualityKey(const Value& value, std::string& out);

// Order: sorting, `min`, `max` (entity-data-model.rst, mixed type ordering): by rank of kind, then
// by value. Lists rank last. NaN comes before every number. Strings by code points. Never 0 for
// values that are not Equal, except NaN with itself.
int Compare(const Value& a, const Value& b);
// Compares two numbers of any kinds by value: <0, 0, >0. Both must be numbers and neither NaN.
int CompareNumbers(const Value& a, const Value& b);

}  // namespace sluice
