#include "tests/simulation/hub_simulation.h"

#include "pipe/hub_testing.h"
#include "storage/engine_store.h"
#include "storage/verify.h"
#include "tests/support/fault_engine.h"
#include "tests/support/forwarding_engine.h"

namespace sluice::pipe::testing {
namespace {

using storage::Engine;
using storage::Family;
using storage::testing::FaultDisk;
using storage::testing::ForwardingEngine;
using storage::testing::RecordedSet;

constexpr int kRounds = 4;
constexpr uint64_t kTurnsMax = 120;

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
     ["filter", ["gt", "_S.v", 4]], ["copy", "*"]]}},
   "pump": {"schedule_interval": 30}},
  {"_id": "away", "type": "pipe", "batch_size": 2, "source": {"type": "dataset", "dataset": "large"},
   "sink": {"type": "json", "system": "out", "url": "x"},
   "pump": {"schedule_interval": 30}}
])";

class MistakenEngine final : public ForwardingEngine {
 public:
  MistakenEngine(std::unique_ptr<Engine> engine, HubMistake mistake)
      : ForwardingEngine(std::move(engine)), mistake_(mistake) {}

  std::unique_ptr<storage::WriteSet> NewWriteSet() const override {
    return std::make_unique<RecordedSet>();
  }
  Result<void> Apply(std::unique_ptr<storage::WriteSet> set) override {
    auto& changes = static_cast<RecordedSet&>(*set).changes();
    const auto is_pipe_state = [](const RecordedSet::Change& change) {
      return change.family == Family::kState && change.key.starts_with("upipe/");
    };
    const bool with_log = std::ranges::any_of(
        changes, [](const auto& change) { return change.family == Family::kLog; });
    if (mistake_ == HubMistake::kStateTooEarly && with_log) {
      RecordedSet::Changes state, rest;
      for (auto& change : changes) (is_pipe_state(change) ? state : rest).push_back(change);
      if (!state.empty()) SLUICE_TRY(storage::testing::ApplyChanges(state, inner()));
      return storage::testing::ApplyChanges(rest, inner());
    }
    return storage::testing::ApplyChanges(changes, inner());
  }
  Result<void> Sync() override {
    if (mistake_ == HubMistake::kAcknowledged) return {};
    return inner().Sync();
  }

 private:
  const HubMistake mistake_;
};

// A hub on one thread, over a store that can be opened again.
class VirtualHub {
 public:
  VirtualHub(ManualClock& clock, SeededRandom& random, World& world)
      : clock_(clock), random_(random), world_(world) {
    AddBuiltins(registry_);
    registry_.AddSource({.type = "json",
                         .doc = "",
                         .make = [this](const config::ConfigView&,
                                        const MakeContext&) -> Result<std::unique_ptr<Source>> {
                           return std::make_unique<WorldSource>(world_, true);
                         }});
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
    AddTestFunctions(catalogue_);
  }

  // False where the disk failed meanwhile.
  Result<void> Open(std::unique_ptr<Engine> engine) {
    SLUICE_TRY(store_, storage::EngineStore::Open(std::move(engine),
                                                  {.clock = &clock_, .random = &random_}));
    HubOptions options{.store = store_.get(), .registry = &registry_, .catalogue = &catalogue_};
    options.clock = &clock_;
    options.random = &random_;
    options.single_thread = true;
    options.log = [this](std::string_view level, std::string_view) {
      if (level == "ERROR") ++errors_;
    };
    SLUICE_TRY(hub_, Hub::Open(std::move(options)));
    if (hub_->ListPipes().empty()) {
      SLUICE_TRY(const auto documents, config::ParseDocuments(kPipes));
      SLUICE_TRY(const auto outcome, hub_->PutConfig(documents, false));
      if (!outcome.applied) {
        return MakeError(Code::kBadConfig, "{}", config::ValidationErrorsJson(outcome.findings));
      }
      SLUICE_TRY(store_->WaitDurable(store_->last_sequence(), Stop()));
    }
    hub_->Start();
    return {};
  }

  void Close() {
    hub_.reset();
    store_.reset();
  }

  bool Step() { return hub_->Step(); }
  void Ring() {
    const auto due = hub_->NextAlarm();
    if (due && *due > clock_.Steady()) clock_.Advance(*due - clock_.Steady());
    hub_->Tick();
  }
  void Sync() { (void)store_->WaitDurable(store_->last_sequence(), Stop()).ok(); }
  storage::Store& store() { return *store_; }
  uint64_t errors() const { return errors_; }

  // Runs until several rounds of schedules have brought nothing.
  bool RunToTheEnd() {
    int quiet = 0;
    for (int round = 0; round < 500 && quiet < 20; ++round) {
      const auto before = store_->last_sequence();
      while (Step()) {
      }
      quiet = store_->last_sequence() == before ? quiet + 1 : 0;
      Ring();
    }
    return true;
  }

  // Live entities by id.
  std::map<std::string, std::string> Dataset(std::string_view name) {
    std::map<std::string, std::string> entities;
    const auto snapshot = store_->TakeSnapshot();
    const auto info = Ok(snapshot->FindDataset(name));
    if (!info) return entities;
    const auto reader = Ok(snapshot->ReadLog(info->number, {.deleted = false}));
    Arena arena;
    while (true) {
      std::vector<Entity> read;
      Ok(reader->Next(100, arena, read));
      if (read.empty()) return entities;
      for (const Entity& entity : read) entities[std::string(entity.id())] = TextOf(entity.dict);
    }
  }

 private:
  ManualClock& clock_;
  SeededRandom& random_;
  World& world_;
  Registry registry_;
  dtl::Catalogue catalogue_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Hub> hub_;
  uint64_t errors_ = 0;
};

// The last that the target was given of each id, as a live entity has it.
std::map<std::string, std::string> LastSent(World& world) {
  std::map<std::string, std::string> last;
  JsonParser parser;
  Arena arena;
  for (const auto& text : world.sent) {
    const Value dict = Ok(parser.Parse(text, arena));
    const std::string id(dict.Find("_id").AsString().value_or(""));
    last.erase(id);
    if (!dict.Find("_deleted").IsTrue()) last[id] = text;
  }
  return last;
}

std::string Compare(std::string_view what, const std::map<std::string, std::string>& found,
                    const std::map<std::string, std::string>& expected) {
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

class Simulation {
 public:
  Simulation(uint64_t seed, HubMistake mistake, HubCounts& counts)
      : random_(seed), mistake_(mistake), counts_(counts), disk_(random_.Next()) {}

  std::string Run() {
    VirtualHub hub(clock_, random_, world_);
    for (int round = 0; round < kRounds; ++round) {
      const bool last = round == kRounds - 1;
      if (const auto opened = Open(hub); !opened.ok())
        return "opening failed: " + opened.error().ToText();
      if (last) break;
      PlanFaults();
      const auto turns = random_.Below(kTurnsMax);
      for (uint64_t turn = 0; turn < turns && !disk_.dead(); ++turn) TakeTurn(hub);
      hub.Close();
      disk_.LosePower();
      disk_.FailOneIn(0);
      ++counts_.crashes;
    }
    world_.fail_read_after = SIZE_MAX;
    world_.refusals.clear();
    hub.RunToTheEnd();
    counts_.failed_runs += hub.errors();
    return Judge(hub);
  }

 private:
  Result<void> Open(VirtualHub& hub) {
    auto engine = disk_.Open();
    if (mistake_ != HubMistake::kNone)
      engine = std::make_unique<MistakenEngine>(std::move(engine), mistake_);
    engine_ = engine.get();
    return hub.Open(std::move(engine));
  }

  void PlanFaults() {
    if (random_.Below(2) == 0) disk_.LosePowerAfter(random_.Below(60));
    if (random_.Below(3) == 0) disk_.FailOneIn(10 + random_.Below(40));
  }

  void TakeTurn(VirtualHub& hub) {
    switch (random_.Below(12)) {
      case 0:
      case 1:
        return Change();
      case 2:
        return hub.Ring();
      case 3:
        return hub.Sync();
      case 4:
        world_.fail_read_after = random_.Below(world_.source.size() + 1);
        world_.read_failures = static_cast<int>(random_.Below(3));
        return;
      case 5:
        world_.refusals["e" + std::to_string(random_.Below(10))] =
            static_cast<int>(random_.Below(3));
        return;
      case 6:
        // Whatever is slow takes time.
        return clock_.Advance(std::chrono::seconds(random_.Below(100)));
      default:
        if (!hub.Step()) return hub.Ring();
        ++counts_.pieces;
    }
  }

  void Change() {
    const auto id = random_.Below(10);
    ++counts_.changes;
    world_.source.push_back(
        random_.Below(5) == 0 ? fmt::format(R"({{"_id": "e{}", "_deleted": true}})", id)
                              : fmt::format(R"({{"_id": "e{}", "v": {}}})", id, random_.Below(10)));
  }

  std::string Judge(VirtualHub& hub) {
    std::string found;
    storage::VerifyOptions options;
    options.on_difference = [&](std::string_view dataset, const std::string& difference) {
      if (found.empty()) found = fmt::format("verify of {}: {}", dataset, difference);
    };
    const auto verified = storage::Verify(*engine_->TakeSnapshot(), options, Stop());
    if (!verified.ok()) return "verify failed: " + verified.error().ToText();
    if (!found.empty()) return found;
    World other;
    other.source = world_.source;
    VirtualHub fresh(clock_, random_, other);
    if (const auto opened = fresh.Open(storage::MakeMemoryEngine()); !opened.ok())
      return "the fresh hub: " + opened.error().ToText();
    fresh.RunToTheEnd();
    for (const auto* name : {"in", "more", "large"}) {
      found = Compare(name, hub.Dataset(name), fresh.Dataset(name));
      if (!found.empty()) return found;
    }
    found = Compare("the target", LastSent(world_), LastSent(other));
    fresh.Close();
    hub.Close();
    return found;
  }

  SeededRandom random_;
  const HubMistake mistake_;
  HubCounts& counts_;
  ManualClock clock_;
  World world_;
  FaultDisk disk_;
  const Engine* engine_ = nullptr;
};

}  // namespace

std::string SimulateHub(uint64_t seed, HubMistake mistake, HubCounts& counts) {
  return Simulation(seed, mistake, counts).Run();
}

}  // namespace sluice::pipe::testing
