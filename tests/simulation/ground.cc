#include "tests/simulation/ground.h"

#include <filesystem>
#include <utility>

#include "storage/file_copy.h"
#include "storage/rocks_engine.h"
#include "tests/support/fault_engine.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

class MemoryGround final : public Ground {
 public:
  explicit MemoryGround(uint64_t seed) : disk_(seed) {}
  void PlanFaults(SeededRandom& random, uint64_t writes) override {
    if (random.Below(2) == 0) disk_.LosePowerAfter(random.Below(writes));
    if (random.Below(3) == 0) disk_.FailOneIn(5 + random.Below(20));
    if (random.Below(4) == 0) disk_.Fill(random.Below(5));
  }
  void ClearFaults() override {
    disk_.FailOneIn(0);
    disk_.Fill(0);
  }
  Result<std::unique_ptr<Engine>> Open() override { return disk_.Open(); }
  void LosePower() override { disk_.LosePower(); }
  bool dead() const override { return disk_.dead(); }
  bool goes_on_after_failure() const override { return !disk_.dead(); }

 private:
  FaultDisk disk_;
};

class RocksGround final : public Ground {
 public:
  RocksGround(uint64_t seed, BulkHooks hooks) : random_(seed), hooks_(std::move(hooks)) {}
  void PlanFaults(SeededRandom& random, uint64_t writes) override {
    FaultPlan plan;
    if (random.Below(2) == 0) plan.power_lost_after = random.Below(2 * writes);
    if (random.Below(4) == 0) plan.fail_one_in = 20 + random.Below(100);
    plan.only_logs_fail = random.Below(20) != 0;
    if (random.Below(40) == 0) plan.free_bytes = static_cast<int64_t>(random.Below(60'000));
    if (random.Below(4) == 0) plan.write_delay = std::chrono::microseconds(random.Below(200));
    system_->Plan(plan);
  }
  void ClearFaults() override { system_->Plan({}); }
  void FlipWrites(uint64_t one_in) override {
    FaultPlan plan;
    plan.flip_write_one_in = one_in;
    system_->Plan(plan);
  }
  void FlipReadsOnceOpened(uint64_t one_in) override { flip_read_one_in_ = one_in; }
  uint64_t flips() const override { return system_->flips(); }
  Result<std::unique_ptr<Engine>> Open() override {
    if (flip_read_one_in_ != 0) {
      FaultPlan plan;
      plan.flip_read_one_in = flip_read_one_in_;
      system_ = std::make_shared<FaultFileSystem>(random_.Next(), plan);
      return OpenRocksEngine(folder_.path(), options(), system_, hooks_);
    }
    // Sometimes the power goes again while the log is being read.
    FaultPlan plan;
    if (random_.Below(6) == 0) plan.power_lost_after = random_.Below(20);
    system_ = std::make_shared<FaultFileSystem>(random_.Next(), plan);
    auto engine = OpenRocksEngine(folder_.path(), options(), system_, hooks_);
    if (engine.ok() && !system_->dead()) {
      system_->Plan({});
      return engine;
    }
    if (!plan.power_lost_after) return engine;
    CutPower();
    if (engine.ok()) engine->reset();
    LosePower();
    system_ = std::make_shared<FaultFileSystem>(random_.Next());
    return OpenRocksEngine(folder_.path(), options(), system_, hooks_);
  }
  void CutPower() override {
    mark_.reset();
    if (!system_->dead()) mark_ = Ok(ReadWholeFile(mark_path(), kMarkBytesMax));
    system_->LosePower();
  }
  void LosePower() override {
    system_->CutFiles();
    // A process that has lost power marks nothing as synced any more; this one went on.
    std::filesystem::remove(mark_path());
    if (mark_) Ok(WriteWholeFile(mark_path(), *mark_));
  }
  bool dead() const override { return system_->dead(); }
  bool goes_on_after_failure() const override { return false; }

 private:
  static constexpr uint64_t kMarkBytesMax = 8'192;

  std::string mark_path() const { return folder_.path() + "/SYNCED"; }
  StoreOptions options() {
    return {.clock = &clock_,
            .random = &random_,
            .block_cache_bytes = 1 << 20,
            .memtable_bytes = 128 * 1024,
            .free_space_min = 0};
  }

  SeededRandom random_;
  const BulkHooks hooks_;
  ManualClock clock_;
  TemporaryFolder folder_{kInMemory};
  std::shared_ptr<FaultFileSystem> system_;
  uint64_t flip_read_one_in_ = 0;
  std::optional<std::string>
      mark_;  // As it was when the power was cut, if it was there until then.
};

// Opens mistaken engines.
class MistakenGround final : public Ground {
 public:
  MistakenGround(std::unique_ptr<Ground> ground, Mistake mistake)
      : ground_(std::move(ground)), mistake_(mistake) {}
  void PlanFaults(SeededRandom& random, uint64_t writes) override {
    ground_->PlanFaults(random, writes);
  }
  void ClearFaults() override { ground_->ClearFaults(); }
  Result<std::unique_ptr<Engine>> Open() override {
    SLUICE_TRY(auto engine, ground_->Open());
    auto mistaken = std::make_unique<MistakenEngine>(std::move(engine), mistake_);
    if (mistake_ == Mistake::kOffsetUsedAgain && std::exchange(opened_, true))
      SLUICE_TRY(mistaken->LowerNextOffsets());
    return std::unique_ptr<Engine>(std::move(mistaken));
  }
  void LosePower() override { ground_->LosePower(); }
  void CutPower() override { ground_->CutPower(); }
  bool dead() const override { return ground_->dead(); }
  bool goes_on_after_failure() const override { return ground_->goes_on_after_failure(); }

 private:
  const std::unique_ptr<Ground> ground_;
  const Mistake mistake_;
  bool opened_ = false;
};

bool IsOfTheEngine(Mistake mistake) {
  return mistake != Mistake::kNone && mistake != Mistake::kHoldIgnored &&
         mistake != Mistake::kBulkNotSynced;
}

}  // namespace

std::unique_ptr<Ground> MakeGround(const GroundOptions& options) {
  std::unique_ptr<Ground> ground;
  if (options.kind == EngineKind::kMemory) {
    ground = std::make_unique<MemoryGround>(options.seed);
  } else {
    BulkHooks hooks;
    hooks.sync_intent = options.mistake != Mistake::kBulkNotSynced;
    ground = std::make_unique<RocksGround>(options.seed, std::move(hooks));
  }
  if (IsOfTheEngine(options.mistake))
    ground = std::make_unique<MistakenGround>(std::move(ground), options.mistake);
  return ground;
}

}  // namespace sluice::storage::testing
