// gzip as streams: any amount of data in bounded memory, in both directions.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::net {

// Unpacks gzip (several members one after the other too) and zlib streams; the first bytes tell
// which. Gives its output in pieces of at most 64 KB, so a bomb costs its reader time but no
// memory.
class Inflater {
 public:
  // Over `bytes_max` bytes of output: kTooLarge. 0: no limit.
  explicit Inflater(uint64_t bytes_max = 0);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  // Gives input. What was given before must be used up: Next gave nothing. The bytes must stay
  // until then.
  void Feed(std::string_view bytes);
  // The next piece, valid until the next call; empty if more input is needed. kBadData if the input
  // is no gzip.
  Result<std::string_view> Next();
  // No more input comes: kBadData if the stream ended in its middle.
  Result<void> Finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Packs into gzip.
class Deflater {
 public:
  // 1 is fast, 9 is small.
  explicit Deflater(int level = 6);
  ~Deflater();
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;

  // Appends to `out` what is ready.
  void Write(std::string_view bytes, std::string& out);
  // Appends the rest; nothing may be written afterwards.
  void Finish(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Packs a whole text.
std::string Gzip(std::string_view text);
// Unpacks a whole text of at most `bytes_max` bytes.
Result<std::string> Gunzip(std::string_view packed, uint64_t bytes_max);

}  // namespace sluice::net
