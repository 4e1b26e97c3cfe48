// A hub over a store in memory whose datasets the model test changes, also while a pump runs.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "dtl/catalogue.h"
#include "pipe/hub.h"
#include "pipe/registry.h"
#include "storage/store.h"
#include "tests/model/configuration.h"
#include "tests/model/oracle.h"
#include "tests/support/mistaken_merge.h"

namespace sluice::model {

// Every look at it takes time, so that runs commit after a few batches; and something may happen.
class BusyClock final : public Clock {
 public:
  WallTime Now() const override { return WallTime(std::chrono::nanoseconds(now_ns_)); }
  SteadyTime Steady() const override {
    now_ns_ += 11'000'000;
    if (on_look && !looking_) {
      looking_ = true;
      on_look();
      looking_ = false;
    }
    return SteadyTime(std::chrono::nanoseconds(now_ns_));
  }

  std::function<void()> on_look;

 private:
  mutable int64_t now_ns_ = 1'800'000'000'000'000'000;
  mutable bool looking_ = false;
};

// What is wrong with the hub, to prove that the test would notice.
struct Mistakes {
  pipe::Mistakes tracking = {};
  pipe::testing::MergeMistake merging = pipe::testing::MergeMistake::kNone;
  bool old_index_keys = false;  // Entries of indexes are never removed.
  bool null_is_a_key = false;
};

class World {
 public:
  explicit World(Mistakes mistakes = {});
  ~World();

  // As after a restart.
  void Reopen();
  void Configure(const Configuration& configuration);
  void PutPipe(const Pipe& pipe);
  void Reset(const std::string& pipe);
  // Runs a pipe once. What `between` does happens while it runs.
  pipe::RunReport Run(const std::string& pipe, std::function<void()> between = {});
  // Begins to run it, and dies after so many steps, between two commits.
  void RunPartly(const std::string& pipe, uint64_t steps, std::function<void()> between);

  // Entities as JSON texts.
  void Write(const std::string& dataset, const std::vector<std::string>& entities);
  void Truncate(const std::string& dataset);
  void Recreate(const std::string& dataset);

  // The newest versions, in the order of the log.
  std::vector<Stored> Read(const std::string& dataset) const;
  storage::Store& store() { return *store_; }

 private:
  enum class Threads { kOwn, kNone };
  void Close();
  void Open(Threads threads = Threads::kOwn);

  const Mistakes mistakes_;
  BusyClock clock_;
  SeededRandom random_{7};
  std::unique_ptr<storage::Store> store_;
  pipe::Registry registry_;
  dtl::Catalogue catalogue_;
  std::unique_ptr<pipe::Hub> hub_;
};

}  // namespace sluice::model
