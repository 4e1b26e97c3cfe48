// The keys of each family. Numbers are big endian, so that the order of keys is the order of what
// they name.
//
//   log      dataset, offset
//   latest   dataset, id
//   index    index, equality key, id
//   state    'u' caller's key
//            'b' dataset, kind, run, chunk    bitmaps (run is 0 but for kSeen)
//            'q' dataset, superseding offset  compaction queue
//            'c' dataset                      counters
//            's' dataset, id                  source of what was filtered during a full run
//            'r' dataset, id                  a retraction that is to be done
//            'i' index                        progress of an index
//            'm' load                         a bulk load that was ingested, until its intent goes
//   meta     'u' caller's key
//            'd' dataset, 'N' name, 'x' index, 'n'   definitions; the next free number
//            'i' load                         intent of a bulk load
//
// An id over kIdBytesInKey is cut there and followed by its hash, so no short id has the same
// bytes.

#pragma once

#include <string>
#include <string_view>

#include "storage/codec.h"
#include "storage/store.h"

namespace sluice::storage {

inline constexpr size_t kIdBytesInKey = 128;
inline constexpr size_t kDatasetPrefixBytes = 4;

// Which offsets a bitmap holds. Latest and tombstones say what is live: latest and no tombstone.
enum class BitmapKind : uint8_t {
  kLatest,     // The newest version of its id.
  kTombstone,  // The newest version of its id, and a deletion.
  kSeen,       // Found unchanged by a full run.
};

inline bool IsLongId(std::string_view id) { return id.size() > kIdBytesInKey; }
void AppendIdKey(std::string_view id, std::string& out);

std::string LogKey(DatasetNumber dataset, Offset offset);
inline Offset OffsetOfLogKey(std::string_view key) {
  return LoadBigEndian<uint64_t>(key.substr(kDatasetPrefixBytes));
}
std::string LatestKey(DatasetNumber dataset, std::string_view id);
std::string IndexKey(uint32_t index, std::string_view key, std::string_view id);

std::string UserKey(std::string_view key);  // Of state and of meta.
// Of one chunk; the run's or kind's first chunk is 0.
std::string BitmapKey(DatasetNumber dataset, BitmapKind kind, uint64_t run, uint64_t chunk);
std::string QueueKey(DatasetNumber dataset, Offset superseding);
std::string CountersKey(DatasetNumber dataset);
std::string SourceNoteKey(DatasetNumber dataset, std::string_view id);
std::string RetractionKey(DatasetNumber dataset, std::string_view id);
std::string IndexProgressKey(uint32_t index);

std::string DatasetKey(DatasetNumber dataset);
std::string NameKey(std::string_view name);
std::string IndexDefinitionKey(uint32_t index);
inline constexpr std::string_view kNextNumberKey = "n";
inline constexpr std::string_view kBulkIntentPrefix = "i";
std::string BulkIntentKey(uint64_t load);
std::string BulkMarkKey(uint64_t load);

// [begin, end): all keys with a prefix.
struct KeyRange {
  std::string begin;
  std::string end;
};
KeyRange PrefixRange(std::string_view prefix);
// The range of a dataset in log or latest, or of an index.
KeyRange NumberRange(uint32_t number);
// The range of a dataset's bitmaps, or of its queue.
KeyRange BitmapRange(DatasetNumber dataset);
KeyRange QueueRange(DatasetNumber dataset);
KeyRange SourceNoteRange(DatasetNumber dataset);
KeyRange RetractionRange(DatasetNumber dataset);
KeyRange BitmapRange(DatasetNumber dataset, BitmapKind kind, uint64_t run);

}  // namespace sluice::storage
