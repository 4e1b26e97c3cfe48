#include "tests/model/scenario.h"

#include <fmt/format.h>

#include <set>

namespace sluice::model {
namespace {

constexpr int kEntities = 7;
constexpr int kRoundsMax = 20;

class Scenario {
 public:
  Scenario(uint64_t seed, const ScenarioOptions& options)
      : random_(seed), options_(options), world_(options.mistakes) {
    configuration_ = RandomConfiguration(random_, options.generator);
  }

  std::optional<std::string> Run() {
    world_.Configure(configuration_);
    for (int i = 0; i < configuration_.datasets; ++i) Change(Dataset(i), 1 + random_.Below(10));
    for (int step = 0; step < options_.steps; ++step) {
      Step();
      if (failed_) return failed_;
    }
    if (!Rest()) return failed_ ? failed_ : "the pipes do not come to rest\n" + Told();
    return Compare();
  }

 private:
  static std::string Dataset(int i) { return fmt::format("d{}", i); }
  std::string AnyDataset() {
    return Dataset(static_cast<int>(random_.Below(static_cast<size_t>(configuration_.datasets))));
  }
  size_t AnyPipe() { return random_.Below(configuration_.pipes.size()); }

  void Note(std::string what) { told_ += what + "\n"; }
  std::string Told() const { return WriteConfiguration(configuration_) + "\n" + told_; }

  void Step() {
    switch (random_.Below(18)) {
      case 0:
        Note("restart");
        world_.Reopen();
        break;
      case 1: {
        const std::string dataset = AnyDataset();
        Note("truncate " + dataset);
        world_.Truncate(dataset);
        break;
      }
      case 2: {
        const std::string dataset = AnyDataset();
        Note("recreate " + dataset);
        world_.Recreate(dataset);
        break;
      }
      case 3:
        ChangePipe();
        break;
      case 4:
        ChangeMerge();
        break;
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
        RunOne(configuration_.pipes[AnyPipe()], Meanwhile::kOthersWrite);
        break;
      case 10:
        RunPartly(configuration_.pipes[AnyPipe()]);
        break;
      default:
        Change(AnyDataset(), 1 + random_.Below(5));
    }
  }

  // The same place and inputs, other rules. The reference goes on with them; a reset makes it
  // exact.
  void ChangePipe() {
    const size_t i = AnyPipe();
    configuration_.pipes[i] = RandomPipe(random_, configuration_, i, options_.generator);
    Note("change " + WritePipe(configuration_.pipes[i]));
    world_.PutPipe(configuration_.pipes[i]);
    world_.Reset(configuration_.pipes[i].id);
  }

  // Datasets and rules of a merge come and go; the pipe finds out by itself.
  void ChangeMerge() {
    const size_t i = AnyPipe();
    Pipe& pipe = configuration_.pipes[i];
    if (!pipe.merge) return;
    model::ChangeMerge(random_, configuration_, i, options_.generator, pipe);
    Note("change the merge " + WritePipe(pipe));
    world_.PutPipe(pipe);
  }

  std::string RandomKeyValue() {
    switch (random_.Below(8)) {
      case 0:
        return "null";
      case 1:
        return fmt::format("[{},null,{}]", random_.Below(4), random_.Below(4));
      case 2:
        return fmt::format("[{},\"e{}\"]", random_.Below(4), random_.Below(kEntities));
      case 3:
        return fmt::format("\"e{}\"", random_.Below(kEntities));
      default:
        return std::to_string(random_.Below(4));
    }
  }

  std::string RandomEntity() {
    const std::string id = fmt::format("e{}", random_.Below(kEntities));
    if (random_.Below(6) == 0) {
      if (random_.Below(2) == 0) return fmt::format(R"({{"_id":"{}","_deleted":true}})", id);
      return fmt::format(R"({{"_id":"{}","_deleted":true,"k0":{},"g":1}})", id, RandomKeyValue());
    }
    std::string text = fmt::format(R"({{"_id":"{}","g":{})", id, random_.Below(3));
    for (const char* key : {"k0", "k1"}) {
      if (random_.Below(6) != 0) text += fmt::format(R"(,"{}":{})", key, RandomKeyValue());
    }
    if (random_.Below(4) != 0) text += fmt::format(R"(,"v":{})", random_.Below(6));
    // Of more values than the other keys, so that what is merged by it is several groups.
    if (random_.Below(5) != 0) text += fmt::format(R"(,"w":{})", random_.Below(15));
    static constexpr const char* kTexts[] = {R"("A")", R"("a")", R"(["b","A"])", "3"};
    if (random_.Below(3) == 0) text += fmt::format(R"(,"s":{})", kTexts[random_.Below(4)]);
    return text + "}";
  }

  void Change(const std::string& dataset, uint64_t count) {
    std::vector<std::string> entities;
    for (uint64_t i = 0; i < count; ++i) entities.push_back(RandomEntity());
    Note(fmt::format("write {} {}", dataset, fmt::join(entities, " ")));
    world_.Write(dataset, entities);
  }

  enum class Meanwhile { kNothing, kOthersWrite };

  std::function<void()> Writers(int changes) {
    return [this, left = changes]() mutable {
      if (left == 0 || random_.Below(3) != 0) return;
      --left;
      Change(AnyDataset(), 1 + random_.Below(3));
    };
  }

  // The process dies between two commits.
  void RunPartly(const Pipe& pipe) {
    const uint64_t steps = random_.Below(12);
    Note(fmt::format("run {} for {} steps while others write; restart", pipe.id, steps));
    world_.RunPartly(pipe.id, steps, Writers(static_cast<int>(random_.Below(4))));
  }

  pipe::RunReport RunOne(const Pipe& pipe, Meanwhile meanwhile) {
    const bool writes = meanwhile == Meanwhile::kOthersWrite;
    Note("run " + pipe.id + (writes ? " while others write" : ""));
    auto report = world_.Run(pipe.id, Writers(writes ? static_cast<int>(random_.Below(6)) : 0));
    if (report.error) failed_ = pipe.id + ": " + report.error->ToText() + "\n" + Told();
    return report;
  }

  bool Rest() {
    for (int round = 0; round < kRoundsMax; ++round) {
      bool quiet = true;
      const size_t populated = CountPopulated();
      for (const Pipe& pipe : configuration_.pipes) {
        const auto report = RunOne(pipe, Meanwhile::kNothing);
        if (failed_) return false;
        quiet &= report.counts.read + report.counts.again + report.counts.written == 0;
      }
      // A pipe may have waited for one that has populated its dataset behind it, without reading.
      if (quiet && CountPopulated() == populated) return true;
    }
    return false;
  }

  size_t CountPopulated() {
    const auto datasets = world_.store().ListDatasets();
    return static_cast<size_t>(std::ranges::count_if(
        datasets, [](const storage::DatasetInfo& info) { return info.populated; }));
  }

  Datasets ReadAll() const {
    Datasets all;
    for (int i = 0; i < configuration_.datasets; ++i) all[Dataset(i)] = world_.Read(Dataset(i));
    for (const Pipe& pipe : configuration_.pipes) all[pipe.id] = world_.Read(pipe.id);
    return all;
  }

  static std::map<std::string, Json> Live(const std::vector<Stored>& dataset) {
    std::map<std::string, Json> live;
    for (const Stored& stored : dataset) {
      if (!stored.deleted) live[stored.entity.dict.at("_id").text] = stored.entity;
    }
    return live;
  }

  std::optional<std::string> Difference(const char* with, const Pipe& pipe,
                                        const std::map<std::string, Json>& found,
                                        const std::map<std::string, Json>& wanted) const {
    if (found == wanted) return std::nullopt;
    std::string text = fmt::format("{} differs from {}:\n", pipe.id, with);
    for (const auto& [id, entity] : found) {
      const auto other = wanted.find(id);
      if (other == wanted.end()) {
        text += "too much: " + entity.Write() + "\n";
      } else if (!(other->second == entity)) {
        text += "found:  " + entity.Write() + "\nwanted: " + other->second.Write() + "\n";
      }
    }
    for (const auto& [id, entity] : wanted) {
      if (!found.contains(id)) text += "missing: " + entity.Write() + "\n";
    }
    return text + Told() + Shown();
  }

  // What all datasets hold.
  std::string Shown() const {
    std::string text;
    for (const auto& [name, entities] : ReadAll()) {
      text += name + ":\n";
      for (const Stored& stored : entities) text += "  " + stored.entity.Write() + "\n";
    }
    return text;
  }

  // What a hop to the own sink finds depends on how the pipe came there.
  static std::map<std::string, Json> WithoutSinkHops(std::map<std::string, Json> entities) {
    for (auto& [id, entity] : entities) entity.dict.erase("hs");
    return entities;
  }

  // Each pipe alone, from what its inputs hold now. Of pipes in a cycle that says that a full run
  // of each changes nothing.
  std::optional<std::string> Compare() {
    const Datasets all = ReadAll();
    for (const Pipe& pipe : configuration_.pipes) {
      const auto found = WithoutSinkHops(Live(all.at(pipe.id)));
      if (auto text = Difference("the oracle", pipe, found, WithoutSinkHops(Evaluate(pipe, all)))) {
        return text;
      }
      if (!options_.fresh_hub) continue;
      World fresh;
      for (const auto& [name, entities] : all) {
        if (name == pipe.id) continue;
        std::vector<std::string> texts;
        for (const Stored& stored : entities) texts.push_back(stored.entity.Write());
        fresh.Write(name, texts);
      }
      fresh.PutPipe(pipe);
      const auto report = fresh.Run(pipe.id);
      if (report.error) return "a fresh hub fails: " + report.error->ToText() + "\n" + Told();
      const auto anew = Live(fresh.Read(pipe.id));
      if (auto text = Difference("a fresh hub", pipe, found, WithoutSinkHops(anew))) return text;
      if (!pipe.hops_to_sink()) continue;
      if (auto text =
              Difference("the oracle in a fresh hub", pipe, anew, EvaluateInBatches(pipe, all))) {
        return text;
      }
    }
    return std::nullopt;
  }

  SeededRandom random_;
  const ScenarioOptions& options_;
  World world_;
  Configuration configuration_;
  std::string told_;
  std::optional<std::string> failed_;
};

}  // namespace

std::optional<std::string> RunScenario(uint64_t seed, const ScenarioOptions& options) {
  return Scenario(seed, options).Run();
}

}  // namespace sluice::model
