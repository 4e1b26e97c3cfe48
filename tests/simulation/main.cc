// sluice-sim: random histories with faults, by seed. What fails prints its seed.

#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/simulation/hub_simulation.h"
#include "tests/simulation/store_faults.h"

namespace sluice::storage::testing {
namespace {

constexpr const char* kUsage =
    "sluice-sim store [--from SEED] [--seeds N] [--seconds N] [--rocks-every N]\n"
    "sluice-sim hub [--from SEED] [--seeds N] [--seconds N]   a whole hub on a virtual clock\n"
    "sluice-sim mistakes [--seeds N]   plants mistakes in the store: each must be found\n"
    "Ends with 1 where there was a difference, and prints its seed.\n";

struct Options {
  uint64_t from = 1;
  uint64_t seeds = 500;
  int64_t seconds = 0;       // 0: as long as it takes.
  uint64_t rocks_every = 4;  // Of so many seeds, one on RocksDB and the others in memory.
};

double SecondsSince(SteadyTime start) {
  return std::chrono::duration<double>(SystemClock().Steady() - start).count();
}

int RunStore(const Options& options) {
  const auto start = SystemClock().Steady();
  FaultCounts counts;
  uint64_t differences = 0, done = 0;
  for (uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
    if (options.seconds != 0 && SecondsSince(start) > static_cast<double>(options.seconds)) break;
    const auto kind = options.rocks_every != 0 && seed % options.rocks_every == 0
                          ? EngineKind::kRocks
                          : EngineKind::kMemory;
    const auto difference = RunStoreFaults(seed, kind, Mistake::kNone, counts);
    ++done;
    if (difference.empty()) continue;
    ++differences;
    fmt::print("seed {} ({}): {}\n", seed, kind == EngineKind::kRocks ? "rocks" : "memory",
               difference);
  }
  fmt::print(
      "{} seeds from {}, {} differences: {} operations, {} crashes, {} operations failed, {} lost, "
      "{} in doubt and done; {:.0f} s\n",
      done, options.from, differences, counts.operations, counts.crashes, counts.failures,
      counts.operations_lost, counts.in_doubt_done, SecondsSince(start));
  // A run in which nothing was lost or failed has shown nothing.
  const bool shown = counts.failures > 0 && counts.operations_lost > 0;
  return differences == 0 && shown ? 0 : 1;
}

int RunMistakes(const Options& options) {
  struct Planted {
    Mistake mistake;
    const char* name;
  };
  constexpr Planted kPlanted[] = {
      {Mistake::kCommitSplit, "a commit split in two"},
      {Mistake::kAcknowledgedBeforeSync, "an offset acknowledged before the sync"},
      {Mistake::kIndexKeyNotRemoved, "an index key not removed"},
      {Mistake::kHoldIgnored, "a hold ignored"},
      {Mistake::kOffsetUsedAgain, "an offset used again after a crash"},
  };
  int missed = 0;
  for (const auto& [mistake, name] : kPlanted) {
    for (const auto kind : {EngineKind::kMemory, EngineKind::kRocks}) {
      const char* where = kind == EngineKind::kRocks ? "rocks" : "memory";
      FaultCounts counts;
      std::string difference;
      uint64_t seed = 0;
      while (difference.empty() && seed < options.seeds)
        difference = RunStoreFaults(++seed, kind, mistake, counts);
      if (difference.empty()) ++missed;
      fmt::print("{} ({}): {}\n", name, where,
                 difference.empty() ? fmt::format("NOT FOUND in {} seeds", options.seeds)
                                    : fmt::format("found by seed {}: {}", seed, difference));
    }
  }
  fmt::print("{} mistakes missed\n", missed);
  return missed == 0 ? 0 : 1;
}

int RunHub(const Options& options) {
  using pipe::testing::HubCounts;
  using pipe::testing::HubMistake;
  const auto start = SystemClock().Steady();
  HubCounts counts;
  uint64_t differences = 0, done = 0;
  for (uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
    if (options.seconds != 0 && SecondsSince(start) > static_cast<double>(options.seconds)) break;
    const auto difference = pipe::testing::SimulateHub(seed, HubMistake::kNone, counts);
    ++done;
    if (difference.empty()) continue;
    ++differences;
    fmt::print("seed {}: {}\n", seed, difference);
  }
  int missed = 0;
  for (const auto& [mistake, name] :
       {std::pair(HubMistake::kStateTooEarly, "an offset ahead of its data"),
        std::pair(HubMistake::kAcknowledged, "durable before the sync")}) {
    HubCounts ignored;
    std::string difference;
    uint64_t seed = 0;
    while (difference.empty() && seed < 500)
      difference = pipe::testing::SimulateHub(++seed, mistake, ignored);
    if (difference.empty()) ++missed;
    fmt::print("planted {}: {}\n", name,
               difference.empty() ? std::string("NOT FOUND")
                                  : fmt::format("found by seed {}: {}", seed, difference));
  }
  fmt::print(
      "{} seeds from {}, {} differences, {} mistakes missed: {} pieces of work, {} changes, {} "
      "crashes, {} errors; {:.0f} s\n",
      done, options.from, differences, missed, counts.pieces, counts.changes, counts.crashes,
      counts.failed_runs, SecondsSince(start));
  return differences == 0 && missed == 0 && counts.failed_runs > 0 ? 0 : 1;
}

int Main(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 1; i + 1 < arguments.size(); i += 2) {
    const auto number = std::strtoull(arguments[i + 1].c_str(), nullptr, 10);
    if (arguments[i] == "--from")
      options.from = number;
    else if (arguments[i] == "--seeds")
      options.seeds = number;
    else if (arguments[i] == "--seconds")
      options.seconds = static_cast<int64_t>(number);
    else if (arguments[i] == "--rocks-every")
      options.rocks_every = number;
    else
      return fmt::print("{}", kUsage), 2;
  }
  if (!arguments.empty() && arguments[0] == "store") return RunStore(options);
  if (!arguments.empty() && arguments[0] == "hub") return RunHub(options);
  if (!arguments.empty() && arguments[0] == "mistakes") return RunMistakes(options);
  fmt::print("{}", kUsage);
  return 2;
}

}  // namespace
}  // namespace sluice::storage::testing

int main(int argc, char** argv) {
  return sluice::storage::testing::Main(std::vector<std::string>(argv + 1, argv + argc));
}
