#include <charconv>
#include <cmath>

#include "value/encoded_json.h"
#include "value/encoding.h"
#include "value/instant.h"
#include "value/json.h"
#include "value/number_text.h"
#include "value/relations.h"
#include "value/sorted_properties.h"
#include "value/text_sink.h"
#include "value/transit_text.h"

namespace sluice {
namespace {

using json::TextSink;

constexpr size_t kHashTextBytes = 32;
// Records up to this size are written without looking at the room there is.
constexpr size_t kQuickBytesMax = 16 * 1024;
// The same for a string of a value that is not encoded.
constexpr size_t kQuickTextMax = 1024;
// An entity's metadata as text.
constexpr size_t kMetadataTextMax = 256;

// Writes values one after the other into one sink.
class Writer {
 public:
  Writer(const JsonWriteOptions& options, TextSink& out) : options_(options), out_(out) {}

  void Write(const Value& value);
  void WriteEntity(const Entity& entity);

 private:
  bool WriteStoredEntity(const Entity& entity);
  void WriteScalar(const Value& value);
  void WriteFloat(double value);
  void WriteInteger(int64_t value);
  // What `write` gives the end of, with `transit` in front of it where that is wanted.
  template <class F>
  void WriteQuoted(std::string_view transit, size_t room, F&& write);
  void WriteList(const Value& list);
  void WriteDict(const Value& dict);
  void WriteProperty(std::string_view name, const Value& value, bool first);
  void WriteBuiltDict(const Value& dict);
  void WriteEncodedList(const char* at);
  void WriteEncodedDict(const char* at);
  const char* WriteEncoded(const char* at);
  void NewLine();
  void Open(char bracket);
  void Close(char bracket, bool empty);
  bool plain() const { return options_.indent == 0 && !options_.sort_keys; }
  std::string_view Prefix(std::string_view transit) const {
    return options_.transit == Transit::kDecode ? transit : std::string_view{};
  }

  const JsonWriteOptions& options_;
  TextSink& out_;
  int level_ = 0;
};

void Writer::NewLine() {
  if (options_.indent == 0) return;
  out_.Push('\n');
  for (int i = 0; i < level_ * options_.indent; ++i) out_.Push(' ');
}

void Writer::Open(char bracket) {
  out_.Push(bracket);
  ++level_;
}

void Writer::Close(char bracket, bool empty) {
  --level_;
  if (!empty) NewLine();
  out_.Push(bracket);
}

void Writer::WriteInteger(int64_t value) {
  out_.Ensure(24);
  out_.AdvanceTo(std::to_chars(out_.end(), out_.end() + 24, value).ptr);
}

void Writer::WriteFloat(double value) {
  if (!std::isfinite(value)) return out_.Append("null");
  out_.Ensure(number_text::kFloatTextMax);
  out_.AdvanceTo(number_text::WriteFloat(value, out_.end()));
}

template <class F>
void Writer::WriteQuoted(std::string_view transit, size_t room, F&& write) {
  out_.Push('"');
  out_.Append(Prefix(transit));
  out_.Ensure(room);
  out_.AdvanceTo(write(out_.end()));
  out_.Push('"');
}

void Writer::WriteScalar(const Value& value) {
  switch (value.kind()) {
    case Kind::kBoolean:
      out_.Append(value.IsTrue() ? "true" : "false");
      return;
    case Kind::kInteger:
      if (value.IsBigInteger()) return out_.Append(value.text());
      return WriteInteger(value.raw());
    case Kind::kFloat:
      return WriteFloat(*value.AsFloat());
    case Kind::kDecimal:
      return json::PutString(Prefix("~f"), value.text(), out_);
    case Kind::kDate:
      return WriteQuoted("~t", kInstantTextMax,
                         [&](char* to) { return WriteDateText(*value.AsDate(), to); });
    case Kind::kDatetime:
      return WriteQuoted("~t", kInstantTextMax,
                         [&](char* to) { return WriteDatetimeText(*value.AsDatetime(), to); });
    case Kind::kUuid:
      return WriteQuoted("~u", transit_text::kUuidTextBytes,
                         [&](char* to) { return transit_text::WriteUuid(value.text(), to); });
    case Kind::kNi:
      return json::PutString(Prefix("~:"), value.text(), out_);
    case Kind::kUri:
      return json::PutString(Prefix("~r"), value.text(), out_);
    case Kind::kString:
      return json::PutString({}, value.text(), out_);
    case Kind::kBytes:
      return WriteQuoted("~b", transit_text::Base64TextBytes(value.text().size()),
                         [&](char* to) { return transit_text::WriteBase64(value.text(), to); });
    default:
      return out_.Append("null");
  }
}

void Writer::WriteProperty(std::string_view name, const Value& value, bool first) {
  if (!first) out_.Push(',');
  NewLine();
  json::PutString({}, name, out_);
  out_.Push(':');
  if (options_.indent != 0) out_.Push(' ');
  Write(value);
}

void Writer::WriteDict(const Value& dict) {
  Open('{');
  bool first = true;
  const auto write = [&](const auto& properties) {
    for (const Property& property : properties) {
      WriteProperty(property.name, property.value, first);
      first = false;
    }
  };
  if (options_.sort_keys) {
    write(SortedProperties(dict));
  } else {
    write(dict.properties());
  }
  Close('}', first);
}

void Writer::WriteList(const Value& list) {
  Open('[');
  bool first = true;
  for (const Value& item : list.items()) {
    if (!first) out_.Push(',');
    NewLine();
    first = false;
    Write(item);
  }
  Close(']', first);
}

void Writer::WriteBuiltDict(const Value& dict) {
  const Property* const properties = dict.built_properties();
  out_.Push('{');
  for (uint32_t i = 0; i < dict.count(); ++i) {
    const auto& [name, value] = properties[i];
    // Room for the name, what is around it, and a string as it mostly is.
    const bool text = value.IsString() && value.text().size() <= kQuickTextMax;
    out_.Ensure(json::StringJsonBytesMax(name.size()) + 2 +
                (text ? json::StringJsonBytesMax(value.text().size()) : 0));
    char* to = out_.end();
    if (i != 0) *to++ = ',';
    to = json::WriteStringJson(name, to);
    *to++ = ':';
    if (text) to = json::WriteStringJson(value.text(), to);
    out_.AdvanceTo(to);
    if (!text) Write(value);
  }
  out_.Push('}');
}

void Writer::WriteEncodedList(const char* at) {
  const uint32_t count = encoding::Count(at);
  at += encoding::kHeaderBytes;
  out_.Push('[');
  for (uint32_t i = 0; i < count; ++i) {
    if (i != 0) out_.Push(',');
    at = WriteEncoded(at);
  }
  out_.Push(']');
}

void Writer::WriteEncodedDict(const char* at) {
  const uint32_t count = encoding::Count(at);
  at += encoding::kHeaderBytes;
  out_.Push('{');
  for (uint32_t i = 0; i < count; ++i) {
    if (i != 0) out_.Push(',');
    json::PutString({}, encoding::ReadText(at), out_);
    out_.Push(':');
    at = WriteEncoded(at);
  }
  out_.Push('}');
}

// What is small is written with room for the worst made once; what is large, item by item.
const char* Writer::WriteEncoded(const char* at) {
  const char* const end = encoding::Skip(at);
  const auto size = static_cast<size_t>(end - at);
  if (size <= kQuickBytesMax) {
    out_.Ensure(json::EncodedJsonBytesMax(size));
    out_.AdvanceTo(json::WriteEncodedJson(at, options_.transit, out_.end()));
  } else if (encoding::TagAt(at) == Tag::kList) {
    WriteEncodedList(at);
  } else if (encoding::IsDictTag(encoding::TagAt(at))) {
    WriteEncodedDict(at);
  } else {
    WriteScalar(encoding::DecodeAt(at));
  }
  return end;
}

void Writer::Write(const Value& value) {
  switch (value.form()) {
    case Value::Form::kInline:
    case Value::Form::kText:
      return WriteScalar(value);
    case Value::Form::kEntity:
      return Write(value.entity()->dict);
    case Value::Form::kEncoded:
      if (plain()) {
        WriteEncoded(value.encoded());
        return;
      }
      break;
    case Value::Form::kBuilt:
      if (plain() && value.kind() == Kind::kDict) return WriteBuiltDict(value);
      break;
  }
  if (value.kind() == Kind::kDict) return WriteDict(value);
  WriteList(value);
}

// The quick way for an entity of a dataset; false, and nothing written, if it is not one of the
// usual ones.
bool Writer::WriteStoredEntity(const Entity& entity) {
  if (!entity.stored || !plain() || entity.dict.form() != Value::Form::kEncoded) return false;
  const auto inline_integer = [](const Value& value) {
    return value.kind() == Kind::kInteger && !value.IsBigInteger();
  };
  const auto id = entity.dict.Find("_id").AsString();
  const size_t size = encoding::BodyBytes(entity.dict.encoded());
  if (!id || size > kQuickBytesMax || !inline_integer(entity.updated) || !entity.ts_us ||
      !entity.hash || !(entity.previous.IsNull() || inline_integer(entity.previous))) {
    return false;
  }
  out_.Ensure(json::EncodedJsonBytesMax(size) + kMetadataTextMax);
  char* to = out_.end();
  const auto write_integer = [&](int64_t value) { to = std::to_chars(to, to + 24, value).ptr; };
  to = json::WriteLiteral(R"({"_id":)", to);
  to = json::WriteStringJson(*id, to);
  to = json::WriteLiteral(R"(,"_updated":)", to);
  write_integer(entity.updated.raw());
  to = json::WriteLiteral(R"(,"_ts":)", to);
  write_integer(*entity.ts_us);
  to = json::WriteLiteral(R"(,"_hash":")", to);
  WriteHashText(*entity.hash, to);
  to = json::WriteLiteral(R"(","_previous":)", to + kHashTextBytes);
  if (entity.previous.IsNull()) {
    to = json::WriteLiteral("null", to);
  } else {
    write_integer(entity.previous.raw());
  }
  to = entity.deleted ? json::WriteLiteral(R"(,"_deleted":true)", to)
                      : json::WriteLiteral(R"(,"_deleted":false)", to);
  if (entity.filtered) to = json::WriteLiteral(R"(,"_filtered":true)", to);
  const char* at = entity.dict.encoded();
  const uint32_t count = encoding::Count(at);
  at += encoding::kHeaderBytes;
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view name = encoding::ReadText(at);
    if (name.starts_with('_') && (name == "_id" || entity.Metadata(name))) {
      at = encoding::Skip(at);
      continue;
    }
    *to++ = ',';
    to = json::WriteStringJson(name, to);
    *to++ = ':';
    to = json::WriteEncodedJson(at, options_.transit, to);
  }
  *to++ = '}';
  out_.AdvanceTo(to);
  return true;
}

// `_id`, the metadata, the other properties.
void Writer::WriteEntity(const Entity& entity) {
  if (!options_.metadata) return Write(entity.dict);
  if (WriteStoredEntity(entity)) return;
  Open('{');
  bool first = true;
  const auto write = [&](std::string_view name, const Value& value) {
    WriteProperty(name, value, first);
    first = false;
  };
  if (const auto id = entity.dict.TryFind("_id")) write("_id", *id);
  if (!entity.updated.IsNull()) write("_updated", entity.updated);
  if (entity.ts_us) write("_ts", Value::Integer(*entity.ts_us));
  if (const auto hash = entity.Metadata("_hash")) write("_hash", *hash);
  if (!entity.previous.IsNull() || entity.stored) write("_previous", entity.previous);
  if (const auto deleted = entity.Metadata("_deleted")) write("_deleted", *deleted);
  if (entity.filtered) write("_filtered", Value::Boolean(true));
  const auto write_rest = [&](const auto& properties) {
    for (const Property& property : properties) {
      if (property.name == "_id" ||
          (property.name.starts_with('_') && entity.Metadata(property.name)))
        continue;
      write(property.name, property.value);
    }
  };
  if (options_.sort_keys) {
    write_rest(SortedProperties(entity.dict));
  } else {
    write_rest(entity.dict.properties());
  }
  Close('}', first);
}

// Room for the text of most values of this form, so that the sink grows seldom.
size_t EstimateBytes(const Value& value) {
  if (value.form() == Value::Form::kEntity) return 256 + EstimateBytes(value.entity()->dict);
  if (value.form() != Value::Form::kEncoded) return 64 + size_t{32} * value.count();
  const size_t size = encoding::BodyBytes(value.encoded());
  return size + size / 4 + 64;
}

}  // namespace

void WriteJson(const Value& value, std::string& out, const JsonWriteOptions& options) {
  TextSink sink(out, EstimateBytes(value));
  Writer writer(options, sink);
  if (value.form() == Value::Form::kEntity) {
    writer.WriteEntity(*value.entity());
  } else {
    writer.Write(value);
  }
}

std::string ToJson(const Value& value, const JsonWriteOptions& options) {
  std::string out;
  WriteJson(value, out, options);
  return out;
}

void WriteEntityJson(const Entity& entity, std::string& out, const JsonWriteOptions& options) {
  WriteJson(Value::OfEntity(&entity), out, options);
}

struct EntityJsonText::State {
  explicit State(const JsonWriteOptions& write_options)
      : options(write_options), sink(text, kFirstBytes), writer(options, sink) {}

  static constexpr size_t kFirstBytes = 64 * 1024;
  std::string text;
  JsonWriteOptions options;
  TextSink sink;
  Writer writer;
};

EntityJsonText::EntityJsonText(const JsonWriteOptions& options)
    : state_(std::make_unique<State>(options)) {}
EntityJsonText::~EntityJsonText() = default;

void EntityJsonText::Append(std::string_view text) { state_->sink.Append(text); }
void EntityJsonText::Append(const Entity& entity) { state_->writer.WriteEntity(entity); }
std::string_view EntityJsonText::text() const { return state_->sink.text(); }
void EntityJsonText::Clear() { state_->sink.Clear(); }

void WriteJsonString(std::string_view text, std::string& out) {
  TextSink sink(out, text.size() + 2);
  json::PutString({}, text, sink);
}

}  // namespace sluice
