#include "storage/keys.h"

#include <xxhash.h>

namespace sluice::storage {
namespace {

std::string Tagged(char tag, uint32_t number, size_t more) {
  std::string key;
  key.reserve(5 + more);
  key.push_back(tag);
  AppendBigEndian(number, key);
  return key;
}

std::string Numbered(uint32_t number, size_t more) {
  std::string key;
  key.reserve(kDatasetPrefixBytes + more);
  AppendBigEndian(number, key);
  return key;
}

}  // namespace

void AppendIdKey(std::string_view id, std::string& out) {
  if (!IsLongId(id)) {
    out.append(id);
    return;
  }
  out.append(id.substr(0, kIdBytesInKey));
  const auto hash = XXH3_128bits(id.data(), id.size());
  AppendBigEndian(uint64_t{hash.high64}, out);
  AppendBigEndian(uint64_t{hash.low64}, out);
}

std::string LogKey(DatasetNumber dataset, Offset offset) {
  auto key = Numbered(dataset, 8);
  AppendBigEndian(offset, key);
  return key;
}

std::string LatestKey(DatasetNumber dataset, std::string_view id) {
  auto key = Numbered(dataset, id.size());
  AppendIdKey(id, key);
  return key;
}

std::string IndexKey(uint32_t index, std::string_view key, std::string_view id) {
  auto whole = Numbered(index, key.size() + id.size());
  whole.append(key);
  AppendIdKey(id, whole);
  return whole;
}

std::string UserKey(std::string_view key) {
  std::string whole;
  whole.reserve(key.size() + 1);
  whole.push_back('u');
  whole.append(key);
  return whole;
}

std::string BitmapKey(DatasetNumber dataset, BitmapKind kind, uint64_t run, uint64_t chunk) {
  auto key = Tagged('b', dataset, 17);
  key.push_back(static_cast<char>(kind));
  AppendBigEndian(run, key);
  AppendBigEndian(chunk, key);
  return key;
}

std::string QueueKey(DatasetNumber dataset, Offset superseding) {
  auto key = Tagged('q', dataset, 8);
  AppendBigEndian(superseding, key);
  return key;
}

std::string CountersKey(DatasetNumber dataset) { return Tagged('c', dataset, 0); }
std::string SourceNoteKey(DatasetNumber dataset, std::string_view id) {
  auto key = Tagged('s', dataset, id.size());
  AppendIdKey(id, key);
  return key;
}

std::string RetractionKey(DatasetNumber dataset, std::string_view id) {
  auto key = Tagged('r', dataset, id.size());
  AppendIdKey(id, key);
  return key;
}
std::string IndexProgressKey(uint32_t index) { return Tagged('i', index, 0); }
std::string DatasetKey(DatasetNumber dataset) { return Tagged('d', dataset, 0); }
std::string IndexDefinitionKey(uint32_t index) { return Tagged('x', index, 0); }

std::string BulkIntentKey(uint64_t load) {
  std::string key(kBulkIntentPrefix);
  AppendBigEndian(load, key);
  return key;
}

std::string BulkMarkKey(uint64_t load) {
  std::string key = "m";
  AppendBigEndian(load, key);
  return key;
}

std::string NameKey(std::string_view name) {
  std::string key = "N";
  key.append(name);
  return key;
}

KeyRange PrefixRange(std::string_view prefix) {
  KeyRange range{std::string(prefix), std::string(prefix)};
  while (!range.end.empty() && static_cast<uint8_t>(range.end.back()) == 0xFF) range.end.pop_back();
  if (!range.end.empty())
    range.end.back() = static_cast<char>(static_cast<uint8_t>(range.end.back()) + 1);
  return range;
}

KeyRange NumberRange(uint32_t number) { return PrefixRange(Numbered(number, 0)); }
KeyRange BitmapRange(DatasetNumber dataset) { return PrefixRange(Tagged('b', dataset, 0)); }
KeyRange QueueRange(DatasetNumber dataset) { return PrefixRange(Tagged('q', dataset, 0)); }
KeyRange SourceNoteRange(DatasetNumber dataset) { return PrefixRange(Tagged('s', dataset, 0)); }
KeyRange RetractionRange(DatasetNumber dataset) { return PrefixRange(Tagged('r', dataset, 0)); }

KeyRange BitmapRange(DatasetNumber dataset, BitmapKind kind, uint64_t run) {
  auto prefix = BitmapKey(dataset, kind, run, 0);
  prefix.resize(prefix.size() - 8);
  return PrefixRange(prefix);
}

}  // namespace sluice::storage
