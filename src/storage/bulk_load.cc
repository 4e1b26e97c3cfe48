#include "storage/bulk_load.h"

#include <rocksdb/file_checksum.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include "storage/codec.h"
#include "storage/keys.h"
#include "storage/rocks_options.h"

namespace sluice::storage {
namespace {

constexpr size_t kReadBytes = 256 * 1024;

// The folder may be moved while the store is closed, so an intent names files within it.
std::string_view NameIn(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string EncodeIntent(const std::vector<BulkFile>& files) {
  std::string out;
  out.push_back(1);
  AppendVarint(files.size(), out);
  for (const auto& file : files) {
    AppendFixed(static_cast<uint8_t>(file.family), out);
    AppendBytes(NameIn(file.path), out);
    AppendFixed(file.bytes, out);
    AppendBytes(file.checksum, out);
  }
  return out;
}

Result<std::vector<BulkFile>> ParseIntent(std::string_view value, const std::string& folder) {
  FieldReader fields(value);
  std::vector<BulkFile> files;
  const auto version = fields.Fixed<uint8_t>();
  const auto count = fields.Varint();
  for (uint64_t i = 0; i < count && fields.ok(); ++i) {
    BulkFile file;
    const auto family = fields.Fixed<uint8_t>();
    file.family = static_cast<Family>(std::min<uint8_t>(family, kFamilies - 1));
    file.path = fmt::format("{}/{}", folder, fields.Bytes());
    file.bytes = fields.Fixed<uint64_t>();
    file.checksum = fields.Bytes();
    files.push_back(std::move(file));
  }
  if (version != 1 || !fields.done()) {
    return MakeError(Code::kCorrupt, "expected the intent of a bulk load, found {} bytes",
                     value.size());
  }
  return files;
}

}  // namespace

BulkLoader::BulkLoader(RocksDatabase& database, BulkHooks hooks)
    : database_(database), hooks_(std::move(hooks)) {}

std::unique_ptr<BulkSet> BulkLoader::NewSet() {
  return std::make_unique<BulkSet>(database_, next_number_++);
}

void BulkLoader::Passed(BulkStep step) const {
  if (hooks_.after_step) hooks_.after_step(step);
}

Result<void> BulkLoader::Health() const {
  if (!broken_.load(std::memory_order_relaxed)) return {};
  return MakeError(Code::kIo,
                   "a bulk load failed and could not be undone: the store must be opened again");
}

uint64_t BulkLoader::Sure(uint64_t sequence) const {
  const std::lock_guard lock(doubts_mutex_);
  return doubts_.empty() ? sequence : std::min(sequence, *doubts_.begin());
}

uint64_t BulkLoader::BeginDoubt() {
  const std::lock_guard lock(doubts_mutex_);
  return *doubts_.insert(database_.db->GetLatestSequenceNumber());
}

void BulkLoader::EndDoubt(uint64_t began) {
  const std::lock_guard lock(doubts_mutex_);
  doubts_.erase(doubts_.find(began));
}

Result<void> BulkLoader::Commit(BulkSet& set) {
  SLUICE_TRY(set.Finish());
  Passed(BulkStep::kFilesWritten);
  auto intended = WriteIntent(set);
  if (!intended.ok()) return Undo(set.number(), intended.error());
  Passed(BulkStep::kIntentSynced);
  const uint64_t began = BeginDoubt();
  const auto ingested = Ingest(set.files());
  if (!ingested.ok()) {
    Error error = Undo(set.number(), FromRocksStatus(ingested, "ingesting a bulk load"));
    // What ends the load is in the log behind what was given out in vain.
    if (!broken_) EndDoubt(began);
    return error;
  }
  EndDoubt(began);
  Passed(BulkStep::kIngested);
  // Unsynced: whatever commit comes after it in the log brings it along.
  if (const auto removed = RemoveIntent(set.number(), false); !removed.ok()) {
    broken_ = true;
    return FromRocksStatus(removed, "ending a bulk load");
  }
  Passed(BulkStep::kIntentRemoved);
  return {};
}

Result<void> BulkLoader::WriteIntent(const BulkSet& set) {
  const uint64_t covered = Sure(database_.db->GetLatestSequenceNumber());
  std::unique_ptr<rocksdb::FSDirectory> folder;
  rocksdb::Status status = database_.db->GetFileSystem()->NewDirectory(
      database_.folder.bulk_path(), rocksdb::IOOptions(), &folder, nullptr);
  if (status.ok()) status = folder->Fsync(rocksdb::IOOptions(), nullptr);
  if (status.ok()) {
    rocksdb::WriteBatch batch;
    status = batch.Put(database_.Handle(Family::kMeta), BulkIntentKey(set.number()),
                       EncodeIntent(set.files()));
    rocksdb::WriteOptions options;
    options.sync = hooks_.sync_intent;
    if (status.ok()) status = database_.db->Write(options, &batch);
  }
  if (!status.ok()) return FromRocksStatus(status, "writing the intent of a bulk load");
  SLUICE_TRY(database_.log_failure->Check("writing the intent of a bulk load"));
  // What is ingested next does not go through the log: an opening that lost some of the log would
  // have the load without what came before it, and must know.
  return hooks_.sync_intent ? database_.MarkSynced(covered) : Result<void>();
}

rocksdb::Status BulkLoader::Ingest(const std::vector<BulkFile>& files) {
  std::map<Family, std::vector<std::string>> paths;
  for (const auto& file : files) paths[file.family].push_back(file.path);
  std::vector<rocksdb::IngestExternalFileArg> arguments;
  for (auto& [family, its_paths] : paths) {
    auto& argument = arguments.emplace_back();
    argument.column_family = database_.Handle(family);
    argument.external_files = std::move(its_paths);
    argument.options.move_files = true;
    argument.options.write_global_seqno = false;
  }
  return database_.db->IngestExternalFiles(arguments);
}

rocksdb::Status BulkLoader::RemoveIntent(uint64_t number, bool sync) {
  rocksdb::WriteBatch batch;
  auto status = batch.Delete(database_.Handle(Family::kMeta), BulkIntentKey(number));
  if (status.ok()) status = batch.Delete(database_.Handle(Family::kState), BulkMarkKey(number));
  rocksdb::WriteOptions options;
  options.sync = sync;
  return status.ok() ? database_.db->Write(options, &batch) : status;
}

// An intent that stays would be finished at the next opening, behind later commits.
Error BulkLoader::Undo(uint64_t number, Error error) {
  if (!RemoveIntent(number, true).ok()) broken_ = true;
  return error;
}

Result<void> BulkLoader::Recover() {
  const DamageWatch watch(*database_.damage);
  auto& files = *database_.db->GetFileSystem();
  const auto made =
      files.CreateDirIfMissing(database_.folder.bulk_path(), rocksdb::IOOptions(), nullptr);
  if (!made.ok()) return FromRocksStatus(made, "making the folder of bulk loads");
  const auto range = PrefixRange(kBulkIntentPrefix);
  rocksdb::ReadOptions options;
  const rocksdb::Slice end(range.end);
  options.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> intent(
      database_.db->NewIterator(options, database_.Handle(Family::kMeta)));
  for (intent->Seek(range.begin); intent->Valid(); intent->Next()) {
    const auto number = LoadBigEndian<uint64_t>(ToView(intent->key()).substr(1));
    SLUICE_TRY(RecoverIntent(number, ToView(intent->value())));
  }
  if (!intent->status().ok()) return FromRocksStatus(intent->status(), "reading the store");
  SLUICE_TRY(watch.Check("looking for bulk loads"));
  SLUICE_TRY(RemoveMarks());
  return RemoveFiles();
}

// A load that failed may have left its mark without its intent, and its number is given again.
Result<void> BulkLoader::RemoveMarks() {
  const auto range = PrefixRange(BulkMarkKey(0).substr(0, 1));
  const DamageWatch watch(*database_.damage);
  rocksdb::ReadOptions options;
  const rocksdb::Slice end(range.end);
  options.iterate_upper_bound = &end;
  auto* const state = database_.Handle(Family::kState);
  const std::unique_ptr<rocksdb::Iterator> mark(database_.db->NewIterator(options, state));
  rocksdb::WriteBatch batch;
  auto status = rocksdb::Status::OK();
  for (mark->Seek(range.begin); mark->Valid() && status.ok(); mark->Next())
    status = batch.Delete(state, mark->key());
  if (status.ok()) status = mark->status();
  SLUICE_TRY(watch.Check("looking for bulk loads"));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok() && batch.Count() != 0) status = database_.db->Write(synced, &batch);
  if (!status.ok()) return FromRocksStatus(status, "removing what bulk loads left");
  return {};
}

Result<void> BulkLoader::RecoverIntent(uint64_t number, std::string_view intent) {
  SLUICE_TRY(const auto files, ParseIntent(intent, database_.folder.bulk_path()));
  std::string mark;
  const auto found = database_.db->Get(rocksdb::ReadOptions(), database_.Handle(Family::kState),
                                       BulkMarkKey(number), &mark);
  if (!found.ok() && !found.IsNotFound()) return FromRocksStatus(found, "reading the store");
  if (found.IsNotFound()) {
    SLUICE_TRY(const bool whole, IsWhole(files));
    if (whole) {
      const auto ingested = Ingest(files);
      if (!ingested.ok()) return FromRocksStatus(ingested, "finishing a bulk load");
    }
  }
  // Synced: numbers are given again from 1.
  const auto removed = RemoveIntent(number, true);
  if (!removed.ok()) return FromRocksStatus(removed, "ending a bulk load");
  return {};
}

Result<bool> BulkLoader::IsWhole(const std::vector<BulkFile>& files) const {
  auto& system = *database_.db->GetFileSystem();
  const auto block = std::make_unique<char[]>(kReadBytes);
  for (const auto& file : files) {
    std::unique_ptr<rocksdb::FSSequentialFile> opened;
    auto status = system.NewSequentialFile(file.path, rocksdb::FileOptions(), &opened, nullptr);
    if (status.IsNotFound() || status.IsPathNotFound()) return false;
    const auto checksum = MakeBulkChecksums()->CreateFileChecksumGenerator({});
    uint64_t bytes = 0;
    while (status.ok()) {
      rocksdb::Slice piece;
      status = opened->Read(kReadBytes, rocksdb::IOOptions(), &piece, block.get(), nullptr);
      if (!status.ok() || piece.empty()) break;
      checksum->Update(piece.data(), piece.size());
      bytes += piece.size();
    }
    if (!status.ok()) return FromRocksStatus(status, "reading a file of a bulk load");
    checksum->Finalize();
    if (bytes != file.bytes || checksum->GetChecksum() != file.checksum) return false;
  }
  return true;
}

Result<void> BulkLoader::RemoveFiles() {
  auto& system = *database_.db->GetFileSystem();
  std::vector<std::string> names;
  auto status =
      system.GetChildren(database_.folder.bulk_path(), rocksdb::IOOptions(), &names, nullptr);
  for (const auto& name : names) {
    if (!status.ok()) break;
    if (!name.ends_with(".sst")) continue;
    status = system.DeleteFile(fmt::format("{}/{}", database_.folder.bulk_path(), name),
                               rocksdb::IOOptions(), nullptr);
  }
  if (!status.ok()) return FromRocksStatus(status, "removing the files of bulk loads");
  return {};
}

}  // namespace sluice::storage
