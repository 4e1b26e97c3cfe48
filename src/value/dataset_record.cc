// The records of entities as datasets store them, and their identity.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <vector>

#include "value/dataset_records.h"
#include "value/encoding.h"
#include "value/record.h"
#include "value/record_writer.h"
#include "value/relations.h"

namespace sluice {
namespace encoding {
namespace {

// A property on its way into a sorted dict: encoded bytes (from its name's length on), or a built
// value.
struct Entry {
  NameKey key;
  const char* bytes = nullptr;
  size_t size = 0;
  const Property* built = nullptr;
};

// The entries of one dict; small ones need no memory from the heap.
class Entries {
 public:
  explicit Entries(uint32_t count) {
    if (count > kInlineMax) {
      heap_.resize(count, Entry{NameKey({})});
      entries_ = heap_.data();
    } else {
      entries_ = reinterpret_cast<Entry*>(memory_);
    }
  }
  void Add(const Entry& entry) { new (&entries_[count_++]) Entry(entry); }
  uint32_t count() const { return count_; }
  Entry* begin() { return entries_; }
  Entry* end() { return entries_ + count_; }

  void Sort() {
    const auto less = [](const Entry& a, const Entry& b) { return a.key < b.key; };
    if (count_ > kInlineMax) {
      std::sort(begin(), end(), less);
      return;
    }
    for (uint32_t i = 1; i < count_; ++i) {
      if (!less(entries_[i], entries_[i - 1])) continue;
      const Entry moved = entries_[i];
      uint32_t to = i;
      for (; to != 0 && less(moved, entries_[to - 1]); --to) entries_[to] = entries_[to - 1];
      entries_[to] = moved;
    }
  }

 private:
  static constexpr uint32_t kInlineMax = 48;
  alignas(Entry) char memory_[kInlineMax * sizeof(Entry)];
  std::vector<Entry> heap_;
  Entry* entries_;
  uint32_t count_ = 0;
};

// What PutForDataset finds on its way.
struct Found {
  size_t id = 0;  // Where the value of `_id` lies in the buffer; 0 if there is none.
  bool deleted = false;
};

bool IsReserved(std::string_view name) { return !name.empty() && name[0] == '_' && name != "_id"; }

void PutSorted(Entries& entries, Buffer& out, Found& found) {
  entries.Sort();
  const size_t body = BeginContainer(Tag::kSortedDict, out);
  const NameKey id("_id");
  for (const Entry& entry : entries) {
    // Behind the name and its length of one byte.
    if (entry.key.prefix == id.prefix && entry.key.name.size() == 3) found.id = out.size() + 4;
    if (entry.built == nullptr) {
      out.Append({entry.bytes, entry.size});
    } else {
      PutName(entry.key.name, out);
      Put(entry.built->value, out);
    }
  }
  EndContainer(body, entries.count(), out);
}

// Whether all dicts in the body of a list or dict (nested ones included) are sorted.
bool NestedSorted(const char* at, const char* end, bool named) {
  while (at != end) {
    if (named) {
      const auto size = ReadVarint(at);
      at += size;
    }
    const char* const next = Skip(at);
    const Tag tag = TagAt(at);
    if (tag == Tag::kDict) return false;
    if ((tag == Tag::kList || tag == Tag::kSortedDict) &&
        !NestedSorted(at + kHeaderBytes, next, tag == Tag::kSortedDict)) {
      return false;
    }
    at = next;
  }
  return true;
}

// Sorts the properties of a dict where it stands.
void SortProperties(char* dict) {
  LocalBuffer copy;
  copy.Append({dict + kHeaderBytes, BodyBytes(dict)});
  const uint32_t count = Count(dict);
  Entries entries(count);
  const char* at = copy.data();
  for (uint32_t left = count; left != 0; --left) {
    const char* const start = at;
    const auto name = ReadText(at);
    at = Skip(at);
    entries.Add({.key = NameKey(name), .bytes = start, .size = static_cast<size_t>(at - start)});
  }
  entries.Sort();
  char* to = dict + kHeaderBytes;
  for (const Entry& entry : entries) {
    std::memcpy(to, entry.bytes, entry.size);
    to += entry.size;
  }
  *dict = static_cast<char>(Tag::kSortedDict);
}

// Sorts every dict in a value; nothing moves but the properties within their dict.
void SortAll(char* at) {
  const Tag tag = TagAt(at);
  if (tag < Tag::kList) return;
  if (tag == Tag::kDict) SortProperties(at);
  const char* const end = Skip(at);
  const bool named = tag != Tag::kList;
  for (const char* next = at + kHeaderBytes; next != end;) {
    if (named) {
      const auto size = ReadVarint(next);
      next += size;
    }
    SortAll(at + (next - at));
    next = Skip(next);
  }
}

Found PutFinding(const Value& dict, Buffer& out) {
  if (dict.form() == Value::Form::kEntity) return PutFinding(dict.entity()->dict, out);
  Found found;
  const uint32_t count = dict.count();
  Entries entries(count);
  if (dict.form() == Value::Form::kBuilt) {
    const Property* const properties = dict.built_properties();
    for (const Property* p = properties; p != properties + count; ++p) {
      const bool deletes =
          p->name == "_deleted" && p->value.kind() == Kind::kBoolean && p->value.IsTrue();
      if (IsReserved(p->name) && !deletes) continue;
      found.deleted = found.deleted || deletes;
      entries.Add({.key = NameKey(p->name), .built = p});
    }
    PutSorted(entries, out, found);
    return found;
  }
  const char* at = dict.encoded() + kHeaderBytes;
  out.Ensure(kHeaderBytes + BodyBytes(dict.encoded()));
  for (uint32_t left = count; left != 0; --left) {
    const char* const start = at;
    const auto name = ReadText(at);
    const Tag tag = TagAt(at);
    at = Skip(at);
    if (IsReserved(name)) {
      if (name != "_deleted" || tag != Tag::kTrue) continue;
      found.deleted = true;
    }
    entries.Add({.key = NameKey(name), .bytes = start, .size = static_cast<size_t>(at - start)});
  }
  PutSorted(entries, out, found);
  return found;
}

}  // namespace

void PutForDataset(const Value& dict, Buffer& out) { PutFinding(dict, out); }

}  // namespace encoding

namespace {

Hash128 HashOf(std::string_view bytes) {
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

}  // namespace

void EncodeForDataset(const Value& dict, std::string& out) {
  encoding::LocalBuffer buffer;
  encoding::PutForDataset(dict, buffer);
  out.append(buffer.view());
}

struct DatasetRecords::State {
  struct Place {
    size_t start = 0;
    size_t id = 0;
    size_t end = 0;
    bool deleted = false;
  };
  encoding::Buffer bytes;
  std::vector<Place> places;
};

DatasetRecords::DatasetRecords() : state_(std::make_unique<State>()) {}
DatasetRecords::~DatasetRecords() = default;
DatasetRecords::DatasetRecords(DatasetRecords&&) noexcept = default;
DatasetRecords& DatasetRecords::operator=(DatasetRecords&&) noexcept = default;

void DatasetRecords::Reserve(size_t records, size_t bytes) {
  state_->places.reserve(records);
  state_->bytes.Ensure(bytes);
}

size_t DatasetRecords::Add(const Value& dict) {
  auto& bytes = state_->bytes;
  State::Place place{.start = bytes.size()};
  const auto found = encoding::PutFinding(dict, bytes);
  place.id = found.id;
  place.deleted = found.deleted;
  place.end = bytes.size();
  state_->places.push_back(place);
  return place.end - place.start;
}

size_t DatasetRecords::size() const { return state_->places.size(); }
size_t DatasetRecords::bytes() const { return state_->bytes.size(); }

DatasetRecords::Item DatasetRecords::operator[](size_t i) const {
  const auto& place = state_->places[i];
  const char* const data = state_->bytes.data();
  Item item{
      .record = {data + place.start, place.end - place.start}, .id = {}, .deleted = place.deleted};
  if (place.id != 0) {
    const char* at = data + place.id;
    item.id = encoding::DecodeAt(at).AsString().value_or(std::string_view());
  }
  return item;
}

Hash128 IdentityHash(const Value& dict) {
  encoding::LocalBuffer canonical;
  encoding::PutForDataset(dict, canonical);
  encoding::SortAll(canonical.data());
  return HashOf(canonical.view());
}

Hash128 IdentityHashOfRecord(std::string_view dataset_record) {
  const char* const body = dataset_record.data() + encoding::kHeaderBytes;
  if (encoding::NestedSorted(body, dataset_record.data() + dataset_record.size(), true)) {
    return HashOf(dataset_record);
  }
  encoding::LocalBuffer canonical;
  canonical.Append(dataset_record);
  encoding::SortAll(canonical.data());
  return HashOf(canonical.view());
}

void WriteHashText(const Hash128& hash, char* to) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) {
    to[i] = kHex[(hash.high >> (60 - 4 * i)) & 15];
    to[16 + i] = kHex[(hash.low >> (60 - 4 * i)) & 15];
  }
}

std::string HashText(const Hash128& hash) {
  std::string text(32, '0');
  WriteHashText(hash, text.data());
  return text;
}

}  // namespace sluice
