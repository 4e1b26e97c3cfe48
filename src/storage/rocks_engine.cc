#include "storage/rocks_engine.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include <mutex>

#include "storage/bulk_load.h"
#include "storage/rocks_database.h"
#include "storage/rocks_disk.h"
#include "storage/rocks_lookup.h"
#include "storage/rocks_options.h"
#include "storage/rocks_reclaimer.h"

namespace sluice::storage {
namespace {

using rocksdb::Slice;
using Handles = RocksHandles;

constexpr size_t kCheckReadBytes = 1 << 20;

class RocksWriteSet final : public WriteSet {
 public:
  explicit RocksWriteSet(const Handles& handles) : handles_(handles) {}

  void Put(Family family, std::string_view key, std::string_view value) override {
    Keep(batch_.Put(Handle(family), ToSlice(key), ToSlice(value)));
  }
  void PutParts(Family family, std::string_view key, std::string_view head,
                std::string_view tail) override {
    const Slice key_slice = ToSlice(key);
    const Slice parts[2] = {ToSlice(head), ToSlice(tail)};
    Keep(batch_.Put(Handle(family), rocksdb::SliceParts(&key_slice, 1),
                    rocksdb::SliceParts(parts, 2)));
  }
  void Delete(Family family, std::string_view key) override {
    Keep(batch_.Delete(Handle(family), ToSlice(key)));
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    Keep(batch_.DeleteRange(Handle(family), ToSlice(begin), ToSlice(end)));
  }
  void MergeBitmap(std::string_view key, std::string_view operand) override {
    Keep(batch_.Merge(Handle(Family::kState), ToSlice(key), ToSlice(operand)));
  }
  bool empty() const override { return batch_.Count() == 0; }

  rocksdb::WriteBatch& batch() { return batch_; }
  // Of the first change that could not be added (a key or value over RocksDB's 4 GB).
  const rocksdb::Status& status() const { return status_; }

 private:
  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    return handles_[static_cast<size_t>(family)];
  }
  void Keep(const rocksdb::Status& status) {
    if (!status.ok() && status_.ok()) status_ = status;
  }

  const Handles& handles_;
  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;
};

class RocksCursor final : public Cursor {
 public:
  RocksCursor(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* handle,
              const rocksdb::Snapshot* snapshot, std::string_view lower, std::string_view upper,
              Access access, const BlockDamage& damage)
      : damage_(damage), lower_(lower), upper_(upper), lower_slice_(lower_), upper_slice_(upper_) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &lower_slice_;
    options.iterate_upper_bound = &upper_slice_;
    // A scan must not push out what point reads need.
    options.fill_cache = access == Access::kPoint;
    Watched([&] { iterator_.reset(db.NewIterator(options, handle)); });
  }

  void Seek(std::string_view key) override {
    Watched([&] { iterator_->Seek(ToSlice(key)); });
  }
  void SeekForPrev(std::string_view key) override {
    Watched([&] { iterator_->SeekForPrev(ToSlice(key)); });
  }
  void Next() override {
    Watched([&] { iterator_->Next(); });
  }
  void Prev() override {
    Watched([&] { iterator_->Prev(); });
  }
  bool Valid() const override { return !damaged_ && iterator_->Valid(); }
  std::string_view key() const override { return ToView(iterator_->key()); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  Result<void> status() const override {
    if (!iterator_->status().ok()) return FromRocksStatus(iterator_->status(), "reading the store");
    if (damaged_) return damage_.Tell("reading the store");
    return {};
  }

 private:
  template <class Call>
  void Watched(const Call& call) {
    const DamageWatch watch(damage_);
    call();
    damaged_ = damaged_ || watch.seen();
  }

  const BlockDamage& damage_;
  bool damaged_ = false;  // Then nobody knows where the iterator is.
  const std::string lower_;
  const std::string upper_;
  const Slice lower_slice_;
  const Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

// What the engine (without a snapshot) and its snapshots read alike.
class RocksReads {
 public:
  RocksReads(const RocksDatabase& database, const rocksdb::Snapshot* snapshot)
      : db_(*database.db),
        handles_(database.handles),
        damage_(*database.damage),
        snapshot_(snapshot) {}

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    std::string value;
    const DamageWatch watch(damage_);
    const auto status = db_.Get(options, Handle(family), ToSlice(key), &value);
    if (!status.ok() && !status.IsNotFound()) return FromRocksStatus(status, "reading the store");
    SLUICE_TRY(watch.Check("reading the store"));
    if (status.IsNotFound()) return std::optional<std::string>();
    return std::optional(std::move(value));
  }

  Result<void> MultiGet(Family family, std::span<const std::string_view> keys,
                        const ReadView::Found& found) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    const DamageWatch watch(damage_);
    SLUICE_TRY(LookUp(db_, options, Handle(family), keys, found));
    return watch.Check("reading the store");
  }

  std::unique_ptr<Cursor> NewCursor(Family family, std::string_view lower, std::string_view upper,
                                    Access access) const {
    return std::make_unique<RocksCursor>(db_, Handle(family), snapshot_, lower, upper, access,
                                         damage_);
  }

 private:
  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    return handles_[static_cast<size_t>(family)];
  }

  rocksdb::DB& db_;
  const Handles& handles_;
  const BlockDamage& damage_;
  const rocksdb::Snapshot* const snapshot_;
};

template <class Base>
class RocksView : public Base {
 public:
  RocksView(const RocksDatabase& database, const rocksdb::Snapshot* snapshot)
      : reads_(database, snapshot) {}
  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return reads_.Get(family, key);
  }
  Result<void> MultiGet(Family family, std::span<const std::string_view> keys,
                        const ReadView::Found& found) const override {
    return reads_.MultiGet(family, keys, found);
  }
  std::unique_ptr<Cursor> NewCursor(Family family, std::string_view lower, std::string_view upper,
                                    Access access) const override {
    return reads_.NewCursor(family, lower, upper, access);
  }

 private:
  RocksReads reads_;
};

class RocksSnapshot final : public RocksView<EngineSnapshot> {
 public:
  RocksSnapshot(std::shared_ptr<RocksDatabase> database, const rocksdb::Snapshot* snapshot)
      : RocksView(*database, snapshot), database_(std::move(database)), snapshot_(snapshot) {}
  ~RocksSnapshot() override { database_->db->ReleaseSnapshot(snapshot_); }
  uint64_t sequence() const override { return snapshot_->GetSequenceNumber(); }

 private:
  const std::shared_ptr<RocksDatabase> database_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksEngine final : public RocksView<Engine> {
 public:
  RocksEngine(const std::shared_ptr<RocksDatabase>& database, BulkHooks hooks)
      : RocksView(*database, nullptr),
        database_(database),
        bulk_(*database, std::move(hooks)),
        reclaimer_(std::make_unique<Reclaimer>(database)) {}

  ~RocksEngine() override {
    reclaimer_.reset();
    if (database_->log_failure->happened()) return;
    // So that opening again has little log to read. If it fails, opening reads the log instead.
    rocksdb::FlushOptions options;
    options.allow_write_stall = true;  // Waiting for compactions never ends while those fail.
    database_->db->Flush(options, {database_->handles.begin(), database_->handles.end()})
        .PermitUncheckedError();
  }

  Result<void> Recover() {
    SLUICE_TRY(bulk_.Recover());
    return database_->log_failure->Check("opening the store");
  }

  std::unique_ptr<WriteSet> NewWriteSet() const override {
    return std::make_unique<RocksWriteSet>(database_->handles);
  }

  std::unique_ptr<WriteSet> NewBulkSet() const override { return bulk_.NewSet(); }

  Result<void> Apply(std::unique_ptr<WriteSet> set) override {
    SLUICE_TRY(bulk_.Health());
    SLUICE_TRY(database_->log_failure->Check("writing to the store"));
    if (auto* const bulk_set = dynamic_cast<BulkSet*>(set.get()))
      return failures_.Noted(bulk_.Commit(*bulk_set));
    auto& rocks_set = static_cast<RocksWriteSet&>(*set);
    if (!rocks_set.status().ok()) return FromRocksStatus(rocks_set.status(), "preparing a commit");
    const auto status = database_->db->Write(rocksdb::WriteOptions(), &rocks_set.batch());
    return failures_.Noted(status, "writing to the store");
  }

  Result<void> Sync() override {
    SLUICE_TRY(database_->log_failure->Check("syncing the store's log"));
    const uint64_t covered = bulk_.Sure(LatestSequence());
    const auto status = database_->db->SyncWAL();
    SLUICE_TRY(failures_.Noted(status, "syncing the store's log"));
    // What the log did not take was noted before it became visible, so before it was covered.
    SLUICE_TRY(database_->log_failure->Check("syncing the store's log"));
    return failures_.Noted(database_->MarkSynced(covered));
  }

  uint64_t LatestSequence() const override { return database_->db->GetLatestSequenceNumber(); }

  std::shared_ptr<const EngineSnapshot> TakeSnapshot() const override {
    return std::make_shared<RocksSnapshot>(database_, database_->db->GetSnapshot());
  }

  void Reclaim(Family family, std::string begin, std::string end) override {
    reclaimer_->Add(family, std::move(begin), std::move(end));
  }

  uint64_t DiskBytes() const override {
    uint64_t sum = 0;
    for (auto* handle : database_->handles) {
      uint64_t bytes = 0;
      if (database_->db->GetIntProperty(handle, rocksdb::DB::Properties::kTotalSstFilesSize,
                                        &bytes))
        sum += bytes;
    }
    return sum;
  }

  DiskSpace Disk() const override {
    return DiskSpaceOf(*database_->db, database_->folder.path(), database_->files.get());
  }

  Result<void> CheckFiles() const override {
    rocksdb::ReadOptions options;
    options.readahead_size = kCheckReadBytes;
    const auto status = database_->db->VerifyChecksum(options);
    if (status.ok()) return {};
    return FromRocksStatus(status, "checking the files of the store");
  }

  Result<void> Health() const override {
    SLUICE_TRY(failures_.Health(*database_->db));
    return database_->log_failure->Check("writing to the store");
  }

  Result<BackupReport> Backup(const BackupOptions& options, const Stop& stop) override {
    const std::lock_guard one_at_a_time(backup_mutex_);
    SLUICE_TRY(database_->log_failure->Check("making a backup"));
    return TakeRocksBackup(*database_->db, database_->folder.path(), options, stop);
  }

 private:
  const std::shared_ptr<RocksDatabase> database_;
  mutable BulkLoader bulk_;
  std::unique_ptr<Reclaimer> reclaimer_;
  std::mutex backup_mutex_;
  FailureNote failures_;
};

}  // namespace

Result<std::unique_ptr<Engine>> OpenRocksEngine(const std::string& folder,
                                                const StoreOptions& options,
                                                std::shared_ptr<rocksdb::FileSystem> file_system,
                                                BulkHooks bulk_hooks) {
  auto database = std::make_shared<RocksDatabase>();
  SLUICE_TRY(database->folder, StoreFolder::Open(folder));
  auto db_options = MakeRocksOptions(options);
  SLUICE_TRY(database->synced, SyncedMark::Open(folder));
  const auto synced = database->synced.Read().value_or(SyncedState());
  database->journals->Expect(synced.journals);
  database->files = file_system;
  if (file_system == nullptr) file_system = rocksdb::FileSystem::Default();
  database->env = rocksdb::NewCompositeEnv(
      MakeLogGuard(MakeBlockGuard(std::move(file_system), database->damage),
                   database->folder.database_path(), database->log_failure, database->journals));
  db_options.env = database->env.get();
  // Compaction gives way to those who wait for an answer.
  db_options.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW);
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status = rocksdb::DB::Open(db_options, database->folder.database_path(),
                                        MakeRocksFamilies(options), &handles, &db);
  database->db.reset(db);
  std::copy(handles.begin(), handles.end(), database->handles.begin());
  if (const auto damage = database->journals->refused_for()) {
    return MakeError(Code::kCorrupt,
                     "the journal {}/{} is damaged: its first {} bytes are not those that were "
                     "written and synced; restore a backup, or remove {}/SYNCED to go on with what "
                     "is left",
                     database->folder.database_path(), damage->name, damage->bytes, folder);
  }
  if (!status.ok()) return FromRocksStatus(status, fmt::format("opening the store in {}", folder));
  database->journals->ExpectNothingMore();
  if (const uint64_t found = db->GetLatestSequenceNumber(); found < synced.sequence) {
    return MakeError(
        Code::kCorrupt,
        "the log of writes in {} is damaged: it ends at change {}, and changes up to {} "
        "were on the disk; restore a backup, or remove {}/SYNCED to go on with what is "
        "left",
        folder, found, synced.sequence, folder);
  }
  auto engine = std::make_unique<RocksEngine>(database, std::move(bulk_hooks));
  SLUICE_TRY(engine->Recover());
  // Opening has put what it found in the log into files, and synced them.
  SLUICE_TRY(database->MarkSynced(db->GetLatestSequenceNumber()));
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace sluice::storage
