// Whether bytes from outside are a record.

#include "base/limits.h"
#include "value/encoding.h"
#include "value/instant.h"
#include "value/number.h"
#include "value/number_text.h"
#include "value/record.h"
#include "value/sorted_properties.h"
#include "value/utf8.h"

namespace sluice {
namespace {

// Walks a record; every read is checked against the end.
class Checker {
 public:
  explicit Checker(std::string_view record)
      : start_(record.data()), at_(record.data()), end_(record.data() + record.size()) {}

  Result<void> CheckAll() {
    SLUICE_TRY(CheckValue(end_, limits::kDepthMax));
    if (at_ != end_) return Fail("bytes behind the value");
    return {};
  }

 private:
  Error Fail(std::string_view what) const {
    return MakeError(Code::kCorrupt, "not a record: {} at byte {}", what, at_ - start_);
  }

  // The shortest form of a number of at most 64 bits.
  Result<uint64_t> Varint(const char* end) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end) return Fail("a number is cut off");
      const auto byte = static_cast<unsigned char>(*at_++);
      if (shift == 63 && byte > 1) return Fail("a number is over 64 bits");
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift != 0) return Fail("a number is longer than it needs to be");
        return value;
      }
    }
    return Fail("a number is over 64 bits");
  }

  Result<std::string_view> Text(const char* end) {
    SLUICE_TRY(const uint64_t size, Varint(end));
    if (size > static_cast<uint64_t>(end - at_)) return Fail("a text is cut off");
    if (size > limits::kStringBytesMax) return Fail("a text is too long");
    const std::string_view text(at_, size);
    at_ += size;
    return text;
  }

  Result<void> Utf8Text(const char* end) {
    SLUICE_TRY(const auto text, Text(end));
    if (!IsUtf8(text)) return Fail("a text that is not UTF-8");
    return {};
  }

  Result<void> Fixed(const char* end, size_t size) {
    if (static_cast<size_t>(end - at_) < size) return Fail("a value is cut off");
    at_ += size;
    return {};
  }

  Result<void> BigInteger(const char* end) {
    SLUICE_TRY(const auto text, Text(end));
    Arena arena;
    const auto read = ParseInteger(text, arena);
    if (!read || !read->IsBigInteger() || read->text() != text)
      return Fail("a big integer that is not canonical");
    return {};
  }

  Result<void> Decimal(const char* end) {
    SLUICE_TRY(const auto text, Text(end));
    const auto canonical = number_text::CanonicalDecimal(text);
    if (!canonical || *canonical != text) return Fail("a decimal that is not canonical");
    return {};
  }

  Result<void> Date(const char* end) {
    SLUICE_TRY(const uint64_t zigzag, Varint(end));
    const int64_t days = encoding::UnZigZag(zigzag);
    if (days > 4'000'000 || days < -4'000'000 || !InRange({days * 86'400, 0}))
      return Fail("a date out of range");
    return {};
  }

  Result<void> Datetime(const char* end) {
    const char* const at = at_;
    SLUICE_TRY(Fixed(end, 12));
    if (!InRange({encoding::Load<int64_t>(at), encoding::Load<uint32_t>(at + 8)})) {
      return Fail("a datetime out of range");
    }
    return {};
  }

  Result<void> Container(Tag tag, const char* end, size_t depth_left) {
    if (depth_left == 0) return Fail("values nested too deep");
    const char* const start = at_ - 1;
    SLUICE_TRY(Fixed(end, encoding::kHeaderBytes - 1));
    const uint32_t size = encoding::BodyBytes(start);
    const uint32_t count = encoding::Count(start);
    if (size > static_cast<size_t>(end - at_)) return Fail("a list or dict is cut off");
    const char* const body_end = at_ + size;
    std::optional<std::string_view> previous;
    bool sorted = true;
    for (uint32_t left = count; left != 0; --left) {
      if (tag != Tag::kList) {
        SLUICE_TRY(const auto name, Text(body_end));
        if (!IsUtf8(name)) return Fail("a name that is not UTF-8");
        if (previous && *previous >= name) sorted = false;
        previous = name;
      }
      SLUICE_TRY(CheckValue(body_end, depth_left - 1));
    }
    if (at_ != body_end) return Fail("a list or dict of a wrong size");
    if (tag == Tag::kSortedDict && !sorted) return Fail("a sorted dict that is not sorted");
    if (tag == Tag::kDict && !sorted) return CheckDistinct(start);
    return {};
  }

  // Only what the reader lets pass is looked at again, so this cannot run over the end.
  Result<void> CheckDistinct(const char* dict) {
    const SortedProperties properties(Decode({dict, static_cast<size_t>(at_ - dict)}));
    for (size_t i = 1; i < properties.size(); ++i) {
      if (properties[i - 1].name == properties[i].name) return Fail("a name that a dict has twice");
    }
    return {};
  }

  Result<void> CheckValue(const char* end, size_t depth_left) {
    if (at_ == end) return Fail("a value is missing");
    const auto tag_byte = static_cast<uint8_t>(*at_);
    if (tag_byte > kTagMax) return Fail("an unknown tag");
    ++at_;
    switch (static_cast<Tag>(tag_byte)) {
      case Tag::kNull:
      case Tag::kFalse:
      case Tag::kTrue:
        return {};
      case Tag::kInteger: {
        SLUICE_TRY(Varint(end));
        return {};
      }
      case Tag::kBigInteger:
        return BigInteger(end);
      case Tag::kDecimal:
        return Decimal(end);
      case Tag::kFloat:
        return Fixed(end, 8);
      case Tag::kDate:
        return Date(end);
      case Tag::kDatetime:
        return Datetime(end);
      case Tag::kString:
        return Utf8Text(end);
      case Tag::kNi:
      case Tag::kUri:
        return Utf8Text(end);
      case Tag::kBytes: {
        SLUICE_TRY(Text(end));
        return {};
      }
      case Tag::kUuid:
        return Fixed(end, 16);
      case Tag::kList:
      case Tag::kDict:
      case Tag::kSortedDict:
        return Container(static_cast<Tag>(tag_byte), end, depth_left);
    }
    return Fail("an unknown tag");
  }

  const char* start_;
  const char* at_;
  const char* end_;
};

}  // namespace

Result<void> CheckRecord(std::string_view record) { return Checker(record).CheckAll(); }

}  // namespace sluice
