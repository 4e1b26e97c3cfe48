// The files of a bulk load.

#define XXH_INLINE_ALL
#include <rocksdb/file_checksum.h>
#include <xxhash.h>

#include <algorithm>

#include "storage/bulk_load.h"
#include "storage/keys.h"
#include "storage/rocks_options.h"

namespace sluice::storage {
namespace {

class Xxh3Checksum final : public rocksdb::FileChecksumGenerator {
 public:
  Xxh3Checksum() { XXH3_128bits_reset(&state_); }
  void Update(const char* data, size_t size) override { XXH3_128bits_update(&state_, data, size); }
  void Finalize() override {
    const auto hash = XXH3_128bits_digest(&state_);
    AppendBigEndian(uint64_t{hash.high64}, checksum_);
    AppendBigEndian(uint64_t{hash.low64}, checksum_);
  }
  std::string GetChecksum() const override { return checksum_; }
  const char* Name() const override { return "sluice.xxh3-128"; }

 private:
  XXH3_state_t state_;
  std::string checksum_;
};

class Xxh3ChecksumFactory final : public rocksdb::FileChecksumGenFactory {
 public:
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext&) override {
    return std::make_unique<Xxh3Checksum>();
  }
  const char* Name() const override { return "sluice.xxh3-128"; }
};

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> MakeBulkChecksums() {
  return std::make_shared<Xxh3ChecksumFactory>();
}

BulkSet::BulkSet(const RocksDatabase& database, uint64_t number)
    : database_(database), number_(number) {}

BulkSet::~BulkSet() {
  for (auto& writer : writers_) writer.reset();
  // What stays is removed when the store is opened again.
  for (const auto& file : files_)
    database_.db->GetEnv()->DeleteFile(file.path).PermitUncheckedError();
}

void BulkSet::Keep(const rocksdb::Status& status) {
  if (!status.ok() && status_.ok()) status_ = status;
}

rocksdb::SstFileWriter* BulkSet::Writer(Family family) {
  if (!status_.ok()) return nullptr;
  any_ = true;
  auto& writer = writers_[static_cast<size_t>(family)];
  if (!writer) writer = OpenFile(family);
  return status_.ok() ? writer.get() : nullptr;
}

std::unique_ptr<rocksdb::SstFileWriter> BulkSet::OpenFile(Family family) {
  auto* const handle = database_.Handle(family);
  rocksdb::Options options = database_.db->GetOptions(handle);
  options.file_checksum_gen_factory = MakeBulkChecksums();
  // The pages just written are what readers want next.
  auto writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(options), options,
                                                         handle, /*invalidate_page_cache=*/false);
  files_.push_back(
      {.family = family,
       .path = fmt::format("{}/{}-{}.sst", database_.folder.bulk_path(), number_, files_.size())});
  Keep(writer->Open(files_.back().path));
  return writer;
}

void BulkSet::CloseFile(rocksdb::SstFileWriter& writer, BulkFile& file) {
  rocksdb::ExternalSstFileInfo info;
  if (status_.ok()) Keep(writer.Finish(&info));
  file.bytes = info.file_size;
  file.checksum = info.file_checksum;
}

void BulkSet::Put(Family family, std::string_view key, std::string_view value) {
  SLUICE_CHECK(family != Family::kMeta);
  if (family == Family::kState) {
    any_ = true;
    state_.insert_or_assign(std::string(key),
                            StateChange{StateChange::Kind::kPut, std::string(value)});
    return;
  }
  if (auto* const writer = Writer(family)) Keep(writer->Put(ToSlice(key), ToSlice(value)));
}

void BulkSet::PutParts(Family family, std::string_view key, std::string_view head,
                       std::string_view tail) {
  joined_.clear();
  joined_.append(head).append(tail);
  Put(family, key, joined_);
}

void BulkSet::Delete(Family family, std::string_view key) {
  SLUICE_CHECK(family != Family::kMeta);
  if (family == Family::kState) {
    any_ = true;
    state_.insert_or_assign(std::string(key), StateChange{StateChange::Kind::kDelete, {}});
    return;
  }
  if (family == Family::kLog) {
    any_ = true;
    log_deletes_.emplace_back(key);
    return;
  }
  if (auto* const writer = Writer(family)) Keep(writer->Delete(ToSlice(key)));
}

// What keeping N versions leaves out comes in no order, and may be of this very set: a file behind
// the others.
void BulkSet::WriteLogDeletes() {
  if (log_deletes_.empty() || !status_.ok()) return;
  std::sort(log_deletes_.begin(), log_deletes_.end());
  log_deletes_.erase(std::unique(log_deletes_.begin(), log_deletes_.end()), log_deletes_.end());
  const auto writer = OpenFile(Family::kLog);
  for (const auto& key : log_deletes_) {
    // A writer that has failed takes nothing more.
    if (!status_.ok()) return;
    Keep(writer->Delete(key));
  }
  CloseFile(*writer, files_.back());
}

void BulkSet::DeleteRange(Family, std::string_view, std::string_view) {
  SLUICE_CHECK(false && "a bulk load removes no ranges");
}

void BulkSet::MergeBitmap(std::string_view key, std::string_view operand) {
  any_ = true;
  const auto found = state_.find(key);
  if (found == state_.end()) {
    state_.emplace(key, StateChange{StateChange::Kind::kMerge, std::string(operand)});
    return;
  }
  // Operands one after the other are an operand.
  SLUICE_CHECK(found->second.kind == StateChange::Kind::kMerge);
  found->second.value.append(operand);
}

// A file for each kind of key: where one reaches over keys that are not in files yet, RocksDB must
// flush those first, and counters of other datasets lie between the ones here and what else there
// is.
void BulkSet::WriteState() {
  state_.insert_or_assign(BulkMarkKey(number_), StateChange{StateChange::Kind::kPut, {}});
  std::unique_ptr<rocksdb::SstFileWriter> writer;
  char kind = 0;
  for (const auto& [key, change] : state_) {
    if (!writer || key.front() != kind) {
      if (writer) CloseFile(*writer, files_.back());
      writer = OpenFile(Family::kState);
      kind = key.front();
    }
    if (!status_.ok()) return;
    switch (change.kind) {
      case StateChange::Kind::kPut:
        Keep(writer->Put(key, change.value));
        break;
      case StateChange::Kind::kDelete:
        Keep(writer->Delete(key));
        break;
      case StateChange::Kind::kMerge:
        Keep(writer->Merge(key, change.value));
        break;
    }
  }
  CloseFile(*writer, files_.back());
}

Result<void> BulkSet::Finish() {
  for (auto& file : files_) CloseFile(*writers_[static_cast<size_t>(file.family)], file);
  WriteLogDeletes();
  WriteState();
  if (!status_.ok()) return FromRocksStatus(status_, "writing the files of a bulk load");
  return {};
}

}  // namespace sluice::storage
