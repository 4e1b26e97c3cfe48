// Random changes of the configuration while data comes in and pumps run by themselves: changed
// rules, changed sinks, pipes that go and come back, new hops. Afterwards every output equals that
// of a fresh hub.

#include <gtest/gtest.h>

#include <thread>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

constexpr size_t kPipes = 6;

struct PipeSketch {
  std::string input;  // "in", or the number of a pipe.
  int rule = 0;
  int sink = 0;  // Raised to write another dataset.
  bool there = true;
};

class Configuration {
 public:
  explicit Configuration(SeededRandom& random) : random_(random) {
    for (size_t i = 0; i < kPipes; ++i) {
      PipeSketch pipe;
      pipe.input = i == 0 ? "in" : std::to_string(random_.Below(i));
      pipes_.push_back(pipe);
    }
  }

  void Change() {
    PipeSketch& pipe = pipes_[random_.Below(kPipes)];
    switch (random_.Below(4)) {
      case 0:
        pipe.rule = static_cast<int>(random_.Below(6));
        break;
      case 1:
        ++pipe.sink;
        break;
      default:
        pipe.there = !pipe.there;
    }
  }
  void BringAllBack() {
    for (PipeSketch& pipe : pipes_) pipe.there = true;
  }

  std::string Sink(size_t i) const { return fmt::format("p{}-{}", i, pipes_[i].sink); }

  std::string Text() const {
    std::string text;
    for (size_t i = 0; i < kPipes; ++i) {
      if (!pipes_[i].there) continue;
      const std::string& input = pipes_[i].input;
      text +=
          fmt::format(R"({}{{"_id": "p{}", "type": "pipe",
          "source": {{"type": "dataset", "dataset": "{}"}},
          "sink": {{"type": "dataset", "dataset": "{}"}},
          "transform": {{"type": "dtl", "rules": {{"default": {}}}}}}})",
                      text.empty() ? "" : ",", i, input == "in" ? input : Sink(std::stoul(input)),
                      Sink(i), Rule(pipes_[i].rule));
    }
    return "[" + text + "]";
  }

 private:
  static std::string Rule(int rule) {
    if (rule == 0) return R"([["copy", "*"]])";
    if (rule == 1) return R"([["copy", "*"], ["filter", ["gt", "_S.v", 10]]])";
    if (rule == 2) {
      return R"([["copy", "*"], ["add", "other", ["hops", {"datasets": ["lookup l"],
          "where": [["eq", "_S.v", "l.v"]], "return": "l._id"}]]])";
    }
    return fmt::format(R"([["copy", "*"], ["add", "r", {}]])", rule);
  }

  SeededRandom& random_;
  std::vector<PipeSketch> pipes_;
};

std::string EntityText(uint64_t id, uint64_t v) {
  return fmt::format(R"({{"_id":"e{}","v":{}}})", id, v);
}

void RunAll(TestHub& hub) {
  const std::string token = Ok(hub.hub->StartRunAll({}));
  const RunAllReport report = Ok(hub.hub->WaitRunAll(token, Stop()));
  EXPECT_EQ(report.status, RunAllStatus::kSuccess) << report.message;
}

TEST(ConfigChangesTest, UnderLoadNothingIsLost) {
  constexpr int kChanges = 1000;
  SeededRandom random(11);
  Configuration configuration(random);
  TestHub hub({.automatic = true});
  std::vector<std::string> lookup;
  for (uint64_t i = 0; i < 20; ++i) lookup.push_back(EntityText(i, i));
  hub.Feed("lookup", lookup);
  hub.MustPut(configuration.Text());

  std::map<uint64_t, std::string> latest;
  std::jthread feeder([&](const std::stop_token& stop) {
    SeededRandom feed_random(12);
    while (!stop.stop_requested()) {
      std::vector<std::string> entities;
      for (int i = 0; i < 20; ++i) {
        const uint64_t id = feed_random.Below(200);
        entities.push_back(EntityText(id, feed_random.Below(20)));
        latest[id] = entities.back();
      }
      hub.Feed("in", entities);
    }
  });
  std::jthread operators([&](const std::stop_token& stop) {
    SeededRandom operation_random(13);
    while (!stop.stop_requested()) {
      const std::string pipe = fmt::format("p{}", operation_random.Below(kPipes));
      constexpr PumpOperation kOperations[] = {PumpOperation::kStart, PumpOperation::kStop,
                                               PumpOperation::kReset, PumpOperation::kDisable,
                                               PumpOperation::kEnable};
      // A pipe may be gone by then.
      (void)hub.hub->Operate(pipe, kOperations[operation_random.Below(5)]);
      (void)hub.hub->ListPipes({.queues = true});
    }
  });
  for (int i = 0; i < kChanges; ++i) {
    configuration.Change();
    hub.MustPut(configuration.Text());
    ASSERT_FALSE(::testing::Test::HasFailure()) << "after change " << i;
  }
  feeder.request_stop();
  operators.request_stop();
  feeder.join();
  operators.join();
  configuration.BringAllBack();
  hub.MustPut(configuration.Text());
  RunAll(hub);

  TestHub fresh;
  std::vector<std::string> entities;
  for (const auto& [id, text] : latest) entities.push_back(text);
  fresh.Feed("in", entities);
  fresh.Feed("lookup", lookup);
  fresh.MustPut(configuration.Text());
  RunAll(fresh);
  for (size_t i = 0; i < kPipes; ++i) {
    EXPECT_EQ(hub.Dataset(configuration.Sink(i)), fresh.Dataset(configuration.Sink(i))) << i;
  }
}

}  // namespace
}  // namespace sluice::pipe::testing
