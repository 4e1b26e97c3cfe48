// Write sets that can be looked at, and engines that stand between the store and another engine:
// what tests plant faults and mistakes with.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/engine.h"

namespace sluice::storage::testing {

class RecordedSet final : public WriteSet {
 public:
  enum class Kind { kPut, kDelete, kDeleteRange, kMergeBitmap };
  struct Change {
    Kind kind;
    Family family;
    std::string key;
    std::string value;  // Of a range: its end.
  };
  using Changes = std::vector<Change>;

  void Put(Family family, std::string_view key, std::string_view value) override {
    changes_.push_back({Kind::kPut, family, std::string(key), std::string(value)});
  }
  void PutParts(Family family, std::string_view key, std::string_view head,
                std::string_view tail) override {
    changes_.push_back(
        {Kind::kPut, family, std::string(key), std::string(head) + std::string(tail)});
  }
  void Delete(Family family, std::string_view key) override {
    changes_.push_back({Kind::kDelete, family, std::string(key), {}});
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    changes_.push_back({Kind::kDeleteRange, family, std::string(begin), std::string(end)});
  }
  void MergeBitmap(std::string_view key, std::string_view operand) override {
    changes_.push_back(
        {Kind::kMergeBitmap, Family::kState, std::string(key), std::string(operand)});
  }
  bool empty() const override { return changes_.empty(); }

  Changes& changes() { return changes_; }

 private:
  Changes changes_;
};

// Applies recorded changes to an engine as one set.
inline Result<void> ApplyChanges(std::span<const RecordedSet::Change> changes, Engine& engine) {
  auto set = engine.NewWriteSet();
  for (const auto& change : changes) {
    switch (change.kind) {
      case RecordedSet::Kind::kPut:
        set->Put(change.family, change.key, change.value);
        break;
      case RecordedSet::Kind::kDelete:
        set->Delete(change.family, change.key);
        break;
      case RecordedSet::Kind::kDeleteRange:
        set->DeleteRange(change.family, change.key, change.value);
        break;
      case RecordedSet::Kind::kMergeBitmap:
        set->MergeBitmap(change.key, change.value);
        break;
    }
  }
  return engine.Apply(std::move(set));
}

// Passes everything on to another engine; a test overrides what it is about.
class ForwardingEngine : public Engine {
 public:
  explicit ForwardingEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return engine_->Get(family, key);
  }
  Result<void> MultiGet(Family family, std::span<const std::string_view> keys,
                        const Found& found) const override {
    return engine_->MultiGet(family, keys, found);
  }
  std::unique_ptr<Cursor> NewCursor(Family family, std::string_view lower, std::string_view upper,
                                    Access access) const override {
    return engine_->NewCursor(family, lower, upper, access);
  }
  std::unique_ptr<WriteSet> NewWriteSet() const override { return engine_->NewWriteSet(); }
  Result<void> Apply(std::unique_ptr<WriteSet> set) override {
    return engine_->Apply(std::move(set));
  }
  Result<void> Sync() override { return engine_->Sync(); }
  uint64_t LatestSequence() const override { return engine_->LatestSequence(); }
  std::shared_ptr<const EngineSnapshot> TakeSnapshot() const override {
    return engine_->TakeSnapshot();
  }
  void Reclaim(Family family, std::string begin, std::string end) override {
    engine_->Reclaim(family, std::move(begin), std::move(end));
  }
  uint64_t DiskBytes() const override { return engine_->DiskBytes(); }
  DiskSpace Disk() const override { return engine_->Disk(); }
  Result<void> Health() const override { return engine_->Health(); }
  Result<BackupReport> Backup(const BackupOptions& options, const Stop& stop) override {
    return engine_->Backup(options, stop);
  }

 protected:
  Engine& inner() { return *engine_; }

 private:
  const std::unique_ptr<Engine> engine_;
};

}  // namespace sluice::storage::testing
