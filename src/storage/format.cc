#include "storage/format.h"

#include "storage/codec.h"

namespace sluice::storage {
namespace {

// The first byte of versions and latest values: flags below, the format of the value above.
constexpr uint8_t kDeleted = 1;
constexpr uint8_t kPrevious = 2;
constexpr uint8_t kSource = 4;
constexpr uint8_t kLongId = 8;
constexpr uint8_t kFormat1 = 1 << 4;
constexpr uint8_t kFormatMask = 0xF0;

Error Corrupt(std::string_view what, std::string_view value) {
  return MakeError(Code::kCorrupt, "expected {}, found {} bytes that are none", what, value.size());
}

}  // namespace

void AppendVersionHeader(const VersionHeader& header, std::string& out) {
  out.push_back(static_cast<char>(kFormat1 | (header.deleted ? kDeleted : 0) |
                                  (header.previous ? kPrevious : 0)));
  AppendFixed(header.ts_us, out);
  AppendFixed(header.hash.low, out);
  AppendFixed(header.hash.high, out);
  if (header.previous) AppendFixed(*header.previous, out);
}

Result<Version> ParseVersion(std::string_view value) {
  FieldReader fields(value);
  Version version;
  const auto flags = fields.Fixed<uint8_t>();
  version.header.deleted = (flags & kDeleted) != 0;
  version.header.ts_us = fields.Fixed<int64_t>();
  version.header.hash.low = fields.Fixed<uint64_t>();
  version.header.hash.high = fields.Fixed<uint64_t>();
  if ((flags & kPrevious) != 0) version.header.previous = fields.Fixed<Offset>();
  version.record = fields.left();
  const bool known = (flags & ~(kDeleted | kPrevious)) == kFormat1;
  if (!fields.ok() || !known || version.record.empty())
    return Corrupt("a version of an entity", value);
  return version;
}

void AppendLatest(const Latest& latest, std::string& out) {
  out.push_back(static_cast<char>(
      kFormat1 | (latest.deleted ? kDeleted : 0) | (latest.previous ? kPrevious : 0) |
      (latest.source ? kSource : 0) | (latest.long_id.empty() ? 0 : kLongId)));
  AppendFixed(latest.offset, out);
  AppendFixed(latest.hash.low, out);
  AppendFixed(latest.hash.high, out);
  if (latest.previous) AppendFixed(*latest.previous, out);
  if (latest.source) {
    AppendFixed(latest.source->dataset, out);
    AppendFixed(latest.source->offset, out);
  }
  out.append(latest.long_id);
}

Result<Latest> ParseLatest(std::string_view value) {
  FieldReader fields(value);
  Latest latest;
  const auto flags = fields.Fixed<uint8_t>();
  latest.deleted = (flags & kDeleted) != 0;
  latest.offset = fields.Fixed<Offset>();
  latest.hash.low = fields.Fixed<uint64_t>();
  latest.hash.high = fields.Fixed<uint64_t>();
  if ((flags & kPrevious) != 0) latest.previous = fields.Fixed<Offset>();
  if ((flags & kSource) != 0) {
    latest.source.emplace();
    latest.source->dataset = fields.Fixed<DatasetNumber>();
    latest.source->offset = fields.Fixed<Offset>();
  }
  latest.long_id = fields.left();
  const bool long_id = (flags & kLongId) != 0;
  if (!fields.ok() || (flags & kFormatMask) != kFormat1 || long_id == latest.long_id.empty()) {
    return Corrupt("the latest version of an id", value);
  }
  return latest;
}

std::string EncodeCounters(const Counters& counters) {
  std::string out;
  out.reserve(96);
  out.push_back(1);
  AppendFixed(static_cast<uint8_t>((counters.populated ? 1 : 0) | (counters.compact_all ? 2 : 0) |
                                   (counters.full_run ? 4 : 0)),
              out);
  for (const uint64_t number :
       {counters.live, counters.deleted, counters.versions, counters.queued, counters.next_offset,
        counters.queue_begin, counters.log_begin, counters.cut_before,
        static_cast<uint64_t>(counters.updated_us), counters.last_full_run}) {
    AppendFixed(number, out);
  }
  if (counters.full_run) {
    AppendFixed(counters.full_run->number, out);
    AppendFixed(counters.full_run->begin, out);
  }
  return out;
}

Result<Counters> ParseCounters(std::string_view value) {
  FieldReader fields(value);
  Counters counters;
  const auto format = fields.Fixed<uint8_t>();
  const auto flags = fields.Fixed<uint8_t>();
  counters.populated = (flags & 1) != 0;
  counters.compact_all = (flags & 2) != 0;
  counters.live = fields.Fixed<uint64_t>();
  counters.deleted = fields.Fixed<uint64_t>();
  counters.versions = fields.Fixed<uint64_t>();
  counters.queued = fields.Fixed<uint64_t>();
  counters.next_offset = fields.Fixed<uint64_t>();
  counters.queue_begin = fields.Fixed<uint64_t>();
  counters.log_begin = fields.Fixed<uint64_t>();
  counters.cut_before = fields.Fixed<uint64_t>();
  counters.updated_us = fields.Fixed<int64_t>();
  counters.last_full_run = fields.Fixed<uint64_t>();
  if ((flags & 4) != 0) {
    counters.full_run.emplace();
    counters.full_run->number = fields.Fixed<uint64_t>();
    counters.full_run->begin = fields.Fixed<Offset>();
  }
  if (!fields.done() || format != 1) return Corrupt("a dataset's counters", value);
  return counters;
}

std::string EncodeDatasetDefinition(const DatasetDefinition& definition) {
  std::string out;
  out.push_back(1);
  AppendFixed(definition.number, out);
  AppendFixed(definition.uuid, out);
  AppendFixed(definition.created_us, out);
  AppendFixed(definition.options.keep_versions, out);
  AppendFixed(static_cast<uint8_t>((definition.options.compaction ? 1 : 0) |
                                   (definition.options.trim_older_than_us ? 2 : 0) |
                                   (definition.options.ttl_deletes_us ? 4 : 0) |
                                   (definition.options.retract ? 8 : 0)),
              out);
  AppendFixed(definition.options.trim_older_than_us.value_or(0), out);
  AppendBytes(definition.options.owner, out);
  AppendBytes(definition.name, out);
  if (definition.options.ttl_deletes_us) AppendFixed(*definition.options.ttl_deletes_us, out);
  return out;
}

Result<DatasetDefinition> ParseDatasetDefinition(std::string_view value) {
  FieldReader fields(value);
  DatasetDefinition definition;
  const auto format = fields.Fixed<uint8_t>();
  definition.number = fields.Fixed<DatasetNumber>();
  definition.uuid = fields.Fixed<std::array<uint8_t, 16>>();
  definition.created_us = fields.Fixed<int64_t>();
  definition.options.keep_versions = fields.Fixed<uint32_t>();
  const auto flags = fields.Fixed<uint8_t>();
  definition.options.compaction = (flags & 1) != 0;
  const auto trim = fields.Fixed<int64_t>();
  if ((flags & 2) != 0) definition.options.trim_older_than_us = trim;
  definition.options.owner = fields.Bytes();
  definition.name = fields.Bytes();
  if ((flags & 4) != 0) definition.options.ttl_deletes_us = fields.Fixed<int64_t>();
  definition.options.retract = (flags & 8) != 0;
  if (!fields.done() || format != 1) return Corrupt("the definition of a dataset", value);
  return definition;
}

std::string EncodeIndexDefinition(const StoredIndex& index) {
  std::string out;
  out.push_back(1);
  AppendFixed(index.number, out);
  AppendFixed(index.dataset, out);
  AppendFixed(index.definition.meaning_version, out);
  AppendBytes(index.definition.expression, out);
  return out;
}

Result<StoredIndex> ParseIndexDefinition(std::string_view value) {
  FieldReader fields(value);
  StoredIndex index;
  const auto format = fields.Fixed<uint8_t>();
  index.number = fields.Fixed<uint32_t>();
  index.dataset = fields.Fixed<DatasetNumber>();
  index.definition.meaning_version = fields.Fixed<uint32_t>();
  index.definition.expression = fields.Bytes();
  if (!fields.done() || format != 1) return Corrupt("the definition of an index", value);
  return index;
}

std::string EncodeIndexProgress(const IndexProgress& progress) {
  std::string out;
  out.push_back(1);
  AppendFixed(progress.next, out);
  AppendFixed(progress.end, out);
  AppendFixed(progress.entries, out);
  return out;
}

Result<IndexProgress> ParseIndexProgress(std::string_view value) {
  FieldReader fields(value);
  const auto format = fields.Fixed<uint8_t>();
  IndexProgress progress;
  progress.next = fields.Fixed<Offset>();
  progress.end = fields.Fixed<Offset>();
  progress.entries = fields.Fixed<uint64_t>();
  if (!fields.done() || format != 1) return Corrupt("the progress of an index", value);
  return progress;
}

std::string EncodeNumber(uint64_t number) {
  std::string out;
  AppendFixed(number, out);
  return out;
}

Result<uint64_t> ParseNumber(std::string_view value) {
  FieldReader fields(value);
  const auto number = fields.Fixed<uint64_t>();
  if (!fields.done()) return Corrupt("a number", value);
  return number;
}

}  // namespace sluice::storage
