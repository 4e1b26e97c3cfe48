// What the hub does for its store: holds of pipes that read previous versions, compaction by the
// scheduler.

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

constexpr const char* kReader = R"([{"_id": "reader", "type": "pipe",
    "source": {"type": "dataset", "dataset": "d", "include_previous_versions": true}}])";

std::vector<std::string> Versions(int from, int to) {
  std::vector<std::string> entities;
  for (int v = from; v < to; ++v)
    entities.push_back(R"({"_id":"a","v":)" + std::to_string(v) + "}");
  return entities;
}

size_t Count(const std::string& history) {
  return static_cast<size_t>(std::ranges::count(history, '{'));
}

TEST(StoreCareTest, CompactionKeepsWhatAReaderOfVersionsHasNotRead) {
  TestHub t;
  t.Feed("d", Versions(0, 1));
  t.MustPut(kReader);
  const auto holds = t.store().ListHolds();
  ASSERT_EQ(holds.size(), 1u);
  EXPECT_EQ(holds[0].holder, "reader of versions: reader");
  EXPECT_EQ(holds[0].from, 0u);
  t.Feed("d", Versions(1, 6));
  Ok(t.store().Compact(Stop()));
  EXPECT_EQ(Count(t.History("d")), 6u);

  // Also over a restart: the hold is there before anything is written.
  t.Reopen();
  t.Feed("d", Versions(6, 8));
  Ok(t.store().Compact(Stop()));
  EXPECT_EQ(Count(t.History("d")), 8u);

  t.Run("reader");
  EXPECT_EQ(t.store().ListHolds().at(0).from, 8u);
  Ok(t.store().Compact(Stop()));
  EXPECT_EQ(Count(t.History("d")), 2u);
  EXPECT_EQ(t.Dataset("reader"), R"({"_id":"a","v":7})");

  Ok(t.hub->DeletePipe("reader"));
  EXPECT_TRUE(t.store().ListHolds().empty());
}

TEST(StoreCareTest, TheSchedulerCompacts) {
  TestHub t({.automatic = true});
  t.Feed("d", Versions(0, 1));
  const auto d = t.store().FindDataset("d")->number;
  t.store().SetHold(d, "test", 0);
  t.Feed("d", Versions(1, 6));
  EXPECT_EQ(Count(t.History("d")), 6u);
  t.store().SetHold(d, "test", std::nullopt);
  t.clock.Advance(std::chrono::minutes(11));
  t.hub->Tick();
  // Ending the hub waits for the compaction that has begun, or ends it between two steps.
  while (Count(t.History("d")) != 2) std::this_thread::yield();
  EXPECT_EQ(t.store().FindDataset("d")->queued, 0u);
}

}  // namespace
}  // namespace sluice::pipe::testing
