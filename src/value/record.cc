#include "value/record.h"

#include <algorithm>
#include <vector>

#include "value/encoding.h"
#include "value/record_writer.h"

namespace sluice {

using encoding::Buffer;

Value Decode(std::string_view record) {
  const char* at = record.data();
  return encoding::DecodeAt(at);
}

Value DecodeNext(const char*& at) { return encoding::DecodeAt(at); }

const char* SkipEncoded(const char* at) { return encoding::Skip(at); }

namespace encoding {
namespace {

void PutText(Tag tag, std::string_view text, Buffer& out) {
  out.Ensure(1 + kVarintBytesMax + text.size());
  char* to = out.end();
  *to++ = static_cast<char>(tag);
  to = WriteVarint(text.size(), to);
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  out.AdvanceTo(to + text.size());
}

}  // namespace

char* WriteInline(const Value& value, char* to) {
  const auto tagged = [&](Tag tag) { *to++ = static_cast<char>(tag); };
  switch (value.kind()) {
    case Kind::kBoolean:
      tagged(value.IsTrue() ? Tag::kTrue : Tag::kFalse);
      break;
    case Kind::kInteger:
      tagged(Tag::kInteger);
      to = WriteVarint(ZigZag(value.raw()), to);
      break;
    case Kind::kDate:
      tagged(Tag::kDate);
      to = WriteVarint(ZigZag(value.raw()), to);
      break;
    case Kind::kFloat:
      tagged(Tag::kFloat);
      Store(to, value.raw());
      to += 8;
      break;
    case Kind::kDatetime: {
      const auto at = *value.AsDatetime();
      tagged(Tag::kDatetime);
      Store(to, at.seconds);
      Store(to + 8, at.nanoseconds);
      to += 12;
      break;
    }
    default:
      tagged(Tag::kNull);
      break;
  }
  return to;
}

namespace {

void PutInline(const Value& value, Buffer& out) {
  out.Ensure(1 + 12);
  out.AdvanceTo(WriteInline(value, out.end()));
}

Tag TextTag(Kind kind) {
  switch (kind) {
    case Kind::kInteger:
      return Tag::kBigInteger;
    case Kind::kDecimal:
      return Tag::kDecimal;
    case Kind::kNi:
      return Tag::kNi;
    case Kind::kUri:
      return Tag::kUri;
    case Kind::kBytes:
      return Tag::kBytes;
    default:
      return Tag::kString;
  }
}

// Properties of a built dict are in the order of writing, so the tag needs a look at them.
Tag TagOf(const Property* properties, uint32_t count) {
  for (uint32_t i = 1; i < count; ++i) {
    if (!(properties[i - 1].name < properties[i].name)) return Tag::kDict;
  }
  return Tag::kSortedDict;
}

}  // namespace

size_t BeginContainer(Tag tag, Buffer& out) {
  out.Ensure(kHeaderBytes);
  *out.end() = static_cast<char>(tag);
  out.Advance(kHeaderBytes);
  return out.size();
}

void EndContainer(size_t body, uint32_t count, Buffer& out) {
  char* const header = out.data() + body - kHeaderBytes;
  Store(header + 1, static_cast<uint32_t>(out.size() - body));
  Store(header + 5, count);
}

void PutName(std::string_view name, Buffer& out) {
  out.Ensure(kVarintBytesMax + name.size());
  char* const to = WriteVarint(name.size(), out.end());
  if (!name.empty()) std::memcpy(to, name.data(), name.size());
  out.AdvanceTo(to + name.size());
}

void Put(const Value& value, Buffer& out) {
  switch (value.form()) {
    case Value::Form::kInline:
      PutInline(value, out);
      return;
    case Value::Form::kText:
      if (value.kind() == Kind::kUuid) {
        out.Push(static_cast<char>(Tag::kUuid));
        out.Append(value.text());
      } else {
        PutText(TextTag(value.kind()), value.text(), out);
      }
      return;
    case Value::Form::kEncoded: {
      const char* const at = value.encoded();
      out.Append({at, kHeaderBytes + BodyBytes(at)});
      return;
    }
    case Value::Form::kEntity:
      Put(value.entity()->dict, out);
      return;
    case Value::Form::kBuilt:
      break;
  }
  const uint32_t count = value.count();
  if (value.kind() == Kind::kDict) {
    const Property* const properties = value.built_properties();
    const size_t body = BeginContainer(TagOf(properties, count), out);
    for (uint32_t i = 0; i < count; ++i) {
      PutName(properties[i].name, out);
      Put(properties[i].value, out);
    }
    EndContainer(body, count, out);
    return;
  }
  const size_t body = BeginContainer(Tag::kList, out);
  for (uint32_t i = 0; i < count; ++i) Put(value.built_items()[i], out);
  EndContainer(body, count, out);
}

}  // namespace encoding

void Encode(const Value& value, std::string& out) {
  if (value.form() == Value::Form::kEncoded) {
    const char* const at = value.encoded();
    out.append(at, encoding::kHeaderBytes + encoding::BodyBytes(at));
    return;
  }
  encoding::LocalBuffer buffer;
  encoding::Put(value, buffer);
  out.append(buffer.view());
}

Value CopyInto(const Value& value, Arena& arena) {
  if (value.form() == Value::Form::kInline) return value;
  if (value.form() == Value::Form::kEncoded) {
    const char* const at = value.encoded();
    return Decode(arena.Copy({at, encoding::kHeaderBytes + encoding::BodyBytes(at)}));
  }
  encoding::LocalBuffer buffer;
  encoding::Put(value, buffer);
  return Decode(arena.Copy(buffer.view()));
}

}  // namespace sluice
