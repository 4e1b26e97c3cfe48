#include "value/encoded_json.h"

#include <charconv>
#include <cmath>

#include "value/encoding.h"
#include "value/instant.h"
#include "value/number_text.h"
#include "value/transit_text.h"

namespace sluice::json {
namespace {

constexpr size_t kBlockBytes = 16;
constexpr size_t kIntegerBytesMax = 20;

// Sixteen bytes at once, in whatever registers the machine has.
using Block = uint8_t __attribute__((vector_size(kBlockBytes)));

bool HasSpecial(Block block) {
  const auto marks = (block < 0x20) | (block == '"') | (block == '\\');
  uint64_t halves[2];
  std::memcpy(halves, &marks, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

bool HasSpecialWord(uint64_t word) { return FindSpecial(word) != 0; }

char* WriteEscapedText(const char* from, const char* end, char* to) {
  for (; from != end; ++from) {
    const auto byte = static_cast<unsigned char>(*from);
    if (byte < 0x20 || byte == '"' || byte == '\\') {
      to = WriteEscaped(byte, to);
    } else {
      *to++ = *from;
    }
  }
  return to;
}

// A text of less than a block. Words that overlap cover it without a loop.
char* WriteShortText(const char* from, size_t size, char* to) {
  if (size >= 8) {
    const auto first = encoding::Load<uint64_t>(from);
    const auto last = encoding::Load<uint64_t>(from + size - 8);
    if (HasSpecialWord(first) || HasSpecialWord(last)) [[unlikely]]
      return WriteEscapedText(from, from + size, to);
    encoding::Store(to, first);
    encoding::Store(to + size - 8, last);
    return to + size;
  }
  // Bytes that are not there must not look like control characters.
  const uint64_t text = encoding::LoadPartial(from, size);
  const uint64_t filled = text | (uint64_t{0x4040404040404040u} << (8 * size));
  if (HasSpecialWord(filled)) [[unlikely]]
    return WriteEscapedText(from, from + size, to);
  encoding::Store(to, text);
  return to + size;
}

char* WriteText(std::string_view text, char* to) {
  const char* from = text.data();
  size_t left = text.size();
  bool is_plain = true;
  for (; left >= kBlockBytes; from += kBlockBytes, left -= kBlockBytes) {
    const auto block = encoding::Load<Block>(from);
    if (HasSpecial(block)) [[unlikely]] {
      is_plain = false;
      to = WriteEscapedText(from, from + kBlockBytes, to);
      continue;
    }
    encoding::Store(to, block);
    to += kBlockBytes;
  }
  if (left == 0) return to;
  if (!is_plain || text.size() < kBlockBytes) return WriteShortText(from, left, to);
  // The last block overlaps what has been copied as it is.
  const auto block = encoding::Load<Block>(from + left - kBlockBytes);
  if (HasSpecial(block)) [[unlikely]]
    return WriteEscapedText(from, from + left, to);
  encoding::Store(to + left - kBlockBytes, block);
  return to + left;
}

char* WritePrefixed(std::string_view text, Transit transit, char letter, char* to) {
  *to++ = '"';
  if (transit == Transit::kDecode) {
    *to++ = '~';
    *to++ = letter;
  }
  to = WriteText(text, to);
  *to++ = '"';
  return to;
}

char* WriteFloatJson(double value, char* to) {
  if (!std::isfinite(value)) return WriteLiteral("null", to);
  return number_text::WriteFloat(value, to);
}

// What Transit::kDecode marks.
char* WriteMarked(const char*& at, Tag tag, Transit transit, char* to) {
  const bool marked = transit == Transit::kDecode;
  const auto mark = [&](char letter) {
    *to++ = '"';
    if (marked) {
      *to++ = '~';
      *to++ = letter;
    }
  };
  if (tag == Tag::kUuid) {
    mark('u');
    to = transit_text::WriteUuid({at + 1, 16}, to);
    at += 17;
  } else if (tag == Tag::kBytes) {
    ++at;
    mark('b');
    to = transit_text::WriteBase64(encoding::ReadText(at), to);
  } else {
    const Value value = encoding::DecodeAt(at);
    mark('t');
    to = tag == Tag::kDate ? WriteDateText(*value.AsDate(), to)
                           : WriteDatetimeText(*value.AsDatetime(), to);
  }
  *to++ = '"';
  return to;
}

char* WriteListJson(const char*& at, Transit transit, char* to) {
  const uint32_t count = encoding::Count(at);
  at += encoding::kHeaderBytes;
  *to++ = '[';
  for (uint32_t i = 0; i < count; ++i) {
    if (i != 0) *to++ = ',';
    to = WriteEncodedJson(at, transit, to);
  }
  *to++ = ']';
  return to;
}

char* WriteDictJson(const char*& at, Transit transit, char* to) {
  const uint32_t count = encoding::Count(at);
  at += encoding::kHeaderBytes;
  *to++ = '{';
  for (uint32_t i = 0; i < count; ++i) {
    if (i != 0) *to++ = ',';
    to = WriteStringJson(encoding::ReadText(at), to);
    *to++ = ':';
    to = WriteEncodedJson(at, transit, to);
  }
  *to++ = '}';
  return to;
}

}  // namespace

uint64_t FindSpecial(uint64_t block) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  constexpr uint64_t kHighs = 0x8080808080808080u;
  const auto zero_byte = [](uint64_t v) { return (v - kOnes) & ~v & kHighs; };
  const uint64_t control = (block - kOnes * 0x20) & ~block & kHighs;
  return control | zero_byte(block ^ (kOnes * '"')) | zero_byte(block ^ (kOnes * '\\'));
}

char* WriteEscaped(unsigned char byte, char* to) {
  constexpr std::string_view kHex = "0123456789abcdef";
  *to++ = '\\';
  switch (byte) {
    case '"':
    case '\\':
      *to++ = static_cast<char>(byte);
      return to;
    case '\n':
      *to++ = 'n';
      return to;
    case '\r':
      *to++ = 'r';
      return to;
    case '\t':
      *to++ = 't';
      return to;
    case '\b':
      *to++ = 'b';
      return to;
    case '\f':
      *to++ = 'f';
      return to;
    default:
      break;
  }
  std::memcpy(to, "u00", 3);
  to[3] = kHex[byte >> 4];
  to[4] = kHex[byte & 15];
  return to + 5;
}

char* WriteStringJson(std::string_view text, char* to) {
  *to++ = '"';
  to = WriteText(text, to);
  *to++ = '"';
  return to;
}

char* WriteEncodedJson(const char*& at, Transit transit, char* to) {
  const Tag tag = encoding::TagAt(at);
  switch (tag) {
    case Tag::kString:
      ++at;
      return WriteStringJson(encoding::ReadText(at), to);
    case Tag::kInteger:
      ++at;
      return std::to_chars(to, to + kIntegerBytesMax, encoding::UnZigZag(encoding::ReadVarint(at)))
          .ptr;
    case Tag::kNull:
      ++at;
      return WriteLiteral("null", to);
    case Tag::kTrue:
      ++at;
      return WriteLiteral("true", to);
    case Tag::kFalse:
      ++at;
      return WriteLiteral("false", to);
    case Tag::kFloat:
      at += 9;
      return WriteFloatJson(encoding::Load<double>(at - 8), to);
    case Tag::kBigInteger:
      ++at;
      return WriteText(encoding::ReadText(at), to);
    case Tag::kDecimal:
      ++at;
      return WritePrefixed(encoding::ReadText(at), transit, 'f', to);
    case Tag::kNi:
      ++at;
      return WritePrefixed(encoding::ReadText(at), transit, ':', to);
    case Tag::kUri:
      ++at;
      return WritePrefixed(encoding::ReadText(at), transit, 'r', to);
    case Tag::kUuid:
    case Tag::kBytes:
    case Tag::kDate:
    case Tag::kDatetime:
      return WriteMarked(at, tag, transit, to);
    case Tag::kList:
      return WriteListJson(at, transit, to);
    case Tag::kDict:
    case Tag::kSortedDict:
      return WriteDictJson(at, transit, to);
  }
  return to;
}

}  // namespace sluice::json
