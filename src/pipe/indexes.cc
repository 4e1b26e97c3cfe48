#include "pipe/indexes.h"

#include <set>

#include "value/relations.h"

namespace sluice::pipe {
namespace {

// Raised when the same expression begins to mean other keys.
constexpr uint32_t kMeaningVersion = 1;

class Extractor final : public storage::KeyExtractor {
 public:
  explicit Extractor(std::shared_ptr<const dtl::IndexedKey> key) : key_(std::move(key)) {}

  void Extract(const Entity& entity,
               const std::function<void(std::string_view key)>& add) const override {
    Arena arena;
    std::string bytes;
    for (const Value& value : key_->Keys(entity, arena)) {
      bytes.clear();
      AppendEqualityKey(value, bytes);
      add(bytes);
    }
  }

 private:
  std::shared_ptr<const dtl::IndexedKey> key_;
};

}  // namespace

Result<std::optional<storage::IndexInfo>> Indexes::Create(
    const std::shared_ptr<const dtl::IndexedKey>& key) {
  // A dataset is found by `_id` as it is.
  if (key->IsId()) return std::optional<storage::IndexInfo>();
  const auto extractor = std::make_shared<Extractor>(key);
  {
    const std::lock_guard lock(numbers_mutex_);
    extractors_[{std::string(key->dataset()), std::string(key->expression())}] = extractor;
  }
  const auto dataset = store_.FindDataset(key->dataset());
  if (!dataset) return std::optional<storage::IndexInfo>();
  SLUICE_TRY(auto info,
             store_.CreateIndex(
                 dataset->number,
                 {.expression = key->expression(), .meaning_version = kMeaningVersion}, extractor));
  const std::lock_guard lock(numbers_mutex_);
  numbers_[{dataset->number, key->expression()}] = info.number;
  return std::optional<storage::IndexInfo>(info);
}

std::shared_ptr<const storage::KeyExtractor> Indexes::FindExtractor(
    std::string_view dataset, const storage::IndexDefinition& definition) const {
  if (definition.meaning_version != kMeaningVersion) return nullptr;
  const std::lock_guard lock(numbers_mutex_);
  const auto found = extractors_.find({std::string(dataset), definition.expression});
  return found == extractors_.end() ? nullptr : found->second;
}

Result<void> Indexes::Reconcile(const IndexedKeys& needed) {
  std::set<std::pair<storage::DatasetNumber, std::string>> wanted;
  for (const auto& key : needed) {
    SLUICE_TRY(auto info, Create(key));
    if (info) wanted.insert({info->dataset, key->expression()});
  }
  for (const auto& index : store_.ListIndexes({})) {
    if (wanted.contains({index.dataset, index.definition.expression})) continue;
    SLUICE_TRY(store_.DropIndex(index.number));
    const std::lock_guard lock(numbers_mutex_);
    numbers_.erase({index.dataset, index.definition.expression});
  }
  return {};
}

Result<void> Indexes::Build(const IndexedKeys& keys, const Stop& stop) {
  for (const auto& key : keys) {
    SLUICE_TRY(auto info, Create(key));
    if (info && !info->ready) SLUICE_TRY(store_.BuildIndex(info->number, stop));
  }
  return {};
}

std::optional<uint32_t> Indexes::Find(storage::DatasetNumber dataset,
                                      std::string_view expression) const {
  const std::lock_guard lock(numbers_mutex_);
  const auto found = numbers_.find({dataset, std::string(expression)});
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sluice::pipe
