// What the store's tests share: entities, a clock that stands still, a folder, stores of both
// kinds.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.h"
#include "storage/store.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::storage::testing {

class ManualClock final : public Clock {
 public:
  WallTime Now() const override { return WallTime(std::chrono::microseconds(now_us)); }
  SteadyTime Steady() const override { return {}; }
  int64_t now_us = 1'000'000;
};

// A new folder, removed at the end.
enum FolderPlace { kOnDisk, kInMemory };  // In memory where the machine has such a folder.

class TemporaryFolder {
 public:
  explicit TemporaryFolder(FolderPlace place = kOnDisk) {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code none;
    const auto parent = place == kInMemory && std::filesystem::is_directory(memory, none)
                            ? memory
                            : std::filesystem::temp_directory_path();
    auto pattern = (parent / "sluice-store-XXXXXX").string();
    SLUICE_CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <class T>
T Ok(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.error().ToText();
    std::abort();
  }
  return std::move(result).value();
}

inline void Ok(const Result<void>& result) { ASSERT_TRUE(result.ok()) << result.error().ToText(); }

template <class T>
Code CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result.ok()) << "expected a failure";
  return result.ok() ? Code::kInternal : result.error().code;
}

// {"_id": id, "tags": [...], "v": v}, ready to be appended.
struct TestEntity {
  std::string id;
  std::string record;
  Hash128 hash;
  bool deleted = false;
  bool force = false;
  bool only_if_live = false;
  std::optional<Offset> offset;
  std::optional<SourceOffset> source;
};

inline TestEntity Make(std::string id, int64_t v, std::vector<std::string> tags = {},
                       bool deleted = false) {
  std::vector<Value> items;
  for (const auto& tag : tags) items.push_back(Value::String(tag));
  std::vector<Property> properties;
  if (deleted) properties.push_back({"_deleted", Value::Boolean(true)});
  properties.push_back({"_id", Value::String(id)});
  if (!tags.empty()) properties.push_back({"tags", Value::List(items)});
  properties.push_back({"v", Value::Integer(v)});
  TestEntity entity;
  EncodeForDataset(Value::Dict(properties), entity.record);
  entity.id = std::move(id);
  entity.hash = IdentityHashOfRecord(entity.record);
  entity.deleted = deleted;
  return entity;
}

inline TestEntity Deleted(std::string id) { return Make(std::move(id), 0, {}, true); }

inline std::vector<Append> Appends(const std::vector<TestEntity>& entities) {
  std::vector<Append> appends;
  for (const auto& entity : entities) {
    Append append;
    append.record = entity.record;
    append.id = entity.id;
    append.hash = entity.hash;
    append.deleted = entity.deleted;
    append.force = entity.force;
    append.only_if_live = entity.only_if_live;
    append.offset = entity.offset;
    append.source = entity.source;
    appends.push_back(append);
  }
  return appends;
}

// "id=v", or "id=x" for a deletion.
inline std::string Text(const Entity& entity) {
  const auto number = entity.dict.Find("v").AsInteger();
  return std::string(entity.id()) + "=" +
         (entity.deleted ? "x"
          : number       ? std::to_string(*number)
                         : "?");
}

// The keys of `tags`, one for each.
class TagExtractor final : public KeyExtractor {
 public:
  void Extract(const Entity& entity,
               const std::function<void(std::string_view)>& add) const override {
    std::string key;
    for (const auto& tag : entity.dict.Find("tags").items()) {
      key.clear();
      AppendEqualityKey(tag, key);
      add(key);
    }
  }
};

inline std::string KeyOf(std::string_view text) {
  std::string key;
  AppendEqualityKey(Value::String(text), key);
  return key;
}

enum class StoreKind { kMemory, kRocks };

inline std::string ToString(StoreKind kind) {
  return kind == StoreKind::kMemory ? "Memory" : "Rocks";
}

inline std::string StoreName(const ::testing::TestParamInfo<StoreKind>& parameter) {
  return ToString(parameter.param);
}

// A store of either kind with what it needs, and the calls that tests make most.
class TestStore {
 public:
  // `bulk_entities_min`: as of StoreOptions.
  explicit TestStore(StoreKind kind, size_t bulk_entities_min = 20'000)
      : kind_(kind), bulk_entities_min_(bulk_entities_min), random_(1) {
    Open();
  }

  Store* operator->() const { return store_.get(); }
  Store& operator*() const { return *store_; }
  const std::string& folder() const { return folder_.path(); }
  ManualClock& clock() { return clock_; }
  StoreKind kind() const { return kind_; }
  StoreOptions options() {
    return {.clock = &clock_,
            .random = &random_,
            .block_cache_bytes = 4 << 20,
            .memtable_bytes = 4 << 20,
            .bulk_entities_min = bulk_entities_min_};
  }

  void Close() { store_.reset(); }
  void Open() {
    store_ = kind_ == StoreKind::kMemory ? MakeMemoryStore(options())
                                         : Ok(OpenRocksStore(folder_.path(), options()));
  }
  // Closes and opens again; the memory store stays as it is.
  void Reopen() {
    if (kind_ == StoreKind::kMemory) return;
    Close();
    Open();
  }

  DatasetNumber Create(std::string_view name = "d", const DatasetOptions& dataset_options = {}) {
    return Ok(store_->CreateDataset(name, dataset_options)).number;
  }
  Result<CommitReceipt> TryWrite(DatasetNumber dataset, const std::vector<TestEntity>& entities,
                                 std::optional<uint64_t> full_run = {}) {
    const auto appends = Appends(entities);
    Commit commit;
    commit.dataset = dataset;
    commit.appends = appends;
    commit.full_run = full_run;
    return store_->Write(commit);
  }
  CommitReceipt Write(DatasetNumber dataset, const std::vector<TestEntity>& entities,
                      std::optional<uint64_t> full_run = {}) {
    return Ok(TryWrite(dataset, entities, full_run));
  }
  // "offset id=v" of what a reader gives, in its order.
  std::vector<std::string> Read(DatasetNumber dataset, const ReadOptions& read_options = {},
                                size_t page = 3) {
    const auto reader = Ok(store_->TakeSnapshot()->ReadLog(dataset, read_options));
    return Drain(*reader, page);
  }
  static std::vector<std::string> Drain(LogReader& reader, size_t page = 3) {
    std::vector<std::string> texts;
    while (true) {
      Arena arena;
      std::vector<Entity> entities;
      Ok(reader.Next(page, arena, entities));
      if (entities.empty()) return texts;
      EXPECT_LE(entities.size(), page);
      for (const auto& entity : entities) {
        texts.push_back(std::to_string(*entity.updated.AsInteger()) + " " + Text(entity));
      }
    }
  }
  std::vector<std::string> Find(uint32_t index, std::string_view tag) {
    Arena arena;
    const auto key = KeyOf(tag);
    const std::string_view view = key;
    const auto found = Ok(store_->TakeSnapshot()->FindIds(index, {&view, 1}, SIZE_MAX, arena));
    return {found[0].begin(), found[0].end()};
  }
  DatasetInfo Info(std::string_view name = "d") { return *store_->FindDataset(name); }

 private:
  const StoreKind kind_;
  const size_t bulk_entities_min_;
  TemporaryFolder folder_;
  ManualClock clock_;
  SeededRandom random_;
  std::unique_ptr<Store> store_;
};

// Parameterised over both kinds.
class StoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  TestStore store{GetParam()};
};

using Strings = std::vector<std::string>;

}  // namespace sluice::storage::testing
