#include "pipe/graph.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sluice::pipe {
namespace {

std::string Text(const std::vector<GraphPipe>& pipes) {
  std::string text;
  for (const GraphComponent& component : OrderPipes(pipes)) {
    text += component.cyclic ? "(" : "[";
    for (const std::string& id : component.pipes) text += id + " ";
    text.back() = component.cyclic ? ')' : ']';
  }
  return text;
}

TEST(GraphTest, PutsReadersAfterWriters) {
  EXPECT_EQ(Text({{"c", {"B"}, {}, "C"}, {"b", {"A"}, {}, "B"}, {"a", {}, {}, "A"}}), "[a][b][c]");
}

TEST(GraphTest, CountsLookups) {
  EXPECT_EQ(Text({{"a", {}, {"B"}, "A"}, {"b", {}, {}, "B"}}), "[b][a]");
}

TEST(GraphTest, FindsCycles) {
  EXPECT_EQ(Text({{"z", {"B"}, {}, ""},
                  {"a", {"B"}, {}, "A"},
                  {"b", {"A", "X"}, {}, "B"},
                  {"x", {}, {}, "X"}}),
            "[x](a b)[z]");
}

TEST(GraphTest, APipeThatReadsItsOwnSinkIsACycle) {
  EXPECT_EQ(Text({{"a", {"A"}, {}, "A"}}), "(a)");
  EXPECT_EQ(Text({{"a", {"X"}, {"A"}, "A"}}), "[a]");
}

TEST(GraphTest, TakesLongChains) {
  std::vector<GraphPipe> pipes;
  for (int i = 0; i < 100'000; ++i) {
    pipes.push_back(
        {fmt::format("p{}", i), {fmt::format("d{}", i + 1)}, {}, fmt::format("d{}", i)});
  }
  const auto components = OrderPipes(pipes);
  ASSERT_EQ(components.size(), 100'000u);
  EXPECT_EQ(components.front().pipes.front(), "p99999");
}

}  // namespace
}  // namespace sluice::pipe
