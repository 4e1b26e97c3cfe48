// Arena: memory of one batch, given back all at once.

#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sluice {

// A bump allocator. What it hands out lives until Clear or destruction and is never destroyed, so
// only trivially destructible things go in. Used by one thread at a time.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  // `size` bytes, aligned; `alignment` is a power of two up to 16.
  char* Allocate(size_t size, size_t alignment = 1) {
    const size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    if (start + size > capacity_) return AllocateBlock(size);
    used_ = start + size;
    return block_ + start;
  }

  template <class T>
  T* AllocateArray(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return reinterpret_cast<T*>(Allocate(sizeof(T) * count, alignof(T)));
  }

  template <class T, class... Args>
  T* New(Args&&... args) {
    return new (AllocateArray<T>(1)) T{std::forward<Args>(args)...};
  }

  template <class T>
  std::span<const T> CopyArray(std::span<const T> items) {
    T* to = AllocateArray<T>(items.size());
    std::uninitialized_copy(items.begin(), items.end(), to);
    return {to, items.size()};
  }

  std::string_view Copy(std::string_view text) {
    char* to = Allocate(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  std::string_view Concat(std::string_view a, std::string_view b) {
    char* to = Allocate(a.size() + b.size());
    if (!a.empty()) std::memcpy(to, a.data(), a.size());
    if (!b.empty()) std::memcpy(to + a.size(), b.data(), b.size());
    return {to, a.size() + b.size()};
  }

  std::string_view Repeat(std::string_view text, size_t times);

  // Gives back the last part of the newest allocation: `end` is where its used bytes end.
  void Trim(const char* end) {
    if (end >= block_ && end <= block_ + used_) used_ = static_cast<size_t>(end - block_);
  }

  // Makes everything handed out invalid and keeps one block for reuse.
  void Clear();

  // Bytes held from the heap.
  size_t bytes() const { return total_; }

 private:
  char* AllocateBlock(size_t size);

  struct Block {
    std::unique_ptr<char[]> memory;
    size_t size;
  };
  std::vector<Block> blocks_;
  char* block_ = nullptr;
  size_t used_ = 0;
  size_t capacity_ = 0;
  size_t total_ = 0;
};

}  // namespace sluice
