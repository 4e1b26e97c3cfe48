#include "dtl/equality.h"

namespace sluice::dtl {
namespace {

bool Contains(const Value& values, const Value& item) {
  if (!values.IsList()) return Equal(values, item);
  for (const Value& value : values.items()) {
    if (Equal(value, item)) return true;
  }
  return false;
}

}  // namespace

bool EqualForEq(const Value& a, const Value& b) {
  if (a.IsString() && b.IsString()) return a.text() == b.text();
  if (a.IsList() == b.IsList()) return Equal(a, b);
  const Value& list = a.IsList() ? a : b;
  const Value& single = a.IsList() ? b : a;
  return !single.IsNull() && list.count() == 1 && Equal(list.At(0), single);
}

bool Overlap(const Value& a, const Value& b) {
  if (!a.IsList()) return !a.IsNull() && Contains(b, a);
  for (const Value& item : a.items()) {
    if (!item.IsNull() && Contains(b, item)) return true;
  }
  return false;
}

}  // namespace sluice::dtl
