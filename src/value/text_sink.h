// Appending to a string without looking at its capacity for each byte. For the files of value/
// only.

#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace sluice::json {

// Ensure room, write through end(), then advance; the string has its right size once the sink is
// gone.
class TextSink {
 public:
  TextSink(std::string& out, size_t estimate) : out_(out), started_(out.size()), size_(out.size()) {
    Resize(size_ + estimate);
  }
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;
  ~TextSink() { out_.resize(size_); }

  void Ensure(size_t more) {
    // Grows with what this sink has written, not with what was there: what is new is zeroed.
    if (size_ + more > capacity_) Resize(size_ + more + (capacity_ - started_) / 2);
  }
  char* end() { return data_ + size_; }
  void AdvanceTo(const char* end) { size_ = static_cast<size_t>(end - data_); }

  // What the string holds, from its beginning, and starting anew in the room there is.
  std::string_view text() const { return {data_, size_}; }
  void Clear() { size_ = 0; }

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

 private:
  void Resize(size_t capacity) {
    out_.resize(capacity);
    data_ = out_.data();
    capacity_ = capacity;
  }

  std::string& out_;
  size_t started_;
  char* data_ = nullptr;
  size_t size_;
  size_t capacity_ = 0;
};

// Appends a string literal: quoted, escaped, with `prefix` (which needs no escaping) in front of
// the text.
void PutString(std::string_view prefix, std::string_view text, TextSink& out);

}  // namespace sluice::json
