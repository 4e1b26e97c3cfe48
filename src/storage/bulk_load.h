// Bulk loads: a large commit as sorted files that RocksDB takes in as they are, in one step for all
// families.
//
// An ingest does not pass through the write-ahead log, and would survive earlier commits that are
// not synced yet. So an intent (the files' names, sizes and checksums) is written and synced first,
// which makes all before it durable; then everything is ingested together with a mark; then intent
// and mark are removed by one ordinary write, before the dataset's next commit. After a crash an
// intent without its mark is ingested if its files are whole, and dropped otherwise.

#pragma once

#include <rocksdb/sst_file_writer.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "storage/bulk_hooks.h"
#include "storage/rocks_database.h"

namespace sluice::storage {

// One file of a bulk load. Keys are put in their order, each once.
struct BulkFile {
  Family family = Family::kLog;
  std::string path;
  uint64_t bytes = 0;
  std::string checksum;  // XXH3-128 of the whole file.
};

std::shared_ptr<rocksdb::FileChecksumGenFactory> MakeBulkChecksums();

// A write set that becomes files. The keys that are put into the log, the latest view and the
// indexes, and those removed from the latter two, must come in ascending order, each once; others
// may come in any. Removing ranges and
// writing meta is not for bulk loads.
class BulkSet final : public WriteSet {
 public:
  BulkSet(const RocksDatabase& database, uint64_t number);
  ~BulkSet() override;  // Removes the files.

  void Put(Family family, std::string_view key, std::string_view value) override;
  void PutParts(Family family, std::string_view key, std::string_view head,
                std::string_view tail) override;
  void Delete(Family family, std::string_view key) override;
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override;
  void MergeBitmap(std::string_view key, std::string_view operand) override;
  bool empty() const override { return !any_; }

  uint64_t number() const { return number_; }
  // Closes and syncs the files; nothing may be put any more.
  Result<void> Finish();
  const std::vector<BulkFile>& files() const { return files_; }

 private:
  struct StateChange {
    enum class Kind : uint8_t { kPut, kDelete, kMerge };
    Kind kind = Kind::kPut;
    std::string value;
  };

  // Null once something has failed.
  rocksdb::SstFileWriter* Writer(Family family);
  std::unique_ptr<rocksdb::SstFileWriter> OpenFile(Family family);
  void CloseFile(rocksdb::SstFileWriter& writer, BulkFile& file);
  void Keep(const rocksdb::Status& status);
  void WriteLogDeletes();
  void WriteState();

  const RocksDatabase& database_;
  const uint64_t number_;
  std::array<std::unique_ptr<rocksdb::SstFileWriter>, kFamilies> writers_;
  std::map<std::string, StateChange, std::less<>> state_;
  std::vector<std::string> log_deletes_;
  std::vector<BulkFile> files_;
  std::string joined_;
  rocksdb::Status status_;
  bool any_ = false;
};

// Makes and ingests bulk loads. May be called by any thread.
class BulkLoader {
 public:
  BulkLoader(RocksDatabase& database, BulkHooks hooks);

  // Ends what a crash left: finishes or drops intents and removes files. Call it before anything is
  // written.
  Result<void> Recover();

  std::unique_ptr<BulkSet> NewSet();
  // All or nothing, and durable. Nothing else may write what the set writes until this returns.
  Result<void> Commit(BulkSet& set);
  // An error once a load has failed in a way that leaves its end to the next opening: until then
  // nothing more may be written.
  Result<void> Health() const;
  // The highest sequence up to `sequence` that may be said to be on the disk once the log is
  // synced: an ingest that fails has used up sequences that are in no log and in no file.
  uint64_t Sure(uint64_t sequence) const;

 private:
  Result<void> WriteIntent(const BulkSet& set);
  rocksdb::Status Ingest(const std::vector<BulkFile>& files);
  uint64_t BeginDoubt();
  void EndDoubt(uint64_t began);
  rocksdb::Status RemoveIntent(uint64_t number, bool sync);
  Error Undo(uint64_t number, Error error);
  Result<bool> IsWhole(const std::vector<BulkFile>& files) const;
  Result<void> RecoverIntent(uint64_t number, std::string_view intent);
  Result<void> RemoveMarks();
  Result<void> RemoveFiles();
  void Passed(BulkStep step) const;

  RocksDatabase& database_;
  const BulkHooks hooks_;
  std::atomic<uint64_t> next_number_ = 1;
  std::atomic<bool> broken_ = false;
  mutable std::mutex doubts_mutex_;
  // The sequences at which ingests began that are under way, or could not be undone.
  std::multiset<uint64_t> doubts_;
};

}  // namespace sluice::storage
