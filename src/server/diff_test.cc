#include "server/diff.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sluice::server {
namespace {

Terminal Plain() { return Terminal(stdout, stderr, false, false); }

TEST(UnifiedDiff, IsEmptyForEqualTexts) {
  EXPECT_EQ(UnifiedDiff("a\nb\n", "a\nb\n", "x", "y", Plain()), "");
}

TEST(UnifiedDiff, ShowsAChangedLineInItsContext) {
  EXPECT_EQ(UnifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "x", "y",
                        Plain()),
            "--- x\n+++ y\n@@ -2 +2 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, ShowsLinesAddedAndRemovedAtTheEnds) {
  EXPECT_EQ(UnifiedDiff("a\n", "", "x", "y", Plain()), "--- x\n+++ y\n@@ -1 +1 @@\n-a\n");
  EXPECT_EQ(UnifiedDiff("b\n", "a\nb\nc\n", "x", "y", Plain()),
            "--- x\n+++ y\n@@ -1 +1 @@\n+a\n b\n+c\n");
}

TEST(UnifiedDiff, SaysWhenOnlyLineEndsDiffer) {
  EXPECT_EQ(UnifiedDiff("a\n", "a", "x", "y", Plain()),
            "--- x\n+++ y\nthe texts differ in line ends only\n");
}

// Applying the marks must give both texts back, whatever they are.
TEST(UnifiedDiff, HoldsBothTexts) {
  SeededRandom random(7);
  for (int round = 0; round < 300; ++round) {
    std::string a, b;
    for (uint64_t i = random.Below(8); i > 0; --i) a += fmt::format("{}\n", random.Below(3));
    for (uint64_t i = random.Below(8); i > 0; --i) b += fmt::format("{}\n", random.Below(3));
    const std::string diff = UnifiedDiff(a, b, "x", "y", Plain());
    if (a == b) continue;
    size_t minus = 0, plus = 0, same = 0, at = diff.find("@@");
    ASSERT_NE(at, std::string::npos) << a << "/" << b;
    for (at = diff.find('\n', at) + 1; at < diff.size(); at = diff.find('\n', at) + 1) {
      minus += diff[at] == '-';
      plus += diff[at] == '+';
      same += diff[at] == ' ';
    }
    const auto lines = [](const std::string& text) {
      return std::count(text.begin(), text.end(), '\n');
    };
    EXPECT_LE(minus + same, static_cast<size_t>(lines(a)));
    EXPECT_EQ(static_cast<long>(plus) - static_cast<long>(minus), lines(b) - lines(a))
        << a << "/" << b << "\n"
        << diff;
  }
}

}  // namespace
}  // namespace sluice::server
