// The structural characters of a JSON text, found by simdjson. For the files of value/ only.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace sluice::json {

// Bytes behind a text that may be read (but mean nothing).
inline constexpr size_t kPaddingBytes = 128;

// Finds where brackets, braces, colons, commas, strings and other scalars start. This is simdjson's
// first stage, the only pass over the text that looks at every byte with vector instructions; it
// also checks UTF-8, and control characters in strings. Records are built from the positions
// (value/record_builder.h) instead of through the On-Demand interface, which can neither say where
// an error is nor stop at a text that is cut off.
class StructuralIndex {
 public:
  enum class Status { kOk, kEmpty, kUnclosedString, kControlCharacter, kBadUtf8, kTooLarge };

  StructuralIndex();
  ~StructuralIndex();
  StructuralIndex(StructuralIndex&&) noexcept;
  StructuralIndex& operator=(StructuralIndex&&) noexcept;

  // `text` must have kPaddingBytes of readable memory behind it.
  Status Index(std::string_view text);
  // count() positions, and behind them the size of the text.
  const uint32_t* positions() const;
  uint32_t count() const;
  // Gives memory back that a single large text took.
  void Shrink(size_t capacity_max);

 private:
  struct Stage;
  std::unique_ptr<Stage> stage_;
};

}  // namespace sluice::json
