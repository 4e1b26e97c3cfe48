// The bytes of records: varints, sizes and texts. For the files of value/ only.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "value/record.h"

namespace sluice::encoding {

static_assert(std::endian::native == std::endian::little, "records are little endian");

// A list or dict: the tag, the size of what follows the count, and the count.
inline constexpr size_t kHeaderBytes = 9;
inline constexpr size_t kVarintBytesMax = 10;

template <class T>
T Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void Store(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

constexpr uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

constexpr size_t VarintBytes(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

inline char* WriteVarint(uint64_t value, char* to) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

// Ten bytes at most are read, so that bytes which are no record cannot lead far astray.
inline uint64_t ReadVarint(const char*& at) {
  uint64_t value = static_cast<unsigned char>(*at++);
  if (value < 0x80) return value;
  value &= 0x7F;
  for (unsigned shift = 7; shift < 70; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

inline std::string_view ReadText(const char*& at) {
  const auto size = ReadVarint(at);
  const std::string_view text(at, size);
  at += size;
  return text;
}

inline Tag TagAt(const char* at) { return static_cast<Tag>(*at); }
inline bool IsDictTag(Tag tag) { return tag == Tag::kDict || tag == Tag::kSortedDict; }

inline uint32_t BodyBytes(const char* header) { return Load<uint32_t>(header + 1); }
inline uint32_t Count(const char* header) { return Load<uint32_t>(header + 5); }

inline const char* Skip(const char* at) {
  switch (static_cast<Tag>(*at++)) {
    case Tag::kNull:
    case Tag::kFalse:
    case Tag::kTrue:
      return at;
    case Tag::kInteger:
    case Tag::kDate:
      ReadVarint(at);
      return at;
    case Tag::kFloat:
      return at + 8;
    case Tag::kDatetime:
      return at + 12;
    case Tag::kUuid:
      return at + 16;
    case Tag::kBigInteger:
    case Tag::kDecimal:
    case Tag::kString:
    case Tag::kNi:
    case Tag::kUri:
    case Tag::kBytes: {
      const auto size = ReadVarint(at);
      return at + size;
    }
    case Tag::kList:
    case Tag::kDict:
    case Tag::kSortedDict:
      return at + 8 + Load<uint32_t>(at);
  }
  return at;
}

inline Value DecodeAt(const char*& at) {
  const char* const start = at++;
  switch (static_cast<Tag>(*start)) {
    case Tag::kNull:
      return Value::Null();
    case Tag::kFalse:
      return Value::Boolean(false);
    case Tag::kTrue:
      return Value::Boolean(true);
    case Tag::kInteger:
      return Value::Integer(UnZigZag(ReadVarint(at)));
    case Tag::kBigInteger:
      return Value::BigInteger(ReadText(at));
    case Tag::kDecimal:
      return Value::Decimal(ReadText(at));
    case Tag::kFloat:
      at += 8;
      return Value::Float(Load<double>(start + 1));
    case Tag::kDate:
      return Value::Date(static_cast<int32_t>(UnZigZag(ReadVarint(at))));
    case Tag::kDatetime:
      at += 12;
      return Value::Datetime({Load<int64_t>(start + 1), Load<uint32_t>(start + 9)});
    case Tag::kString:
      return Value::String(ReadText(at));
    case Tag::kNi:
      return Value::Ni(ReadText(at));
    case Tag::kUri:
      return Value::Uri(ReadText(at));
    case Tag::kBytes:
      return Value::Bytes(ReadText(at));
    case Tag::kUuid:
      at += 16;
      return Value::Uuid({start + 1, 16});
    case Tag::kList:
      at += 8 + BodyBytes(start);
      return Value::Encoded(Kind::kList, start, Count(start));
    case Tag::kDict:
    case Tag::kSortedDict:
      at += 8 + BodyBytes(start);
      return Value::Encoded(Kind::kDict, start, Count(start));
  }
  return Value::Null();
}

// The first `size` bytes at `from` (8 at most) as a little endian number; reads no byte behind
// them.
inline uint64_t LoadPartial(const char* from, size_t size) {
  if (size >= 8) return Load<uint64_t>(from);
  if (size >= 4) {
    return Load<uint32_t>(from) | static_cast<uint64_t>(Load<uint32_t>(from + size - 4))
                                      << (8 * (size - 4));
  }
  if (size >= 2) {
    return Load<uint16_t>(from) | static_cast<uint64_t>(Load<uint16_t>(from + size - 2))
                                      << (8 * (size - 2));
  }
  return size == 0 ? 0 : static_cast<unsigned char>(*from);
}

// A growing buffer that never fills with zeros: ensure room, write through end(), then advance.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const char* data() const { return data_; }
  char* data() { return data_; }
  size_t size() const { return size_; }
  std::string_view view() const { return {data_, size_}; }
  void Clear() { size_ = 0; }
  void Truncate(size_t size) { size_ = size; }
  // Gives memory back that a single large value took.
  void Shrink(size_t capacity_max) {
    if (capacity_ <= capacity_max) return;
    heap_.reset();
    data_ = nullptr;
    capacity_ = size_ = 0;
  }

  void Ensure(size_t more) {
    if (size_ + more > capacity_) Grow(size_ + more);
  }
  char* end() { return data_ + size_; }
  void Advance(size_t written) { size_ += written; }
  void AdvanceTo(const char* end) { size_ = static_cast<size_t>(end - data_); }

  void Push(char byte) {
    Ensure(1);
    data_[size_++] = byte;
  }
  void Append(std::string_view text) {
    if (text.empty()) return;
    Ensure(text.size());
    std::memcpy(end(), text.data(), text.size());
    size_ += text.size();
  }
  void AppendVarint(uint64_t value) {
    Ensure(kVarintBytesMax);
    AdvanceTo(WriteVarint(value, end()));
  }

 protected:
  Buffer(char* memory, size_t capacity) : data_(memory), capacity_(capacity) {}

 private:
  void Grow(size_t needed) {
    const size_t capacity = std::max({needed, capacity_ * 2, size_t{1024}});
    std::unique_ptr<char[]> bigger(new char[capacity]);
    if (size_ != 0) std::memcpy(bigger.get(), data_, size_);
    heap_ = std::move(bigger);
    data_ = heap_.get();
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> heap_;
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// A buffer for one call: most records need no memory from the heap.
class LocalBuffer : public Buffer {
 public:
  LocalBuffer() : Buffer(memory_, sizeof memory_) {}

 private:
  char memory_[4096];
};

// A name in a dict, so that comparing two of them mostly takes one comparison of integers.
struct NameKey {
  std::string_view name;
  uint64_t prefix = 0;  // The first eight bytes, big endian, padded with zeros.

  explicit NameKey(std::string_view text)
      : name(text), prefix(__builtin_bswap64(LoadPartial(text.data(), text.size()))) {}
  bool operator<(const NameKey& other) const {
    return prefix != other.prefix ? prefix < other.prefix : name < other.name;
  }
};

}  // namespace sluice::encoding
