// Fixed-width and length-prefixed fields: big endian in keys, little endian in values.

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sluice::storage {

static_assert(std::endian::native == std::endian::little,
              "values are stored as the machine holds them");

template <class Unsigned>
void AppendBigEndian(Unsigned value, std::string& out) {
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

template <class Unsigned>
Unsigned LoadBigEndian(std::string_view bytes) {
  Unsigned value = 0;
  for (size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<Unsigned>(value << 8) | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

template <class T>
void AppendFixed(T value, std::string& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void AppendBytes(std::string_view bytes, std::string& out) {
  AppendFixed(static_cast<uint32_t>(bytes.size()), out);
  out.append(bytes);
}

inline void AppendVarint(uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Takes fields off the front. Once a field is missing it gives zeros, and `ok` is false.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : left_(bytes) {}

  template <class T>
  T Fixed() {
    T value{};
    if (left_.size() < sizeof value) return Fail(), value;
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
    return value;
  }

  std::string_view Bytes() {
    const auto size = Fixed<uint32_t>();
    if (left_.size() < size) return Fail(), std::string_view();
    const auto bytes = left_.substr(0, size);
    left_.remove_prefix(size);
    return bytes;
  }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = Fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    Fail();
    return 0;
  }

  std::string_view left() const { return left_; }
  bool ok() const { return ok_; }
  // All fields were there and nothing is left.
  bool done() const { return ok_ && left_.empty(); }

 private:
  void Fail() {
    ok_ = false;
    left_ = {};
  }

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace sluice::storage
