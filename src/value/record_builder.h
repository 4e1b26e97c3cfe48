// From the structural positions of a JSON text to records. For the files of value/ only.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "value/encoding.h"
#include "value/json.h"
#include "value/shape_cache.h"

namespace sluice::json {

// Walks over a text and appends the record of one value after the other.
class RecordBuilder {
 public:
  enum class Outcome {
    kBuilt,
    kCutOff,  // The text ended within the value.
    kFailed,  // failure() tells why.
  };
  struct Failure {
    Code code = Code::kBadData;
    size_t offset = 0;  // From the start of the text.
    std::string message;
  };

  explicit RecordBuilder(const JsonReadOptions& options);

  // `text` is followed by a zero byte and kPaddingBytes of readable memory; `positions` are its
  // index.
  void Start(std::string_view text, const uint32_t* positions, uint32_t count);

  bool at_end() const { return at_ == end_; }
  // The character at the cursor; zero at the end.
  char Peek() const { return text_[*at_]; }
  // Its place in the text; the text's size at the end.
  size_t offset() const { return *at_; }
  // Where what was last read ends, as far as positions tell.
  size_t end_offset() const {
    const char last = text_[at_[-1]];
    return last == '}' || last == ']' ? at_[-1] + 1 : *at_;
  }
  void Skip() { ++at_; }

  // Appends the record of the value at the cursor and moves behind it. Unless it is built, the
  // cursor and `out` are where they were.
  Outcome Build(encoding::Buffer& out);
  const Failure& failure() const { return failure_; }
  // Says what was expected at the cursor and what is there.
  void Expected(std::string_view what) { (void)Unexpected(what, *at_); }

 private:
  using Shape = ShapeCache::Shape;

  bool BuildValue(Shape nested, size_t depth_left, encoding::Buffer& out);
  bool BuildDict(Shape shape, size_t depth_left, encoding::Buffer& out);
  bool BuildList(Shape nested, size_t depth_left, encoding::Buffer& out);
  bool BuildName(Shape& shape, encoding::Buffer& out);
  bool BuildString(encoding::Buffer& out);
  bool BuildEscapedString(std::string_view raw, encoding::Buffer& out);
  bool BuildNumber(encoding::Buffer& out);
  bool BuildReal(const char* point, uint64_t mantissa, encoding::Buffer& out);
  bool BuildExact(std::string_view token, encoding::Buffer& out);
  bool BuildBigInteger(std::string_view token, encoding::Buffer& out);
  bool BuildAtom(std::string_view word, Tag tag, encoding::Buffer& out);
  void CloseDict(Shape shape, size_t body, uint32_t count, encoding::Buffer& out);

  // The text between the quotes of the string at the cursor.
  std::string_view RawString() const;
  bool Unescape(std::string_view raw, std::string& out);
  bool Terminates(const char* at) const;
  bool Unexpected(std::string_view expected, size_t offset);
  bool Fail(Code code, size_t offset, std::string message);

  JsonReadOptions options_;
  size_t depth_max_;
  ShapeCache shapes_;
  std::string unescaped_;
  Failure failure_;
  bool cut_off_ = false;

  const char* text_ = nullptr;
  size_t size_ = 0;
  const uint32_t* at_ = nullptr;
  const uint32_t* end_ = nullptr;
};

// Turns the dict whose body starts at `body` into one where each name's last value has the place of
// its first. Gives the number of properties left.
uint32_t DropDuplicates(size_t body, uint32_t count, encoding::Buffer& out);

}  // namespace sluice::json
