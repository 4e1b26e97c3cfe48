#include <array>
#include <vector>

#include "value/instant.h"
#include "value/json.h"
#include "value/number.h"
#include "value/number_text.h"
#include "value/record.h"
#include "value/record_writer.h"
#include "value/transit_text.h"

namespace sluice {
namespace transit_text {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHex = "0123456789abcdef";

constexpr std::array<int8_t, 256> MakeBase64Values() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kBase64.size(); ++i) {
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<int8_t>(i);
  }
  return values;
}
constexpr auto kBase64Values = MakeBase64Values();

int Base64Value(char c) { return kBase64Values[static_cast<unsigned char>(c)]; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void PutTagged(Tag tag, std::string_view text, encoding::Buffer& out) {
  out.Push(static_cast<char>(tag));
  encoding::PutName(text, out);
}

bool PutInstant(std::string_view text, encoding::Buffer& out) {
  if (text.size() == 10) {
    const auto days = ParseDate(text);
    if (!days) return false;
    out.Push(static_cast<char>(Tag::kDate));
    out.AppendVarint(encoding::ZigZag(*days));
    return true;
  }
  const auto at = ParseDatetime(text);
  if (!at) return false;
  encoding::Put(Value::Datetime(*at), out);
  return true;
}

bool PutBytes(std::string_view text, encoding::Buffer& out) {
  if (!IsBase64(text)) return false;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const size_t size = Base64Bytes(text.size()) - padding;
  out.Push(static_cast<char>(Tag::kBytes));
  out.AppendVarint(size);
  out.Ensure(Base64Bytes(text.size()));
  DecodeBase64(text, out.end());
  out.Advance(size);
  return true;
}

}  // namespace

bool IsBase64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  if (text.empty()) return true;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const size_t digits = text.size() - padding;
  for (size_t i = 0; i < digits; ++i) {
    if (Base64Value(text[i]) < 0) return false;
  }
  // Bits that no byte holds must be zero, or the text could not be given back.
  if (padding == 1) return (Base64Value(text[digits - 1]) & 3) == 0;
  if (padding == 2) return (Base64Value(text[digits - 1]) & 15) == 0;
  return true;
}

char* DecodeBase64(std::string_view text, char* to) {
  const auto value = [&](size_t i) {
    return text[i] == '=' ? 0u : static_cast<unsigned>(Base64Value(text[i]));
  };
  for (size_t i = 0; i + 4 <= text.size(); i += 4) {
    const unsigned bits = value(i) << 18 | value(i + 1) << 12 | value(i + 2) << 6 | value(i + 3);
    *to++ = static_cast<char>(bits >> 16);
    *to++ = static_cast<char>(bits >> 8);
    *to++ = static_cast<char>(bits);
  }
  return to - (text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0);
}

char* WriteBase64(std::string_view bytes, char* to) {
  const auto byte = [&](size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
  };
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *to++ = kBase64[bits >> 18];
    *to++ = kBase64[(bits >> 12) & 63];
    *to++ = i + 1 < bytes.size() ? kBase64[(bits >> 6) & 63] : '=';
    *to++ = i + 2 < bytes.size() ? kBase64[bits & 63] : '=';
  }
  return to;
}

bool DecodeUuid(std::string_view text, char* to) {
  if (text.size() != kUuidTextBytes) return false;
  for (size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return false;
      continue;
    }
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *to++ = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

char* WriteUuid(std::string_view bytes, char* to) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = kHex[static_cast<unsigned char>(bytes[i]) >> 4];
    *to++ = kHex[static_cast<unsigned char>(bytes[i]) & 15];
  }
  return to;
}

bool Put(std::string_view text, encoding::Buffer& out) {
  if (text.size() < 2) return false;
  const auto rest = text.substr(2);
  switch (text[1]) {
    case ':':
      if (rest.empty()) return false;
      PutTagged(Tag::kNi, rest, out);
      return true;
    case 'r':
      if (rest.empty()) return false;
      PutTagged(Tag::kUri, rest, out);
      return true;
    case 't':
      return PutInstant(rest, out);
    case 'b':
      return PutBytes(rest, out);
    case 'u': {
      char bytes[16];
      if (!DecodeUuid(rest, bytes)) return false;
      out.Push(static_cast<char>(Tag::kUuid));
      out.Append({bytes, 16});
      return true;
    }
    case 'f': {
      const auto decimal = number_text::CanonicalDecimal(rest);
      if (!decimal) return false;
      PutTagged(Tag::kDecimal, *decimal, out);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace transit_text

Value DecodeTransit(std::string_view text, Arena& arena) {
  if (!text.starts_with('~')) return Value::String(text);
  encoding::LocalBuffer record;
  if (!transit_text::Put(text, record)) return Value::String(text);
  return Decode(arena.Copy(record.view()));
}

Value DecodeTransitDeep(const Value& value, Arena& arena) {
  if (value.IsString()) return DecodeTransit(value.text(), arena);
  if (value.kind() == Kind::kList || value.kind() == Kind::kTuple) {
    Value* const items = arena.AllocateArray<Value>(value.count());
    uint32_t count = 0;
    for (const Value& item : value.items())
      new (&items[count++]) Value(DecodeTransitDeep(item, arena));
    return value.IsList() ? Value::List({items, count}) : Value::Tuple({items, count});
  }
  if (!value.IsDict()) return value;
  auto* const properties = arena.AllocateArray<Property>(value.count());
  uint32_t count = 0;
  for (const Property& p : value.properties()) {
    new (&properties[count++]) Property{p.name, DecodeTransitDeep(p.value, arena)};
  }
  return Value::Dict({properties, count});
}

std::string TransitText(const Value& value) {
  char text[kInstantTextMax];
  switch (value.kind()) {
    case Kind::kNi:
      return fmt::format("~:{}", value.text());
    case Kind::kUri:
      return fmt::format("~r{}", value.text());
    case Kind::kDecimal:
      return fmt::format("~f{}", value.text());
    case Kind::kDate:
      return fmt::format("~t{}", std::string_view(text, WriteDateText(*value.AsDate(), text)));
    case Kind::kDatetime:
      return fmt::format("~t{}",
                         std::string_view(text, WriteDatetimeText(*value.AsDatetime(), text)));
    case Kind::kUuid: {
      char uuid[transit_text::kUuidTextBytes];
      return fmt::format("~u{}",
                         std::string_view(uuid, transit_text::WriteUuid(value.text(), uuid)));
    }
    case Kind::kBytes: {
      std::string base64(transit_text::Base64TextBytes(value.text().size()), '=');
      transit_text::WriteBase64(value.text(), base64.data());
      return "~b" + base64;
    }
    default:
      return {};
  }
}

}  // namespace sluice
