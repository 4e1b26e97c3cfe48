#include "tests/simulation/hub_simulation.h"

#include "storage/memory_engine.h"
#include "storage/verify.h"
#include "tests/simulation/outside.h"
#include "tests/simulation/virtual_hub.h"

namespace sluice::pipe::testing {
namespace {

using storage::testing::EngineKind;
using storage::testing::Ground;
using storage::testing::Mistake;

constexpr int kRounds = 4;
constexpr uint64_t kTurnsMax = 120;
constexpr uint64_t kWritesMax = 60;
constexpr uint64_t kIds = 10;
constexpr int64_t kLargeFrom = 5;

// A source that is followed, a chain, a join with dependency tracking, and a target.
constexpr std::string_view kPipes = R"([
  {"_id": "out", "type": "system:url", "url_pattern": "http://h/%s"},
  {"_id": "in", "type": "pipe", "batch_size": 3,
   "source": {"type": "json", "system": "out", "url": "x", "supports_since": true},
   "pump": {"schedule_interval": 30}},
  {"_id": "more", "type": "pipe", "batch_size": 4, "source": {"type": "dataset", "dataset": "in"},
   "transform": {"type": "dtl", "rules": {"default": [
     ["copy", "*"], ["add", "w", ["plus", "_S.v", 1]]]}},
   "pump": {"schedule_interval": 30}},
  {"_id": "large", "type": "pipe", "batch_size": 2, "source": {"type": "dataset", "dataset": "more"},
   "transform": {"type": "dtl", "rules": {"default": [
     ["filter", ["gte", "_S.v", 5]], ["copy", "*"]]}},
   "pump": {"schedule_interval": 30}},
  {"_id": "joined", "type": "pipe", "batch_size": 3, "source": {"type": "dataset", "dataset": "in"},
   "transform": {"type": "dtl", "rules": {"default": [
     ["copy", "_id"],
     ["add", "before", ["sorted", ["hops", {"datasets": ["more m"],
        "where": ["eq", "_S.v", "m.w"], "return": "m._id"}]]]]}},
   "pump": {"schedule_interval": 30}},
  {"_id": "away", "type": "pipe", "batch_size": 2, "source": {"type": "dataset", "dataset": "large"},
   "sink": {"type": "json", "system": "out", "url": "x"},
   "pump": {"schedule_interval": 30}}
])";

constexpr std::string_view kDatasets[] = {"in", "more", "large", "joined"};
constexpr std::string_view kResettable[] = {"in", "more", "large", "joined", "away"};

using Entities = std::map<std::string, std::string>;

std::string Compare(std::string_view what, const Entities& found, const Entities& expected) {
  for (const auto& [id, text] : expected) {
    const auto its = found.find(id);
    if (its == found.end()) return fmt::format("{}: lost {}", what, text);
    if (its->second != text)
      return fmt::format("{}: found {}, expected {}", what, its->second, text);
  }
  for (const auto& [id, text] : found) {
    if (!expected.contains(id)) return fmt::format("{}: invented {}", what, text);
  }
  return {};
}

struct SourceVersion {
  std::string id;
  std::string text;  // Sorted JSON; empty: deleted.
};

SourceVersion ParseSource(std::string_view json) {
  Arena arena;
  JsonParser parser;
  const Value dict = Ok(parser.Parse(json, arena));
  return {.id = std::string(dict.Find("_id").text()),
          .text = dict.Find("_deleted").IsTrue() ? std::string() : TextOf(dict)};
}

// What "in" holds of each id must be as new as the offset that the pipe has saved.
std::string FindAheadOfSource(VirtualHub& hub, const Outside& outside) {
  const auto since = hub.SavedSince("in");
  if (!since) return {};
  const auto found = hub.Dataset("in");
  // Of each id: texts from the last change that the offset covers on; later ones may be there too.
  std::map<std::string, std::vector<std::string>> allowed;
  for (size_t at = 0; at < outside.source.size(); ++at) {
    auto version = ParseSource(outside.source[at]);
    auto& texts = allowed[version.id];
    if (static_cast<int64_t>(at) <= *since)
      texts.clear();
    else if (texts.empty())
      texts.emplace_back();
    texts.push_back(std::move(version.text));
  }
  for (const auto& [id, texts] : allowed) {
    const auto its = found.find(id);
    const std::string text = its == found.end() ? std::string() : its->second;
    if (std::ranges::find(texts, text) == texts.end()) {
      return fmt::format("\"in\" has saved {}, and holds \"{}\" of {} instead of \"{}\"", *since,
                         text, id, texts.front());
    }
  }
  return {};
}

// What "more" and "large" make of a version of their source; empty: nothing.
std::string Made(std::string_view pipe, const LatestVersion& version) {
  if (version.deleted) return {};
  Arena arena;
  JsonParser parser;
  const Value dict = Ok(parser.Parse(version.text, arena));
  const int64_t v = dict.Find("v").AsInteger().value_or(0);
  if (pipe == "large") return v >= kLargeFrom ? version.text : std::string();
  return fmt::format(R"({{"_id":"{}","v":{},"w":{}}})", version.id, v, v + 1);
}

std::string FindAheadOfDataset(VirtualHub& hub, std::string_view pipe, std::string_view source) {
  const auto since = hub.SavedSince(pipe);
  if (!since) return {};
  const auto found = hub.Dataset(pipe);
  for (const auto& version : hub.Latest(source)) {
    if (version.offset > *since) break;
    const auto expected = Made(pipe, version);
    const auto its = found.find(version.id);
    const std::string text = its == found.end() ? std::string() : its->second;
    if (text == expected) continue;
    return fmt::format("\"{}\" has saved {}, and holds \"{}\" of {} instead of \"{}\"", pipe,
                       *since, text, version.id, expected);
  }
  return {};
}

class Simulation {
 public:
  Simulation(uint64_t seed, EngineKind kind, Mistake mistake, HubCounts& counts)
      : random_(seed), counts_(counts), outside_(random_.Next()) {
    ground_ =
        storage::testing::MakeGround({.kind = kind, .seed = random_.Next(), .mistake = mistake});
    mistakes_.ignore_holds = mistake == Mistake::kHoldIgnored;
    if (mistake == Mistake::kBulkNotSynced || random_.Below(2) == 0) bulk_entities_min_ = 3;
    outside_.dawdle = [this] {
      if (random_.Below(4) == 0) clock_.Advance(std::chrono::seconds(random_.Below(100)));
    };
    outside_.alive = [this] { return !ground_->dead(); };
  }

  std::string Run() {
    VirtualHub hub(clock_, random_, outside_);
    for (int round = 0; round < kRounds; ++round) {
      const auto opened = Open(hub);
      if (!opened.ok()) return "opening failed: " + opened.error().ToText();
      auto found = CheckAfterCrash(hub);
      if (!found.empty()) return fmt::format("after crash {}: {}", round, found);
      if (round == kRounds - 1) break;
      RunRound(hub);
    }
    outside_.fail_one_in = 0;
    outside_.refusals.clear();
    hub.RunToTheEnd();
    counts_.failed_runs += hub.errors();
    counts_.sent += outside_.calls;
    auto found = Judge(hub);
    hub.Close();
    return found;
  }

 private:
  Result<void> Open(VirtualHub& hub) {
    SLUICE_TRY(auto engine, ground_->Open());
    engine_ = engine.get();
    return hub.Open(std::move(engine), bulk_entities_min_, mistakes_, kPipes);
  }

  void RunRound(VirtualHub& hub) {
    ground_->PlanFaults(random_, kWritesMax);
    const auto turns = random_.Below(kTurnsMax);
    for (uint64_t turn = 0; turn < turns && !ground_->dead(); ++turn) TakeTurn(hub);
    ground_->CutPower();
    hub.Close();
    ground_->LosePower();
    ground_->ClearFaults();
    ++counts_.crashes;
  }

  void TakeTurn(VirtualHub& hub) {
    switch (random_.Below(14)) {
      case 0:
      case 1:
        return Change();
      case 2:
        return hub.Ring();
      case 3:
        return hub.Sync();
      case 4:
        outside_.fail_one_in = random_.Below(3) == 0 ? 2 + random_.Below(6) : 0;
        return;
      case 5:
        outside_.refusals[IdOf(random_.Below(kIds))] = static_cast<int>(random_.Below(3));
        return;
      case 6:
        if (random_.Below(4) == 0) hub.Reset(kResettable[random_.Below(std::size(kResettable))]);
        return;
      case 7:
        // Failing is the disk's, and shows in what comes after.
        if (random_.Below(2) == 0) (void)hub.store().Compact(Stop()).ok();
        return;
      default:
        if (!hub.Step()) return hub.Ring();
        ++counts_.pieces;
    }
  }

  static std::string IdOf(uint64_t number) { return fmt::format("e{}", number); }

  void Change() {
    const uint64_t count = 1 + random_.Below(4);
    for (uint64_t i = 0; i < count; ++i) {
      const auto id = IdOf(random_.Below(kIds));
      ++counts_.changes;
      outside_.source.push_back(
          random_.Below(5) == 0
              ? fmt::format(R"({{"_id": "{}", "_deleted": true}})", id)
              : fmt::format(R"({{"_id": "{}", "v": {}}})", id, random_.Below(10)));
    }
  }

  std::string Verified() {
    std::string found;
    storage::VerifyOptions options;
    options.on_difference = [&](std::string_view dataset, const std::string& difference) {
      if (found.empty()) found = fmt::format("verify of {}: {}", dataset, difference);
    };
    const auto verified = storage::Verify(*engine_->TakeSnapshot(), options, Stop());
    if (!verified.ok()) return "verify failed: " + verified.error().ToText();
    return found;
  }

  std::string CheckAfterCrash(VirtualHub& hub) {
    auto found = Verified();
    if (found.empty()) found = FindAheadOfSource(hub, outside_);
    if (found.empty()) found = FindAheadOfDataset(hub, "more", "in");
    if (found.empty()) found = FindAheadOfDataset(hub, "large", "more");
    for (const auto name : kDatasets) {
      if (!found.empty()) return found;
      if (auto twice = hub.FindWrittenTwice(name); !twice.empty())
        found = fmt::format("\"{}\" has written twice {}", name, twice);
    }
    return found;
  }

  std::string Judge(VirtualHub& hub) {
    auto found = CheckAfterCrash(hub);
    if (!found.empty()) return found;
    Outside other(0);
    other.source = outside_.source;
    VirtualHub fresh(clock_, random_, other);
    if (const auto opened = fresh.Open(storage::MakeMemoryEngine(), 20'000, {}, kPipes);
        !opened.ok())
      return "the fresh hub: " + opened.error().ToText();
    fresh.RunToTheEnd();
    for (const auto name : kDatasets) {
      found = Compare(name, hub.Dataset(name), fresh.Dataset(name));
      if (!found.empty()) break;
    }
    if (found.empty()) found = Compare("the target", outside_.held, other.held);
    fresh.Close();
    return found;
  }

  SeededRandom random_;
  HubCounts& counts_;
  ManualClock clock_;
  Outside outside_;
  std::unique_ptr<Ground> ground_;
  size_t bulk_entities_min_ = 20'000;
  Mistakes mistakes_;
  const storage::Engine* engine_ = nullptr;
};

}  // namespace

std::string SimulateHub(uint64_t seed, EngineKind kind, Mistake mistake, HubCounts& counts) {
  return Simulation(seed, kind, mistake, counts).Run();
}

}  // namespace sluice::pipe::testing
