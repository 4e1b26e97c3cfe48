#include "config/view.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "value/json.h"
#include "value/number.h"

namespace sluice::config {
namespace {

constexpr size_t kShownCharacters = 40;

// A scalar as JSON, cut where it is long.
std::string Shown(const Value& value) {
  std::string text = ToJson(value, {.transit = Transit::kKeep});
  if (text.size() <= kShownCharacters) return text;
  size_t end = kShownCharacters;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + (value.IsString() ? "…\"" : "…");
}

// Insertions, deletions, changes, and swaps of neighbours, each of cost 1.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> above(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({changed, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

ConfigView ConfigView::operator[](std::string_view name) const {
  ConfigView view;
  view.pointer_ = AppendToPointer(pointer_, name);
  const auto found = exists_ ? value_.TryFind(name) : std::nullopt;
  view.exists_ = found.has_value();
  if (found) view.value_ = *found;
  return view;
}

ConfigView ConfigView::operator[](size_t index) const {
  ConfigView view;
  view.pointer_ = AppendToPointer(pointer_, std::to_string(index));
  view.exists_ = exists_ && value_.IsList() && index < value_.count();
  if (view.exists_) view.value_ = value_.At(static_cast<uint32_t>(index));
  return view;
}

Result<std::string_view> ConfigView::String() const {
  if (const auto text = value_.AsString()) return *text;
  return Fail("expected a string, found {}", Describe());
}

Result<int64_t> ConfigView::Integer() const {
  if (const auto number = value_.AsInteger()) return *number;
  // 30.0 is an integer to whoever wrote it.
  if (const auto number = value_.AsFloat();
      number && *number == std::floor(*number) && std::fabs(*number) < 9.0e15) {
    return static_cast<int64_t>(*number);
  }
  return Fail("expected an integer, found {}", Describe());
}

Result<double> ConfigView::Number() const {
  if (value_.IsNumber()) return ToDouble(value_);
  return Fail("expected a number, found {}", Describe());
}

Result<bool> ConfigView::Boolean() const {
  if (const auto flag = value_.AsBoolean()) return *flag;
  return Fail("expected true or false, found {}", Describe());
}

std::string ConfigView::Describe() const {
  if (!exists_) return "nothing";
  switch (value_.kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return value_.IsTrue() ? "true" : "false";
    case Kind::kInteger:
      return "the integer " + Shown(value_);
    case Kind::kFloat:
    case Kind::kDecimal:
      return "the number " + Shown(value_);
    case Kind::kDict:
      return "an object";
    case Kind::kList:
    case Kind::kTuple:
      return "a list";
    default:
      return "the string " + Shown(value_);
  }
}

std::string AppendToPointer(std::string_view pointer, std::string_view token) {
  std::string longer;
  longer.reserve(pointer.size() + token.size() + 1);
  longer.append(pointer).push_back('/');
  for (const char c : token) {
    if (c == '~') {
      longer += "~0";
    } else if (c == '/') {
      longer += "~1";
    } else {
      longer.push_back(c);
    }
  }
  return longer;
}

std::string_view Nearest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr size_t kNameBytesMax =
      200;  // Beyond it the table of distances costs more than a hint is worth.
  if (name.size() > kNameBytesMax) return {};
  size_t best = name.size() / 3 + 1;
  std::string_view nearest;
  for (const std::string_view candidate : candidates) {
    const size_t difference = candidate.size() > name.size() ? candidate.size() - name.size()
                                                             : name.size() - candidate.size();
    if (difference >= best) continue;
    const size_t distance = EditDistance(name, candidate);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace sluice::config
