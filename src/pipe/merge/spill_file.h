// SpillFile: bytes that do not fit in memory, in a file that has no name and goes with its owner.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::pipe::merge {

// Written from front to back, then read anywhere. Used by one thread. Moves, does not copy.
class SpillFile {
 public:
  // In `folder`, or in the system's own for such files where it is empty.
  static Result<SpillFile> Make(const std::string& folder);
  SpillFile(SpillFile&& other) noexcept;
  SpillFile& operator=(SpillFile&& other) noexcept;
  ~SpillFile();

  // kIo where the disk is full.
  Result<void> Append(std::string_view bytes);
  // Ends writing.
  Result<void> Flush();
  uint64_t size() const { return size_; }
  // Reads at most `size` bytes at `offset`; fewer at the end only.
  Result<size_t> Read(uint64_t offset, char* to, size_t size) const;

 private:
  explicit SpillFile(int file) : file_(file) {}

  int file_ = -1;
  uint64_t size_ = 0;
  std::string buffer_;
};

// Reads a part of a spill file from front to back.
class SpillReader {
 public:
  SpillReader(const SpillFile& file, uint64_t begin, uint64_t end, size_t buffer_bytes);

  // The next `size` bytes, until the next call; fewer only at the end, where there are none.
  Result<std::string_view> Take(size_t size);

 private:
  const SpillFile* file_;
  uint64_t next_;  // The first byte that is not in the buffer.
  uint64_t end_;
  size_t buffer_bytes_;
  std::string buffer_;
  size_t at_ = 0;
};

}  // namespace sluice::pipe::merge
