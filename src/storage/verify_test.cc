#include "storage/verify.h"

#include <gmock/gmock.h>

#include "storage/bitmap.h"
#include "storage/engine_store.h"
#include "storage/keys.h"
#include "storage/memory_engine.h"
#include "storage/reading.h"
#include "tests/support/store_driver.h"

namespace sluice::storage::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const KeyExtractor> FindTags(std::string_view, const IndexDefinition&) {
  return std::make_shared<TagExtractor>();
}

// A store in memory whose engine the test can reach, and damage.
class DamagedStore {
 public:
  DamagedStore() {
    auto made = MakeMemoryEngine();
    engine_ = made.get();
    store_ = Ok(EngineStore::Open(std::move(made), {.clock = &clock_}));
  }

  Store& store() { return *store_; }
  Engine& engine() { return *engine_; }

  Strings Differences() {
    Strings differences;
    const VerifyOptions options{.find_extractor = FindTags,
                                .on_difference =
                                    [&](std::string_view dataset, const std::string& text) {
                                      differences.push_back(std::string(dataset) + ": " + text);
                                    },
                                .on_progress = {}};
    const auto summary = Ok(Verify(*engine_->TakeSnapshot(), options, Stop()));
    EXPECT_EQ(summary.differences, differences.size());
    return differences;
  }

  void Rebuild() { Ok(storage::Rebuild(*engine_, {}, Stop())); }

  template <class Change>
  void Damage(const Change& change) {
    auto set = engine_->NewWriteSet();
    change(*set);
    Ok(engine_->Apply(std::move(set)));
  }

  DatasetNumber Fill() {
    const auto d = Ok(store_->CreateDataset("d", {.keep_versions = 3})).number;
    index = Ok(store_->CreateIndex(d, {.expression = "_.tags"}, std::make_shared<TagExtractor>()))
                .number;
    Write(d, {Make("a", 1, {"x"}), Make("b", 1, {"x"}), Make(std::string(200, 'l'), 1, {"y"}),
              Make("c", 1)});
    Write(d, {Make("a", 2, {"y"}), Deleted("b")});
    Write(d, {Make("a", 3, {"z"})});
    EXPECT_THAT(Differences(), IsEmpty());
    return d;
  }
  void Write(DatasetNumber dataset, const std::vector<TestEntity>& entities) {
    const auto appends = Appends(entities);
    Commit commit;
    commit.dataset = dataset;
    commit.appends = appends;
    Ok(store_->Write(commit));
  }

  uint32_t index = 0;

 private:
  ManualClock clock_;
  Engine* engine_ = nullptr;
  std::unique_ptr<Store> store_;
};

TEST(Verify, FindsNothingInWhatRandomOperationsLeave) {
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    DamagedStore damaged;
    RandomDriver driver(damaged.store(), seed);
    for (int step = 0; step < 200; ++step) {
      driver.Step();
      ASSERT_EQ(driver.difference(), "");
      if (step % 20 != 0) continue;
      ASSERT_THAT(damaged.Differences(), IsEmpty()) << "seed " << seed << ", step " << step;
    }
  }
}

// One kind of damage, and what is said of it.
struct Damage {
  std::string name;
  std::function<void(WriteSet&, const ReadView&, DatasetNumber, uint32_t index)> make;
  std::string told;
  bool mended = true;
};

void PutCounters(WriteSet& set, const ReadView& view, DatasetNumber d,
                 const std::function<void(Counters&)>& change) {
  auto counters = Ok(ParseCounters(*Ok(view.Get(Family::kState, CountersKey(d)))));
  change(counters);
  set.Put(Family::kState, CountersKey(d), EncodeCounters(counters));
}

void PutVersion(WriteSet& set, const ReadView& view, DatasetNumber d, Offset offset,
                const std::function<void(VersionHeader&)>& change) {
  const auto value = *Ok(view.Get(Family::kLog, LogKey(d, offset)));
  auto version = Ok(ParseVersion(value));
  change(version.header);
  std::string header;
  AppendVersionHeader(version.header, header);
  set.PutParts(Family::kLog, LogKey(d, offset), header, version.record);
}

const std::vector<Damage>& Damages() {
  static const std::vector<Damage> damages = {
      {"LatestLost",
       [](auto& set, auto&, auto d, auto) { set.Delete(Family::kLatest, LatestKey(d, "c")); },
       "does not know it"},
      {"LatestInvented",
       [](auto& set, auto&, auto d, auto) {
         std::string value;
         AppendLatest({.offset = 0}, value);
         set.Put(Family::kLatest, LatestKey(d, "invented"), value);
       },
       "names offset 0 for \"invented\""},
      {"LatestOld",
       [](auto& set, auto&, auto d, auto) {
         std::string value;
         AppendLatest({.offset = 4, .hash = Make("a", 2, {"y"}).hash, .previous = 0}, value);
         set.Put(Family::kLatest, LatestKey(d, "a"), value);
       },
       "is not in the history"},
      {"BitmapLost",
       [](auto& set, auto&, auto d, auto) {
         set.Delete(Family::kState, BitmapKey(d, BitmapKind::kLatest, 0, 0));
       },
       "bitmap of latest versions"},
      {"TombstoneLost",
       [](auto& set, auto&, auto d, auto) {
         set.Delete(Family::kState, BitmapKey(d, BitmapKind::kTombstone, 0, 0));
       },
       "bitmap of deletions"},
      {"BitmapInvented",
       [](auto& set, auto&, auto d, auto) {
         const Offset far = 1'000'000;
         MergeBitmapChanges(d, BitmapKind::kLatest, 0, {&far, 1}, {}, set);
       },
       "where the log has no version"},
      {"CountersWrong",
       [](auto& set, auto& view, auto d, auto) {
         PutCounters(set, view, d, [](auto& c) { ++c.live; });
       },
       "live entities are counted"},
      {"OffsetUsedAgain",
       [](auto& set, auto& view, auto d, auto) {
         PutCounters(set, view, d, [](auto& c) { c.next_offset = 3; });
       },
       "is used"},
      {"IndexEntryLost",
       [](auto& set, auto&, auto, auto index) {
         set.Delete(Family::kIndex, IndexKey(index, KeyOf("z"), "a"));
       },
       "a key of \"a\" is missing"},
      {"IndexEntryInvented",
       [](auto& set, auto&, auto, auto index) {
         set.Put(Family::kIndex, IndexKey(index, KeyOf("z"), "q"), "");
       },
       "1 entries that no live entity has"},
      {"QueueWrong",
       [](auto& set, auto& view, auto d, auto) {
         std::string out;
         AppendVarint(3, out);
         set.Put(Family::kState, QueueKey(d, 6), out);
         PutCounters(set, view, d, [](auto& c) { ++c.queued; });
       },
       "would remove the latest version at 3"},
      {"VersionLost",
       [](auto& set, auto&, auto d, auto) { set.Delete(Family::kLog, LogKey(d, 0)); },
       "versions are counted"},
      {"HashWrong",
       [](auto& set, auto& view, auto d, auto) {
         PutVersion(set, view, d, 3, [](auto& h) { ++h.hash.low; });
       },
       "another hash", false},
      {"HistoryCut",
       [](auto& set, auto& view, auto d, auto) {
         PutVersion(set, view, d, 4, [](auto& h) { h.previous.reset(); });
       },
       "is not in the history", false},
      {"RecordBroken",
       [](auto& set, auto& view, auto d, auto) {
         auto value = *Ok(view.Get(Family::kLog, LogKey(d, 3)));
         value.resize(value.size() - 3);
         set.Put(Family::kLog, LogKey(d, 3), value);
       },
       "the record is broken", false},
      {"TombstoneInvented",
       [](auto& set, auto&, auto d, auto) {
         const Offset live = 3;
         MergeBitmapChanges(d, BitmapKind::kTombstone, 0, {&live, 1}, {}, set);
       },
       "bitmap of deletions"},
      {"LongIdWrong",
       [](auto& set, auto& view, auto d, auto) {
         const std::string id(200, 'l');
         const auto value = *Ok(view.Get(Family::kLatest, LatestKey(d, id)));
         auto latest = Ok(ParseLatest(value));
         latest.long_id = {};
         std::string changed;
         AppendLatest(latest, changed);
         set.Put(Family::kLatest, LatestKey(d, id), changed);
       },
       ""},
      {"IndexEntryOfAnotherKey",
       [](auto& set, auto&, auto, auto index) {
         set.Delete(Family::kIndex, IndexKey(index, KeyOf("z"), "a"));
         set.Put(Family::kIndex, IndexKey(index, KeyOf("w"), "a"), "");
       },
       "a key of \"a\" is missing"},
      {"SeenByNoRun",
       [](auto& set, auto&, auto d, auto) {
         const Offset seen = 2;
         MergeBitmapChanges(d, BitmapKind::kSeen, 5, {&seen, 1}, {}, set);
       },
       "full run 5 has ended"},
      {"NotesOfNoRun",
       [](auto& set, auto&, auto d, auto) { set.Put(Family::kState, SourceNoteKey(d, "a"), "11"); },
       "no full run goes on"},
      {"StateWithoutDataset",
       [](auto& set, auto&, auto d, auto) { set.Put(Family::kState, QueueKey(d + 77, 1), "1"); },
       "which is not defined"},
      {"Orphan",
       [](auto& set, auto&, auto d, auto) { set.Put(Family::kLog, LogKey(d + 77, 0), "?"); },
       "which is not defined", false},
  };
  return damages;
}

class VerifyDamage : public ::testing::TestWithParam<size_t> {};

TEST_P(VerifyDamage, IsNamedAndMended) {
  const auto& damage = Damages()[GetParam()];
  DamagedStore damaged;
  const auto d = damaged.Fill();
  damaged.Damage([&](WriteSet& set) { damage.make(set, damaged.engine(), d, damaged.index); });
  EXPECT_THAT(damaged.Differences(), Contains(HasSubstr(damage.told)));
  if (!damage.mended) return;
  damaged.Rebuild();
  auto left = damaged.Differences();
  EXPECT_THAT(left, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Kinds, VerifyDamage, ::testing::Range(size_t{0}, Damages().size()),
                         [](const auto& parameter) { return Damages()[parameter.param].name; });

TEST(Rebuild, GivesBackWhatThereWas) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    TestStore store(StoreKind::kRocks);
    RandomDriver driver(*store, seed);
    for (int step = 0; step < 150; ++step) driver.Step();
    ASSERT_EQ(driver.difference(), "");
    EXPECT_EQ(CodeOf(VerifyFolder(store.folder(), store.options(), {}, Stop())), Code::kConflict);
    store.Close();
    const auto rebuilt = Ok(RebuildFolder(store.folder(), store.options(), {}, Stop()));
    EXPECT_EQ(rebuilt.datasets, driver.model().datasets.size());
    const VerifyOptions options{.find_extractor = FindTags,
                                .on_difference =
                                    [&](std::string_view dataset, const std::string& text) {
                                      ADD_FAILURE()
                                          << "seed " << seed << ", " << dataset << ": " << text;
                                    },
                                .on_progress = {}};
    EXPECT_EQ(Ok(VerifyFolder(store.folder(), store.options(), options, Stop())).differences, 0u);
    store.Open();
    driver.Reopened(*store);
    for (const auto& index : store->ListIndexes(std::nullopt)) {
      const auto built =
          Ok(store->CreateIndex(index.dataset, index.definition, std::make_shared<TagExtractor>()));
      // Those that were being built stay so for the model.
      for (const auto& [name, dataset] : driver.model().datasets) {
        if (dataset.index == built.number && dataset.index_built)
          Ok(store->BuildIndex(built.number, Stop()));
      }
    }
    EXPECT_EQ(Difference(*store, driver.model(), false), "") << "seed " << seed;
    Ok(store->Compact(Stop()));
    EXPECT_EQ(Difference(*store, driver.model(), true), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace sluice::storage::testing
