// Character sets: text in an encoding that a configuration names, to UTF-8 and back, as streams.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::connectors {

// Turns bytes into UTF-8. A byte order mark at the start is left out. Used by one thread at a time.
class CharsetDecoder {
 public:
  enum class OnError { kStrict, kReplace };  // kReplace puts U+FFFD for what is no character.

  // `name` as Python or IANA know it ("utf-8", "iso-8859-1", "cp1252"); kBadConfig if nobody does.
  static Result<CharsetDecoder> Open(std::string_view name, OnError on_error);
  ~CharsetDecoder();
  CharsetDecoder(CharsetDecoder&&) noexcept;
  CharsetDecoder& operator=(CharsetDecoder&&) noexcept;

  // Appends the text of `bytes`; a character that is cut at the end waits for the next call.
  // kBadData with the byte's place where it is strict.
  Result<void> Decode(std::string_view bytes, std::string& out);
  // No more bytes come.
  Result<void> Finish(std::string& out);

 private:
  struct State;
  explicit CharsetDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Turns UTF-8 into bytes of an encoding.
class CharsetEncoder {
 public:
  // For characters that the encoding does not have (configuration-sinks-csv.rst,
  // encode_error_strategy).
  enum class OnError { kIgnore, kReplace, kXmlReference, kBackslash };

  static Result<CharsetEncoder> Open(std::string_view name, OnError on_error);
  ~CharsetEncoder();
  CharsetEncoder(CharsetEncoder&&) noexcept;
  CharsetEncoder& operator=(CharsetEncoder&&) noexcept;

  // Appends the bytes of whole UTF-8 text.
  void Encode(std::string_view text, std::string& out);

 private:
  struct State;
  explicit CharsetEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sluice::connectors
