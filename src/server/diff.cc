#include "server/diff.h"

#include <algorithm>
#include <vector>

namespace sluice::server {
namespace {

constexpr int kEditsMax = 2000;  // The search takes memory with their square.
constexpr size_t kContextLines = 3;

using Lines = std::vector<std::string_view>;

Lines SplitLines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

struct Edit {
  char mark;  // ' ', '-' or '+'
  std::string_view line;
  size_t a;  // Lines of each text before this one.
  size_t b;
};

// Walks back through the furthest points of each number of edits.
std::vector<Edit> Backtrack(const Lines& a, const Lines& b,
                            const std::vector<std::vector<int>>& trace) {
  std::vector<Edit> edits;
  int x = static_cast<int>(a.size());
  int y = static_cast<int>(b.size());
  for (int d = static_cast<int>(trace.size()) - 1; d >= 0; --d) {
    const auto& v = trace[static_cast<size_t>(d)];
    const auto at = [&](int k) { return v[static_cast<size_t>(k + d + 1)]; };
    const int k = x - y;
    const bool down = d > 0 && (k == -d || (k != d && at(k - 1) < at(k + 1)));
    const int before_k = down ? k + 1 : k - 1;
    const int before_x = d == 0 ? 0 : at(before_k);
    const int before_y = d == 0 ? 0 : before_x - before_k;
    while (x > before_x && y > before_y) {
      --x, --y;
      edits.push_back(
          {' ', a[static_cast<size_t>(x)], static_cast<size_t>(x), static_cast<size_t>(y)});
    }
    if (d == 0) break;
    if (down) {
      --y;
      edits.push_back(
          {'+', b[static_cast<size_t>(y)], static_cast<size_t>(x), static_cast<size_t>(y)});
    } else {
      --x;
      edits.push_back(
          {'-', a[static_cast<size_t>(x)], static_cast<size_t>(x), static_cast<size_t>(y)});
    }
  }
  std::reverse(edits.begin(), edits.end());
  return edits;
}

// Myers' shortest edit script; nothing if it takes more than kEditsMax edits.
std::vector<Edit> ShortestEdits(const Lines& a, const Lines& b) {
  const int n = static_cast<int>(a.size());
  const int m = static_cast<int>(b.size());
  std::vector<std::vector<int>> trace;
  std::vector<int> previous(3, 0);
  for (int d = 0; d <= std::min(n + m, kEditsMax); ++d) {
    // previous[k + d + 1] is the furthest x on diagonal k with d - 1 edits.
    trace.push_back(previous);
    std::vector<int> next(static_cast<size_t>(2 * d + 5), 0);
    for (int k = -d; k <= d; k += 2) {
      const auto at = [&](int diagonal) { return previous[static_cast<size_t>(diagonal + d + 1)]; };
      int x = 0;
      if (d > 0) x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<size_t>(x)] == b[static_cast<size_t>(x - k)]) ++x;
      next[static_cast<size_t>(k + d + 2)] = x;
      if (x >= n && x - k >= m) return Backtrack(a, b, trace);
    }
    previous = std::move(next);
  }
  return {};
}

std::string Hunks(const std::vector<Edit>& edits, const Terminal& terminal) {
  std::string text;
  for (size_t i = 0; i < edits.size();) {
    if (edits[i].mark == ' ') {
      ++i;
      continue;
    }
    const size_t start = i >= kContextLines ? i - kContextLines : 0;
    size_t end = i;
    for (size_t j = i; j < edits.size() && j <= end + 2 * kContextLines; ++j) {
      if (edits[j].mark != ' ') end = j;
    }
    end = std::min(end + kContextLines + 1, edits.size());
    text += terminal.Paint(Colour::kDim,
                           fmt::format("@@ -{} +{} @@", edits[start].a + 1, edits[start].b + 1)) +
            "\n";
    for (size_t j = start; j < end; ++j) {
      const auto colour = edits[j].mark == '-'   ? Colour::kRed
                          : edits[j].mark == '+' ? Colour::kGreen
                                                 : Colour::kNone;
      text += terminal.Paint(colour, fmt::format("{}{}", edits[j].mark, edits[j].line)) + "\n";
    }
    i = end;
  }
  return text;
}

}  // namespace

std::string UnifiedDiff(std::string_view expected, std::string_view found,
                        std::string_view expected_name, std::string_view found_name,
                        const Terminal& terminal) {
  if (expected == found) return {};
  const Lines a = SplitLines(expected);
  const Lines b = SplitLines(found);
  const std::string head = fmt::format("--- {}\n+++ {}\n", expected_name, found_name);
  const auto edits = ShortestEdits(a, b);
  if (edits.empty()) {
    const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return head +
           fmt::format("the texts differ in thousands of lines, first in line {}:\n-{}\n+{}\n",
                       at_a - a.begin() + 1, at_a == a.end() ? "(the end)" : *at_a,
                       at_b == b.end() ? "(the end)" : *at_b);
  }
  const std::string hunks = Hunks(edits, terminal);
  // Equal lines, unequal texts: only the ends of the lines differ.
  return head + (hunks.empty() ? "the texts differ in line ends only\n" : hunks);
}

}  // namespace sluice::server
