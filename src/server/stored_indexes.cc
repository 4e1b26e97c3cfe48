#include "server/stored_indexes.h"

#include <filesystem>

#include "storage/keys.h"

namespace sluice::server {
namespace {

// Enough for the documents of thousands of pipes in one commit.
constexpr size_t kBatchBytes = 4 * 1024 * 1024;

Result<void> CopyMeta(const storage::ReadView& view, storage::Store& to) {
  const auto range = storage::PrefixRange(storage::UserKey(""));
  const auto cursor =
      view.NewCursor(storage::Family::kMeta, range.begin, range.end, storage::Access::kScan);
  std::vector<storage::StateChange> changes;
  size_t bytes = 0;
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    changes.push_back({std::string(cursor->key().substr(1)), std::string(cursor->value())});
    bytes += cursor->value().size();
    if (bytes < kBatchBytes) continue;
    SLUICE_TRY(to.PutMeta(changes));
    changes.clear();
    bytes = 0;
  }
  SLUICE_TRY(cursor->status());
  return to.PutMeta(changes);
}

}  // namespace

Result<StoredIndexes> StoredIndexes::Load(const storage::ReadView& view, const std::string& data) {
  auto store = storage::MakeMemoryStore({});
  SLUICE_TRY(CopyMeta(view, *store));
  // A copy without its keys has indexes all the same: they hold no secrets.
  std::error_code none;
  const bool has_keys = std::filesystem::exists(data + "/secrets.key", none);
  StoredIndexes indexes;
  SLUICE_TRY(indexes.node_, Node::OpenOn(std::move(store), {.data = has_keys ? data : std::string(),
                                                            .schedules = false,
                                                            .signals = false}));
  return indexes;
}

storage::FindExtractor StoredIndexes::finder() const {
  return
      [hub = &node_->hub()](std::string_view dataset, const storage::IndexDefinition& definition) {
        return hub->FindExtractor(dataset, definition);
      };
}

}  // namespace sluice::server
