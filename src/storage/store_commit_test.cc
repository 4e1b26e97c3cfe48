// What both stores promise: state, incarnations, full runs, sources, listeners, small values.

#include <gmock/gmock.h>

#include <thread>

#include "tests/support/test_store.h"

namespace sluice::storage::testing {
namespace {

using ::testing::ElementsAre;

class CommitContract : public StoreContract {
 protected:
  Result<CommitReceipt> WriteState(DatasetNumber dataset, std::vector<StateChange> changes) {
    Commit commit;
    commit.dataset = dataset;
    commit.state = std::move(changes);
    return store->Write(commit);
  }
  std::optional<std::string> State(std::string_view key) {
    return Ok(store->TakeSnapshot()->GetState(key));
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, CommitContract,
                         ::testing::Values(StoreKind::kMemory, StoreKind::kRocks), StoreName);

TEST_P(CommitContract, StateGoesWithTheCommit) {
  const auto d = store.Create();
  Ok(WriteState(0, {{"pipe/a", "1"}, {"pipe/b", "2"}, {"other", "3"}}));
  Ok(WriteState(d, {{"pipe/b", std::nullopt}, {"pipe/c", ""}}));
  store.Reopen();
  EXPECT_EQ(State("pipe/a"), "1");
  EXPECT_EQ(State("pipe/b"), std::nullopt);
  EXPECT_EQ(State("pipe/c"), "");
  Strings scanned;
  Ok(store->TakeSnapshot()->ScanState("pipe/", [&](std::string_view key, std::string_view value) {
    scanned.push_back(std::string(key) + "=" + std::string(value));
    return true;
  }));
  EXPECT_THAT(scanned, ElementsAre("pipe/a=1", "pipe/c="));
  size_t visited = 0;
  Ok(store->TakeSnapshot()->ScanState("", [&](auto, auto) { return ++visited < 2; }));
  EXPECT_EQ(visited, 2u);
}

TEST_P(CommitContract, AFailedCommitLeavesNothing) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1)});
  auto used = Make("b", 1);
  used.offset = 0;
  const std::vector<TestEntity> entities = {Make("c", 1), used};
  const auto appends = Appends(entities);
  Commit commit;
  commit.dataset = d;
  commit.appends = appends;
  commit.state = {{"s", "1"}};
  EXPECT_EQ(CodeOf(store->Write(commit)), Code::kBadData);
  EXPECT_EQ(State("s"), std::nullopt);
  EXPECT_EQ(store.Info().next_offset, 1u);
}

TEST_P(CommitContract, DeletionsOnlyOfWhatIsLiveLeaveNoTombstones) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1), Make("b", 1), Deleted("b")});
  const std::vector<TestEntity> entities = {Deleted("a"), Deleted("b"), Deleted("c"), Deleted("a")};
  auto appends = Appends(entities);
  for (auto& append : appends) append.only_if_live = true;
  Commit commit;
  commit.dataset = d;
  commit.appends = appends;
  const auto receipt = Ok(store->Write(commit));
  EXPECT_EQ(receipt.appended, 1u);
  EXPECT_EQ(receipt.unchanged, 3u);
  EXPECT_EQ(receipt.deleted, 1u);
  EXPECT_EQ(store.Info().deleted, 2u);
  EXPECT_EQ(store.Info().live, 0u);
}

// A rescan reads an older state of the source than incremental runs beside it, which have filtered
// these out meanwhile: one with a deletion in the dataset, one that the dataset has never had.
TEST_P(CommitContract, ARescanBringsBackNothingThatWasFilteredMeanwhile) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1)});
  store.Write(d, {Deleted("a")});
  const auto run = Ok(store->BeginFullRun(d));
  for (const auto* id : {"a", "b"}) {
    auto filtered = Deleted(id);
    filtered.only_if_live = true;
    filtered.source = SourceOffset{.dataset = 9, .offset = 10};
    EXPECT_EQ(store.Write(d, {filtered}).unchanged, 1u);
    filtered.source->offset = 7;  // A partial rescan: what is known stays.
    store.Write(d, {filtered});
  }
  store.Reopen();
  const auto from = [](TestEntity entity, Offset offset) {
    entity.source = SourceOffset{.dataset = 9, .offset = offset};
    return entity;
  };
  const auto old = store.Write(d, {from(Make("a", 1), 8), from(Make("b", 1), 9)}, run);
  EXPECT_EQ(old.overtaken, 2u);
  EXPECT_EQ(old.appended, 0u);
  // What is newer than the filtered state goes in, and so does what comes from elsewhere.
  auto elsewhere = from(Make("b", 2), 3);
  elsewhere.source->dataset = 8;
  EXPECT_EQ(store.Write(d, {from(Make("a", 2), 11), elsewhere}, run).appended, 2u);
  Ok(store->FinishFullRun(d, run, {}, Stop()));
  EXPECT_EQ(store.Info().live, 2u);
  // With the run its notes are gone.
  const auto next = Ok(store->BeginFullRun(d));
  EXPECT_EQ(store.Write(d, {from(Make("c", 1), 1)}, next).appended, 1u);
}

TEST_P(CommitContract, DeletingEndsTheIncarnation) {
  const auto first = Ok(store->CreateDataset("d", {}));
  store.Write(first.number, {Make("a", 1)});
  Ok(store->DeleteDataset("d"));
  EXPECT_EQ(CodeOf(store.TryWrite(first.number, {Make("a", 1)})), Code::kConflict);
  EXPECT_EQ(CodeOf(store->DeleteDataset("d")), Code::kNotFound);
  const auto second = Ok(store->CreateDataset("d", {}));
  EXPECT_NE(second.number, first.number);
  EXPECT_NE(second.uuid, first.uuid);
  EXPECT_EQ(second.next_offset, 0u);
  EXPECT_TRUE(store.Read(second.number).empty());
  store.Reopen();
  EXPECT_EQ(store->ListDatasets().size(), 1u);
  EXPECT_EQ(store.Write(second.number, {Make("a", 1)}).appended, 1u);
}

TEST_P(CommitContract, TruncatingKeepsNameOptionsAndIndexes) {
  const auto first = Ok(store->CreateDataset("d", {.keep_versions = 7}));
  const auto index = Ok(
      store->CreateIndex(first.number, {.expression = "tags"}, std::make_shared<TagExtractor>()));
  store.Write(first.number, {Make("a", 1, {"x"})});
  Ok(store->SetPopulated(first.number, true));
  const auto second = Ok(store->TruncateDataset("d"));
  EXPECT_NE(second.number, first.number);
  EXPECT_EQ(second.options.keep_versions, 7u);
  EXPECT_EQ(second.versions, 0u);
  EXPECT_FALSE(second.populated);
  EXPECT_EQ(CodeOf(store.TryWrite(first.number, {Make("a", 1)})), Code::kConflict);
  const auto indexes = store->ListIndexes(second.number);
  ASSERT_EQ(indexes.size(), 1u);
  EXPECT_TRUE(indexes[0].ready);
  EXPECT_NE(indexes[0].number, index.number);
  store.Write(second.number, {Make("b", 1, {"x"})});
  EXPECT_THAT(store.Find(indexes[0].number, "x"), ElementsAre("b"));
  EXPECT_EQ(CodeOf(store->TruncateDataset("none")), Code::kNotFound);
}

TEST_P(CommitContract, ARescanDoesNotUndoWhatOvertookIt) {
  const auto d = store.Create();
  const auto from = [](TestEntity entity, DatasetNumber dataset, Offset offset) {
    entity.source = SourceOffset{dataset, offset};
    return entity;
  };
  store.Write(d, {from(Make("a", 1), 7, 5)});
  store.Write(d, {from(Make("a", 2), 7, 9)});
  auto receipt = store.Write(d, {from(Make("a", 1), 7, 5)});
  EXPECT_EQ(receipt.overtaken, 1u);
  EXPECT_EQ(receipt.appended, 0u);
  // An equal offset is the same source version, transformed anew.
  EXPECT_EQ(store.Write(d, {from(Make("a", 3), 7, 9)}).appended, 1u);
  // Found unchanged at 12, so what was made from 10 is old.
  EXPECT_EQ(store.Write(d, {from(Make("a", 3), 7, 12)}).unchanged, 1u);
  store.Reopen();
  EXPECT_EQ(store.Write(d, {from(Make("a", 4), 7, 10)}).overtaken, 1u);
  // Another source, or another incarnation of it, is not compared.
  EXPECT_EQ(store.Write(d, {from(Make("a", 5), 8, 0)}).appended, 1u);
  EXPECT_EQ(store.Write(d, {Make("a", 6)}).appended, 1u);
}

TEST_P(CommitContract, AFullRunDeletesWhatItDidNotSee) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1), Make("b", 1), Make("c", 1), Make("e", 1), Deleted("x")});
  const auto run = Ok(store->BeginFullRun(d));
  EXPECT_EQ(store->CurrentFullRun(d), run);
  store.Write(d, {Make("a", 1), Make("b", 2), Make("f", 1)}, run);
  store.Reopen();
  EXPECT_EQ(store->CurrentFullRun(d), run);
  store.Write(d, {Make("c", 5)});  // Not the run's, but newer than its begin.
  const auto receipt = Ok(store->FinishFullRun(d, run, {.state = {{"offset", "77"}}}, Stop()));
  EXPECT_EQ(receipt.deleted, 1u);
  EXPECT_THAT(store.Read(d, {.deleted = false}), ElementsAre("0 a=1", "5 b=2", "6 f=1", "7 c=5"));
  EXPECT_TRUE(store.Info().populated);
  EXPECT_EQ(State("offset"), "77");
  EXPECT_EQ(store->CurrentFullRun(d), std::nullopt);
  EXPECT_EQ(CodeOf(store.TryWrite(d, {Make("a", 9)}, run)), Code::kConflict);
  EXPECT_EQ(CodeOf(store->FinishFullRun(d, run, {}, Stop())), Code::kConflict);
}

TEST_P(CommitContract, ANewerFullRunEndsTheOlder) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1), Make("b", 1)});
  const auto first = Ok(store->BeginFullRun(d));
  store.Write(d, {Make("a", 1)}, first);
  const auto second = Ok(store->BeginFullRun(d));
  EXPECT_NE(first, second);
  EXPECT_EQ(CodeOf(store.TryWrite(d, {Make("b", 1)}, first)), Code::kConflict);
  store.Write(d, {Make("b", 1)}, second);
  Ok(store->AbortFullRun(d, first));
  EXPECT_EQ(store->CurrentFullRun(d), second);
  EXPECT_EQ(Ok(store->FinishFullRun(d, second, {}, Stop())).deleted, 1u);
  EXPECT_THAT(store.Read(d, {.deleted = false}), ElementsAre("1 b=1"));
  const auto third = Ok(store->BeginFullRun(d));
  Ok(store->AbortFullRun(d, third));
  EXPECT_EQ(store->CurrentFullRun(d), std::nullopt);
  EXPECT_EQ(store.Info().live, 1u);
}

TEST_P(CommitContract, ManyDeletionsTakeSeveralCommits) {
  const auto d = store.Create();
  std::vector<TestEntity> entities;
  for (int i = 0; i < 7'000; ++i) entities.push_back(Make("k" + std::to_string(i), i));
  store.Write(d, entities);
  const auto run = Ok(store->BeginFullRun(d));
  store.Write(d, {entities[0], entities[3'500], entities[6'999]}, run);
  size_t events = 0;
  const auto listener = store->AddListener([&](const CommitEvent& event) {
    ++events;
    EXPECT_EQ(event.dataset, d);
    EXPECT_EQ(event.name, "d");
  });
  const auto receipt = Ok(store->FinishFullRun(d, run, {.mark_deletion_tracked = true}, Stop()));
  store->RemoveListener(listener);
  EXPECT_EQ(receipt.deleted, 6'997u);
  EXPECT_GT(events, 2u);
  EXPECT_EQ(store.Info().live, 3u);
  EXPECT_EQ(store.Info().deleted, 6'997u);
  Arena arena;
  const std::string_view id = "k1";
  const auto* deleted = Ok(store->TakeSnapshot()->Get(d, {&id, 1}, arena))[0];
  EXPECT_TRUE(deleted->deleted);
  EXPECT_TRUE(deleted->dict.Has("$deletion_tracked"));
  EXPECT_FALSE(deleted->dict.Has("v"));
}

TEST_P(CommitContract, AFullRunMayKeepWhatItDidNotSee) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1)});
  const auto run = Ok(store->BeginFullRun(d));
  const auto receipt =
      Ok(store->FinishFullRun(d, run, {.delete_unseen = false, .set_populated = false}, Stop()));
  EXPECT_EQ(receipt.deleted, 0u);
  EXPECT_EQ(store.Info().live, 1u);
  EXPECT_FALSE(store.Info().populated);
}

TEST_P(CommitContract, AStoppedFinishGoesOn) {
  const auto d = store.Create();
  store.Write(d, {Make("a", 1)});
  const auto run = Ok(store->BeginFullRun(d));
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(CodeOf(store->FinishFullRun(d, run, {}, Stop(source.get_token()))), Code::kCancelled);
  EXPECT_EQ(store.Info().live, 1u);
  EXPECT_EQ(Ok(store->FinishFullRun(d, run, {}, Stop())).deleted, 1u);
}

TEST_P(CommitContract, TellsListeners) {
  const auto d = store.Create();
  Strings events;
  const auto number = store->AddListener([&](const CommitEvent& event) {
    events.push_back(std::string(event.name) + " " + std::to_string(event.next_offset) +
                     (event.populated ? " p" : ""));
  });
  store.Write(d, {Make("a", 1)});
  store.Write(d, {Make("a", 1)});  // Unchanged: nothing to tell.
  Ok(WriteState(d, {{"s", "1"}}));
  Ok(store->SetPopulated(d, true));
  Ok(store->SetPopulated(d, true));
  store->RemoveListener(number);
  store.Write(d, {Make("a", 2)});
  EXPECT_THAT(events, ElementsAre("d 1", "d 1 p"));
}

TEST_P(CommitContract, KeepsSmallValues) {
  const std::vector<StateChange> changes = {{"config/1", "a"}, {"config/2", "b"}, {"x", "c"}};
  Ok(store->PutMeta(changes));
  const std::vector<StateChange> removal = {{"config/1", std::nullopt}};
  Ok(store->PutMeta(removal));
  store.Create("config/");  // Definitions of datasets are not among them.
  store.Reopen();
  EXPECT_EQ(Ok(store->GetMeta("config/1")), std::nullopt);
  EXPECT_EQ(Ok(store->GetMeta("x")), "c");
  Strings keys;
  Ok(store->ScanMeta(
      "", [&](std::string_view key, std::string_view) { return keys.emplace_back(key), true; }));
  EXPECT_THAT(keys, ElementsAre("config/2", "x"));
}

TEST_P(CommitContract, WaitsForTheDisk) {
  const auto d = store.Create();
  const auto receipt = store.Write(d, {Make("a", 1)});
  Ok(store->WaitDurable(receipt.sequence, Stop()));
  Ok(store->WaitDurable(0, Stop()));
  Ok(store->WaitDurable(store->last_sequence(), Stop()));
}

TEST_P(CommitContract, WritersOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 50;
  const auto shared = store.Create("shared");
  std::vector<DatasetNumber> own;
  for (int t = 0; t < kThreads; ++t) own.push_back(store.Create("own" + std::to_string(t)));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kCommits; ++i) {
          const auto id = std::to_string(t) + "-" + std::to_string(i);
          const auto receipt = store.Write(shared, {Make(id, i), Make("same", i)});
          store.Write(own[static_cast<size_t>(t)], {Make(id, i)});
          Ok(store->WaitDurable(receipt.sequence, Stop()));
        }
      });
    }
  }
  EXPECT_EQ(store.Info("shared").live, uint64_t{kThreads * kCommits + 1});
  store.Reopen();
  EXPECT_EQ(store.Info("shared").live, uint64_t{kThreads * kCommits + 1});
  EXPECT_EQ(store.Read(shared).size(), size_t{kThreads * kCommits + 1});
  for (const auto dataset : own) EXPECT_EQ(store.Read(dataset).size(), size_t{kCommits});
}

}  // namespace
}  // namespace sluice::storage::testing
