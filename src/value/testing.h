// Random values from a seed, for property tests and nothing else.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "value/number.h"
#include "value/number_text.h"
#include "value/value.h"

namespace sluice::testing_support {

inline bool HoldsNan(const Value& value) {
  if (const auto number = value.AsFloat()) return std::isnan(*number);
  for (const Value& item : value.items()) {
    if (HoldsNan(item)) return true;
  }
  for (const Property& property : value.properties()) {
    if (HoldsNan(property.value)) return true;
  }
  return false;
}

// Values from small pools, so that equal ones are met often.
class Values {
 public:
  explicit Values(uint64_t seed) : random_(seed) {}

  SeededRandom& random() { return random_; }

  // At most `depth` lists or dicts around each other.
  Value Any(Arena& arena, int depth) {
    switch (random_.Below(depth > 0 ? 14 : 11)) {
      case 0:
        return Value::Null();
      case 1:
        return Value::Boolean(random_.Below(2) != 0);
      case 2:
      case 3:
      case 4:
        return Number(arena);
      case 5:
        return Value::Date(static_cast<int32_t>(random_.Below(3)) * 9999 - 5000);
      case 6:
        return Value::Datetime(
            {static_cast<int64_t>(random_.Below(3)) * 86'400 * 9999 - 432'000'000,
             static_cast<uint32_t>(random_.Below(2) * 120'000'000)});
      case 7:
        return Value::Uuid(
            arena.Copy(random_.Below(2) != 0 ? "0123456789abcdef" : "fedcba9876543210"));
      case 8:
        return Value::Ni(arena.Copy("ns:" + Text()));
      case 9:
        return random_.Below(2) != 0 ? Value::Uri(arena.Copy("r" + Text()))
                                     : Value::Bytes(arena.Copy(Text()));
      case 10:
        return Value::String(arena.Copy(Text()));
      case 11:
        return List(arena, depth - 1);
      default:
        return Dict(arena, depth - 1);
    }
  }

  Value List(Arena& arena, int depth) {
    std::vector<Value> items;
    for (uint64_t i = random_.Below(4); i != 0; --i) items.push_back(Any(arena, depth));
    return Value::List(arena.CopyArray(std::span<const Value>(items)));
  }

  Value Dict(Arena& arena, int depth) {
    std::vector<Property> properties;
    for (uint64_t i = random_.Below(6); i != 0; --i) {
      const auto name = arena.Copy(Name());
      const bool known = std::any_of(properties.begin(), properties.end(),
                                     [&](const Property& p) { return p.name == name; });
      if (!known) properties.push_back({name, Any(arena, depth)});
    }
    return Value::Dict(arena.CopyArray(std::span<const Property>(properties)));
  }

  Value Number(Arena& arena) {
    static constexpr std::array kTexts = {
        "0",
        "1",
        "-1",
        "0.1",
        "0.10",
        "0.5",
        "2.50",
        "9007199254740992",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "1e20",
        "1e23",
        "1e400",
        "1e-400",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827021181583404541015625"};
    const std::string_view text = kTexts[random_.Below(kTexts.size())];
    const auto decimal = *ParseDecimal(text, arena);
    switch (random_.Below(6)) {
      case 0:
        return Value::Integer(static_cast<int64_t>(random_.Below(5)) - 2);
      case 1:
        return Value::Float(static_cast<double>(static_cast<int64_t>(random_.Below(9)) - 4) / 2);
      case 2:
        return *ToInteger(decimal, arena);
      case 3:
        return Value::Float(number_text::NearestDouble(text));
      case 4:
        return random_.Below(8) == 0 ? Value::Float(std::bit_cast<double>(random_.Next()))
                                     : decimal;
      default:
        return decimal;
    }
  }

  // The same value in other clothes: numbers of other kinds, names in another order.
  Value Rewritten(const Value& value, Arena& arena) {
    if (const auto integer = value.AsInteger()) {
      return *ParseDecimal(std::to_string(*integer) + (random_.Below(2) != 0 ? ".00" : ""), arena);
    }
    if (value.IsList()) {
      std::vector<Value> items;
      for (const Value& item : value.items()) items.push_back(Rewritten(item, arena));
      return Value::List(arena.CopyArray(std::span<const Value>(items)));
    }
    if (!value.IsDict()) return value;
    std::vector<Property> properties;
    for (const Property& p : value.properties())
      properties.push_back({p.name, Rewritten(p.value, arena)});
    Shuffle(properties);
    return Value::Dict(arena.CopyArray(std::span<const Property>(properties)));
  }

  // The same value with the names of all dicts in another order.
  Value Shuffled(const Value& value, Arena& arena) {
    if (value.IsList()) {
      std::vector<Value> items;
      for (const Value& item : value.items()) items.push_back(Shuffled(item, arena));
      return Value::List(arena.CopyArray(std::span<const Value>(items)));
    }
    if (!value.IsDict()) return value;
    std::vector<Property> properties;
    for (const Property& p : value.properties())
      properties.push_back({p.name, Shuffled(p.value, arena)});
    Shuffle(properties);
    return Value::Dict(arena.CopyArray(std::span<const Property>(properties)));
  }

  std::string Name() {
    static constexpr std::array kNames = {
        "_id", "a",        "b", "ab", "name",  "ns:name", "a longer name than most",
        "_ts", "_deleted", "",  "ø",  "\"\\\n"};
    return kNames[random_.Below(kNames.size())];
  }

  std::string Text() {
    static constexpr std::array kTexts = {"",
                                          "a",
                                          "b",
                                          "ab",
                                          "~",
                                          "~x",
                                          "~t2015-02-30",
                                          "\"quoted\"",
                                          "\\",
                                          "\n\t\x01",
                                          "blåbær 😀",
                                          "twelve chars",
                                          "exactly 16 bytes",
                                          "0123456789"};
    std::string text = kTexts[random_.Below(kTexts.size())];
    if (random_.Below(20) == 0) text += std::string(random_.Below(300), 'x') + text;
    return text;
  }

 private:
  void Shuffle(std::vector<Property>& properties) {
    for (size_t i = properties.size(); i > 1; --i)
      std::swap(properties[i - 1], properties[random_.Below(i)]);
  }

  SeededRandom random_;
};

}  // namespace sluice::testing_support
