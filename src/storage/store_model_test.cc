// Random operations on both stores against the model, and on stores with a planted mistake, which
// the model must find.

#include <set>

#include "storage/engine_store.h"
#include "storage/keys.h"
#include "storage/memory_engine.h"
#include "tests/support/forwarding_engine.h"
#include "tests/support/store_driver.h"

namespace sluice::storage::testing {
namespace {

// Runs operations by seed; the first difference, or nothing.
std::string RunSeed(TestStore& store, uint64_t seed, int steps, int steps_between_checks) {
  RandomDriver driver(*store, seed);
  for (int step = 0; step < steps; ++step) {
    driver.Step();
    if (!driver.difference().empty())
      return fmt::format("seed {}, step {}: {}", seed, step, driver.difference());
    const bool reopen = store.kind() == StoreKind::kRocks && driver.Below(150) == 0;
    if (reopen) {
      store.Reopen();
      driver.Reopened(*store);
    }
    if (!reopen && !driver.compacted() && step % steps_between_checks != 0) continue;
    const auto difference = Difference(*store, driver.model(), driver.compacted());
    if (!difference.empty()) return fmt::format("seed {}, step {}: {}", seed, step, difference);
  }
  return {};
}

TEST(StoreModel, MemoryStoreIsAsModelled) {
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    TestStore store(StoreKind::kMemory);
    ASSERT_EQ(RunSeed(store, seed, 250, 5), "");
  }
}

TEST(StoreModel, RocksStoreIsAsModelled) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    TestStore store(StoreKind::kRocks);
    ASSERT_EQ(RunSeed(store, seed, 400, 7), "");
  }
}

// Most commits are bulk loads, also where the dataset is not empty and ids come twice.
TEST(StoreModel, RocksStoreWithBulkLoadsIsAsModelled) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    TestStore store(StoreKind::kRocks, 3);
    ASSERT_EQ(RunSeed(store, seed, 250, 7), "");
  }
}

// For the night: `--gtest_also_run_disabled_tests`.
TEST(StoreModel, DISABLED_ManySeeds) {
  for (uint64_t seed = 1'000; seed < 3'000; ++seed) {
    TestStore store(seed % 20 == 0 ? StoreKind::kRocks : StoreKind::kMemory);
    ASSERT_EQ(RunSeed(store, seed, 400, 5), "");
  }
}

// A write set that leaves one kind of change out.
enum class Mistake {
  kIndexKeyNotRemoved,
  kTombstoneNotMarked,
  kSupersededStaysLatest,
  kVersionNotRemoved,
  kStateNotWritten,
  kSeenNotMarked,
};

class MistakenSet final : public WriteSet {
 public:
  MistakenSet(std::unique_ptr<WriteSet> set, Mistake mistake)
      : set_(std::move(set)), mistake_(mistake) {}

  void Put(Family family, std::string_view key, std::string_view value) override {
    if (mistake_ == Mistake::kStateNotWritten && family == Family::kState &&
        key.starts_with("uwritten"))
      return;
    set_->Put(family, key, value);
  }
  void PutParts(Family family, std::string_view key, std::string_view head,
                std::string_view tail) override {
    set_->PutParts(family, key, head, tail);
  }
  void Delete(Family family, std::string_view key) override {
    if (mistake_ == Mistake::kIndexKeyNotRemoved && family == Family::kIndex) return;
    if (mistake_ == Mistake::kVersionNotRemoved && family == Family::kLog) return;
    set_->Delete(family, key);
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    set_->DeleteRange(family, begin, end);
  }
  void MergeBitmap(std::string_view key, std::string_view operand) override {
    const auto kind = static_cast<BitmapKind>(key[5]);
    if (mistake_ == Mistake::kTombstoneNotMarked && kind == BitmapKind::kTombstone) return;
    if (mistake_ == Mistake::kSeenNotMarked && kind == BitmapKind::kSeen) return;
    // Without the runs to remove: none added, none removed.
    if (mistake_ == Mistake::kSupersededStaysLatest && kind == BitmapKind::kLatest) {
      FieldReader fields(operand);
      const auto added = fields.Varint();
      for (uint64_t i = 0; i < 2 * added; ++i) fields.Varint();
      auto kept = std::string(operand.substr(0, operand.size() - fields.left().size()));
      kept.push_back(0);
      return set_->MergeBitmap(key, kept);
    }
    set_->MergeBitmap(key, operand);
  }
  bool empty() const override { return set_->empty(); }

  std::unique_ptr<WriteSet> Take() { return std::move(set_); }

 private:
  std::unique_ptr<WriteSet> set_;
  const Mistake mistake_;
};

class MistakenEngine final : public ForwardingEngine {
 public:
  explicit MistakenEngine(Mistake mistake)
      : ForwardingEngine(MakeMemoryEngine()), mistake_(mistake) {}

  std::unique_ptr<WriteSet> NewWriteSet() const override {
    return std::make_unique<MistakenSet>(inner().NewWriteSet(), mistake_);
  }
  Result<void> Apply(std::unique_ptr<WriteSet> set) override {
    return inner().Apply(static_cast<MistakenSet&>(*set).Take());
  }

 private:
  const Mistake mistake_;
};

std::string FirstDifference(Mistake mistake, uint64_t seed) {
  auto opened = EngineStore::Open(std::make_unique<MistakenEngine>(mistake), {});
  const auto store = Ok(std::move(opened));
  RandomDriver driver(*store, seed);
  for (int step = 0; step < 300; ++step) {
    driver.Step();
    if (!driver.difference().empty()) return driver.difference();
    // A store with a mistake may fail where a sound one does not: that finds it too.
    const auto difference = Difference(*store, driver.model(), driver.compacted());
    if (!difference.empty()) return difference;
  }
  return {};
}

class PlantedMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(PlantedMistake, IsFound) {
  std::string found;
  for (uint64_t seed = 1; seed <= 20 && found.empty(); ++seed)
    found = FirstDifference(GetParam(), seed);
  EXPECT_NE(found, "");
}

INSTANTIATE_TEST_SUITE_P(Mistakes, PlantedMistake,
                         ::testing::Values(Mistake::kIndexKeyNotRemoved,
                                           Mistake::kTombstoneNotMarked,
                                           Mistake::kVersionNotRemoved,
                                           Mistake::kSupersededStaysLatest,
                                           Mistake::kStateNotWritten, Mistake::kSeenNotMarked));

}  // namespace
}  // namespace sluice::storage::testing
