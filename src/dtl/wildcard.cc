#include "dtl/wildcard.h"

#include <algorithm>

namespace sluice::dtl {
namespace {

// The size of the UTF-8 character at `at`; 1 for bytes that begin none.
size_t CharacterSize(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(size, text.size() - at);
}

}  // namespace

Wildcard::Wildcard(std::string_view pattern)
    : pattern_(pattern), literal_(pattern.find_first_of("*?") == std::string_view::npos) {}

// Greedy with one point to go back to: what stands before the last '*' never needs to be tried
// again.
bool Wildcard::Matches(std::string_view text) const {
  if (literal_) return text == pattern_;
  size_t at = 0;
  size_t pattern_at = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (at < text.size()) {
    if (pattern_at < pattern_.size() && pattern_[pattern_at] == '*') {
      star = pattern_at++;
      star_text = at;
    } else if (pattern_at < pattern_.size() && pattern_[pattern_at] == '?') {
      at += CharacterSize(text, at);
      ++pattern_at;
    } else if (pattern_at < pattern_.size() && pattern_[pattern_at] == text[at]) {
      ++at;
      ++pattern_at;
    } else if (star != std::string_view::npos) {
      star_text += CharacterSize(text, star_text);
      at = star_text;
      pattern_at = star + 1;
    } else {
      return false;
    }
  }
  while (pattern_at < pattern_.size() && pattern_[pattern_at] == '*') ++pattern_at;
  return pattern_at == pattern_.size();
}

}  // namespace sluice::dtl
