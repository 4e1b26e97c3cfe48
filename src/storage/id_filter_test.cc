// A filter must know every id that was added, and few others.

#include "storage/id_filter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sluice::storage {
namespace {

std::vector<std::string> Keys(size_t from, size_t count) {
  std::vector<std::string> keys;
  for (size_t i = from; i < from + count; ++i) keys.push_back(fmt::format("0001entity-{}", i));
  return keys;
}

std::vector<bool> AddAll(IdFilter& filter, const std::vector<std::string>& keys) {
  return filter.AddAll(std::vector<std::string_view>(keys.begin(), keys.end()));
}

TEST(IdFilter, KnowsAllThatWasAddedAndFewOthersHoweverLargeItGrows) {
  IdFilter filter(nullptr);
  constexpr size_t kPart = 130'000;
  size_t mistaken = 0;
  for (size_t part = 0; part < 10; ++part) {
    const auto known = AddAll(filter, Keys(part * kPart, kPart));
    mistaken += static_cast<size_t>(std::ranges::count(known, true));
  }
  // A twentieth, with several segments each of which may be mistaken.
  EXPECT_LT(mistaken, 10 * kPart / 20);
  for (size_t part = 0; part < 10; ++part) {
    const auto known = AddAll(filter, Keys(part * kPart, kPart));
    EXPECT_EQ(std::ranges::count(known, false), 0) << part;
  }
}

TEST(IdFilter, SaysWhenItIsFull) {
  IdFilter filter(nullptr);
  EXPECT_TRUE(AddAll(filter, {}).empty());
  for (size_t part = 0; part < 40 && !filter.full(); ++part) {
    EXPECT_LE(part, 36u);
    AddAll(filter, Keys(part * 500'000, 500'000));
  }
  EXPECT_TRUE(filter.full());
}

}  // namespace
}  // namespace sluice::storage
