// sluice-sim: random histories with faults, by seed. What fails prints its seed.

#include <fmt/core.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/hub_simulation.h"
#include "tests/simulation/seed_runner.h"
#include "tests/simulation/store_faults.h"

namespace sluice::testing {
namespace {

using pipe::testing::HubCounts;
using pipe::testing::SimulateHub;
using storage::testing::EngineKind;
using storage::testing::FaultCounts;
using storage::testing::Mistake;
using storage::testing::RunStoreFaults;
using storage::testing::RunStoreFlips;

constexpr const char* kUsage =
    "sluice-sim store [--from SEED] [--seeds N] [--seconds N] [--rocks-every N]\n"
    "sluice-sim hub [--from SEED] [--seeds N] [--seconds N] [--rocks-every N]\n"
    "    a whole hub on a virtual clock\n"
    "sluice-sim flips [--from SEED] [--seeds N] [--seconds N]   a store whose disk flips bits\n"
    "sluice-sim once   the seeds that have found something once\n"
    "sluice-sim mistakes | hub-mistakes [--seeds N]   plants mistakes: each must be found\n"
    "Of N seeds (--rocks-every) one is on RocksDB and the others in memory; 0: none.\n"
    "Ends with 1 where there was a difference, and prints its seed.\n";

struct Options {
  SeedRange range{.from = 1, .count = 500};
  uint64_t rocks_every = 4;

  EngineKind KindOf(uint64_t seed) const {
    return rocks_every != 0 && seed % rocks_every == 0 ? EngineKind::kRocks : EngineKind::kMemory;
  }
};

int RunStore(const Options& options) {
  FaultCounts counts;
  const auto result =
      RunSeeds<FaultCounts>(options.range, counts, [&](uint64_t seed, FaultCounts& its) {
        return RunStoreFaults(seed, options.KindOf(seed), Mistake::kNone, its);
      });
  fmt::print(
      "{} store seeds from {}, {} differences: {} operations, {} crashes, {} operations failed, "
      "{} lost, {} in doubt and done; {:.0f} s\n",
      result.done, options.range.from, result.differences, counts.operations, counts.crashes,
      counts.failures, counts.operations_lost, counts.in_doubt_done, result.seconds);
  // A run in which nothing was lost or failed has shown nothing.
  const bool shown = counts.failures > 0 && counts.operations_lost > 0;
  return result.differences == 0 && shown ? 0 : 1;
}

int RunFlips(const Options& options) {
  FaultCounts counts;
  const auto result = RunSeeds<FaultCounts>(options.range, counts, RunStoreFlips);
  fmt::print(
      "{} flip seeds from {}, {} differences: {} operations, {} bits flipped and {} histories told "
      "of them; {:.0f} s\n",
      result.done, options.range.from, result.differences, counts.operations, counts.flips,
      counts.flips_told, result.seconds);
  const bool shown = counts.flips > counts.flips_told && counts.flips_told > 0;
  return result.differences == 0 && shown ? 0 : 1;
}

// Seeds beyond what `make test` runs that showed a mistake, of the store or of its model.
int RunOnce() {
  constexpr uint64_t kInStore[] = {637, 2582, 3220};
  uint64_t differences = 0;
  for (const uint64_t seed : kInStore) {
    Options options;
    options.range = {.from = seed, .count = 1};
    FaultCounts ignored;
    differences +=
        RunSeeds<FaultCounts>(options.range, ignored, [&](uint64_t its, FaultCounts& counts) {
          return RunStoreFaults(its, options.KindOf(its), Mistake::kNone, counts);
        }).differences;
  }
  fmt::print("{} seeds, {} differences\n", std::size(kInStore), differences);
  return differences == 0 ? 0 : 1;
}

int RunHub(const Options& options) {
  HubCounts counts;
  const auto result =
      RunSeeds<HubCounts>(options.range, counts, [&](uint64_t seed, HubCounts& its) {
        return SimulateHub(seed, options.KindOf(seed), Mistake::kNone, its);
      });
  fmt::print(
      "{} hub seeds from {}, {} differences: {} pieces of work, {} changes, {} crashes, {} errors, "
      "{} batches sent; {:.0f} s\n",
      result.done, options.range.from, result.differences, counts.pieces, counts.changes,
      counts.crashes, counts.failed_runs, counts.sent, result.seconds);
  const bool shown = counts.failed_runs > 0 && counts.sent > 0;
  return result.differences == 0 && shown ? 0 : 1;
}

enum class Where { kMemory, kRocks, kBoth };

struct Planted {
  Mistake mistake;
  const char* name;
  Where where = Where::kBoth;
};

constexpr Planted kInStore[] = {
    {Mistake::kCommitSplit, "a commit split in two"},
    {Mistake::kAcknowledgedBeforeSync, "an offset acknowledged before the sync"},
    {Mistake::kIndexKeyNotRemoved, "an index key not removed"},
    {Mistake::kHoldIgnored, "a hold ignored"},
    {Mistake::kOffsetUsedAgain, "an offset used again after a crash"},
    {Mistake::kBulkNotSynced, "a bulk ingest without the sync before it", Where::kRocks},
};
constexpr Planted kInHub[] = {
    {Mistake::kCommitSplit, "a commit split in two"},
    {Mistake::kStateBeforeData, "an offset saved ahead of its data"},
    {Mistake::kAcknowledgedBeforeSync, "an offset acknowledged before the sync"},
    {Mistake::kHoldIgnored, "a hold ignored"},
    {Mistake::kOffsetUsedAgain, "an offset used again after a crash"},
    {Mistake::kBulkNotSynced, "a bulk ingest without the sync before it", Where::kRocks},
};

// How many of them were not found.
template <class Counts>
int Plant(const char* what, std::span<const Planted> planted, const Options& options,
          const std::function<std::string(uint64_t, EngineKind, Mistake, Counts&)>& run) {
  int missed = 0;
  for (const auto& [mistake, name, where] : planted) {
    for (const auto kind : {EngineKind::kMemory, EngineKind::kRocks}) {
      if (where == Where::kRocks && kind == EngineKind::kMemory) continue;
      fmt::print("{} in the {} ({}):\n    ", name, what,
                 kind == EngineKind::kRocks ? "rocks" : "memory");
      std::fflush(stdout);
      auto range = options.range;
      range.stop_at_difference = true;
      Counts ignored;
      const auto result = RunSeeds<Counts>(range, ignored, [&](uint64_t seed, Counts& counts) {
        return run(seed, kind, mistake, counts);
      });
      if (result.differences != 0) continue;
      ++missed;
      fmt::print("NOT FOUND in {} seeds\n", result.done);
    }
  }
  return missed;
}

int RunMistakes(const Options& options, bool in_hub) {
  const int missed = in_hub ? Plant<HubCounts>("hub", kInHub, options, SimulateHub)
                            : Plant<FaultCounts>("store", kInStore, options, RunStoreFaults);
  fmt::print("{} mistakes missed\n", missed);
  return missed == 0 ? 0 : 1;
}

int Main(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 1; i + 1 < arguments.size(); i += 2) {
    const auto number = std::strtoull(arguments[i + 1].c_str(), nullptr, 10);
    if (arguments[i] == "--from")
      options.range.from = number;
    else if (arguments[i] == "--seeds")
      options.range.count = number;
    else if (arguments[i] == "--seconds")
      options.range.seconds = static_cast<int64_t>(number);
    else if (arguments[i] == "--rocks-every")
      options.rocks_every = number;
    else
      return fmt::print("{}", kUsage), 2;
  }
  if (!arguments.empty() && arguments[0] == "store") return RunStore(options);
  if (!arguments.empty() && arguments[0] == "flips") return RunFlips(options);
  if (!arguments.empty() && arguments[0] == "once") return RunOnce();
  if (!arguments.empty() && arguments[0] == "hub") return RunHub(options);
  if (!arguments.empty() && arguments[0] == "mistakes") return RunMistakes(options, false);
  if (!arguments.empty() && arguments[0] == "hub-mistakes") return RunMistakes(options, true);
  fmt::print("{}", kUsage);
  return 2;
}

}  // namespace
}  // namespace sluice::testing

int main(int argc, char** argv) {
  return sluice::testing::Main(std::vector<std::string>(argv + 1, argv + argc));
}
