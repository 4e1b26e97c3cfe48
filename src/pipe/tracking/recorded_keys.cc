#include "pipe/tracking/recorded_keys.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "value/relations.h"

namespace sluice::pipe {
namespace {

using Keys = std::vector<uint64_t>;

std::string KeyPrefix(std::string_view prefix, uint64_t key) {
  std::string text(prefix);
  text += 'k';
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(key >> shift & 0xff);
  return text;
}

std::string SourceKey(std::string_view prefix, std::string_view source) {
  std::string text(prefix);
  text += 's';
  text += source;
  return text;
}

std::string EncodeKeys(const Keys& keys) {
  return {reinterpret_cast<const char*>(keys.data()), keys.size() * sizeof(uint64_t)};
}

Keys DecodeKeys(std::string_view text) {
  Keys keys(text.size() / sizeof(uint64_t));
  std::memcpy(keys.data(), text.data(), keys.size() * sizeof(uint64_t));
  return keys;
}

}  // namespace

uint64_t RecordedKey(uint64_t lookup, const Value& value) {
  // The odd factor spreads the lookup's number over all bits, so that the sum tells both apart.
  return lookup * 0x9e3779b97f4a7c15ULL + EqualityHash(value);
}

Result<void> VisitRecorded(const storage::Snapshot& snapshot, std::string_view prefix, uint64_t key,
                           const std::function<bool(std::string_view source)>& visit) {
  const std::string begin = KeyPrefix(prefix, key);
  return snapshot.ScanState(begin, [&](std::string_view found, std::string_view) {
    return visit(found.substr(begin.size()));
  });
}

Result<KeyRecorder::Keys> KeyRecorder::Before(const storage::Snapshot& snapshot,
                                              const std::string& own) const {
  const auto held = held_.find(own);
  if (held != held_.end()) return held->second;
  SLUICE_TRY(const auto stored, snapshot.GetState(own));
  return stored ? DecodeKeys(*stored) : Keys();
}

Result<void> KeyRecorder::Record(const storage::Snapshot& snapshot, std::string_view prefix,
                                 Recording recording, const Batch& batch,
                                 std::vector<storage::StateChange>& changes) {
  if (recording == Recording::kNone) return {};
  const auto is_new = [](const SourceEntity& source) { return !source.deleted && source.is_first; };
  if (recording == Recording::kDeleted && std::ranges::all_of(batch.sources, is_new)) return {};
  // Of one source entity that is there twice, the last evaluation holds.
  std::unordered_map<std::string_view, uint32_t> last;
  for (uint32_t i = 0; i < batch.sources.size(); ++i) last[batch.sources[i].id] = i;
  std::vector<Keys> keys(batch.sources.size());
  for (const LookedUp& looked_up : batch.looked_up) {
    keys[looked_up.source].push_back(looked_up.key);
  }
  for (uint32_t i = 0; i < batch.sources.size(); ++i) {
    const SourceEntity& source = batch.sources[i];
    if (last[source.id] != i) continue;
    if (recording == Recording::kDeleted && is_new(source)) continue;
    Keys now = std::move(keys[i]);
    if (recording == Recording::kDeleted && !source.deleted) now.clear();
    std::ranges::sort(now);
    now.erase(std::unique(now.begin(), now.end()), now.end());
    const std::string own = SourceKey(prefix, source.id);
    SLUICE_TRY(const Keys before, Before(snapshot, own));
    if (now == before) continue;
    for (const uint64_t key : before) {
      if (std::ranges::binary_search(now, key)) continue;
      changes.push_back({KeyPrefix(prefix, key) + std::string(source.id), std::nullopt});
    }
    for (const uint64_t key : now) {
      if (std::ranges::binary_search(before, key)) continue;
      changes.push_back({KeyPrefix(prefix, key) + std::string(source.id), ""});
    }
    changes.push_back(
        {own, now.empty() ? std::nullopt : std::optional<std::string>(EncodeKeys(now))});
    held_[own] = std::move(now);
  }
  return {};
}

}  // namespace sluice::pipe
