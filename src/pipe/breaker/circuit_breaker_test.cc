// What a circuit breaker keeps out of its dataset, and what people make of it
// (features/circuit-breakers.rst).

#include "pipe/breaker/circuit_breaker.h"

#include <gmock/gmock.h>

#include "pipe/hub_testing.h"

namespace sluice::pipe {
namespace {

using ::testing::HasSubstr;
using testing::Ok;
using testing::TestHub;

std::string Pipe(std::string_view sink, std::string_view rules = "", bool follows = true) {
  return fmt::format(
      R"([{{"_id": "out", "type": "system:url", "url_pattern": "http://x/%s"}},
          {{"_id": "p", "type": "pipe",
          "source": {{"type": "json", "system": "out", "url": "x", "supports_since": {}}},
          "sink": {{"type": "dataset"{}}}{}}}])",
      follows, sink,
      rules.empty()
          ? ""
          : fmt::format(R"(, "transform": {{"type": "dtl", "rules": {{"default": [{}]}}}})",
                        rules));
}

class CircuitBreakerTest : public ::testing::TestWithParam<bool> {
 protected:
  CircuitBreakerTest() : hub_({.rocks = GetParam()}) {}

  void Give(const std::vector<std::string>& entities) {
    hub_.world.With([&](auto& world) {
      world.source.insert(world.source.end(), entities.begin(), entities.end());
    });
  }
  void GiveAnew(const std::vector<std::string>& entities) {
    hub_.world.With([&](auto& world) { world.source = entities; });
  }
  // The first run into an empty dataset never trips.
  void Fill(const std::string& pipe, int entities) {
    hub_.MustPut(pipe);
    std::vector<std::string> all;
    for (int i = 0; i < entities; ++i) all.push_back(fmt::format(R"({{"_id": "{}", "v": 0}})", i));
    GiveAnew(all);
    hub_.Run("p");
    ASSERT_EQ(Live(), static_cast<uint64_t>(entities));
  }
  std::string Fails(RunKind kind = RunKind::kIncremental) {
    const RunReport report = hub_.TryRun("p", kind);
    EXPECT_EQ(report.outcome, RunOutcome::kFailed);
    return report.error ? report.error->message : "";
  }
  uint64_t Live() { return hub_.store().FindDataset("p")->live; }
  Idle IdleOf() { return Ok(hub_.hub->GetPipe("p", {})).pump.idle; }
  size_t StateLeft() {
    size_t left = 0;
    Ok(hub_.store().TakeSnapshot()->ScanState(UncommittedPrefix("p"), [&](auto, auto) {
      ++left;
      return true;
    }));
    return left;
  }

  TestHub hub_;
};

INSTANTIATE_TEST_SUITE_P(Stores, CircuitBreakerTest, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Rocks" : "Memory"; });

TEST_P(CircuitBreakerTest, ExposesNothingOfARunThatChangesTooMuch) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 2)"), 3);
  const std::string before = hub_.History("p");
  Give({R"({"_id":"0","v":1})", R"({"_id":"1","v":1})", R"({"_id":"new","v":1})"});
  EXPECT_THAT(Fails(), HasSubstr("changes 3 entities, and 2 are allowed"));
  EXPECT_EQ(hub_.History("p"), before);
  EXPECT_EQ(IdleOf(), Idle::kTripped);
  const auto refused = hub_.hub->RunPipe("p", RunKind::kIncremental, Stop());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kConflict);
  // Also after a restart.
  hub_.Reopen();
  EXPECT_EQ(IdleOf(), Idle::kTripped);
  EXPECT_FALSE(hub_.hub->RunPipe("p", RunKind::kIncremental, Stop()).ok());
  EXPECT_EQ(hub_.History("p"), before);
}

TEST_P(CircuitBreakerTest, ExposesAllOfARunThatDoesNotAtItsEnd) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 2)"), 3);
  Give({R"({"_id":"0","v":1})", R"({"_id":"1","v":0})", R"({"_id":"0","v":2})",
        R"({"_id":"2","v":9})", R"({"_id":"2","v":0})"});
  hub_.Run("p");
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":2} {"_id":"1","v":0} {"_id":"2","v":0})");
  EXPECT_EQ(StateLeft(), 0u);
  // The next run counts from nothing.
  Give({R"({"_id":"1","v":1})", R"({"_id":"2","v":1})"});
  hub_.Run("p");
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":2} {"_id":"1","v":1} {"_id":"2","v":1})");
}

TEST_P(CircuitBreakerTest, RolledBackThePipeIsWhereItWas) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 1)"), 3);
  const std::string before = hub_.History("p");
  Give({R"({"_id":"0","v":1})", R"({"_id":"1","v":1})"});
  Fails();
  Ok(hub_.hub->RollbackCircuitBreaker("p"));
  EXPECT_EQ(hub_.History("p"), before);
  EXPECT_EQ(StateLeft(), 0u);
  EXPECT_TRUE(hub_.store().ListHolds().empty());
  // It comes again, and trips again, unless the source is put right.
  Fails();
  Ok(hub_.hub->RollbackCircuitBreaker("p"));
  hub_.world.With([](auto& world) { world.source.pop_back(); });
  hub_.Run("p");
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":1} {"_id":"1","v":0} {"_id":"2","v":0})");
}

TEST_P(CircuitBreakerTest, CommittedItIsExposedAndThePipeGoesOn) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 1)"), 3);
  Give({R"({"_id":"0","v":1})", R"({"_id":"1","v":1})", R"({"_deleted":true,"_id":"2"})"});
  Fails();
  hub_.Reopen();
  Ok(hub_.hub->CommitCircuitBreaker("p"));
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":1} {"_id":"1","v":1})");
  EXPECT_EQ(StateLeft(), 0u);
  Give({R"({"_id":"3","v":1})"});
  hub_.Run("p");
  EXPECT_EQ(Live(), 3u);
  EXPECT_FALSE(hub_.hub->CommitCircuitBreaker("p").ok());
  EXPECT_FALSE(hub_.hub->RollbackCircuitBreaker("p").ok());
}

TEST_P(CircuitBreakerTest, DeletionsOfAFullRunCount) {
  const std::string pipe =
      Pipe(R"(, "circuit_breaker_threshold_factor": 0.5, "circuit_breaker_threshold_count": 1)", "",
           false);
  Fill(pipe, 4);
  const std::string before = hub_.History("p");
  // Two of four change: half of them may.
  GiveAnew({R"({"_id":"0","v":1})", R"({"_id":"1","v":0})", R"({"_id":"2","v":0})"});
  hub_.Run("p");
  EXPECT_EQ(Live(), 3u);
  // Then an empty answer of a source that is not well.
  const std::string good = hub_.History("p");
  GiveAnew({});
  EXPECT_THAT(Fails(), HasSubstr("changes 3 entities, and 2 are allowed"));
  EXPECT_EQ(hub_.History("p"), good);
  Ok(hub_.hub->RollbackCircuitBreaker("p"));
  EXPECT_EQ(hub_.History("p"), good);
  GiveAnew({R"({"_id":"0","v":1})", R"({"_id":"1","v":0})", R"({"_id":"2","v":7})"});
  hub_.Run("p");
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":1} {"_id":"1","v":0} {"_id":"2","v":7})");
  GiveAnew({R"({"_id":"0","v":2})"});
  Fails();
  Ok(hub_.hub->CommitCircuitBreaker("p"));
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":2})");
  EXPECT_EQ(StateLeft(), 0u);
}

TEST_P(CircuitBreakerTest, TripsWhereRulesSaySo) {
  Fill(Pipe("", R"(["copy", "*"], ["if", ["eq", "_S.v", 13], ["trip!", "thirteen"]])"), 2);
  Give({R"({"_id":"0","v":13})"});
  EXPECT_THAT(Fails(), HasSubstr("thirteen"));
  EXPECT_EQ(IdleOf(), Idle::kTripped);
  Ok(hub_.hub->RollbackCircuitBreaker("p"));
  hub_.world.With([](auto& world) { world.source.back() = R"({"_id":"0","v":12})"; });
  hub_.Run("p");
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":12} {"_id":"1","v":0})");
}

TEST_P(CircuitBreakerTest, ARunThatFailsIsGoneOnWith) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 3)"), 3);
  Give({R"({"_id":"0","v":1})", R"({"_id":"1","v":1})"});
  hub_.world.With([](auto& world) {
    world.fail_read_after = 5;
    world.read_failures = 1000;
  });
  Give({R"({"_id":"2","v":1})"});
  Fails();
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":0} {"_id":"1","v":0} {"_id":"2","v":0})");
  hub_.world.With([](auto& world) { world.read_failures = 0; });
  hub_.Reopen();
  hub_.Run("p");
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"0","v":1} {"_id":"1","v":1} {"_id":"2","v":1})");
  EXPECT_EQ(StateLeft(), 0u);
}

TEST_P(CircuitBreakerTest, AFullRunWritesAgainWhatWasUncommitted) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 9)"), 3);
  Give({R"({"_id":"0","v":1})"});
  hub_.world.With([](auto& world) {
    world.fail_read_after = 4;
    world.read_failures = 1000;
  });
  Give({R"({"_id":"1","v":1})"});
  Fails();
  hub_.world.With([](auto& world) {
    world.read_failures = 0;
    world.source = {R"({"_id":"1","v":5})", R"({"_id":"2","v":0})"};
  });
  hub_.Run("p", RunKind::kFull);
  EXPECT_EQ(hub_.Dataset("p"), R"({"_id":"1","v":5} {"_id":"2","v":0})");
  EXPECT_EQ(StateLeft(), 0u);
}

TEST_P(CircuitBreakerTest, HoldsCompactionWhileItHasTripped) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 1)"), 3);
  Give({R"({"_id":"0","v":1})", R"({"_id":"1","v":1})"});
  Fails();
  ASSERT_EQ(hub_.store().ListHolds().size(), 1u);
  EXPECT_EQ(hub_.store().ListHolds()[0].holder, "circuit breaker of p");
  hub_.Reopen();
  EXPECT_EQ(hub_.store().ListHolds().size(), 1u);
  Ok(hub_.hub->CommitCircuitBreaker("p"));
  EXPECT_TRUE(hub_.store().ListHolds().empty());
}

TEST_P(CircuitBreakerTest, PeopleAreToldInTheExecutionLog) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 0)"), 1);
  Give({R"({"_id":"0","v":1})"});
  Fails();
  Ok(hub_.hub->RollbackCircuitBreaker("p"));
  Fails();
  Ok(hub_.hub->CommitCircuitBreaker("p"));
  const std::string log = hub_.History(ExecutionLogName("p"));
  EXPECT_THAT(log, HasSubstr(R"("event_type":"circuit-breaker-rollback")"));
  EXPECT_THAT(log, HasSubstr(R"("event_type":"circuit-breaker-commit")"));
  EXPECT_THAT(log, HasSubstr("has tripped"));
}

TEST_P(CircuitBreakerTest, OffsetsStayWhileItHasTripped) {
  Fill(Pipe(R"(, "circuit_breaker_threshold_count": 0)"), 1);
  Give({R"({"_id":"0","v":1})"});
  Fails();
  const auto reset = hub_.hub->Operate("p", PumpOperation::kReset);
  ASSERT_FALSE(reset.ok());
  EXPECT_EQ(reset.error().code, Code::kConflict);
}

}  // namespace
}  // namespace sluice::pipe
