#include "storage/verify.h"

#include <set>

#include "storage/keys.h"
#include "storage/rocks_engine.h"
#include "storage/verify_dataset.h"
#include "storage/verify_primary.h"
#include "storage/verify_sums.h"

namespace sluice::storage {
namespace {

class StoreVerifier {
 public:
  StoreVerifier(const ReadView& view, const VerifyOptions& options)
      : view_(view), options_(options) {}

  Result<VerifySummary> Run(const Stop& stop) {
    SLUICE_TRY(LoadDefinitions());
    for (const auto& definition : definitions_) {
      std::vector<StoredIndex> indexes;
      for (const auto& index : indexes_) {
        if (index.dataset == definition.number) indexes.push_back(index);
      }
      SLUICE_TRY(CheckDataset(definition, indexes, stop));
      ++summary_.datasets;
    }
    SLUICE_TRY(CheckNames());
    SLUICE_TRY(VerifyPrimary(view_, definitions_, [this](auto dataset, const auto& difference) {
      Tell(difference, dataset);
    }));
    SLUICE_TRY(CheckOwners(Family::kLog, datasets_, "the log"));
    SLUICE_TRY(CheckOwners(Family::kLatest, datasets_, "the latest view"));
    SLUICE_TRY(CheckOwners(Family::kIndex, index_numbers_, "the indexes"));
    return summary_;
  }

 private:
  void Tell(const std::string& difference, std::string_view dataset = {}) {
    ++summary_.differences;
    if (options_.on_difference) options_.on_difference(dataset, difference);
  }

  // By sums; where they differ, or bytes cannot be read, version by version.
  Result<void> CheckDataset(const DatasetDefinition& definition,
                            const std::vector<StoredIndex>& indexes, const Stop& stop) {
    DatasetSums sums(view_, definition, indexes, options_, stop);
    const auto sound = sums.Run();
    if (sound.ok() && *sound) {
      summary_.versions += sums.versions();
      return {};
    }
    if (!sound.ok() && sound.error().code != Code::kCorrupt) return sound.error();
    DatasetVerifier dataset(view_, definition, indexes, options_, stop);
    const auto told = dataset.Run();
    summary_.versions += dataset.versions();
    summary_.differences += dataset.differences();
    if (!told.ok() && told.error().code != Code::kCorrupt) return told.error();
    if (!told.ok()) {
      Tell(fmt::format("cannot be read: {}", told.error().message), definition.name);
    } else if (dataset.differences() == 0) {
      Tell("its sums contradict each other", definition.name);
    }
    return {};
  }

  Result<void> LoadDefinitions() {
    const auto datasets = PrefixRange("d");
    auto cursor = view_.NewCursor(Family::kMeta, datasets.begin, datasets.end, Access::kScan);
    for (cursor->Seek(datasets.begin); cursor->Valid(); cursor->Next()) {
      auto definition = ParseDatasetDefinition(cursor->value());
      if (!definition.ok()) {
        Tell(definition.error().message);
        continue;
      }
      datasets_.insert(definition->number);
      definitions_.push_back(*std::move(definition));
    }
    SLUICE_TRY(cursor->status());
    const auto indexes = PrefixRange("x");
    cursor = view_.NewCursor(Family::kMeta, indexes.begin, indexes.end, Access::kScan);
    for (cursor->Seek(indexes.begin); cursor->Valid(); cursor->Next()) {
      auto index = ParseIndexDefinition(cursor->value());
      if (!index.ok()) {
        Tell(index.error().message);
        continue;
      }
      if (!datasets_.contains(index->dataset))
        Tell(fmt::format("index {} belongs to no dataset", index->number));
      index_numbers_.insert(index->number);
      indexes_.push_back(*std::move(index));
    }
    return cursor->status();
  }

  // Every dataset has its name, and no name has another dataset.
  Result<void> CheckNames() {
    const auto range = PrefixRange("N");
    const auto cursor = view_.NewCursor(Family::kMeta, range.begin, range.end, Access::kScan);
    std::set<uint32_t> named;
    for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
      const auto number = ParseNumber(cursor->value());
      if (number.ok() && datasets_.contains(static_cast<uint32_t>(*number))) {
        named.insert(static_cast<uint32_t>(*number));
      } else {
        Tell(fmt::format("the name \"{}\" belongs to no dataset", cursor->key().substr(1)));
      }
    }
    for (const auto& definition : definitions_) {
      if (!named.contains(definition.number))
        Tell(fmt::format("dataset \"{}\" is not found by its name", definition.name));
    }
    return cursor->status();
  }

  // No keys but of what is defined. Each number costs one seek, however many keys it has.
  Result<void> CheckOwners(Family family, const std::set<uint32_t>& numbers,
                           std::string_view where) {
    const auto cursor =
        view_.NewCursor(family, std::string(kDatasetPrefixBytes, '\0'),
                        std::string(kDatasetPrefixBytes + 1, '\xFF'), Access::kPoint);
    for (cursor->Seek(std::string(kDatasetPrefixBytes, '\0')); cursor->Valid();) {
      if (cursor->key().size() < kDatasetPrefixBytes) {
        Tell(fmt::format("{} has a key of {} bytes", where, cursor->key().size()));
        cursor->Next();
        continue;
      }
      const auto number = LoadBigEndian<uint32_t>(cursor->key().substr(0, kDatasetPrefixBytes));
      if (!numbers.contains(number))
        Tell(fmt::format("{} has keys of {}, which is not defined", where, number));
      cursor->Seek(NumberRange(number).end);
    }
    return cursor->status();
  }

  const ReadView& view_;
  const VerifyOptions& options_;
  VerifySummary summary_;
  std::vector<DatasetDefinition> definitions_;
  std::vector<StoredIndex> indexes_;
  std::set<uint32_t> datasets_;
  std::set<uint32_t> index_numbers_;
};

}  // namespace

Result<VerifySummary> Verify(const ReadView& view, const VerifyOptions& options, const Stop& stop) {
  return StoreVerifier(view, options).Run(stop);
}

Result<void> VerifyFiles(const Engine& engine, const VerifyOptions& options,
                         VerifySummary& summary) {
  auto checked = engine.CheckFiles();
  if (checked.ok() || checked.error().code != Code::kCorrupt) return checked;
  ++summary.differences;
  if (options.on_difference) options.on_difference({}, checked.error().message);
  return {};
}

Result<VerifySummary> VerifyFolder(const std::string& folder, const StoreOptions& store_options,
                                   const VerifyOptions& options, const Stop& stop) {
  SLUICE_TRY(const auto engine, OpenRocksEngine(folder, store_options, nullptr));
  SLUICE_TRY(auto summary, Verify(*engine->TakeSnapshot(), options, stop));
  SLUICE_TRY(VerifyFiles(*engine, options, summary));
  return summary;
}

Result<RebuildSummary> RebuildFolder(const std::string& folder, const StoreOptions& store_options,
                                     const VerifyOptions& options, const Stop& stop) {
  SLUICE_TRY(const auto engine, OpenRocksEngine(folder, store_options, nullptr));
  SLUICE_TRY(const auto summary, Rebuild(*engine, options, stop));
  SLUICE_TRY(engine->Sync());
  return summary;
}

}  // namespace sluice::storage
