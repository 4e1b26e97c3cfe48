// An engine that passes everything on to another one.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "storage/engine.h"

namespace sluice::storage::testing {

// Passes everything on to another engine, but bulk loads as batches; a test overrides what it is
// about.
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
  Result<void> CheckFiles() const override { return engine_->CheckFiles(); }
  Result<void> Health() const override { return engine_->Health(); }
  Result<BackupReport> Backup(const BackupOptions& options, const Stop& stop) override {
    return engine_->Backup(options, stop);
  }

 protected:
  Engine& inner() { return *engine_; }
  const Engine& inner() const { return *engine_; }

 private:
  const std::unique_ptr<Engine> engine_;
};

}  // namespace sluice::storage::testing
