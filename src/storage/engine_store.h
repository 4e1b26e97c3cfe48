// The store's logic over an engine. Both stores of store.h are this class with another engine.

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "storage/commit_builder.h"
#include "storage/dataset.h"
#include "storage/durability.h"
#include "storage/engine.h"
#include "storage/store.h"

namespace sluice::storage {

struct IndexPart;

// Mutexes are taken in this order: definitions_mutex_, a dataset's writer_mutex, datasets_mutex_.
class EngineStore final : public Store {
 public:
  // Reads what datasets and indexes there are; their number bounds what it costs, not their size.
  static Result<std::unique_ptr<Store>> Open(std::unique_ptr<Engine> engine,
                                             const StoreOptions& options);
  ~EngineStore() override;

  Result<DatasetInfo> CreateDataset(std::string_view name, const DatasetOptions& options) override;
  std::optional<DatasetInfo> FindDataset(std::string_view name) const override;
  std::vector<DatasetInfo> ListDatasets() const override;
  Result<void> DeleteDataset(std::string_view name) override;
  Result<DatasetInfo> TruncateDataset(std::string_view name) override;
  Result<void> SetPopulated(DatasetNumber dataset, bool populated) override;

  Result<CommitReceipt> Write(const Commit& commit) override;
  std::shared_ptr<const void> TakeBulkPlace() override;
  Result<void> WaitDurable(CommitSequence sequence, const Stop& stop) override;
  CommitSequence last_sequence() const override;
  std::shared_ptr<const Snapshot> TakeSnapshot() const override;

  Result<uint64_t> BeginFullRun(DatasetNumber dataset) override;
  Result<CommitReceipt> FinishFullRun(DatasetNumber dataset, uint64_t full_run,
                                      const FullRunOptions& options, const Stop& stop) override;
  Result<uint64_t> CountUnseen(DatasetNumber dataset, uint64_t full_run) const override;
  Result<void> AbortFullRun(DatasetNumber dataset, uint64_t full_run) override;
  std::optional<uint64_t> CurrentFullRun(DatasetNumber dataset) const override;

  Result<IndexInfo> CreateIndex(DatasetNumber dataset, const IndexDefinition& definition,
                                std::shared_ptr<const KeyExtractor> extractor) override;
  Result<void> BuildIndex(uint32_t index, const Stop& stop) override;
  std::vector<IndexInfo> ListIndexes(std::optional<DatasetNumber> dataset) const override;
  Result<void> DropIndex(uint32_t index) override;

  void SetHold(DatasetNumber dataset, const std::string& holder,
               std::optional<Offset> from) override;
  std::vector<Hold> ListHolds() const override;
  Result<void> Compact(const Stop& stop) override;

  uint64_t AddListener(std::function<void(const CommitEvent&)> listener) override;
  void RemoveListener(uint64_t number) override;

  Result<std::optional<std::string>> GetMeta(std::string_view key) const override;
  Result<void> PutMeta(std::span<const StateChange> changes) override;
  Result<void> ScanMeta(
      std::string_view prefix,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  uint64_t DiskBytes() const override;
  SpaceStatus Space() const override;
  Result<void> Health() const override;
  Result<BackupReport> Backup(const BackupOptions& options, const Stop& stop) override;

 private:
  using DatasetPointer = std::shared_ptr<Dataset>;

  EngineStore(std::unique_ptr<Engine> engine, const StoreOptions& options);
  Result<void> Load();
  Result<void> LoadIndexes();

  // Null if there is none.
  DatasetPointer FindByName(std::string_view name) const;
  DatasetPointer FindByNumber(DatasetNumber number) const;
  DatasetPointer FindByIndex(uint32_t index) const;
  std::vector<DatasetPointer> AllDatasets() const;
  // kConflict if there is none: the incarnation is gone.
  Result<DatasetPointer> Existing(DatasetNumber number) const;

  // The caller holds definitions_mutex_.
  Result<DatasetInfo> MakeDataset(std::string_view name, const DatasetOptions& options);
  Result<DatasetInfo> ChangeOptions(Dataset& dataset, const DatasetOptions& options);
  uint32_t TakeNumber(WriteSet& set);
  // The caller holds the dataset's writer_mutex too.
  static void RemoveContents(const Dataset& dataset, WriteSet& set);
  void ReclaimContents(const Dataset& dataset);
  static void RemoveIndex(uint32_t index, WriteSet& set);
  void RemoveIndexFrom(Dataset& dataset, uint32_t index);

  // The caller holds the dataset's writer_mutex in all of these.
  Result<void> ApplyCommit(Dataset& dataset, CommitBuilder& builder);
  Result<std::optional<FullRun>> RunOf(const Dataset& dataset,
                                       std::optional<uint64_t> full_run) const;
  Result<bool> FinishStep(Dataset& dataset, uint64_t full_run, const FullRunOptions& options,
                          Offset& from, CommitReceipt& total);
  // Null where others have all that may be.
  std::unique_ptr<IdFilter> NewIdFilter();
  Result<IndexPart> ReadPart(Dataset& dataset, uint32_t index) const;
  Result<bool> PutPart(Dataset& dataset, const IndexPart& part);
  Result<std::vector<Offset>> SupersededOf(const Dataset& dataset, const IndexPart& part) const;
  Result<uint64_t> TrimStep(Dataset& dataset, uint64_t versions_max);
  // whole_entities.cc.
  static void MarkRetractions(const Dataset& dataset, std::span<const Append> appends,
                              CommitBuilder& builder);
  Result<uint64_t> RetractStep(Dataset& dataset, uint64_t ids_max);
  Result<uint64_t> ExpireStep(Dataset& dataset, uint64_t ids_max);
  Result<bool> QueueStep(Dataset& dataset, std::string& after);

  Result<void> CompactDataset(Dataset& dataset, const Stop& stop);
  Result<void> RebuildQueue(Dataset& dataset, const Stop& stop);
  // kUnavailable while the disk is nearly full.
  Result<void> RequireSpace();
  void Notify(const CommitEvent& event) const;
  int64_t NowMicroseconds() const;

  const StoreOptions options_;
  const std::unique_ptr<Engine> engine_;
  DurabilityGate durability_;

  std::mutex definitions_mutex_;  // Held by whatever makes or removes datasets and indexes.
  uint32_t next_number_ = 1;      // Of datasets and indexes. Guarded by definitions_mutex_.
  std::mutex compaction_mutex_;   // One Compact at a time.

  mutable std::shared_mutex datasets_mutex_;
  std::map<std::string, DatasetPointer, std::less<>> by_name_;
  std::map<DatasetNumber, DatasetPointer> by_number_;
  std::map<uint32_t, DatasetPointer> by_index_;

  std::atomic<bool> space_stopped_ = false;
  // Loads that outlive the store give their places back all the same.
  const std::shared_ptr<std::atomic<int>> bulk_places_;
  const std::shared_ptr<std::atomic<int>> filter_places_;

  mutable std::shared_mutex listeners_mutex_;
  std::map<uint64_t, std::function<void(const CommitEvent&)>> listeners_;
  uint64_t next_listener_ = 1;
};

}  // namespace sluice::storage
