#include "storage/rocks_engine.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "storage/bulk_load.h"
#include "storage/rocks_database.h"
#include "storage/rocks_disk.h"
#include "storage/rocks_lookup.h"
#include "storage/rocks_options.h"

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
              Access access)
      : lower_(lower), upper_(upper), lower_slice_(lower_), upper_slice_(upper_) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &lower_slice_;
    options.iterate_upper_bound = &upper_slice_;
    // A scan must not push out what point reads need.
    options.fill_cache = access == Access::kPoint;
    iterator_.reset(db.NewIterator(options, handle));
  }

  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(ToSlice(key)); }
  void Next() override { iterator_->Next(); }
  void Prev() override { iterator_->Prev(); }
  bool Valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return ToView(iterator_->key()); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  Result<void> status() const override {
    if (iterator_->status().ok()) return {};
    return FromRocksStatus(iterator_->status(), "reading the store");
  }

 private:
  const std::string lower_;
  const std::string upper_;
  const Slice lower_slice_;
  const Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

// What the engine (without a snapshot) and its snapshots read alike.
class RocksReads {
 public:
  RocksReads(rocksdb::DB& db, const Handles& handles, const rocksdb::Snapshot* snapshot)
      : db_(db), handles_(handles), snapshot_(snapshot) {}

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    std::string value;
    const auto status = db_.Get(options, Handle(family), ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return FromRocksStatus(status, "reading the store");
    return std::optional(std::move(value));
  }

  Result<void> MultiGet(Family family, std::span<const std::string_view> keys,
                        const ReadView::Found& found) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    return LookUp(db_, options, Handle(family), keys, found);
  }

  std::unique_ptr<Cursor> NewCursor(Family family, std::string_view lower, std::string_view upper,
                                    Access access) const {
    return std::make_unique<RocksCursor>(db_, Handle(family), snapshot_, lower, upper, access);
  }

 private:
  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    return handles_[static_cast<size_t>(family)];
  }

  rocksdb::DB& db_;
  const Handles& handles_;
  const rocksdb::Snapshot* const snapshot_;
};

template <class Base>
class RocksView : public Base {
 public:
  RocksView(rocksdb::DB& db, const Handles& handles, const rocksdb::Snapshot* snapshot)
      : reads_(db, handles, snapshot) {}
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
      : RocksView(*database->db, database->handles, snapshot),
        database_(std::move(database)),
        snapshot_(snapshot) {}
  ~RocksSnapshot() override { database_->db->ReleaseSnapshot(snapshot_); }
  uint64_t sequence() const override { return snapshot_->GetSequenceNumber(); }

 private:
  const std::shared_ptr<RocksDatabase> database_;
  const rocksdb::Snapshot* const snapshot_;
};

// Compacts deleted ranges one after the other on a thread of its own.
class Reclaimer {
 public:
  explicit Reclaimer(std::shared_ptr<RocksDatabase> database)
      : database_(std::move(database)), thread_([this] { Run(); }) {}
  ~Reclaimer() {
    {
      const std::lock_guard lock(ranges_mutex_);
      cancelled_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void Add(Family family, std::string begin, std::string end) {
    const std::lock_guard lock(ranges_mutex_);
    ranges_.push_back({family, std::move(begin), std::move(end)});
    changed_.notify_all();
  }

 private:
  struct Range {
    Family family;
    std::string begin;
    std::string end;
  };

  void Run() {
    std::unique_lock lock(ranges_mutex_);
    while (true) {
      changed_.wait(lock, [&] { return cancelled_ || !ranges_.empty(); });
      if (cancelled_) return;
      const auto range = std::move(ranges_.front());
      ranges_.pop_front();
      if (database_->log_failure->happened()) continue;
      lock.unlock();
      rocksdb::CompactRangeOptions options;
      options.exclusive_manual_compaction = false;
      options.canceled = &cancelled_;
      const Slice begin(range.begin), end(range.end);
      // What this leaves is reclaimed by later compactions: a failure costs space, not data.
      database_->db
          ->CompactRange(options, database_->handles[static_cast<size_t>(range.family)], &begin,
                         &end)
          .PermitUncheckedError();
      lock.lock();
    }
  }

  const std::shared_ptr<RocksDatabase> database_;
  std::mutex ranges_mutex_;
  std::condition_variable changed_;
  std::deque<Range> ranges_;
  std::atomic<bool> cancelled_ = false;
  std::thread thread_;
};

class RocksEngine final : public RocksView<Engine> {
 public:
  RocksEngine(const std::shared_ptr<RocksDatabase>& database, BulkHooks hooks)
      : RocksView(*database->db, database->handles, nullptr),
        database_(database),
        bulk_(*database, std::move(hooks)),
        reclaimer_(std::make_unique<Reclaimer>(database)) {}

  ~RocksEngine() override {
    reclaimer_.reset();
    if (database_->log_failure->happened()) return;
    // So that opening again has little log to read. If it fails, opening reads the log instead.
    rocksdb::FlushOptions options;
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
    const uint64_t covered = LatestSequence();
    const auto status = database_->db->SyncWAL();
    SLUICE_TRY(failures_.Noted(status, "syncing the store's log"));
    // What the log did not take was noted before it became visible, so before it was covered.
    SLUICE_TRY(database_->log_failure->Check("syncing the store's log"));
    return failures_.Noted(database_->synced.Write(covered));
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
  database->files = file_system;
  database->env = rocksdb::NewCompositeEnv(
      MakeLogGuard(file_system != nullptr ? file_system : rocksdb::FileSystem::Default(),
                   database->folder.database_path(), database->log_failure));
  db_options.env = database->env.get();
  // Compaction gives way to those who wait for an answer.
  db_options.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW);
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status = rocksdb::DB::Open(db_options, database->folder.database_path(),
                                        MakeRocksFamilies(options), &handles, &db);
  if (!status.ok()) return FromRocksStatus(status, fmt::format("opening the store in {}", folder));
  database->db.reset(db);
  std::copy(handles.begin(), handles.end(), database->handles.begin());
  SLUICE_TRY(database->synced, SyncedMark::Open(folder));
  const uint64_t found = db->GetLatestSequenceNumber();
  if (const auto synced = database->synced.Read(); synced && found < *synced) {
    return MakeError(
        Code::kCorrupt,
        "the log of writes in {} is damaged: it ends at change {}, and changes up to {} "
        "were on the disk; restore a backup, or remove {}/SYNCED to go on with what is "
        "left",
        folder, found, *synced, folder);
  }
  auto engine = std::make_unique<RocksEngine>(database, std::move(bulk_hooks));
  SLUICE_TRY(engine->Recover());
  // Opening has put what it found in the log into files, and synced them.
  SLUICE_TRY(database->synced.Write(db->GetLatestSequenceNumber()));
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace sluice::storage
