#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "pipe/merge/components.h"
#include "pipe/merge/payload_sorter.h"
#include "pipe/merge/record_sorter.h"

namespace sluice::pipe::merge {
namespace {

template <class T>
T Ok(Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.error().ToText();
  return std::move(result).value();
}
void Ok(const Result<void>& result) { ASSERT_TRUE(result.ok()) << result.error().ToText(); }

TEST(RecordSorterTest, SortsInMemoryAndInRuns) {
  for (const size_t bytes : {size_t{1} << 20, size_t{800}}) {
    SeededRandom random(7);
    RecordSorter<uint64_t> sorter("", bytes);
    std::vector<uint64_t> expected;
    for (int i = 0; i < 5000; ++i) {
      expected.push_back(random.Below(3000));
      Ok(sorter.Add(expected.back()));
    }
    std::ranges::sort(expected);
    Ok(sorter.Sort());
    for (int round = 0; round < 2; ++round) {
      std::vector<uint64_t> found;
      uint64_t number = 0;
      while (Ok(sorter.Next(number))) found.push_back(number);
      EXPECT_EQ(found, expected);
      Ok(sorter.Rewind());
    }
  }
}

TEST(PayloadSorterTest, SortsInMemoryAndInRuns) {
  for (const size_t bytes : {size_t{1} << 20, size_t{3000}}) {
    SeededRandom random(8);
    PayloadSorter sorter("", bytes);
    std::map<std::pair<uint64_t, uint64_t>, std::string> expected;
    for (uint64_t i = 0; i < 2000; ++i) {
      const uint64_t major = random.Below(50);
      const std::string payload(random.Below(100), static_cast<char>('a' + i % 26));
      expected[{major, i}] = payload;
      Ok(sorter.Add({.major = major, .minor = i}, payload));
    }
    Ok(sorter.Sort());
    PayloadSorter::Item item;
    auto at = expected.begin();
    while (Ok(sorter.Next(item))) {
      ASSERT_NE(at, expected.end());
      EXPECT_EQ(std::pair(item.key.major, item.key.minor), at->first);
      EXPECT_EQ(item.payload, at->second);
      ++at;
    }
    EXPECT_EQ(at, expected.end());
  }
}

TEST(ComponentsTest, EqualUnionFindOnRandomGraphs) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    const uint64_t nodes = random.Below(300) + 2;
    const uint64_t edges = random.Below(nodes * 3 / 2 + 1);
    std::vector<uint64_t> root(nodes);
    std::iota(root.begin(), root.end(), uint64_t{0});
    const auto find = [&](uint64_t node) {
      while (root[node] != node) node = root[node];
      return node;
    };
    // Runs so small that most is in files.
    Components components("", seed % 2 == 0 ? 1 << 20 : 2000);
    std::vector<bool> joined(nodes);
    for (uint64_t i = 0; i < edges; ++i) {
      // Every third graph is a long path.
      const uint64_t a = seed % 3 == 0 ? i % nodes : random.Below(nodes);
      const uint64_t b = seed % 3 == 0 ? (i + 1) % nodes : random.Below(nodes);
      Ok(components.Join(a, b));
      if (a != b) joined[a] = joined[b] = true;
      const uint64_t x = find(a), y = find(b);
      root[std::max(x, y)] = std::min(x, y);
    }
    const auto connected = Ok(components.Connect(Stop()));
    std::map<uint64_t, uint64_t> found;
    Belonging belonging;
    uint64_t last = 0;
    while (Ok(connected->Next(belonging))) {
      EXPECT_LE(last, belonging.node);
      last = belonging.node;
      found[belonging.node] = belonging.root;
    }
    std::map<uint64_t, uint64_t> expected;
    for (uint64_t node = 0; node < nodes; ++node) {
      if (joined[node]) expected[node] = find(node);
    }
    ASSERT_EQ(found, expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sluice::pipe::merge
