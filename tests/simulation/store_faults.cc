#include "tests/simulation/store_faults.h"

#include <vector>

#include "storage/engine_store.h"
#include "storage/keys.h"
#include "storage/rocks_engine.h"
#include "storage/snapshot.h"
#include "storage/verify.h"
#include "tests/support/fault_engine.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/forwarding_engine.h"
#include "tests/support/store_driver.h"

namespace sluice::storage::testing {
namespace {

constexpr int kRounds = 3;
constexpr uint64_t kStepsMax = 60;

// Makes a mistake between the store and a sound engine.
class MistakenEngine final : public ForwardingEngine {
 public:
  MistakenEngine(std::unique_ptr<Engine> engine, Mistake mistake)
      : ForwardingEngine(std::move(engine)), mistake_(mistake) {}

  std::unique_ptr<WriteSet> NewWriteSet() const override { return std::make_unique<RecordedSet>(); }
  Result<void> Apply(std::unique_ptr<WriteSet> set) override {
    auto& changes = static_cast<RecordedSet&>(*set).changes();
    if (mistake_ == Mistake::kIndexKeyNotRemoved) {
      std::erase_if(changes, [](const RecordedSet::Change& change) {
        return change.family == Family::kIndex && change.kind == RecordedSet::Kind::kDelete;
      });
    }
    const std::span<const RecordedSet::Change> all(changes);
    if (mistake_ != Mistake::kCommitSplit || all.size() < 2) return ApplyChanges(all, inner());
    SLUICE_TRY(ApplyChanges(all.first(all.size() / 2), inner()));
    return ApplyChanges(all.subspan(all.size() / 2), inner());
  }
  Result<void> Sync() override {
    if (mistake_ == Mistake::kAcknowledgedBeforeSync) return {};
    return inner().Sync();
  }

  // As if the counters lay a commit behind the log.
  Result<void> LowerNextOffsets() {
    auto set = inner().NewWriteSet();
    const auto range = PrefixRange("d");
    const auto cursor = NewCursor(Family::kMeta, range.begin, range.end, Access::kScan);
    for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
      SLUICE_TRY(const auto definition, ParseDatasetDefinition(cursor->value()));
      SLUICE_TRY(auto counters, ReadCounters(*this, definition.number));
      if (counters.next_offset > 0) --counters.next_offset;
      set->Put(Family::kState, CountersKey(definition.number), EncodeCounters(counters));
    }
    return inner().Apply(std::move(set));
  }

 private:
  const Mistake mistake_;
};

// What the store lies on: where it is opened, and where faults come from.
class Ground {
 public:
  virtual ~Ground() = default;
  virtual void PlanFaults(SeededRandom& random) = 0;
  virtual void ClearFaults() = 0;
  virtual Result<std::unique_ptr<Engine>> Open() = 0;
  // After the store is gone: what was not durable may be lost.
  virtual void LosePower() = 0;
  // Before the store is closed, so that closing it saves nothing.
  virtual void CutPower() {}
  virtual bool dead() const = 0;
  // Whether a failed write leaves a store that goes on.
  virtual bool goes_on_after_failure() const = 0;
};

class MemoryGround final : public Ground {
 public:
  explicit MemoryGround(uint64_t seed) : disk_(seed) {}
  void PlanFaults(SeededRandom& random) override {
    if (random.Below(2) == 0) disk_.LosePowerAfter(random.Below(kStepsMax));
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
  explicit RocksGround(uint64_t seed) : random_(seed) {}
  void PlanFaults(SeededRandom& random) override {
    FaultPlan plan;
    if (random.Below(2) == 0) plan.power_lost_after = random.Below(2 * kStepsMax);
    if (random.Below(4) == 0) plan.fail_one_in = 20 + random.Below(100);
    plan.only_logs_fail = random.Below(20) != 0;
    if (random.Below(40) == 0) plan.free_bytes = static_cast<int64_t>(random.Below(60'000));
    system_->Plan(plan);
  }
  void ClearFaults() override { system_->Plan({}); }
  Result<std::unique_ptr<Engine>> Open() override {
    // Sometimes the power goes again while the log is being read.
    FaultPlan plan;
    if (random_.Below(6) == 0) plan.power_lost_after = random_.Below(20);
    system_ = std::make_shared<FaultFileSystem>(random_.Next(), plan);
    auto engine = OpenRocksEngine(folder_.path(), options(), system_);
    if (engine.ok() && !system_->dead()) {
      system_->Plan({});
      return engine;
    }
    if (!plan.power_lost_after) return engine;
    CutPower();
    if (engine.ok()) engine->reset();
    LosePower();
    system_ = std::make_shared<FaultFileSystem>(random_.Next());
    return OpenRocksEngine(folder_.path(), options(), system_);
  }
  void CutPower() override {
    died_ = system_->dead();
    system_->LosePower();
  }
  void LosePower() override {
    system_->CutFiles();
    // A process that has lost power marks nothing as synced any more; this one went on.
    if (died_) std::filesystem::remove(folder_.path() + "/SYNCED");
    died_ = false;
  }
  bool dead() const override { return system_->dead(); }
  bool goes_on_after_failure() const override { return false; }

  StoreOptions options() {
    return {.clock = &clock_,
            .random = &random_,
            .block_cache_bytes = 1 << 20,
            .memtable_bytes = 128 * 1024,
            .free_space_min = 0};
  }

 private:
  SeededRandom random_;
  ManualClock clock_;
  TemporaryFolder folder_{kInMemory};
  std::shared_ptr<FaultFileSystem> system_;
  bool died_ = false;
};

class FaultRun {
 public:
  FaultRun(uint64_t seed, EngineKind kind, Mistake mistake, FaultCounts& counts)
      : random_(seed), mistake_(mistake), counts_(counts) {
    if (kind == EngineKind::kMemory) {
      ground_ = std::make_unique<MemoryGround>(random_.Next());
    } else {
      ground_ = std::make_unique<RocksGround>(random_.Next());
    }
    options_.clock = &clock_;
    options_.random = &random_;
    options_.free_space_min = 0;
  }

  std::string Run(uint64_t seed) {
    auto difference = Open();
    if (!difference.empty()) return difference;
    RandomDriver driver(*store_, seed);
    driver.AllowFailures();
    if (mistake_ == Mistake::kHoldIgnored) driver.IgnoreHolds();
    for (int round = 0; round < kRounds; ++round) {
      difference = RunRound(driver);
      if (!difference.empty()) return fmt::format("round {}: {}", round, difference);
    }
    return {};
  }

 private:
  std::string Open() {
    auto engine = ground_->Open();
    if (!engine.ok()) return "opening failed: " + engine.error().ToText();
    if (mistake_ != Mistake::kNone) {
      auto mistaken = std::make_unique<MistakenEngine>(*std::move(engine), mistake_);
      if (mistake_ == Mistake::kOffsetUsedAgain && opened_) {
        if (!mistaken->LowerNextOffsets().ok()) return "lowering offsets failed";
      }
      engine = std::unique_ptr<Engine>(std::move(mistaken));
    }
    opened_ = true;
    engine_ = engine->get();
    auto store = EngineStore::Open(*std::move(engine), options_);
    if (!store.ok()) return "opening failed: " + store.error().ToText();
    store_ = *std::move(store);
    return {};
  }

  // What verify finds; it reads nothing that a broken store could break on.
  std::string Verified() {
    std::string found;
    VerifyOptions options;
    options.find_extractor = [](std::string_view, const IndexDefinition&) {
      return std::make_shared<TagExtractor>();
    };
    options.on_difference = [&](std::string_view dataset, const std::string& difference) {
      if (found.empty()) found = fmt::format("verify of {}: {}", dataset, difference);
    };
    const auto summary = Verify(*engine_->TakeSnapshot(), options, Stop());
    if (!summary.ok()) return "verify failed: " + summary.error().ToText();
    return found;
  }

  std::string Compared(const Model& model, bool compacted) {
    auto difference = Verified();
    return difference.empty() ? Difference(*store_, model, compacted) : difference;
  }

  std::string RunRound(RandomDriver& driver) {
    states_ = {driver.model()};
    durable_ = 0;
    ground_->PlanFaults(random_);
    const auto steps = 1 + random_.Below(kStepsMax);
    bool failed = false;
    for (uint64_t step = 0; step < steps && !failed; ++step) {
      driver.Step();
      ++counts_.operations;
      if (!driver.difference().empty()) return driver.difference();
      if (driver.failed()) {
        ++counts_.failures;
        failed = !ground_->goes_on_after_failure();
        continue;
      }
      states_.push_back(driver.model());
      if (ground_->dead()) break;
      if (random_.Below(8) == 0 && store_->WaitDurable(store_->last_sequence(), Stop()).ok() &&
          !ground_->dead()) {
        durable_ = states_.size() - 1;
      }
      if (ground_->dead()) break;
      if (random_.Below(12) != 0) continue;
      const auto difference = Compared(driver.model(), driver.compacted());
      if (!difference.empty()) return fmt::format("step {}: {}", step, difference);
    }
    return Crash(driver, failed);
  }

  std::string Crash(RandomDriver& driver, bool failed) {
    ++counts_.crashes;
    ground_->CutPower();
    store_.reset();
    ground_->LosePower();
    ground_->ClearFaults();
    auto difference = Open();
    if (difference.empty()) difference = Verified();
    if (!difference.empty()) return "after a crash: " + difference;
    auto found = FindState(failed ? driver.in_doubt() : RandomDriver::Effect(), difference);
    if (!found) return "after a crash: " + difference;
    driver.Restore(*std::move(found));
    driver.Reopened(*store_);
    return driver.difference();
  }

  // Which of the states is there now.
  std::optional<Model> FindState(const RandomDriver::Effect& in_doubt, std::string& nearest) {
    if (in_doubt) {
      auto model = states_.back();
      in_doubt(*store_, model);
      if (Difference(*store_, model, false).empty()) {
        ++counts_.in_doubt_done;
        return model;
      }
    }
    for (size_t at = states_.size(); at-- > durable_;) {
      const auto difference = Difference(*store_, states_[at], false);
      if (difference.empty()) {
        counts_.operations_lost += states_.size() - 1 - at;
        return states_[at];
      }
      nearest = fmt::format("as after none of the operations {} to {}; after {}: {}", durable_,
                            states_.size() - 1, at, difference);
    }
    return std::nullopt;
  }

  SeededRandom random_;
  const Mistake mistake_;
  FaultCounts& counts_;
  ManualClock clock_;
  StoreOptions options_;
  std::unique_ptr<Ground> ground_;  // Outlives the store.
  std::unique_ptr<Store> store_;
  const Engine* engine_ = nullptr;
  bool opened_ = false;
  std::vector<Model> states_;
  size_t durable_ = 0;
};

}  // namespace

std::string RunStoreFaults(uint64_t seed, EngineKind kind, Mistake mistake, FaultCounts& counts) {
  return FaultRun(seed, kind, mistake, counts).Run(seed);
}

}  // namespace sluice::storage::testing
