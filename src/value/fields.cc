#include "value/fields.h"

#include <memory>

#include "value/encoding.h"
#include "value/record_writer.h"

namespace sluice {
namespace {

// Of a name whose first eight bytes are `head`.
inline uint64_t HashOf(std::string_view name, uint64_t head) {
  constexpr uint64_t kSpread = 0x9E3779B97F4A7C15u;
  uint64_t bytes = head ^ name.size();
  if (name.size() > 8) bytes ^= encoding::Load<uint64_t>(name.data() + name.size() - 8) * kSpread;
  bytes *= kSpread;
  return bytes ^ bytes >> 32;
}

inline void Note(std::string_view name, uint64_t hash, NameSummary& summary) {
  summary.names |= NameSummary::BitOfHash(hash);
  if (!name.starts_with('_')) return;
  (name == "_id" ? summary.id : summary.reserved) = true;
}

// The first eight bytes of a name in a record that ends at `end`, as LoadPartial gives them.
inline uint64_t HeadOf(std::string_view name, const char* end) {
  if (end - name.data() < 8) return encoding::LoadPartial(name.data(), name.size());
  const auto bytes = encoding::Load<uint64_t>(name.data());
  if (name.size() >= 8) return bytes;
  // Cut in two steps, since a shift by 64 is none.
  const size_t missing = 8 * (8 - name.size());
  return bytes & (~uint64_t{0} >> (missing - 1) >> 1);
}

// Room for names and values, where all values are strings, encoded or inline; else nothing.
std::optional<size_t> FlatBytes(std::span<const Property> properties) {
  constexpr size_t kInlineBytesMax = 16;
  size_t bytes = 0;
  for (const auto& [name, value] : properties) {
    bytes += encoding::kVarintBytesMax + name.size();
    if (value.form() == Value::Form::kInline) {
      bytes += kInlineBytesMax;
    } else if (value.form() == Value::Form::kEncoded) {
      bytes += encoding::kHeaderBytes + encoding::BodyBytes(value.encoded());
    } else if (value.IsString()) {
      bytes += 1 + encoding::kVarintBytesMax + value.text().size();
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

char* WriteText(std::string_view text, char* to) {
  to = encoding::WriteVarint(text.size(), to);
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// The same as ExtendDict, written in place.
Value ExtendFlat(const char* from, std::span<const Property> added, size_t bytes, Arena& arena) {
  const size_t body = encoding::BodyBytes(from);
  char* const start = arena.Allocate(encoding::kHeaderBytes + body + bytes);
  *start = static_cast<char>(Tag::kDict);
  std::memcpy(start + encoding::kHeaderBytes, from + encoding::kHeaderBytes, body);
  char* to = start + encoding::kHeaderBytes + body;
  for (const auto& [name, value] : added) {
    to = WriteText(name, to);
    if (value.form() == Value::Form::kEncoded) {
      const size_t size = encoding::kHeaderBytes + encoding::BodyBytes(value.encoded());
      std::memcpy(to, value.encoded(), size);
      to += size;
    } else if (value.form() == Value::Form::kText) {
      *to++ = static_cast<char>(Tag::kString);
      to = WriteText(value.text(), to);
    } else {
      to = encoding::WriteInline(value, to);
    }
  }
  arena.Trim(to);
  const auto count = encoding::Count(from) + static_cast<uint32_t>(added.size());
  encoding::Store(start + 1, static_cast<uint32_t>(to - start - encoding::kHeaderBytes));
  encoding::Store(start + 5, count);
  return Value::Encoded(Kind::kDict, start, count);
}

}  // namespace

uint64_t NameSummary::Hash(std::string_view name) {
  return HashOf(name, encoding::LoadPartial(name.data(), name.size()));
}

uint32_t FieldTable::Add(std::string_view name) {
  const auto [there, added] =
      places_.try_emplace(std::string(name), static_cast<uint32_t>(names_.size()));
  if (added) names_.emplace_back(name);
  return there->second;
}

void FieldTable::Finish() {
  size_t capacity = 16;
  while (capacity < names_.size() * 4) capacity *= 2;
  slots_.assign(capacity, {});
  mask_ = static_cast<uint32_t>(capacity - 1);
  guesses_ = std::make_unique<Guesses>();
  for (size_t i = 0; i < names_.size(); ++i) {
    const std::string& name = names_[i];
    uint32_t slot = SlotOf(NameSummary::Hash(name));
    while (slots_[slot].place != 0) slot = (slot + 1) & mask_;
    slots_[slot] = {.head = encoding::LoadPartial(name.data(), name.size()),
                    .size = static_cast<uint32_t>(name.size()),
                    .place = static_cast<uint32_t>(i + 1)};
  }
}

inline bool FieldTable::IsAt(const Slot& slot, std::string_view name, uint64_t head) const {
  return slot.size == name.size() && slot.head == head && slot.place != 0 &&
         (name.size() <= 8 ||
          std::memcmp(names_[slot.place - 1].data() + 8, name.data() + 8, name.size() - 8) == 0);
}

inline uint32_t FieldTable::Look(std::string_view name, uint64_t head, uint64_t hash) const {
  uint32_t at = SlotOf(hash);
  for (; slots_[at].place != 0; at = (at + 1) & mask_) {
    if (IsAt(slots_[at], name, head)) return at;
  }
  return kNone;
}

void FieldTable::Read(const Value& dict, Value* fields, NameSummary* summary) const {
  std::uninitialized_fill_n(fields, names_.size(), Value());
  if (dict.form() == Value::Form::kEntity) return Read(dict.entity()->dict, fields, summary);
  if (!dict.IsDict()) return;
  if (dict.form() == Value::Form::kEncoded) {
    return summary ? ReadEncoded<true>(dict, fields, summary)
                   : ReadEncoded<false>(dict, fields, summary);
  }
  for (const Property& property : dict.properties()) {
    const uint64_t hash = NameSummary::Hash(property.name);
    if (summary) Note(property.name, hash, *summary);
    const uint64_t head = encoding::LoadPartial(property.name.data(), property.name.size());
    const uint32_t slot = Look(property.name, head, hash);
    if (slot != kNone) fields[slots_[slot].place - 1] = property.value;
  }
}

template <bool kSummarised>
void FieldTable::ReadEncoded(const Value& dict, Value* fields, NameSummary* summary) const {
  const char* at = dict.encoded() + encoding::kHeaderBytes;
  const char* const end = at + encoding::BodyBytes(dict.encoded());
  const uint32_t count = dict.count();
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view name = encoding::ReadText(at);
    const uint64_t head = HeadOf(name, end);
    uint32_t slot = i < kGuesses ? guesses_->slots[i].load(std::memory_order_relaxed) : 0;
    bool known = IsAt(slots_[slot], name, head);
    if (kSummarised || !known) {
      const uint64_t hash = HashOf(name, head);
      if constexpr (kSummarised) Note(name, hash, *summary);
      if (!known) {
        slot = Look(name, head, hash);
        known = slot != kNone;
        if (known && i < kGuesses) guesses_->slots[i].store(slot, std::memory_order_relaxed);
      }
    }
    if (encoding::TagAt(at) == Tag::kString) {
      // Most of what there is.
      ++at;
      const std::string_view text = encoding::ReadText(at);
      if (known) fields[slots_[slot].place - 1] = Value::String(text);
    } else if (known) {
      fields[slots_[slot].place - 1] = encoding::DecodeAt(at);
    } else {
      at = encoding::Skip(at);
    }
  }
}

NameSummary SummariseNames(const Value& dict) {
  NameSummary summary;
  if (dict.form() == Value::Form::kEncoded && dict.IsDict()) {
    const char* at = dict.encoded() + encoding::kHeaderBytes;
    for (uint32_t left = dict.count(); left != 0; --left) {
      const std::string_view name = encoding::ReadText(at);
      Note(name, NameSummary::Hash(name), summary);
      at = encoding::Skip(at);
    }
    return summary;
  }
  for (const Property& property : dict.properties()) {
    Note(property.name, NameSummary::Hash(property.name), summary);
  }
  return summary;
}

Value ExtendDict(const Value& dict, std::span<const Property> added, Arena& arena) {
  if (added.empty()) return dict;
  const char* const from = dict.encoded();
  if (const auto bytes = FlatBytes(added)) return ExtendFlat(from, added, *bytes, arena);
  encoding::LocalBuffer buffer;
  const size_t body = encoding::BeginContainer(Tag::kDict, buffer);
  buffer.Append({from + encoding::kHeaderBytes, encoding::BodyBytes(from)});
  for (const Property& property : added) {
    encoding::PutName(property.name, buffer);
    encoding::Put(property.value, buffer);
  }
  encoding::EndContainer(body, dict.count() + static_cast<uint32_t>(added.size()), buffer);
  const char* at = arena.Copy(buffer.view()).data();
  return encoding::DecodeAt(at);
}

}  // namespace sluice
