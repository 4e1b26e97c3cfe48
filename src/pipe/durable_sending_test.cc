// What a pipe sends to a target must be there after a loss of power: nobody could take it back.

#include <gtest/gtest.h>

#include "pipe/hub_testing.h"
#include "storage/engine_store.h"
#include "tests/support/fault_engine.h"

namespace sluice::pipe::testing {
namespace {

using storage::testing::FaultDisk;

class DurableSending : public ::testing::Test {
 protected:
  void SetUp() override {
    AddBuiltins(registry_);
    registry_.AddSink({.type = "json",
                       .doc = "",
                       .make = [this](const config::ConfigView&,
                                      const MakeContext&) -> Result<std::unique_ptr<Sink>> {
                         return std::make_unique<WorldSink>(world_);
                       }});
    registry_.AddSystem({.type = "system:url",
                         .doc = "",
                         .make = [](const config::ConfigView&,
                                    const MakeContext&) -> Result<std::unique_ptr<System>> {
                           return std::make_unique<UrlSystem>();
                         }});
    dtl::AddSpecialForms(catalogue_);
  }

  void Open(FaultDisk& disk) {
    store_ = Ok(storage::EngineStore::Open(disk.Open(), {.clock = &clock_}));
    HubOptions options{.store = store_.get(), .registry = &registry_, .catalogue = &catalogue_};
    options.clock = &clock_;
    options.schedules = options.signals = false;
    hub_ = Ok(Hub::Open(options));
  }
  void LosePower(FaultDisk& disk) {
    hub_.reset();
    store_.reset();
    disk.LosePower();
  }
  void Run(std::string_view pipe) {
    const auto report = Ok(hub_->RunPipe(pipe, RunKind::kIncremental, Stop()));
    ASSERT_EQ(report.outcome, RunOutcome::kCompleted);
  }

  ManualClock clock_;
  World world_;
  Registry registry_;
  dtl::Catalogue catalogue_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Hub> hub_;
};

TEST_F(DurableSending, WhatWasSentOutlivesALossOfPower) {
  uint64_t lost = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    FaultDisk disk(seed);
    world_.sent.clear();
    Open(disk);
    const auto outcome = Ok(hub_->PutConfig(Ok(config::ParseDocuments(R"([
        {"_id": "out", "type": "system:url", "url_pattern": "http://h/%s"},
        {"_id": "kept", "type": "pipe",
         "source": {"type": "embedded", "entities": [{"_id": "1", "v": 1}, {"_id": "2", "v": 2}]},
         "pump": {"mode": "manual"}},
        {"_id": "sent", "type": "pipe", "source": {"type": "dataset", "dataset": "kept"},
         "sink": {"type": "json", "system": "out", "url": "x"}, "pump": {"mode": "manual"}}])")),
                                            false));
    ASSERT_TRUE(outcome.applied);
    Run("kept");
    Run("sent");
    ASSERT_EQ(world_.sent.size(), 2u);
    LosePower(disk);
    Open(disk);
    const auto kept = store_->FindDataset("kept");
    ASSERT_TRUE(kept && kept->live == 2) << "seed " << seed;
    // What nobody outside has seen may be lost, so that the test has shown something.
    if (Ok(hub_->GetPipe("sent")).pump.offset.empty()) ++lost;
    LosePower(disk);
  }
  EXPECT_GT(lost, 0u);
}

}  // namespace
}  // namespace sluice::pipe::testing
