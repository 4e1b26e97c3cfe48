#include "value/fields.h"

#include <memory>

#include "value/encoding.h"
#include "value/record_writer.h"

namespace sluice {
namespace {

// Names that stand together mostly differ in their first, middle or last byte, or in their length.
inline uint64_t HashName(std::string_view name) {
  if (name.empty()) return 0;
  const auto byte = [&](size_t at) { return uint64_t{static_cast<unsigned char>(name[at])}; };
  const uint64_t bytes = byte(0) | byte(name.size() / 2) << 8 | byte(name.size() - 1) << 16;
  return (bytes ^ name.size() << 24) * 0x9E3779B97F4A7C15u;
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

uint32_t FieldTable::Add(std::string_view name) {
  const auto [there, added] =
      places_.try_emplace(std::string(name), static_cast<uint32_t>(names_.size()));
  if (added) {
    names_.push_back({std::string(name), encoding::LoadPartial(name.data(), name.size())});
  }
  return there->second;
}

void FieldTable::Finish() {
  size_t capacity = 16;
  while (capacity < names_.size() * 4) capacity *= 2;
  slots_.assign(capacity, 0);
  for (size_t i = 0; i < names_.size(); ++i) {
    uint32_t slot = SlotOf(names_[i].text);
    while (slots_[slot] != 0) slot = (slot + 1) & static_cast<uint32_t>(slots_.size() - 1);
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
}

uint32_t FieldTable::SlotOf(std::string_view name) const {
  return static_cast<uint32_t>(HashName(name) >> 40) & static_cast<uint32_t>(slots_.size() - 1);
}

std::optional<uint32_t> FieldTable::Position(std::string_view name) const {
  const auto mask = static_cast<uint32_t>(slots_.size() - 1);
  for (uint32_t slot = SlotOf(name); slots_[slot] != 0; slot = (slot + 1) & mask) {
    const uint32_t position = slots_[slot] - 1;
    const Name& known = names_[position];
    if (known.text.size() != name.size() ||
        known.head != encoding::LoadPartial(name.data(), name.size())) {
      continue;
    }
    if (name.size() <= 8 ||
        std::memcmp(known.text.data() + 8, name.data() + 8, name.size() - 8) == 0) {
      return position;
    }
  }
  return std::nullopt;
}

void FieldTable::Read(const Value& dict, Value* fields) const {
  std::uninitialized_fill_n(fields, names_.size(), Value());
  if (dict.form() == Value::Form::kEntity) return Read(dict.entity()->dict, fields);
  if (!dict.IsDict()) return;
  if (dict.form() != Value::Form::kEncoded) {
    for (const Property& property : dict.properties()) {
      if (const auto position = Position(property.name)) fields[*position] = property.value;
    }
    return;
  }
  const char* at = dict.encoded() + encoding::kHeaderBytes;
  for (uint32_t left = dict.count(); left != 0; --left) {
    const auto position = Position(encoding::ReadText(at));
    if (position) {
      fields[*position] = encoding::DecodeAt(at);
    } else {
      at = encoding::Skip(at);
    }
  }
}

uint64_t NameSummary::Bit(std::string_view name) { return uint64_t{1} << (HashName(name) >> 58); }

NameSummary SummariseNames(const Value& dict) {
  NameSummary summary;
  const auto add = [&](std::string_view name) {
    summary.names |= NameSummary::Bit(name);
    if (!name.starts_with('_')) return;
    (name == "_id" ? summary.id : summary.reserved) = true;
  };
  if (dict.form() == Value::Form::kEncoded && dict.IsDict()) {
    const char* at = dict.encoded() + encoding::kHeaderBytes;
    for (uint32_t left = dict.count(); left != 0; --left) {
      add(encoding::ReadText(at));
      at = encoding::Skip(at);
    }
    return summary;
  }
  for (const Property& property : dict.properties()) add(property.name);
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
