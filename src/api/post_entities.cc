#include "api/post_entities.h"

#include <vector>

#include "base/limits.h"
#include "value/json.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::api {
namespace {

// Gathers entities and writes them, a commit at a time.
class Writer {
 public:
  Writer(storage::Store& store, storage::DatasetNumber dataset, bool force)
      : store_(store), dataset_(dataset), force_(force) {}

  Result<void> Add(const Value& entity, uint64_t index) {
    const Value id = entity.Find("_id");
    if (!entity.IsDict() || !id.AsString() || id.text().empty()) {
      return MakeError(Code::kBadData, "entity {} must be an object with a string `_id`", index);
    }
    const size_t start = records_.size();
    EncodeForDataset(entity, records_);
    entries_.push_back({.start = start,
                        .id = std::string(id.text()),
                        .deleted = entity.Find("_deleted").IsTrue()});
    const bool is_full =
        entries_.size() >= limits::kCommitEntitiesMax || records_.size() >= limits::kCommitBytesMax;
    return is_full ? Commit() : Result<void>();
  }

  Result<void> Commit() {
    if (entries_.empty()) return {};
    std::vector<storage::Append> appends;
    appends.reserve(entries_.size());
    for (size_t i = 0; i < entries_.size(); ++i) {
      const size_t end = i + 1 < entries_.size() ? entries_[i + 1].start : records_.size();
      const auto record =
          std::string_view(records_).substr(entries_[i].start, end - entries_[i].start);
      appends.push_back({.record = record,
                         .id = entries_[i].id,
                         .hash = IdentityHashOfRecord(record),
                         .deleted = entries_[i].deleted,
                         .force = force_});
    }
    SLUICE_TRY(const auto receipt, store_.Write({.dataset = dataset_, .appends = appends}));
    stored_ += entries_.size();
    written_ += receipt.appended;
    sequence_ = receipt.sequence;
    entries_.clear();
    records_.clear();
    return {};
  }

  storage::CommitSequence sequence() const { return sequence_; }
  uint64_t stored() const { return stored_; }
  uint64_t written() const { return written_; }

 private:
  struct Entry {
    size_t start;
    std::string id;
    bool deleted;
  };
  storage::Store& store_;
  const storage::DatasetNumber dataset_;
  const bool force_;
  std::string records_;
  std::vector<Entry> entries_;
  storage::CommitSequence sequence_ = 0;
  uint64_t stored_ = 0;
  uint64_t written_ = 0;
};

Result<void> ReadAll(const Request& request, JsonStream& stream, Writer& writer) {
  std::string record;
  while (!stream.AtEnd()) {
    SLUICE_TRY(const auto bytes, request.body());
    if (bytes.empty()) {
      stream.Finish();
    } else {
      stream.Feed(bytes);
    }
    while (true) {
      record.clear();
      const uint64_t index = stream.count();
      SLUICE_TRY(const bool has_value, stream.Next(record));
      if (!has_value) break;
      SLUICE_TRY(writer.Add(Decode(record), index));
    }
    if (bytes.empty()) break;
  }
  return {};
}

}  // namespace

Result<PostCounts> PostEntities(storage::Store& store, const std::string& dataset,
                                const Request& request, bool force) {
  auto info = store.FindDataset(dataset);
  if (!info) {
    SLUICE_TRY(info, store.CreateDataset(dataset, {}));
  }
  Writer writer(store, info->number, force);
  JsonStream stream({.wrapped_object = true});
  const auto read = ReadAll(request, stream, writer);
  // What came before an error is good, and is kept.
  SLUICE_TRY(writer.Commit());
  SLUICE_TRY(store.WaitDurable(writer.sequence(), request.stop));
  if (!read.ok()) {
    Error error = read.error();
    error.message += fmt::format("; {} entities before it were stored", writer.stored());
    return error;
  }
  return PostCounts{.received = writer.stored(), .written = writer.written()};
}

}  // namespace sluice::api
