#include "base/arena.h"

#include <algorithm>

namespace sluice {
namespace {

constexpr size_t kFirstBlockBytes = 16 * 1024;
constexpr size_t kBlockBytesMax = 1024 * 1024;

}  // namespace

char* Arena::AllocateBlock(size_t size) {
  const size_t wanted =
      std::max(size, std::min(kBlockBytesMax, std::max(kFirstBlockBytes, total_)));
  // operator new[] aligns to 16 bytes, which is the most that Allocate promises.
  Block block{std::unique_ptr<char[]>(new char[wanted]), wanted};
  char* memory = block.memory.get();
  total_ += wanted;
  blocks_.push_back(std::move(block));
  block_ = memory;
  capacity_ = wanted;
  used_ = size;
  return memory;
}

std::string_view Arena::Repeat(std::string_view text, size_t times) {
  char* to = Allocate(text.size() * times);
  for (size_t i = 0; i < times; ++i) std::memcpy(to + i * text.size(), text.data(), text.size());
  return {to, text.size() * times};
}

void Arena::Clear() {
  if (blocks_.empty()) return;
  const size_t wanted = std::min(total_, kBlockBytesMax);
  const auto largest =
      std::max_element(blocks_.begin(), blocks_.end(),
                       [](const Block& a, const Block& b) { return a.size < b.size; });
  Block kept = std::move(*largest);
  blocks_.clear();
  if (kept.size > kBlockBytesMax) {  // A giant batch must not keep its memory for ever.
    block_ = nullptr;
    used_ = capacity_ = total_ = 0;
    return;
  }
  // The next batch will be about as large: one block for it then needs no other.
  if (kept.size < wanted) kept = {std::unique_ptr<char[]>(new char[wanted]), wanted};
  block_ = kept.memory.get();
  capacity_ = total_ = kept.size;
  used_ = 0;
  blocks_.push_back(std::move(kept));
}

}  // namespace sluice
