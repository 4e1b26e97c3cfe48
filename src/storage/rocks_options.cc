#include "storage/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "storage/bitmap.h"
#include "storage/keys.h"

namespace sluice::storage {
namespace {

constexpr size_t kMebibyte = 1024 * 1024;

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

class BitmapMerge final : public rocksdb::MergeOperator {
 public:
  const char* Name() const override { return "sluice.bitmap.1"; }

  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    std::vector<std::string_view> operands;
    for (const auto& operand : in.operand_list) operands.push_back(View(operand));
    out->new_value.clear();
    const auto existing =
        in.existing_value != nullptr ? View(*in.existing_value) : std::string_view();
    return ApplyBitmapOperands(existing, operands, out->new_value);
  }

  // Operands one after the other are an operand.
  bool PartialMergeMulti(const rocksdb::Slice&, const std::deque<rocksdb::Slice>& operands,
                         std::string* out, rocksdb::Logger*) const override {
    out->clear();
    for (const auto& operand : operands) out->append(operand.data(), operand.size());
    return true;
  }
};

// What a memtable remembers its last insert by: the dataset of a log key. The ends of deleted
// ranges are kept out: RocksDB 7.8 looks a hint up also when it inserts into its other list, the
// one of deleted ranges, and the hint then points into the wrong list.
class LogHint final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "sluice.log-hint.1"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), kDatasetPrefixBytes};
  }
  bool InDomain(const rocksdb::Slice& key) const override {
    return key.size() > kDatasetPrefixBytes;
  }
};

rocksdb::ColumnFamilyOptions MakeFamily(const std::shared_ptr<rocksdb::Cache>& cache,
                                        size_t block_bytes, size_t memtable_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = block_bytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // As block_guard.h knows them.
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  // Indexes and filters grow with the data, so they live within the cache's bound.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.compression = rocksdb::kLZ4Compression;
  family.write_buffer_size = memtable_bytes;
  family.max_write_buffer_number = 4;
  family.level_compaction_dynamic_level_bytes = true;
  return family;
}

}  // namespace

rocksdb::DBOptions MakeRocksOptions(const StoreOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_background_jobs = 2;
  db.allow_concurrent_memtable_write =
      false;  // Sorted inserts with a hint are cheaper, and batches are large.
  db.enable_write_thread_adaptive_yield = false;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(2 * options.memtable_bytes);
  // What recovery reads again: bounds the time to open after a crash.
  db.max_total_wal_size = options.memtable_bytes;
  // What is written goes to the disk at once, not all when somebody waits for a sync: of the log,
  // or of anything else, since a file system's journal makes one wait for the other.
  db.wal_bytes_per_sync = kMebibyte / 2;
  db.bytes_per_sync = kMebibyte;
  db.max_open_files = 1000;
  db.skip_stats_update_on_db_open = true;
  db.skip_checking_sst_file_sizes_on_db_open = true;
  db.avoid_unnecessary_blocking_io = true;
  db.max_log_file_size = 4 * kMebibyte;
  db.keep_log_file_num = 4;
  db.info_log_level = rocksdb::WARN_LEVEL;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> MakeRocksFamilies(const StoreOptions& options) {
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes, 4, false, 0.3);
  const size_t memtable = options.memtable_bytes;

  const auto meta = MakeFamily(cache, 4 * 1024, memtable / 16);

  // Log keys of a dataset only ever grow, so their files hardly overlap, and compaction moves most
  // of them without rewriting. A block is unpacked whole for one version that a join asks for, so
  // it is smaller than scans alone would have it.
  auto log = MakeFamily(cache, 16 * 1024, memtable / 2);
  log.memtable_insert_with_hint_prefix_extractor = std::make_shared<LogHint>();

  auto latest = MakeFamily(cache, 8 * 1024, memtable / 4);
  latest.memtable_whole_key_filtering = true;
  latest.memtable_prefix_bloom_size_ratio = 0.1;
  // Ids come in any order, so each file reaches over all of the level below: the more go down at
  // once, the less often that is written again.
  latest.level0_file_num_compaction_trigger = 24;
  latest.level0_slowdown_writes_trigger = 60;
  latest.level0_stop_writes_trigger = 90;

  const auto index = MakeFamily(cache, 8 * 1024, memtable / 4);

  auto state = MakeFamily(cache, 8 * 1024, memtable / 8);
  state.merge_operator = std::make_shared<BitmapMerge>();
  // A chunk that gets many single appends is merged as it is written, or reading it would merge
  // them all.
  state.max_successive_merges = 32;

  return {{rocksdb::kDefaultColumnFamilyName, meta},
          {"log", log},
          {"latest", latest},
          {"index", index},
          {"state", state}};
}

Error FromRocksStatus(const rocksdb::Status& status, std::string_view doing) {
  const auto code = status.IsCorruption() ? Code::kCorrupt
                    : status.IsIOError() || status.IsNoSpace() || status.IsPathNotFound()
                        ? Code::kIo
                    : status.IsShutdownInProgress() || status.IsBusy() || status.IsTryAgain() ||
                            status.IsTimedOut()
                        ? Code::kUnavailable
                    : status.IsAborted() || status.IsIncomplete() ? Code::kUnavailable
                                                                  : Code::kInternal;
  return MakeError(code, "{}: {}", doing, status.ToString());
}

}  // namespace sluice::storage
