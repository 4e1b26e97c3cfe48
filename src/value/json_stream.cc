#include "base/limits.h"
#include "value/encoding.h"
#include "value/json.h"
#include "value/json_index.h"
#include "value/json_scan.h"
#include "value/record_builder.h"

namespace sluice {
namespace {

using json::RecordBuilder;
using Status = json::StructuralIndex::Status;

// Bytes that are indexed together: the positions stay in the processor's cache.
constexpr size_t kWindowBytes = 128 * 1024;
// Buffers that one large value took are not kept for the next.
constexpr size_t kKeptBytesMax = 4 * 1024 * 1024;

}  // namespace

// Bytes go through these stages: [0, begin) read, [begin, window_end) indexed, [window_end, size)
// waiting.
//
// A window ends where a string cannot be open: behind the last brace (or newline) of what is there.
// That is a guess that simdjson checks, since a brace may lie in a string; where it is wrong, a
// scan byte by byte finds the end of the last whole value. A value that the window cuts off is read
// again with the next one.
struct JsonStream::State {
  explicit State(const Options& from)
      : options(from),
        builder(from.read),
        value_bytes_max(from.value_bytes_max == 0 ? limits::kEntityBytesMax
                                                  : from.value_bytes_max) {}

  // What the grammar of the whole allows next.
  enum class Place {
    kStart,       // Nothing was read yet.
    kFirstItem,   // Behind '[': an item or ']'.
    kItem,        // Behind ',': an item.
    kBehindItem,  // ',' or ']'.
    kAnyValue,    // Between values that are no array's items.
    kEnd,         // Nothing but white space.
  };
  enum class Step { kValue, kExhausted, kFailed };

  void Feed(std::string_view more);
  Result<bool> Next(std::string& out);
  bool AtEnd() const;

  bool ReadOpening();
  // What trying to make a window came to.
  enum class Opened {
    kYes,
    kTryAgain,  // What was in the way is gone.
    kNo,        // More bytes are needed, the end is reached, or there is an error.
  };
  Opened OpenWindow();
  Opened CutAndIndex(size_t least, size_t most);
  Opened CutAtWholeValue(size_t most);
  Status Index(size_t end);
  void CloseWindow(size_t consumed);
  void BrokenText(size_t end);
  bool FinishedBetweenValues();

  Step ReadValue();
  Step ReadItem();
  void Wait();
  void Fail(Code code, size_t offset, std::string_view message);
  void FailExpected(std::string_view what);

  Options options;
  RecordBuilder builder;
  size_t value_bytes_max;
  json::StructuralIndex index;
  encoding::Buffer text;
  encoding::Buffer record;

  Place place = Place::kStart;
  uint64_t count = 0;
  uint64_t base = 0;  // Bytes of the stream before text.
  size_t begin = 0;
  bool finished = false;
  bool started = false;  // A byte order mark has been looked for.

  bool window_open = false;
  size_t window_end = 0;
  char under_mark = 0;  // The byte that the zero at window_end stands for.

  // A value starts at begin and was cut off; the scanner has looked at `scanned` bytes of it.
  bool waiting = false;
  json::ItemScanner scanner;
  size_t scanned = 0;

  std::optional<Error> later;  // Found behind whole values, which come first.
  std::optional<Error> error;
};

JsonStream::JsonStream(Options options) : state_(std::make_unique<State>(options)) {}
JsonStream::JsonStream() : JsonStream(Options()) {}
JsonStream::~JsonStream() = default;
JsonStream::JsonStream(JsonStream&&) noexcept = default;
JsonStream& JsonStream::operator=(JsonStream&&) noexcept = default;

void JsonStream::Feed(std::string_view bytes) { state_->Feed(bytes); }
void JsonStream::Finish() { state_->finished = true; }
Result<bool> JsonStream::Next(std::string& out) { return state_->Next(out); }
bool JsonStream::AtEnd() const { return state_->AtEnd(); }
uint64_t JsonStream::count() const { return state_->count; }

void JsonStream::State::Feed(std::string_view more) {
  if (error || more.empty()) return;
  if (window_open) {
    CloseWindow(begin + builder.offset());
    later.reset();
  }
  if (begin == text.size() || begin >= kWindowBytes) {
    const size_t left = text.size() - begin;
    if (left != 0) std::memmove(text.data(), text.data() + begin, left);
    text.Truncate(left);
    base += begin;
    begin = 0;
    if (left == 0) text.Shrink(kKeptBytesMax);
  }
  text.Ensure(more.size() + json::kPaddingBytes);
  text.Append(more);
}

bool JsonStream::State::AtEnd() const {
  if (!finished || error || later || window_open || begin != text.size()) return false;
  return place == Place::kEnd || place == Place::kStart || place == Place::kAnyValue;
}

void JsonStream::State::Fail(Code code, size_t offset, std::string_view message) {
  error = MakeError(code, "item {} at byte {}: {}", count, base + offset, message);
}

void JsonStream::State::FailExpected(std::string_view what) {
  builder.Expected(what);
  Fail(Code::kBadData, begin + builder.failure().offset, builder.failure().message);
}

// Looks at what comes first, which decides what the input is; false if that is not there yet.
bool JsonStream::State::ReadOpening() {
  const auto bytes = text.view();
  if (!started) {
    if (bytes.size() < 3 && !finished && std::string_view("\xEF\xBB\xBF").starts_with(bytes))
      return false;
    begin += json::ByteOrderMarkBytes(bytes);
    started = true;
  }
  begin = std::min(bytes.find_first_not_of(" \t\r\n", begin), bytes.size());
  if (begin == bytes.size()) return false;
  place = bytes[begin] == '[' ? Place::kFirstItem : Place::kAnyValue;
  if (place == Place::kFirstItem) ++begin;
  return true;
}

Status JsonStream::State::Index(size_t end) {
  text.Ensure(json::kPaddingBytes);
  if (end == text.size()) std::memset(text.end(), 0, json::kPaddingBytes);
  return index.Index({text.data() + begin, end - begin});
}

void JsonStream::State::CloseWindow(size_t consumed) {
  if (window_end < text.size()) text.data()[window_end] = under_mark;
  window_open = false;
  begin = consumed;
}

JsonStream::State::Opened JsonStream::State::OpenWindow() {
  if (place == Place::kStart && !ReadOpening()) return Opened::kNo;
  const size_t size = text.size();
  if (begin == size) return Opened::kNo;
  size_t least = begin;
  if (waiting) {
    scanned += scanner.ScanToEnd(text.view().substr(begin + scanned));
    if (scanner.whole_bytes() == 0) {
      if (size - begin > value_bytes_max) {
        Fail(Code::kTooLarge, begin, fmt::format("a value of more than {} bytes", value_bytes_max));
        return Opened::kNo;
      }
      if (!finished) return Opened::kNo;
      least = size;
    } else {
      least = begin + scanner.whole_bytes();
    }
    waiting = false;
  }
  return CutAndIndex(least, std::max(least, std::min(size, begin + kWindowBytes)));
}

// Indexes from begin to a place in [least, most]; `least` is known to be good unless it is begin.
JsonStream::State::Opened JsonStream::State::CutAndIndex(size_t least, size_t most) {
  size_t cut = most;
  if (!finished || most != text.size()) {
    const char last = place == Place::kAnyValue ? '\n' : '}';
    const void* const found = memrchr(text.data() + least, last, most - least);
    if (found != nullptr) {
      cut = static_cast<size_t>(static_cast<const char*>(found) - text.data()) + 1;
    } else if (least > begin) {
      cut = least;
    } else {
      return CutAtWholeValue(most);
    }
  }
  const Status status = Index(cut);
  if (status == Status::kEmpty) {
    begin = cut;
    return Opened::kTryAgain;
  }
  if (status == Status::kTooLarge) {
    Fail(Code::kTooLarge, begin, "a value too large to be read");
    return Opened::kNo;
  }
  if (status != Status::kOk) {
    if (status == Status::kUnclosedString && cut != least && !(finished && cut == text.size())) {
      return CutAtWholeValue(cut);
    }
    BrokenText(cut);
    if (error) return Opened::kNo;
  } else {
    window_end = cut;
  }
  window_open = true;
  under_mark = window_end < text.size() ? text.data()[window_end] : '\0';
  text.data()[window_end] = '\0';
  builder.Start({text.data() + begin, window_end - begin}, index.positions(), index.count());
  return Opened::kYes;
}

// The slow way: looks at every byte for the last place where all values are whole.
JsonStream::State::Opened JsonStream::State::CutAtWholeValue(size_t most) {
  json::ItemScanner whole;
  whole.Scan(text.view().substr(begin, most - begin));
  if (whole.whole_bytes() != 0) {
    const size_t cut = begin + whole.whole_bytes();
    return CutAndIndex(cut, cut);
  }
  waiting = true;
  scanner = whole;
  scanned = most - begin;
  return Opened::kTryAgain;
}

// The text up to `end` is broken somewhere: the values before that place are read first.
void JsonStream::State::BrokenText(size_t end) {
  const auto broken = json::FindBrokenByte(text.view().substr(begin, end - begin));
  json::ItemScanner whole;
  whole.Scan(text.view().substr(begin, broken.offset));
  Error found = MakeError(Code::kBadData, "{}", broken.message);
  found.at = std::to_string(base + begin + broken.offset);
  window_end = begin + whole.whole_bytes();
  if (whole.whole_bytes() != 0 && Index(window_end) == Status::kOk) {
    later = std::move(found);
    return;
  }
  Fail(Code::kBadData, begin + broken.offset, broken.message);
}

// The value at the cursor is cut off: it is looked at again when it is whole.
void JsonStream::State::Wait() {
  const size_t start = begin + builder.offset();
  CloseWindow(start);
  waiting = true;
  scanner = {};
  scanned = 0;
}

JsonStream::State::Step JsonStream::State::ReadItem() {
  const size_t start = builder.offset();
  record.Clear();
  switch (builder.Build(record)) {
    case RecordBuilder::Outcome::kBuilt:
      break;
    case RecordBuilder::Outcome::kFailed:
      Fail(builder.failure().code, begin + builder.failure().offset, builder.failure().message);
      return Step::kFailed;
    case RecordBuilder::Outcome::kCutOff:
      if (later) return Step::kExhausted;
      if (finished && window_end == text.size()) {
        Fail(Code::kBadData, begin + builder.failure().offset, builder.failure().message);
        return Step::kFailed;
      }
      Wait();
      return Step::kExhausted;
  }
  if (builder.end_offset() - start > value_bytes_max) {
    Fail(Code::kTooLarge, begin + start,
         fmt::format("a value of more than {} bytes", value_bytes_max));
    return Step::kFailed;
  }
  return Step::kValue;
}

JsonStream::State::Step JsonStream::State::ReadValue() {
  while (!builder.at_end()) {
    const char next = builder.Peek();
    switch (place) {
      case Place::kEnd:
        FailExpected("nothing behind the end");
        return Step::kFailed;
      case Place::kBehindItem:
        if (next != ',' && next != ']') {
          FailExpected("',' or ']' behind an item");
          return Step::kFailed;
        }
        place = next == ',' ? Place::kItem : Place::kEnd;
        builder.Skip();
        continue;
      case Place::kFirstItem:
        if (next == ']') {
          builder.Skip();
          place = Place::kEnd;
          continue;
        }
        break;
      case Place::kStart:
      case Place::kItem:
      case Place::kAnyValue:
        break;
    }
    const Step step = ReadItem();
    if (step != Step::kValue) return step;
    if (place != Place::kAnyValue) {
      place = Place::kBehindItem;
    } else if (options.wrapped_object && count == 0 && next == '{') {
      place = Place::kEnd;
    }
    return Step::kValue;
  }
  return Step::kExhausted;
}

// Whether the input may end here; otherwise that is the error.
bool JsonStream::State::FinishedBetweenValues() {
  if (place == Place::kStart || place == Place::kAnyValue || place == Place::kEnd) return true;
  Fail(Code::kBadData, text.size(),
       place == Place::kItem ? "expected an item, found the end"
                             : "expected ',' or ']' behind an item, found the end");
  return false;
}

Result<bool> JsonStream::State::Next(std::string& out) {
  while (!error) {
    if (!window_open) {
      const Opened opened = OpenWindow();
      if (opened == Opened::kTryAgain) continue;
      if (error) break;
      if (opened == Opened::kNo) {
        if (finished && begin == text.size() && !FinishedBetweenValues()) break;
        return false;
      }
    }
    const Step step = ReadValue();
    if (step == Step::kFailed) break;
    if (step == Step::kValue) {
      ++count;
      out.append(record.view());
      record.Shrink(kKeptBytesMax);
      return true;
    }
    if (later) {
      error = MakeError(later->code, "item {} at byte {}: {}", count, later->at, later->message);
      break;
    }
    if (window_open) CloseWindow(window_end);
    index.Shrink(kKeptBytesMax);
  }
  return *error;
}

}  // namespace sluice
