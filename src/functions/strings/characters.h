// Characters: strings are counted in Unicode code points. Text is UTF-8, checked when it was read.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::functions {

// Code points in `text`.
int64_t CountCharacters(std::string_view text);

// The length in bytes of the character that starts with this byte.
inline size_t CharacterBytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0xC0) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

// The first character of a text that is not empty, as bytes.
inline std::string_view FirstCharacter(std::string_view text) {
  return text.substr(0, CharacterBytes(text.front()));
}
// The last character of a text that is not empty, as bytes.
std::string_view LastCharacter(std::string_view text);

// The code point of a text that is one character.
char32_t CodePoint(std::string_view character);

// The byte where the character number `index` starts; the text's end if there are fewer.
size_t ByteOfCharacter(std::string_view text, int64_t index);

// White space as Unicode has it, and the four ASCII separators; what Python's str.strip removes.
bool IsWhitespace(char32_t code_point);

// Without what satisfies `drop` at the left (right) end; `drop` takes one character as bytes.
template <class F>
std::string_view StripLeft(std::string_view text, F&& drop) {
  while (!text.empty() && drop(FirstCharacter(text)))
    text.remove_prefix(CharacterBytes(text.front()));
  return text;
}
template <class F>
std::string_view StripRight(std::string_view text, F&& drop) {
  while (!text.empty()) {
    const auto last = LastCharacter(text);
    if (!drop(last)) break;
    text.remove_suffix(last.size());
  }
  return text;
}

// Without white space at both ends.
std::string_view Trim(std::string_view text);

}  // namespace sluice::functions
