// Verifies one dataset; see verify.h.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/arena.h"
#include "storage/bitmap.h"
#include "storage/format.h"
#include "storage/verify.h"

namespace sluice::storage {

class DatasetVerifier {
 public:
  DatasetVerifier(const ReadView& view, const DatasetDefinition& definition,
                  std::vector<StoredIndex> indexes, const VerifyOptions& options, const Stop& stop)
      : view_(view),
        definition_(definition),
        indexes_(std::move(indexes)),
        options_(options),
        stop_(stop) {}

  Result<void> Run();

  uint64_t versions() const { return versions_; }
  uint64_t differences() const { return differences_; }

 private:
  struct CheckedIndex {
    StoredIndex stored;
    IndexProgress progress;
    std::shared_ptr<const KeyExtractor> extractor;
    uint64_t entries = 0;  // As the versions say.
  };

  template <class... Args>
  void Tell(fmt::format_string<Args...> format, Args&&... args) {
    ++differences_;
    if (options_.on_difference) {
      options_.on_difference(definition_.name, fmt::format(format, std::forward<Args>(args)...));
    }
  }

  Result<void> LoadIndexes();
  Result<void> CheckLog();
  Result<void> CheckVersion(Offset offset, const Version& version, Arena& arena);
  Result<void> CheckSuperseded(Offset offset, std::string_view id, const Latest& latest);
  void CheckNewest(Offset offset, std::string_view id, const Version& version,
                   const Latest& latest);
  Result<void> CheckIndexed(const Entity& entity, Offset offset);
  // Compares the chunk that the log has passed, and the stored chunks between it and the next.
  Result<void> CheckChunk(uint64_t chunk);
  Result<void> CheckBitmapsAreEmpty(uint64_t from_chunk, uint64_t to_chunk);
  Result<void> CheckLatest();
  Result<void> CheckIndexEntries(const CheckedIndex& index);
  Result<void> CheckQueue();
  void CheckCounters();

  const ReadView& view_;
  const DatasetDefinition& definition_;
  const std::vector<StoredIndex> indexes_;
  const VerifyOptions& options_;
  const Stop& stop_;

  Counters counters_;
  std::vector<CheckedIndex> checked_indexes_;
  uint64_t versions_ = 0;
  uint64_t live_ = 0;
  uint64_t deleted_ = 0;
  uint64_t differences_ = 0;
  std::optional<Offset> last_offset_;
  std::optional<uint64_t> chunk_;  // The chunk the log is in.
  Roaring latest_bits_;            // Of that chunk, as the log says.
  Roaring tombstone_bits_;
};

}  // namespace sluice::storage
