// EntityStream: a stream of JSON text as batches of entities.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pipe/component.h"
#include "value/json.h"

namespace sluice::connectors {

// Whether there is nothing but white space: no JSON text, not even an empty array.
bool IsBlank(std::string_view bytes);

// Takes bytes as they arrive and gives the entities in them: an array of objects, one object, or
// NDJSON. The records of a batch lie in one block, which its entities view: nothing is allocated
// for each. Used by one thread at a time.
class EntityStream {
 public:
  explicit EntityStream(JsonStream::Options options);

  void Feed(std::string_view bytes) { stream_.Feed(bytes); }
  void Finish() { stream_.Finish(); }

  // Parses what was fed until the batch has `entities_max` entities or `bytes_max` bytes of records
  // (true), or more input is needed, or the end is reached (false). An error names the item's
  // index; what was parsed before it can still be taken.
  Result<bool> Fill(size_t entities_max, size_t bytes_max);

  // The parsed entities that were not taken yet.
  pipe::Batch Take();
  size_t waiting() const { return parsed_.size(); }

  // All bytes were read and nothing is missing at the end.
  bool AtEnd() const { return stream_.AtEnd(); }

 private:
  struct Parsed {
    size_t start = 0;
    bool deleted = false;
    bool has_updated = false;
  };
  Result<Parsed> Check(size_t start) const;
  Error WithoutId(const Value& value) const;
  void StartBlock();

  JsonStream stream_;
  std::shared_ptr<std::string> block_;
  std::vector<Parsed> parsed_;
};

}  // namespace sluice::connectors
