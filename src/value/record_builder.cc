#include "value/record_builder.h"

#include "base/limits.h"
#include "value/record_writer.h"
#include "value/transit_text.h"

namespace sluice::json {
namespace {

using encoding::Buffer;

constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kHighs = 0x8080808080808080u;

// Copies in blocks of eight bytes, over the end on both sides; whether there was a backslash.
bool CopyFindingBackslash(const char* from, size_t size, char* to) {
  uint64_t found = 0;
  const char* const end = from + size;
  for (; end - from > 8; from += 8, to += 8) {
    const auto block = encoding::Load<uint64_t>(from);
    encoding::Store(to, block);
    const uint64_t x = block ^ (kOnes * '\\');
    found |= (x - kOnes) & ~x & kHighs;
  }
  const auto block = encoding::Load<uint64_t>(from);
  encoding::Store(to, block);
  const auto left = static_cast<unsigned>(end - from);  // 0 to 8.
  const uint64_t x = block ^ (kOnes * '\\');
  const uint64_t last = (x - kOnes) & ~x & kHighs;
  found |= left == 0 ? 0 : last << (64 - 8 * left);
  return found != 0;
}

bool NamesAscend(const char* at, uint32_t count) {
  std::string_view previous;
  for (uint32_t i = 0; i < count; ++i) {
    const auto name = encoding::ReadText(at);
    if (i != 0 && previous >= name) return false;
    previous = name;
    at = encoding::Skip(at);
  }
  return true;
}

}  // namespace

RecordBuilder::RecordBuilder(const JsonReadOptions& options)
    : options_(options),
      depth_max_(options.depth_max == 0 ? limits::kDepthMax : options.depth_max) {}

void RecordBuilder::Start(std::string_view text, const uint32_t* positions, uint32_t count) {
  text_ = text.data();
  size_ = text.size();
  at_ = positions;
  end_ = positions + count;
}

RecordBuilder::Outcome RecordBuilder::Build(Buffer& out) {
  const uint32_t* const start = at_;
  const size_t size = out.size();
  cut_off_ = false;
  shapes_.Renew();
  if (BuildValue(ShapeCache::kRoot, depth_max_, out)) {
    // Sizes in records have 32 bits; what fits as a whole fits in each part.
    if (out.size() - size <= UINT32_MAX) return Outcome::kBuilt;
    (void)Fail(Code::kTooLarge, *start, "a value takes more than 4 GiB");
  }
  at_ = start;
  out.Truncate(size);
  return cut_off_ ? Outcome::kCutOff : Outcome::kFailed;
}

bool RecordBuilder::BuildValue(Shape nested, size_t depth_left, Buffer& out) {
  switch (text_[*at_]) {
    case '"':
      return BuildString(out);
    case '{':
      return BuildDict(nested, depth_left, out);
    case '[':
      return BuildList(nested, depth_left, out);
    case 't':
      return BuildAtom("true", Tag::kTrue, out);
    case 'f':
      return BuildAtom("false", Tag::kFalse, out);
    case 'n':
      return BuildAtom("null", Tag::kNull, out);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return BuildNumber(out);
    default:
      return Unexpected("a value", *at_);
  }
}

bool RecordBuilder::BuildDict(Shape shape, size_t depth_left, Buffer& out) {
  if (depth_left == 0) {
    return Fail(Code::kTooLarge, *at_,
                fmt::format("lists and dicts are nested deeper than {}", depth_max_));
  }
  const size_t body = encoding::BeginContainer(Tag::kDict, out);
  uint32_t count = 0;
  ++at_;
  if (text_[*at_] == '}') {
    ++at_;
    CloseDict(shape, body, 0, out);
    return true;
  }
  while (true) {
    if (text_[*at_] != '"') return Unexpected("a property name in quotes", *at_);
    if (!BuildName(shape, out)) return false;
    if (text_[*at_] != ':') return Unexpected("':' after a property name", *at_);
    ++at_;
    const char next = text_[*at_];
    const bool container = next == '{' || next == '[';
    if (!BuildValue(container ? shapes_.Nested(shape) : ShapeCache::kUnknown, depth_left - 1, out))
      return false;
    ++count;
    const char separator = text_[*at_];
    if (separator != ',') {
      if (separator != '}') return Unexpected("',' or '}'", *at_);
      ++at_;
      CloseDict(shape, body, count, out);
      return true;
    }
    ++at_;
  }
}

void RecordBuilder::CloseDict(Shape shape, size_t body, uint32_t count, Buffer& out) {
  const bool known = shape != ShapeCache::kUnknown;
  bool ascending = known ? shapes_.Ascending(shape) : NamesAscend(out.data() + body, count);
  if (!ascending && !(known && shapes_.Distinct(shape))) {
    const uint32_t kept = DropDuplicates(body, count, out);
    if (kept != count) ascending = NamesAscend(out.data() + body, kept);
    count = kept;
  }
  if (ascending) out.data()[body - encoding::kHeaderBytes] = static_cast<char>(Tag::kSortedDict);
  encoding::EndContainer(body, count, out);
}

bool RecordBuilder::BuildList(Shape nested, size_t depth_left, Buffer& out) {
  if (depth_left == 0) {
    return Fail(Code::kTooLarge, *at_,
                fmt::format("lists and dicts are nested deeper than {}", depth_max_));
  }
  const size_t body = encoding::BeginContainer(Tag::kList, out);
  uint32_t count = 0;
  ++at_;
  if (text_[*at_] == ']') {
    ++at_;
    encoding::EndContainer(body, 0, out);
    return true;
  }
  while (true) {
    if (!BuildValue(nested, depth_left - 1, out)) return false;
    ++count;
    const char separator = text_[*at_];
    if (separator != ',') {
      if (separator != ']') return Unexpected("',' or ']'", *at_);
      ++at_;
      encoding::EndContainer(body, count, out);
      return true;
    }
    ++at_;
  }
}

// Between a string's opening quote and the next position lie only its text, its closing quote and
// white space.
std::string_view RecordBuilder::RawString() const {
  const char* const start = text_ + *at_ + 1;
  const char* close = text_ + at_[1] - 1;
  while (*close != '"') --close;
  return {start, static_cast<size_t>(close - start)};
}

bool RecordBuilder::BuildName(Shape& shape, Buffer& out) {
  const char* const raw_start = text_ + *at_ + 1;
  const Shape known = shapes_.Step(shape, raw_start);
  if (known != ShapeCache::kUnknown) {
    const auto encoded = shapes_.EncodedName(known);
    out.Ensure(encoded.size() + 16);
    char* const to = out.end();
    if (encoded.size() <= 16) {
      std::memcpy(to, encoded.data(), 16);
    } else {
      std::memcpy(to, encoded.data(), encoded.size());
    }
    out.Advance(encoded.size());
    shape = known;
    ++at_;
    return true;
  }
  const auto raw = RawString();
  if (raw.find('\\') != raw.npos) {
    if (!Unescape(raw, unescaped_)) return false;
    encoding::PutName(unescaped_, out);
    shape = ShapeCache::kUnknown;
  } else {
    encoding::PutName(raw, out);
    shape = shapes_.Add(shape, raw);
  }
  ++at_;
  return true;
}

bool RecordBuilder::BuildString(Buffer& out) {
  const auto raw = RawString();
  if (raw.size() > 1 && raw[0] == '~' && options_.transit == Transit::kDecode) {
    if (raw.find('\\') != raw.npos) return BuildEscapedString(raw, out);
    if (transit_text::Put(raw, out)) {
      ++at_;
      return true;
    }
  }
  out.Ensure(1 + encoding::kVarintBytesMax + raw.size() + 16);
  char* const start = out.end();
  *start = static_cast<char>(Tag::kString);
  char* const text = encoding::WriteVarint(raw.size(), start + 1);
  if (CopyFindingBackslash(raw.data(), raw.size(), text)) return BuildEscapedString(raw, out);
  out.AdvanceTo(text + raw.size());
  ++at_;
  return true;
}

bool RecordBuilder::BuildEscapedString(std::string_view raw, Buffer& out) {
  if (!Unescape(raw, unescaped_)) return false;
  ++at_;
  if (options_.transit == Transit::kDecode && unescaped_.starts_with('~') &&
      transit_text::Put(unescaped_, out)) {
    return true;
  }
  out.Push(static_cast<char>(Tag::kString));
  encoding::PutName(unescaped_, out);
  return true;
}

bool RecordBuilder::BuildAtom(std::string_view word, Tag tag, Buffer& out) {
  const char* const start = text_ + *at_;
  if (std::memcmp(start, word.data(), word.size()) != 0 || !Terminates(start + word.size())) {
    return Unexpected("a value", *at_);
  }
  out.Push(static_cast<char>(tag));
  ++at_;
  return true;
}

bool RecordBuilder::Terminates(const char* at) const {
  switch (*at) {
    case ',':
    case '}':
    case ']':
    case ' ':
    case '\n':
    case '\r':
    case '\t':
      return true;
    default:
      return static_cast<size_t>(at - text_) == size_;
  }
}

}  // namespace sluice::json
