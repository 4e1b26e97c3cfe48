// JSON and transit text, in and out.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/stop.h"
#include "value/value.h"

namespace sluice {

// How a JSON number with a fraction or an exponent is read (configuration-sources-json.rst).
enum class FloatMode {
  kFloat,             // A double; a number beyond its range is an error.
  kInteger,           // `do_float_as_int`: 1.0 is the integer 1; others as kFloat.
  kDecimal,           // `do_float_as_decimal`: an exact decimal.
  kIntegerOrDecimal,  // Both (configuration-sources-http.rst, the default): 1.0 is the integer 1;
                      // others as kDecimal.
};
enum class Transit {
  kDecode,  // "~:a:b" is a NI, and so on; what is no known type stays a string.
  kKeep,    // Strings stay strings.
};

struct JsonReadOptions {
  FloatMode floats = FloatMode::kFloat;
  Transit transit = Transit::kDecode;
  size_t depth_max = 0;  // 0: limits::kDepthMax.
};

// Parses one JSON text of any kind into a record, appended to `out`. Errors: kBadData with the byte
// offset and what was expected, kTooLarge. Of duplicate keys the last wins. Not for streams: `text`
// is whole. A parser keeps buffers from call to call; used by one thread at a time.
class JsonParser {
 public:
  explicit JsonParser(JsonReadOptions options = {});
  ~JsonParser();
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;

  Result<void> Parse(std::string_view text, std::string& out);
  // Parses into an arena; the value views the arena's memory.
  Result<Value> Parse(std::string_view text, Arena& arena);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Splits a stream of bytes into top-level JSON values, in bounded memory: the items of one array,
// NDJSON, or values separated by white space; what comes first decides. Feed it chunks of any size.
class JsonStream {
 public:
  struct Options {
    JsonReadOptions read;
    size_t value_bytes_max =
        0;  // One item's text; 0: limits::kEntityBytesMax. Over it: kTooLarge with the index.
    bool wrapped_object =
        false;  // A top-level object is the only value, also where it spans lines.
  };
  explicit JsonStream(Options options);
  JsonStream();
  ~JsonStream();
  JsonStream(JsonStream&&) noexcept;
  JsonStream& operator=(JsonStream&&) noexcept;

  // Gives bytes; they are copied as far as they cannot be parsed yet.
  void Feed(std::string_view bytes);
  // Says that no more bytes come.
  void Finish();
  // Appends the record of the next value to `out`; false if more bytes are needed or the end is
  // reached. After an error the stream is spent. The error's message names the item's index (from
  // 0) and byte offset.
  Result<bool> Next(std::string& out);
  // The whole input was read, without a broken tail.
  bool AtEnd() const;
  // Values given so far.
  uint64_t count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct JsonWriteOptions {
  Transit transit =
      Transit::kDecode;  // kDecode writes "~:a:b"; kKeep writes the bare text of NIs, URIs, ….
  int indent = 0;        // Spaces a level; 0 writes one line.
  bool sort_keys = false;
  bool metadata = true;  // An entity's `_updated`, `_ts`, `_hash`, `_previous`, `_deleted` come
                         // first after `_id`.
};

// Appends the JSON text of a value. NaN and infinities come out as null. Floats are the shortest
// text that reads back the same, always with a fraction or exponent.
void WriteJson(const Value& value, std::string& out, const JsonWriteOptions& options = {});
std::string ToJson(const Value& value, const JsonWriteOptions& options = {});
// Appends an entity with its metadata as the API and publishers show it.
void WriteEntityJson(const Entity& entity, std::string& out, const JsonWriteOptions& options = {});
// Many entities one after the other, as WriteEntityJson has them, in a buffer that keeps its room:
// for streams. Used by one thread at a time.
class EntityJsonText {
 public:
  explicit EntityJsonText(const JsonWriteOptions& options = {});
  ~EntityJsonText();
  EntityJsonText(const EntityJsonText&) = delete;
  EntityJsonText& operator=(const EntityJsonText&) = delete;

  void Append(std::string_view text);  // As it is.
  void Append(const Entity& entity);
  // What was appended since the last Clear; invalid after the next call.
  std::string_view text() const;
  void Clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Appends a JSON string literal, quoted and escaped.
void WriteJsonString(std::string_view text, std::string& out);

// Decodes the transit text of one string ("~:a:b", "~t2020-01-01", …); the string itself where it
// is none.
Value DecodeTransit(std::string_view text, Arena& arena);
// The same for all strings in a value (embedded entities, literals of rules).
Value DecodeTransitDeep(const Value& value, Arena& arena);
// "~:a:b", "~t…": the transit text of a value that has one; empty otherwise.
std::string TransitText(const Value& value);

}  // namespace sluice
