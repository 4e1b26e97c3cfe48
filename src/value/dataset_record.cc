// The records of entities as datasets store them, and their identity.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <vector>

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

bool IsReserved(std::string_view name) { return !name.empty() && name[0] == '_' && name != "_id"; }

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

void PutSorted(const Value& value, Buffer& out);

void PutEncodedSorted(const char* at, const char* next, Buffer& out) {
  const Tag tag = TagAt(at);
  if (tag < Tag::kList ||
      (tag != Tag::kDict && NestedSorted(at + kHeaderBytes, next, tag != Tag::kList))) {
    out.Append({at, static_cast<size_t>(next - at)});
    return;
  }
  PutSorted(DecodeAt(at), out);
}

enum class Reserved { kKeep, kDrop };

void PutEntries(Entries& entries, Nested nested, Buffer& out) {
  entries.Sort();
  const size_t body = BeginContainer(Tag::kSortedDict, out);
  for (const Entry& entry : entries) {
    if (entry.built != nullptr) {
      PutName(entry.key.name, out);
      if (nested == Nested::kSorted) {
        PutSorted(entry.built->value, out);
      } else {
        Put(entry.built->value, out);
      }
      continue;
    }
    const char* const value = entry.key.name.data() + entry.key.name.size();
    const char* const end = entry.bytes + entry.size;
    if (nested == Nested::kSorted && TagAt(value) >= Tag::kList) {
      out.Append({entry.bytes, static_cast<size_t>(value - entry.bytes)});
      PutEncodedSorted(value, end, out);
    } else {
      out.Append({entry.bytes, entry.size});
    }
  }
  EndContainer(body, entries.count(), out);
}

void PutDict(const Value& dict, Reserved reserved, Nested nested, Buffer& out) {
  const uint32_t count = dict.count();
  Entries entries(count);
  if (dict.form() == Value::Form::kBuilt) {
    for (const Property* p = dict.built_properties(); p != dict.built_properties() + count; ++p) {
      if (reserved == Reserved::kDrop && IsReserved(p->name) &&
          !(p->name == "_deleted" && p->value.kind() == Kind::kBoolean && p->value.IsTrue())) {
        continue;
      }
      entries.Add({.key = NameKey(p->name), .built = p});
    }
  } else {
    const char* at = dict.encoded() + kHeaderBytes;
    for (uint32_t left = count; left != 0; --left) {
      const char* const start = at;
      const auto name = ReadText(at);
      const Tag tag = TagAt(at);
      at = Skip(at);
      if (reserved == Reserved::kDrop && IsReserved(name) &&
          !(name == "_deleted" && tag == Tag::kTrue))
        continue;
      entries.Add({.key = NameKey(name), .bytes = start, .size = static_cast<size_t>(at - start)});
    }
  }
  PutEntries(entries, nested, out);
}

void PutSorted(const Value& value, Buffer& out) {
  if (value.form() == Value::Form::kEntity) return PutSorted(value.entity()->dict, out);
  if (value.kind() == Kind::kDict) return PutDict(value, Reserved::kKeep, Nested::kSorted, out);
  if (value.kind() != Kind::kList && value.kind() != Kind::kTuple) return Put(value, out);
  const size_t body = BeginContainer(Tag::kList, out);
  for (const Value& item : value.items()) PutSorted(item, out);
  EndContainer(body, value.count(), out);
}

}  // namespace

void PutForDataset(const Value& dict, Nested nested, Buffer& out) {
  if (dict.form() == Value::Form::kEntity) return PutForDataset(dict.entity()->dict, nested, out);
  PutDict(dict, Reserved::kDrop, nested, out);
}

}  // namespace encoding

namespace {

Hash128 HashOf(std::string_view bytes) {
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

}  // namespace

void EncodeForDataset(const Value& dict, std::string& out) {
  encoding::Buffer buffer;
  encoding::PutForDataset(dict, encoding::Nested::kAsTheyAre, buffer);
  out.append(buffer.view());
}

Hash128 IdentityHash(const Value& dict) {
  encoding::Buffer canonical;
  encoding::PutForDataset(dict, encoding::Nested::kSorted, canonical);
  return HashOf(canonical.view());
}

Hash128 IdentityHashOfRecord(std::string_view dataset_record) {
  using namespace encoding;
  const char* const at = dataset_record.data();
  const char* const end = at + dataset_record.size();
  if (NestedSorted(at + kHeaderBytes, end, true)) return HashOf(dataset_record);
  Buffer canonical;
  canonical.Ensure(dataset_record.size());
  PutForDataset(Decode(dataset_record), Nested::kSorted, canonical);
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
