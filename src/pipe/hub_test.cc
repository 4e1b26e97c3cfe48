// The hub: configuration changes, operations, previews, schedules, signals, running all pipes.

#include "pipe/hub.h"

#include <gtest/gtest.h>

#include <thread>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

constexpr std::string_view kSystem =
    R"({"_id": "out", "type": "system:url", "url_pattern": "http://localhost/%s"})";

std::string WithSystem(std::string_view pipes) {
  return "[" + std::string(kSystem) + "," + std::string(pipes) + "]";
}

TEST(HubTest, AnUploadWithErrorsChangesNothingWithoutForce) {
  TestHub t;
  t.MustPut(R"([{"_id": "a", "type": "pipe", "source": {"type": "empty"}}])");
  const std::string_view broken = R"([
      {"_id": "a", "type": "pipe", "source": {"type": "empty"}, "batch_size": 7},
      {"_id": "b", "type": "pipe", "source": {"type": "dataset", "dataset": "a"},
       "transform": {"type": "dtl", "rules": {"default": [["no-such-transform", 1]]}}}])";
  const ConfigOutcome refused = t.Put(broken);
  EXPECT_FALSE(refused.applied);
  EXPECT_FALSE(refused.valid);
  EXPECT_NE(config::ValidationErrorsJson(refused.findings).find("no-such-transform"),
            std::string::npos);
  EXPECT_EQ(t.hub->ListPipes().size(), 1u);

  const ConfigOutcome forced = t.Put(broken, /*force=*/true);
  EXPECT_TRUE(forced.applied);
  const PipeStatus status = Ok(t.hub->GetPipe("b"));
  EXPECT_FALSE(status.is_valid_config);
  EXPECT_EQ(status.state, "Invalid config");
  EXPECT_EQ(status.issues.at(0).at.rfind("/transform", 0), 0u) << status.issues.at(0).at;
  EXPECT_EQ(t.hub->RunPipe("b", RunKind::kIncremental, Stop()).error().code, Code::kBadConfig);

  t.Reopen();
  EXPECT_EQ(Ok(t.hub->GetPipe("b")).state, "Invalid config");
  EXPECT_EQ(Ok(t.hub->GetConfig("a")).original->bytes(),
            R"({"_id": "a", "type": "pipe", "source": {"type": "empty"}, "batch_size": 7})");
}

TEST(HubTest, AnUploadThatDeletesTooMuchIsRefused) {
  TestHub t;
  const auto upload = [](int pipes, bool guarded) {
    std::string text = "[";
    for (int i = 0; i < pipes; ++i) {
      text += fmt::format(R"({{"_id": "p{}", "type": "pipe", "source": {{"type": "empty"}}}},)", i);
    }
    return text + fmt::format(R"({{"_id": "node", "type": "metadata", "global_defaults":
                                  {{"use_config_circuit_breaker": {}}}}}])",
                              guarded);
  };
  const auto put = [&](const std::string& text) {
    return t.hub->PutConfig(Ok(config::ParseDocuments(text)), /*force=*/true, {});
  };
  Ok(put(upload(30, true)));
  EXPECT_EQ(put(upload(19, true)).error().code, Code::kConflict);
  EXPECT_EQ(put(upload(19, false)).error().code, Code::kConflict);
  EXPECT_EQ(t.hub->ListPipes().size(), 30u);
  Ok(put(upload(20, true)));  // Ten are never too many.
  Ok(put(upload(20, false)));
  Ok(put(upload(1, false)));
  EXPECT_EQ(t.hub->ListPipes().size(), 1u);
}

TEST(HubTest, AGroupIsTheUploadsAndIsReplacedAsAWhole) {
  TestHub t;
  const auto put = [&](std::string_view group, std::string_view json) {
    const auto outcome = Ok(t.hub->PutGroup(group, Ok(config::ParseDocuments(json)), false));
    EXPECT_TRUE(outcome.applied) << config::ValidationErrorsJson(outcome.findings);
  };
  const auto ids = [&](std::optional<std::string_view> group) {
    std::string text;
    for (const ComponentConfig& component : t.hub->ListConfig(group)) text += component.id + " ";
    return text;
  };
  put("default", R"([{"_id": "a", "type": "pipe", "source": {"type": "empty"}}])");
  put("tenant", R"([{"_id": "b", "type": "pipe", "source": {"type": "empty"}},
                    {"_id": "c", "type": "pipe", "source": {"type": "empty"},
                     "metadata": {"$config-group": "other"}}])");
  EXPECT_EQ(ids("tenant"), "b c ");
  EXPECT_EQ(ids("default"), "a ");
  EXPECT_EQ(ids("other"), "");
  t.Reopen();
  EXPECT_EQ(ids("tenant"), "b c ");
  put("tenant", R"([{"_id": "d", "type": "pipe", "source": {"type": "empty"}}])");
  EXPECT_EQ(ids(std::nullopt), "a d ");
  // The same component in another group: its bytes are the same, its group is not.
  put("tenant", "[]");
  put("default", R"([{"_id": "d", "type": "pipe", "source": {"type": "empty"}}])");
  t.Reopen();
  EXPECT_EQ(ids("default"), "d ");
  EXPECT_EQ(ids("tenant"), "");
}

TEST(HubTest, WhatIsNotBuiltIsListedAndDoesNotRun) {
  TestHub t;
  t.MustPut(WithSystem(R"({"_id": "a", "type": "pipe",
      "source": {"type": "embedded", "entities": [{"_id": "1"}]},
      "sink": {"type": "kafka", "system": "k", "topic": "x"}},
      {"_id": "k", "type": "system:kafka", "bootstrap_servers": "h:9092"})"));
  const PipeStatus status = Ok(t.hub->GetPipe("a"));
  EXPECT_TRUE(status.is_valid_config);
  EXPECT_EQ(status.state, "Not built");
  EXPECT_EQ(status.pump.idle, Idle::kNotBuilt);
  EXPECT_EQ(t.hub->Operate("a", PumpOperation::kStart).error().code, Code::kNotBuilt);
  std::string seen;
  Ok(t.hub->Preview(
      "a", {},
      [&](const Entity& entity) -> Result<bool> {
        seen += TextOf(entity.dict);
        return true;
      },
      Stop()));
  EXPECT_EQ(seen, R"({"_id":"1"})");
}

TEST(HubTest, PreviewsShowEachStage) {
  TestHub t;
  t.MustPut(R"([{"_id": "p", "type": "pipe", "add_namespaces": true, "remove_namespaces": true,
      "source": {"type": "embedded", "entities": [{"_id": "1", "v": 1}, {"_id": "2", "v": 9}]},
      "transform": {"type": "dtl", "rules": {"default": [
        ["copy", "*"], ["add", "w", 1], ["filter", ["gt", "_S.p:v", 5]]]}}}])");
  const auto preview = [&](Stage stage) {
    std::string text;
    Ok(t.hub->Preview(
        "p", {.stage = stage},
        [&](const Entity& entity) -> Result<bool> {
          text += TextOf(entity.dict) + (entity.filtered ? "- " : " ");
          return true;
        },
        Stop()));
    return text;
  };
  EXPECT_EQ(preview(Stage::kSource), R"({"_id":"1","v":1} {"_id":"2","v":9} )");
  EXPECT_EQ(preview(Stage::kBeforeTransform), R"({"_id":"p:1","p:v":1} {"_id":"p:2","p:v":9} )");
  EXPECT_NE(preview(Stage::kAfterTransform).find("- "), std::string::npos);
  EXPECT_EQ(preview(Stage::kSink), R"({"_id":"2","v":9,"w":1} )");
  EXPECT_EQ(t.Dataset("p"), "none");
}

TEST(HubTest, EnvironmentVariablesChangeThePipesThatUseThem) {
  TestHub t;
  Ok(t.hub->PutEnv(R"({"v": 1})"));
  t.MustPut(R"j([{"_id": "p", "type": "pipe",
      "source": {"type": "embedded", "entities": [{"_id": "1", "v": "$ENV(v)"}]}}])j");
  t.Run("p");
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"1","v":1})");
  Ok(t.hub->PatchEnv(R"({"v": 2, "w": 3})"));
  t.Run("p");
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"1","v":2})");
  Ok(t.hub->DeleteEnv("v"));
  EXPECT_EQ(Ok(t.hub->GetPipe("p")).state, "Invalid config");
  t.Reopen();
  EXPECT_EQ(t.hub->GetEnv()->names(), std::vector<std::string_view>{"w"});
}

TEST(HubTest, AChangedConfigurationTakesEffectBetweenTwoBatches) {
  TestHub t;
  t.MustPut(WithSystem(R"({"_id": "p", "type": "pipe", "batch_size": 1,
      "source": {"type": "json", "system": "out", "url": "x"}})"));
  t.world.source = {R"({"_id":"a"})"};
  t.world.block = true;
  Ok(t.hub->Operate("p", PumpOperation::kStart));
  {
    std::unique_lock lock(t.world.mutex);
    t.world.changed.wait(lock, [&] { return t.world.blocked == 1; });
  }
  EXPECT_EQ(Ok(t.hub->GetPipe("p")).state, "Running");
  t.MustPutOne(R"({"_id": "p", "type": "pipe",
      "source": {"type": "embedded", "entities": [{"_id": "new"}]}})");
  EXPECT_EQ(Ok(t.hub->GetPipe("p")).pump.last->outcome, RunOutcome::kStopped);
  t.Run("p");
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"new"})");
  Ok(t.hub->DeletePipe("p"));
  EXPECT_EQ(t.hub->GetPipe("p").error().code, Code::kNotFound);
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"new"})");
}

TEST(HubTest, AStopEndsARunSoonAndDisablingHoldsSchedules) {
  TestHub t({.automatic = true});
  t.MustPut(WithSystem(R"({"_id": "p", "type": "pipe", "pump": {"schedule_interval": 10},
      "source": {"type": "json", "system": "out", "url": "x"}})"));
  t.world.source = {R"({"_id":"a"})"};
  t.world.block = true;
  t.clock.Advance(std::chrono::seconds(11));
  t.hub->Tick();
  {
    std::unique_lock lock(t.world.mutex);
    t.world.changed.wait(lock, [&] { return t.world.blocked == 1; });
  }
  Ok(t.hub->Operate("p", PumpOperation::kStop));
  EXPECT_EQ(Ok(t.hub->GetPipe("p")).pump.last->outcome, RunOutcome::kStopped);
  Ok(t.hub->Operate("p", PumpOperation::kDisable, "maintenance"));
  PumpStatus pump = Ok(t.hub->GetPipe("p")).pump;
  EXPECT_TRUE(pump.is_disabled);
  EXPECT_EQ(pump.idle_text, "disabled: maintenance");
  EXPECT_FALSE(pump.next_run);
  t.world.With([](World& world) { world.block = false; });
  t.clock.Advance(std::chrono::seconds(100));
  t.hub->Tick();
  Ok(t.hub->WaitIdle(Stop()));
  EXPECT_EQ(t.Dataset("p"), "");
  Ok(t.hub->Operate("p", PumpOperation::kEnable));
  t.clock.Advance(std::chrono::seconds(11));
  t.hub->Tick();
  Ok(t.hub->WaitIdle(Stop()));
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"a"})");
}

TEST(HubTest, CronSchedulesAreMadeUpForAfterARestart) {
  TestHub t({.automatic = true});
  t.MustPut(WithSystem(R"({"_id": "p", "type": "pipe", "pump": {"cron_expression": "0 12 * * ?"},
      "source": {"type": "json", "system": "out", "url": "x"}})"));
  t.world.source = {R"({"_id":"a"})"};
  // The clock stands at 08:00.
  t.clock.Advance(std::chrono::hours(3));
  t.hub->Tick();
  Ok(t.hub->WaitIdle(Stop()));
  EXPECT_EQ(t.Dataset("p"), "none");
  t.hub.reset();
  t.clock.Advance(std::chrono::hours(20));
  t.Open();
  t.hub->Tick();
  Ok(t.hub->WaitIdle(Stop()));
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"a"})");
}

TEST(HubTest, AChangeGoesThroughAChainAtOnce) {
  TestHub t({.automatic = true});
  std::string pipes = "[";
  for (int i = 1; i <= 5; ++i) {
    pipes += fmt::format(R"({}{{"_id": "p{}", "type": "pipe",
        "source": {{"type": "dataset", "dataset": "p{}"}}}})",
                         i == 1 ? "" : ",", i, i - 1);
  }
  t.MustPut(pipes + "]");
  t.Feed("p0", {R"({"_id":"a"})"});
  Ok(t.hub->WaitIdle(Stop()));
  EXPECT_EQ(t.Dataset("p5"), R"({"_id":"a"})");
  EXPECT_TRUE(t.store().FindDataset("p5")->populated);
  std::vector<double> times;
  for (int i = 0; i < 51; ++i) {
    const auto start = SystemClock().Steady();
    t.Feed("p0", {fmt::format(R"({{"_id":"b{}"}})", i)});
    Ok(t.hub->WaitIdle(Stop()));
    times.push_back(
        std::chrono::duration<double, std::milli>(SystemClock().Steady() - start).count());
    ASSERT_NE(t.Dataset("p5").find(fmt::format(R"("b{}")", i)), std::string::npos);
  }
  std::ranges::sort(times);
  RecordProperty("median_ms", fmt::format("{:.3f}", times[times.size() / 2]));
  EXPECT_LT(times[times.size() / 2], 25.0);
}

TEST(HubTest, CyclesComeToRest) {
  TestHub t({.automatic = true});
  t.MustPut(R"([
      {"_id": "a", "type": "pipe", "source": {"type": "dataset", "dataset": "b"},
       "transform": {"type": "dtl", "rules": {"default": [["copy", "*"],
         ["if", ["gt", 5, "_S.v"], ["add", "v", ["plus", "_S.v", 1]]]]}}},
      {"_id": "b", "type": "pipe", "source": {"type": "dataset", "dataset": "a"},
       "sink": {"type": "dataset", "dataset": "b"}}])");
  t.Feed("b", {R"({"_id":"x","v":0})"});
  std::stop_source stop;
  std::jthread ticker([&](const std::stop_token& token) {
    while (!token.stop_requested()) {
      t.clock.Advance(std::chrono::milliseconds(50));
      t.hub->Tick();
      std::this_thread::yield();
    }
  });
  Ok(t.hub->WaitIdle(Stop()));
  ticker.request_stop();
  EXPECT_EQ(t.Dataset("a"), R"({"_id":"x","v":5})");
  EXPECT_EQ(t.Dataset("b"), R"({"_id":"x","v":5})");
}

TEST(HubTest, RunsAllPipesInTheOrderOfTheGraph) {
  TestHub t;
  t.MustPut(WithSystem(R"(
      {"_id": "z-first", "type": "pipe",
       "source": {"type": "embedded", "entities": [{"_id": "1"}, {"_id": "2"}]}},
      {"_id": "a-last", "type": "pipe", "source": {"type": "dataset", "dataset": "z-first"}},
      {"_id": "broken", "type": "pipe", "source": {"type": "json", "system": "out", "url": "x"}})"));
  t.world.source = {R"({"_id":"a"})"};
  t.world.fail_read_after = 0;
  t.world.read_failures = 1;
  const std::string token = Ok(t.hub->StartRunAll({.extra_zero_runs = 2}));
  const RunAllReport report = Ok(t.hub->WaitRunAll(token, Stop()));
  EXPECT_EQ(report.status, RunAllStatus::kFailed);
  EXPECT_NE(report.message.find("broken"), std::string::npos);
  EXPECT_EQ(t.Dataset("a-last"), R"({"_id":"1"} {"_id":"2"})");
  const auto log = t.hub->GetRunAllLog(token, {});
  ASSERT_GT(log.size(), 3u);
  for (size_t i = 1; i < log.size(); ++i) EXPECT_LT(log[i - 1].timestamp, log[i].timestamp);
  EXPECT_EQ(t.hub->GetRunAllLog(token, log[1].timestamp).size(), log.size() - 2);
  EXPECT_TRUE(t.hub->StopRunAll(std::chrono::seconds(1)));

  const std::string again = Ok(t.hub->StartRunAll({}));
  EXPECT_EQ(Ok(t.hub->WaitRunAll(again, Stop())).status, RunAllStatus::kSuccess);
  EXPECT_EQ(t.Dataset("broken"), R"({"_id":"a"})");
}

TEST(HubTest, RunningAllPipesNamesWhatDoesNotComeToRest) {
  TestHub t;
  t.MustPut(R"([
      {"_id": "seed", "type": "pipe", "source": {"type": "embedded", "entities": [
         {"_id": "x", "v": 0}]}, "sink": {"type": "dataset", "dataset": "s"}},
      {"_id": "a", "type": "pipe", "source": {"type": "dataset", "dataset": "b"},
       "transform": {"type": "dtl", "rules": {"default": [["copy", "*"],
         ["add", "v", ["plus", "_S.v", 1]]]}}},
      {"_id": "b", "type": "pipe", "source": {"type": "dataset", "dataset": "a"}}])");
  t.Feed("b", {R"({"_id":"x","v":0})"});
  const std::string token = Ok(t.hub->StartRunAll({.reset = false, .runs_max = 5}));
  const RunAllReport report = Ok(t.hub->WaitRunAll(token, Stop()));
  EXPECT_EQ(report.status, RunAllStatus::kFailed);
  EXPECT_NE(report.message.find("a, b"), std::string::npos) << report.message;
  EXPECT_NE(report.message.find("\"x\""), std::string::npos) << report.message;
}

TEST(HubTest, ARunOfAllPipesIsStopped) {
  TestHub t;
  t.MustPut(WithSystem(
      R"({"_id": "p", "type": "pipe", "source": {"type": "json", "system": "out", "url": "x"}})"));
  t.world.block = true;
  const std::string token = Ok(t.hub->StartRunAll({}));
  {
    std::unique_lock lock(t.world.mutex);
    t.world.changed.wait(lock, [&] { return t.world.blocked == 1; });
  }
  EXPECT_EQ(t.hub->StartRunAll({}).error().code, Code::kConflict);
  EXPECT_TRUE(t.hub->StopRunAll(std::chrono::seconds(10)));
  EXPECT_EQ(t.hub->GetRunAll(token).status, RunAllStatus::kFailed);
}

TEST(HubTest, OffsetsAreSetByHand) {
  TestHub t;
  t.MustPut(R"([{"_id": "p", "type": "pipe", "source": {"type": "dataset", "dataset": "in"}}])");
  t.Feed("in", {R"({"_id":"a"})", R"({"_id":"b"})", R"({"_id":"c"})"});
  Ok(t.hub->Operate("p", PumpOperation::kUpdateLastSeen, "1"));
  t.Run("p");
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"c"})");
  Ok(t.hub->Operate("p", PumpOperation::kReset));
  t.Run("p");
  EXPECT_EQ(t.Dataset("p"), R"({"_id":"a"} {"_id":"b"} {"_id":"c"})");
  t.Feed("in", {R"({"_id":"d"})"});
  EXPECT_EQ(Ok(t.hub->GetPipe("p", {.queues = true})).pump.queues.at(0).entities, 1u);
  Ok(t.hub->Operate("p", PumpOperation::kSetLastSeenToEnd));
  EXPECT_EQ(t.Run("p").counts.read, 0u);
  EXPECT_EQ(t.hub->Operate("p", PumpOperation::kUpdateLastSeen, "x").ok(), true);
  EXPECT_EQ(t.TryRun("p").outcome, RunOutcome::kFailed);
  EXPECT_NE(t.Dataset(ExecutionLogName("p")).find("pump-offset-set"), std::string::npos);
}

TEST(HubTest, EverythingCanBeReset) {
  TestHub t;
  t.MustPut(R"([{"_id": "p", "type": "pipe",
      "source": {"type": "embedded", "entities": [{"_id": "1"}]}}])");
  t.Run("p");
  Ok(t.hub->DeleteAllSinkDatasets(Stop()));
  EXPECT_EQ(t.Dataset("p"), "none");
  t.Run("p");
  Ok(t.hub->ResetEverything(Stop()));
  EXPECT_TRUE(t.hub->ListPipes().empty());
  EXPECT_TRUE(t.store().ListDatasets().empty());
  t.Reopen();
  EXPECT_TRUE(t.hub->ListConfig().empty());
}

}  // namespace
}  // namespace sluice::pipe::testing
