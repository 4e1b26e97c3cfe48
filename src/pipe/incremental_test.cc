// Law 3 of the design: incremental runs end where a run from scratch ends. Chains and trees of
// pipes under random changes of data and configuration, restarts and resets.

#include <gtest/gtest.h>

#include <map>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

class Scenario {
 public:
  Scenario(uint64_t seed, bool rocks) : random_(seed), hub_({.rocks = rocks}) {
    for (int i = 0; i < kPipes; ++i) transforms_.push_back(RandomTransform());
    for (int i = 0; i < kPipes; ++i) {
      inputs_.push_back(i == 0 ? "in" : fmt::format("p{}", random_.Below(static_cast<size_t>(i))));
    }
  }

  void Run(int steps) {
    hub_.MustPut(Config());
    for (int step = 0; step < steps; ++step) Step();
    for (const size_t i : stale_) Ok(hub_.hub->Operate(Id(i), PumpOperation::kReset));
    RunPipes(hub_);
    Compare();
  }

 private:
  static constexpr int kPipes = 5;

  static std::string Id(size_t i) { return fmt::format("p{}", i); }

  std::string RandomTransform() {
    switch (random_.Below(5)) {
      case 0:
        return R"([["copy", "*"]])";
      case 1:
        return fmt::format(R"([["copy", "*"], ["add", "v", ["plus", "_S.v", {}]]])",
                           random_.Below(9));
      case 2:
        return fmt::format(R"([["copy", "*"], ["filter", ["gt", "_S.v", {}]]])", random_.Below(20));
      case 3:
        return R"([["copy", "*"], ["rename", "v", "w"], ["add", "v", "_S.v"]])";
      default:
        return fmt::format(R"([["copy", "_id"], ["copy", "_deleted"], ["if", ["gt", "_S.v", {}],
            ["add", "big", true]], ["add", "v", "_S.v"]])",
                           random_.Below(20));
    }
  }

  std::string PipeText(size_t i) const {
    return fmt::format(R"({{"_id": "{}", "type": "pipe", "batch_size": {},
        "source": {{"type": "dataset", "dataset": "{}"}},
        "transform": {{"type": "dtl", "rules": {{"default": {}}}}}}})",
                       Id(i), 1 + i * 3, inputs_[i], transforms_[i]);
  }

  std::string Config() const {
    std::string text = "[";
    for (size_t i = 0; i < transforms_.size(); ++i) text += (i == 0 ? "" : ",") + PipeText(i);
    return text + "]";
  }

  void Step() {
    switch (random_.Below(12)) {
      case 0:
        hub_.Reopen();
        break;
      case 1: {
        const size_t i = random_.Below(kPipes);
        transforms_[i] = RandomTransform();
        hub_.MustPutOne(PipeText(i));
        stale_.insert(i);  // The reference goes on with the new rules; a reset makes it exact.
        break;
      }
      case 2: {
        const size_t i = random_.Below(kPipes);
        Ok(hub_.hub->DeletePipe(Id(i)));
        hub_.MustPutOne(PipeText(i));
        break;
      }
      case 3:
        Ok(hub_.hub->Operate(Id(random_.Below(kPipes)), PumpOperation::kReset));
        break;
      case 4:
        Ok(hub_.hub->DeleteDataset(Id(Existing())));
        break;
      case 5:
        RunPipes(hub_);
        break;
      default:
        Feed();
        hub_.Run(Id(random_.Below(kPipes)));
    }
  }

  size_t Existing() {
    for (size_t i = 0; i < kPipes; ++i) {
      const size_t at = (i + random_.Below(kPipes)) % kPipes;
      if (hub_.store().FindDataset(Id(at))) return at;
    }
    hub_.Run("p0");
    return 0;
  }

  void Feed() {
    std::vector<std::string> entities;
    for (uint64_t i = random_.Below(40); i > 0; --i) {
      const uint64_t id = random_.Below(50);
      const bool gone = random_.Below(5) == 0;
      const std::string text =
          gone ? fmt::format(R"({{"_id":"e{}","_deleted":true}})", id)
               : fmt::format(R"({{"_id":"e{}","v":{}}})", id, random_.Below(30));
      entities.push_back(text);
      latest_[id] = text;
    }
    hub_.Feed("in", entities);
  }

  static void RunPipes(TestHub& hub) {
    for (int i = 0; i < kPipes; ++i) hub.Run(Id(static_cast<size_t>(i)));
  }

  void Compare() {
    TestHub fresh;
    fresh.MustPut(Config());
    std::vector<std::string> entities;
    for (const auto& [id, text] : latest_) entities.push_back(text);
    fresh.Feed("in", entities);
    RunPipes(fresh);
    for (size_t i = 0; i < kPipes; ++i) {
      EXPECT_EQ(hub_.Dataset(Id(i)), fresh.Dataset(Id(i))) << PipeText(i);
    }
  }

  SeededRandom random_;
  TestHub hub_;
  std::vector<std::string> transforms_;
  std::vector<std::string> inputs_;
  std::map<uint64_t, std::string> latest_;
  std::set<size_t> stale_;
};

TEST(IncrementalTest, EqualsARunFromScratch) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Scenario(seed, /*rocks=*/false).Run(40);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(IncrementalTest, EqualsARunFromScratchOnDisk) {
  for (uint64_t seed = 100; seed <= 104; ++seed) {
    SCOPED_TRACE(seed);
    Scenario(seed, /*rocks=*/true).Run(40);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::pipe::testing
