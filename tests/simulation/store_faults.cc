#include "tests/simulation/store_faults.h"

#include <vector>

#include "storage/engine_store.h"
#include "storage/verify.h"
#include "tests/simulation/flip_check.h"
#include "tests/support/store_driver.h"

namespace sluice::storage::testing {
namespace {

constexpr int kRounds = 3;
constexpr uint64_t kStepsMax = 60;
// Where commits of so few entities are bulk loads, others come between that are not synced.
constexpr size_t kBulkEntities = 7;

enum class Flips { kNone, kAtTheEnd };

class FaultRun {
 public:
  FaultRun(uint64_t seed, EngineKind kind, Mistake mistake, FaultCounts& counts)
      : random_(seed), mistake_(mistake), counts_(counts) {
    ground_ = MakeGround({.kind = kind, .seed = random_.Next(), .mistake = mistake});
    if (mistake == Mistake::kBulkNotSynced || random_.Below(2) == 0)
      options_.bulk_entities_min = kBulkEntities;
    options_.clock = &clock_;
    options_.random = &random_;
    options_.free_space_min = 0;
  }

  std::string Run(uint64_t seed, Flips flips) {
    auto difference = Open();
    if (!difference.empty()) return difference;
    RandomDriver driver(*store_, seed);
    driver.AllowFailures();
    if (mistake_ == Mistake::kHoldIgnored) driver.IgnoreHolds();
    for (int round = 0; round < kRounds; ++round) {
      difference = RunRound(driver);
      if (!difference.empty()) return fmt::format("round {}: {}", round, difference);
    }
    if (flips == Flips::kNone) return {};
    difference = random_.Below(2) == 0 ? FlipReads() : FlipWrites(driver);
    return difference.empty() ? difference : "with flipped bits: " + difference;
  }

 private:
  std::string Open() {
    auto engine = ground_->Open();
    if (!engine.ok()) return "opening failed: " + engine.error().ToText();
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
    ground_->PlanFaults(random_, kStepsMax);
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

  // What is on the disk is sound, and reading it flips bits: told, or as it is.
  std::string FlipReads() {
    if (const auto durable = store_->WaitDurable(store_->last_sequence(), Stop()); !durable.ok())
      return "syncing failed: " + durable.error().ToText();
    const auto truth = ReadEverything(*engine_);
    if (!truth.ok()) return "reading failed: " + truth.error().ToText();
    store_.reset();
    ground_->FlipReadsOnceOpened(1 + random_.Below(60));
    const auto engine = ground_->Open();
    if (!engine.ok()) return TellOfFlips("opening", engine.error());
    std::string difference;
    bool told = false;
    for (int pass = 0; pass < 3 && !told && difference.empty(); ++pass)
      difference = FindServedDifference(**engine, *truth, told);
    counts_.flips += ground_->flips();
    if (told) ++counts_.flips_told;
    return difference;
  }

  // What is written has flipped bits: whoever reads it is told, or it is a state that there was.
  std::string FlipWrites(RandomDriver& driver) {
    states_ = {driver.model()};
    durable_ = 0;
    ground_->FlipWrites(1 + random_.Below(100));
    driver.AllowCorruption();
    const auto steps = 1 + random_.Below(kStepsMax);
    for (uint64_t step = 0; step < steps; ++step) {
      driver.Step();
      if (!driver.difference().empty()) return driver.difference();
      if (driver.failed()) break;
      states_.push_back(driver.model());
      if (random_.Below(8) == 0 && store_->WaitDurable(store_->last_sequence(), Stop()).ok())
        durable_ = states_.size() - 1;
    }
    // The power goes, or the store is closed and writes everything to files.
    const bool crash = random_.Below(2) == 0;
    if (crash) ground_->CutPower();
    store_.reset();
    counts_.flips += ground_->flips();
    if (crash) ground_->LosePower();
    ground_->ClearFaults();
    auto difference = OpenFlipped(driver);
    if (difference.empty()) return {};
    return fmt::format("{}{}: {}", crash ? "after a loss of power" : "after closing",
                       driver.failed() ? ", an operation had failed" : "", difference);
  }

  // Empty also where an error told of the flipped bits.
  std::string OpenFlipped(const RandomDriver& driver) {
    auto engine = ground_->Open();
    if (!engine.ok()) return TellOfFlips("opening", engine.error());
    const auto everything = ReadEverything(**engine);
    if (!everything.ok()) return TellOfFlips("reading", everything.error());
    if (const auto files = (*engine)->CheckFiles(); !files.ok())
      return TellOfFlips("checking files", files.error());
    engine_ = engine->get();
    auto store = EngineStore::Open(*std::move(engine), options_);
    if (!store.ok()) return TellOfFlips("opening", store.error());
    store_ = *std::move(store);
    auto difference = Verified();
    if (!difference.empty()) return difference;
    const auto in_doubt = driver.failed() ? driver.in_doubt() : RandomDriver::Effect();
    return FindState(in_doubt, difference) ? std::string() : difference;
  }

  std::string TellOfFlips(std::string_view doing, const Error& error) {
    ++counts_.flips_told;
    if (error.code == Code::kCorrupt || error.code == Code::kIo) return {};
    return fmt::format("{}: {}", doing, error.ToText());
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
  std::vector<Model> states_;
  size_t durable_ = 0;
};

}  // namespace

std::string RunStoreFaults(uint64_t seed, EngineKind kind, Mistake mistake, FaultCounts& counts) {
  return FaultRun(seed, kind, mistake, counts).Run(seed, Flips::kNone);
}

std::string RunStoreFlips(uint64_t seed, FaultCounts& counts) {
  return FaultRun(seed, EngineKind::kRocks, Mistake::kNone, counts).Run(seed, Flips::kAtTheEnd);
}

}  // namespace sluice::storage::testing
