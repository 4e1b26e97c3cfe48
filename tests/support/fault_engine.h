// A disk for the store in memory: it keeps every write set, loses those that were not synced when
// the power goes, and fails by chance. By seed.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/memory_engine.h"
#include "tests/support/forwarding_engine.h"
#include "tests/support/recorded_set.h"

namespace sluice::storage::testing {

class FaultDisk {
 public:
  explicit FaultDisk(uint64_t seed) : random_(seed) {}

  // One write or sync in so many fails, having done nothing; 0: none.
  void FailOneIn(uint64_t operations) { fail_one_in_ = operations; }
  // The next so many writes fail: the disk is full.
  void Fill(uint64_t writes) { full_for_ = writes; }
  // Power is lost when so many more writes have been made.
  void LosePowerAfter(uint64_t writes) { writes_left_ = writes; }
  bool dead() const { return dead_; }
  uint64_t failures() const { return failures_; }

  // Keeps all that was synced, and of what was written since a beginning.
  void LosePower() {
    sets_.resize(synced_ + random_.Below(sets_.size() - synced_ + 1));
    synced_ = sets_.size();
    writes_left_.reset();
    dead_ = false;
    full_for_ = 0;
  }

  // The process has died: all that was written is there.
  void Crash() {
    synced_ = sets_.size();
    writes_left_.reset();
    dead_ = false;
  }

  // An engine on what is there; the disk outlives it.
  std::unique_ptr<Engine> Open();

 private:
  friend class FaultEngine;

  Result<void> Look(std::string_view doing) {
    if (dead_) return MakeError(Code::kIo, "{}: the power is off", doing);
    if (full_for_ > 0) {
      --full_for_;
      ++failures_;
      return MakeError(Code::kIo, "{}: no space left", doing);
    }
    if (fail_one_in_ != 0 && random_.Below(fail_one_in_) == 0) {
      ++failures_;
      return MakeError(Code::kIo, "{}: the disk failed", doing);
    }
    return {};
  }

  Result<void> Append(const RecordedSet::Changes& changes) {
    SLUICE_TRY(Look("writing"));
    if (writes_left_ && (*writes_left_)-- == 0) {
      dead_ = true;
      return Look("writing");
    }
    sets_.push_back(changes);
    return {};
  }

  Result<void> Sync() {
    SLUICE_TRY(Look("syncing"));
    synced_ = sets_.size();
    return {};
  }

  SeededRandom random_;
  std::vector<RecordedSet::Changes> sets_;
  size_t synced_ = 0;
  uint64_t fail_one_in_ = 0;
  uint64_t full_for_ = 0;
  std::optional<uint64_t> writes_left_;
  bool dead_ = false;
  uint64_t failures_ = 0;
};

class FaultEngine final : public ForwardingEngine {
 public:
  FaultEngine(std::unique_ptr<Engine> engine, FaultDisk& disk)
      : ForwardingEngine(std::move(engine)), disk_(disk) {}

  std::unique_ptr<WriteSet> NewWriteSet() const override { return std::make_unique<RecordedSet>(); }
  Result<void> Apply(std::unique_ptr<WriteSet> set) override {
    const auto& changes = static_cast<RecordedSet&>(*set).changes();
    SLUICE_TRY(disk_.Append(changes));
    return ApplyChanges(changes, inner());
  }
  Result<void> Sync() override { return disk_.Sync(); }

 private:
  FaultDisk& disk_;
};

inline std::unique_ptr<Engine> FaultDisk::Open() {
  auto engine = MakeMemoryEngine();
  for (const auto& changes : sets_) SLUICE_CHECK(ApplyChanges(changes, *engine).ok());
  return std::make_unique<FaultEngine>(std::move(engine), *this);
}

}  // namespace sluice::storage::testing
