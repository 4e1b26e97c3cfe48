// Order of values, and the exact comparison of numbers.

#include <algorithm>
#include <cmath>
#include <vector>

#include "value/encoding.h"
#include "value/number.h"
#include "value/number_text.h"
#include "value/relations.h"
#include "value/sorted_properties.h"

namespace sluice {
namespace {

// Kinds of one rank are ordered by value among each other.
int RankOf(Kind kind) {
  switch (kind) {
    case Kind::kInteger:
    case Kind::kFloat:
    case Kind::kDecimal:
      return static_cast<int>(Kind::kInteger);
    case Kind::kDate:
    case Kind::kDatetime:
      return static_cast<int>(Kind::kDate);
    default:
      return static_cast<int>(kind);
  }
}

template <class T>
int Three(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

int CompareIntegerWithDouble(int64_t integer, double value) {
  if (value >= 9223372036854775808.0) return -1;
  if (value < -9223372036854775808.0) return 1;
  const auto whole = static_cast<int64_t>(value);
  if (integer != whole) return integer < whole ? -1 : 1;
  const double fraction = value - static_cast<double>(whole);
  return fraction > 0 ? -1 : fraction < 0 ? 1 : 0;
}

bool IsNan(const Value& value) {
  const auto number = value.AsFloat();
  return number && std::isnan(*number);
}

int CompareNumbersAndNan(const Value& a, const Value& b) {
  const bool nan_a = IsNan(a);
  const bool nan_b = IsNan(b);
  if (nan_a || nan_b) return static_cast<int>(nan_b) - static_cast<int>(nan_a);
  return CompareNumbers(a, b);
}

// A date is ordered as its midnight, before the datetime of that instant, which it does not equal.
int CompareInstants(const Value& a, const Value& b) {
  const auto instant = [](const Value& value) {
    if (const auto days = value.AsDate()) return Instant{int64_t{*days} * 86'400, 0};
    return *value.AsDatetime();
  };
  const int order = Three(instant(a), instant(b));
  return order != 0 ? order : Three(a.kind(), b.kind());
}

int CompareItems(const Value& a, const Value& b) {
  auto items_b = b.items();
  auto at_b = items_b.begin();
  for (const Value& item : a.items()) {
    if (at_b == items_b.end()) return 1;
    if (const int order = Compare(item, *at_b)) return order;
    ++at_b;
  }
  return at_b == items_b.end() ? 0 : -1;
}

int CompareDicts(const Value& a, const Value& b) {
  const SortedProperties sorted_a(a);
  const SortedProperties sorted_b(b);
  const size_t common = std::min(sorted_a.size(), sorted_b.size());
  for (size_t i = 0; i < common; ++i) {
    if (const int order = sorted_a[i].name.compare(sorted_b[i].name)) return order;
    if (const int order = Compare(sorted_a[i].value, sorted_b[i].value)) return order;
  }
  return Three(sorted_a.size(), sorted_b.size());
}

}  // namespace

SortedProperties::SortedProperties(const Value& dict) {
  properties_.reserve(dict.count());
  for (const Property& property : dict.properties()) properties_.push_back(property);
  const auto less = [](const Property& a, const Property& b) { return a.name < b.name; };
  if (!std::is_sorted(properties_.begin(), properties_.end(), less)) {
    std::sort(properties_.begin(), properties_.end(), less);
  }
}

int CompareNumbers(const Value& a, const Value& b) {
  const auto integer_a = a.AsInteger();
  const auto integer_b = b.AsInteger();
  const auto float_a = a.AsFloat();
  const auto float_b = b.AsFloat();
  if (integer_a && integer_b) return Three(*integer_a, *integer_b);
  if (float_a && float_b) return Three(*float_a, *float_b);
  if (integer_a && float_b) return CompareIntegerWithDouble(*integer_a, *float_b);
  if (float_a && integer_b) return -CompareIntegerWithDouble(*integer_b, *float_a);
  // Rounding to double keeps the order, so different doubles have decided already; infinities too,
  // unless a number is merely beyond the range.
  const double rounded_a = ToDouble(a);
  const double rounded_b = ToDouble(b);
  if (rounded_a != rounded_b) return rounded_a < rounded_b ? -1 : 1;
  if (std::isinf(rounded_a) && (float_a || float_b)) {
    const int direction = rounded_a > 0 ? 1 : -1;
    return float_a ? direction : -direction;
  }
  return number_text::CompareNormals(number_text::NormalOf(a), number_text::NormalOf(b));
}

int Compare(const Value& a, const Value& b) {
  const int rank_a = RankOf(a.kind());
  const int rank_b = RankOf(b.kind());
  if (rank_a != rank_b) return rank_a < rank_b ? -1 : 1;
  switch (a.kind()) {
    case Kind::kNull:
      return 0;
    case Kind::kBoolean:
      return Three(a.IsTrue(), b.IsTrue());
    case Kind::kInteger:
    case Kind::kFloat:
    case Kind::kDecimal:
      return CompareNumbersAndNan(a, b);
    case Kind::kDate:
    case Kind::kDatetime:
      return CompareInstants(a, b);
    case Kind::kUuid:
    case Kind::kNi:
    case Kind::kUri:
    case Kind::kString:
    case Kind::kBytes:
      return Three(a.text().compare(b.text()), 0);
    case Kind::kDict:
      return CompareDicts(a, b);
    case Kind::kTuple:
    case Kind::kList:
      return CompareItems(a, b);
  }
  return 0;
}

}  // namespace sluice
