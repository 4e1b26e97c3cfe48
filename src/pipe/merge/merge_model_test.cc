// Random histories of a merge source's datasets, rules and runs against groups worked out by
// comparing every entity with every other one. Mistakes planted in the source must be found.

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {
namespace {

// A property of an entity: nothing, null, blank, one number or several.
struct Field {
  enum Kind { kMissing, kNull, kBlank, kOne, kMany } kind = kMissing;
  std::vector<uint64_t> numbers;

  std::vector<std::string> Items() const {
    if (kind == kNull) return {"null"};
    if (kind == kBlank) return {"\" \""};
    std::vector<std::string> items;
    for (const uint64_t number : numbers) items.push_back(std::to_string(number));
    return items;
  }
  std::string Json() const {
    const auto items = Items();
    if (kind != kMany) return items[0];
    std::string json;
    for (const auto& item : items) json += (json.empty() ? "" : ",") + item;
    return "[" + json + "]";
  }
};

struct ModelEntity {
  std::map<std::string, Field> fields;  // "v", "x", "y"

  std::string Json(const std::string& id, bool deleted) const {
    std::string json = fmt::format(R"({{"_id":"{}")", id);
    if (deleted) json += R"(,"_deleted":true)";
    for (const auto& [name, field] : fields) {
      if (field.kind != Field::kMissing) json += fmt::format(R"(,"{}":{})", name, field.Json());
    }
    return json + "}";
  }
  std::set<std::string> Keys(const std::string& id, const std::string& property) const {
    if (property == "_id") return {id};
    const Field& field = fields.at(property);
    if (field.kind != Field::kOne && field.kind != Field::kMany) return {};
    std::set<std::string> keys;
    for (const uint64_t number : field.numbers) keys.insert(std::to_string(number));
    return keys;
  }
};

using Path = std::pair<std::string, std::string>;  // Dataset and property.

struct ModelRule {
  bool is_set;
  std::vector<Path> paths;
};

// What the source is asked to do.
struct Shape {
  std::vector<std::string> datasets;
  std::vector<ModelRule> rules;
  bool first = false;

  std::string Config() const {
    const auto list = [](const std::vector<std::string>& items) {
      std::string text;
      for (const auto& item : items) text += (text.empty() ? "" : ",") + item;
      return "[" + text + "]";
    };
    std::vector<std::string> names, equality, sets;
    for (const auto& name : datasets) names.push_back(fmt::format(R"("{0} {0}")", name));
    for (const ModelRule& rule : rules) {
      std::vector<std::string> paths;
      for (const auto& [dataset, property] : rule.paths) {
        paths.push_back(fmt::format(R"("{}.{}")", dataset, property));
      }
      if (rule.is_set) {
        sets.push_back(list(paths));
      } else {
        paths.insert(paths.begin(), R"("eq")");
        equality.push_back(list(paths));
      }
    }
    return fmt::format(R"({{"_id": "m", "type": "pipe", "batch_size": {},
        "source": {{"type": "merge", "version": 2, "datasets": {}, "equality": {},
                    "equality_sets": {}, "identity": "{}"}},
        "transform": {{"type": "rdf", "rdf-property": "r"}}}})",
                       1 + datasets.size(), list(names), list(equality), list(sets),
                       first ? "first" : "composite");
  }
};

class Model {
 public:
  std::map<std::string, std::map<std::string, ModelEntity>> live;  // By dataset and id.

  // The live entities of the output, sorted.
  std::string Output(const Shape& shape) const {
    struct Place {
      size_t dataset;
      std::string id;
      const ModelEntity* entity;
    };
    std::vector<Place> places;
    for (size_t d = 0; d < shape.datasets.size(); ++d) {
      const auto found = live.find(shape.datasets[d]);
      if (found == live.end()) continue;
      for (const auto& [id, entity] : found->second) places.push_back({d, id, &entity});
    }
    std::vector<size_t> root(places.size());
    std::iota(root.begin(), root.end(), size_t{0});
    const auto find = [&](size_t i) {
      while (root[i] != i) i = root[i];
      return i;
    };
    const auto same = [&](const Place& a, const Place& b) {
      for (const ModelRule& rule : shape.rules) {
        for (const auto& [a_dataset, a_property] : rule.paths) {
          for (const auto& [b_dataset, b_property] : rule.paths) {
            if (a_dataset != shape.datasets[a.dataset]) continue;
            if (b_dataset != shape.datasets[b.dataset]) continue;
            for (const auto& key : a.entity->Keys(a.id, a_property)) {
              if (b.entity->Keys(b.id, b_property).contains(key)) return true;
            }
          }
        }
      }
      return false;
    };
    for (size_t i = 0; i < places.size(); ++i) {
      for (size_t k = i + 1; k < places.size(); ++k) {
        if (places[i].dataset == places[k].dataset || !same(places[i], places[k])) continue;
        const size_t a = find(i), b = find(k);
        root[std::max(a, b)] = std::min(a, b);
      }
    }
    std::map<size_t, std::vector<size_t>> groups;
    for (size_t i = 0; i < places.size(); ++i) groups[find(i)].push_back(i);
    std::map<std::string, std::string> output;
    // Roots ascend, so of two groups with one id the last dataset's comes last.
    for (const auto& [first, members] : groups) {
      std::string id, ids;
      std::map<std::string, std::vector<const Field*>> fields;
      std::set<std::string> known;
      for (const size_t member : members) {
        const Place& place = places[member];
        id += fmt::format("{}{}|{}", id.empty() ? "" : "|", place.dataset, place.id);
        if (known.insert(place.id).second) {
          ids += fmt::format(R"({}"~:{}")", ids.empty() ? "" : ",", place.id);
        }
        for (const auto& [name, field] : place.entity->fields) {
          if (field.kind != Field::kMissing) fields[name].push_back(&field);
        }
      }
      if (shape.first) id = places[first].id;
      std::string json = fmt::format(R"({{"$ids":[{}],"_id":"{}")", ids, id);
      for (const auto& [name, values] : fields) {
        std::string all;
        for (const Field* field : values) {
          for (const auto& item : field->Items()) all += (all.empty() ? "" : ",") + item;
        }
        json += fmt::format(R"(,"{}":{})", name,
                            values.size() == 1 ? values[0]->Json() : "[" + all + "]");
      }
      output[id] = json + "}";
    }
    std::vector<std::string> texts;
    for (const auto& [id, json] : output) texts.push_back(json);
    std::ranges::sort(texts);
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : " ") + text;
    return all;
  }
};

enum class Mistake {
  kNone,
  kForgetsAMember,  // What is left of a group that was split is not looked at.
  kNotReplaced,     // Ids that nothing has any more stay.
  kHalfItsInputs,   // Groups are made from what was there before.
  kNotInTheCommit,  // Which groups were given is not stored.
};

// A reader with a mistake.
class MistakenReader final : public SourceReader {
 public:
  MistakenReader(std::unique_ptr<SourceReader> reader, Mistake mistake, Value since)
      : reader_(std::move(reader)), mistake_(mistake) {
    if (!since.IsNull()) since_ = since.text();
  }

  Result<Batch> Next(size_t entities_max, const Stop& stop) override {
    while (true) {
      SLUICE_TRY(Batch batch, reader_->Next(entities_max, stop));
      if (batch.entities.empty()) return batch;
      Spoil(batch);
      if (!batch.entities.empty()) return batch;
    }
  }
  Value since() const override { return since_.empty() ? reader_->since() : Value::String(since_); }
  bool complete() const override { return reader_->complete(); }
  std::vector<storage::StateChange> TakeState() override {
    auto changes = reader_->TakeState();
    if (mistake_ == Mistake::kNotInTheCommit) {
      std::erase_if(changes, [](const auto& c) { return !c.key.ends_with("/head"); });
    }
    return changes;
  }

 private:
  static bool IsReplaced(const Entity& entity) { return entity.dict.Has("$replaced"); }

  void Spoil(Batch& batch) {
    if (mistake_ == Mistake::kNotReplaced) {
      std::erase_if(batch.entities, IsReplaced);
    } else if (mistake_ == Mistake::kForgetsAMember) {
      // The group at hand follows the deletions; behind it comes what is left.
      const auto last = std::find_if(batch.entities.rbegin(), batch.entities.rend(), IsReplaced);
      const auto behind = static_cast<size_t>(last - batch.entities.rbegin());
      if (last != batch.entities.rend() && behind > 1) batch.entities.pop_back();
    }
  }

  std::unique_ptr<SourceReader> reader_;
  const Mistake mistake_;
  std::string since_;
};

class MistakenSource final : public Source {
 public:
  MistakenSource(std::unique_ptr<Source> source, Mistake mistake, storage::Store& store)
      : source_(std::move(source)), mistake_(mistake), store_(store) {}

  Continuation continuation() const override { return source_->continuation(); }
  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    OpenRequest changed = request;
    Value since;
    Arena arena;
    if (mistake_ == Mistake::kHalfItsInputs && old_ && request.kind == RunKind::kIncremental) {
      changed.snapshot = old_;
      since = source_->SinceAtEnd(arena);
    }
    old_ = store_.TakeSnapshot();
    SLUICE_TRY(auto reader, source_->Open(changed));
    return std::make_unique<MistakenReader>(std::move(reader), mistake_, since);
  }
  std::vector<std::string> datasets() const override { return source_->datasets(); }
  std::string since_scope() const override { return source_->since_scope(); }
  bool KeepsSince(const Value& since, std::string_view stored,
                  std::string_view now) const override {
    return source_->KeepsSince(since, stored, now);
  }
  Value SinceAtEnd(Arena& arena) const override { return source_->SinceAtEnd(arena); }
  bool populated() const override { return source_->populated(); }
  bool is_external() const override { return false; }
  std::vector<std::shared_ptr<const dtl::IndexedKey>> indexes() const override {
    return source_->indexes();
  }
  Result<void> Prepare(const Stop& stop) override { return source_->Prepare(stop); }

 private:
  std::unique_ptr<Source> source_;
  const Mistake mistake_;
  storage::Store& store_;
  std::shared_ptr<const storage::Snapshot> old_;
};

// Passes everything on; each batch is a commit of its own, and a test may do something before it.
class HookTransform final : public Transform {
 public:
  explicit HookTransform(std::function<Result<void>()>& hook) : hook_(hook) {}
  Result<Batch> Apply(Batch batch, const Stop&) override {
    if (hook_) SLUICE_TRY(hook_());
    return batch;
  }
  bool is_external() const override { return false; }
  bool reads_sink() const override { return true; }

 private:
  std::function<Result<void>()>& hook_;
};

class MergeScenario {
 public:
  MergeScenario(uint64_t seed, Mistake mistake, bool rocks)
      : random_(seed), hub_({.rocks = rocks, .extend = [this, mistake](Registry& registry) {
                               Extend(registry, mistake);
                             }}) {}

  // Whether the output ended as it should.
  bool Run(int steps) {
    ChangeShape();
    for (int step = 0; step < steps; ++step) Step();
    for (const char* dataset : {"a", "b", "c"}) Feed(dataset);
    hub_.Run("m");
    // What came while that ran.
    hub_.Run("m");
    expected = model_.Output(shape_);
    found = hub_.Dataset("m");
    const RunReport last = hub_.Run("m");
    return expected == found && last.kind == RunKind::kIncremental && last.counts.read == 0;
  }

  std::string expected;
  std::string found;

 private:
  void Extend(Registry& registry, Mistake mistake) {
    registry.AddTransform({.type = "rdf",
                           .doc = "",
                           .make = [this](const config::ConfigView&, const MakeContext&)
                               -> Result<std::unique_ptr<Transform>> {
                             return std::make_unique<HookTransform>(hook_);
                           }});
    if (mistake == Mistake::kNone) return;
    // The registry is the hub's own, so it may be changed.
    auto& type = const_cast<SourceType&>(*registry.FindSource("merge"));
    type.make = [make = type.make, mistake](
                    const config::ConfigView& config,
                    const MakeContext& context) -> Result<std::unique_ptr<Source>> {
      SLUICE_TRY(auto source, make(config, context));
      return std::make_unique<MistakenSource>(std::move(source), mistake, *context.store);
    };
  }

  std::string AnyDataset() { return std::string(1, static_cast<char>('a' + random_.Below(3))); }

  Field AnyField(uint64_t range) {
    switch (random_.Below(8)) {
      case 0:
        return {};
      case 1:
        return {.kind = random_.Below(2) == 0 ? Field::kNull : Field::kBlank, .numbers = {}};
      case 2:
        return {.kind = Field::kMany, .numbers = {random_.Below(range), random_.Below(range)}};
      default:
        return {.kind = Field::kOne, .numbers = {random_.Below(range)}};
    }
  }

  void Feed(const std::string& dataset) {
    std::vector<std::string> entities;
    for (uint64_t i = random_.Below(5) + 1; i > 0; --i) {
      const std::string id = fmt::format("e{}", random_.Below(8));
      ModelEntity& entity = model_.live[dataset][id];
      if (entity.fields.empty() || random_.Below(3) == 0) entity.fields["v"] = AnyField(9);
      if (!entity.fields.contains("x") || random_.Below(3) == 0) entity.fields["x"] = AnyField(12);
      if (!entity.fields.contains("y") || random_.Below(3) == 0) entity.fields["y"] = AnyField(12);
      const bool deleted = random_.Below(4) == 0;
      entities.push_back(entity.Json(id, deleted));
      if (deleted) model_.live[dataset].erase(id);
    }
    hub_.Feed(dataset, entities);
  }

  void ChangeShape() {
    shape_ = {.datasets = {"a", "b", "c"}, .rules = {}, .first = random_.Below(2) == 0};
    if (random_.Below(3) == 0) shape_.datasets = {"c", "a", "b"};
    if (random_.Below(3) == 0) shape_.datasets.pop_back();
    for (uint64_t i = random_.Below(3) + 1; i > 0; --i) {
      ModelRule rule{.is_set = random_.Below(2) == 0, .paths = {}};
      for (const auto& dataset : shape_.datasets) {
        const char* const properties[] = {"x", "y", "x", "y", "_id"};
        rule.paths.emplace_back(dataset, properties[random_.Below(5)]);
      }
      while (!rule.is_set && rule.paths.size() > 2) {
        rule.paths.erase(rule.paths.begin() + static_cast<ptrdiff_t>(random_.Below(3)));
      }
      if (rule.paths.size() > 1 && !Overlaps(rule)) shape_.rules.push_back(std::move(rule));
    }
    hub_.MustPutOne(shape_.Config());
  }

  // Sets that share an expression are one, which the model does not know.
  bool Overlaps(const ModelRule& rule) const {
    for (const ModelRule& other : shape_.rules) {
      if (!rule.is_set || !other.is_set) continue;
      for (const Path& path : rule.paths) {
        if (std::ranges::find(other.paths, path) != other.paths.end()) return true;
      }
    }
    return false;
  }

  // A run that others write during, and that may fail between two commits.
  void RunOnce() {
    const uint64_t fails_at = random_.Below(12);
    uint64_t batches = 0;
    hook_ = [this, fails_at, batches]() mutable -> Result<void> {
      if (++batches == fails_at) return MakeError(Code::kBadData, "planned");
      if (random_.Below(4) == 0) Feed(AnyDataset());
      return {};
    };
    (void)hub_.TryRun("m", random_.Below(12) == 0 ? RunKind::kFull : RunKind::kIncremental);
    hook_ = nullptr;
  }

  void Step() {
    const std::string dataset = AnyDataset();
    switch (random_.Below(24)) {
      case 0:
        hub_.Reopen();
        break;
      case 1:
        ChangeShape();
        break;
      case 2:
        if (!hub_.store().FindDataset(dataset)) break;
        model_.live.erase(dataset);
        Ok(hub_.store().TruncateDataset(dataset));
        Ok(hub_.store().SetPopulated(hub_.store().FindDataset(dataset)->number, true));
        break;
      case 3:
        model_.live.erase(dataset);
        if (hub_.store().FindDataset(dataset)) Ok(hub_.store().DeleteDataset(dataset));
        break;
      default:
        if (random_.Below(2) == 0) {
          Feed(dataset);
        } else {
          RunOnce();
        }
    }
  }

  SeededRandom random_;
  std::function<Result<void>()> hook_;
  Model model_;
  Shape shape_;
  TestHub hub_;
};

constexpr int kSteps = 60;

TEST(MergeModelTest, RandomHistoriesEndWhereComparingAllEntitiesEnds) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    MergeScenario scenario(seed, Mistake::kNone, /*rocks=*/false);
    ASSERT_TRUE(scenario.Run(kSteps))
        << "seed " << seed << "\nexpected " << scenario.expected << "\nfound    " << scenario.found;
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(MergeModelTest, AlsoOnDisk) {
  for (uint64_t seed = 1001; seed <= 1010; ++seed) {
    MergeScenario scenario(seed, Mistake::kNone, /*rocks=*/true);
    ASSERT_TRUE(scenario.Run(kSteps))
        << "seed " << seed << "\nexpected " << scenario.expected << "\nfound    " << scenario.found;
  }
}

// The first seed that finds the mistake.
uint64_t SeedThatFinds(Mistake mistake) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    if (!MergeScenario(seed, mistake, /*rocks=*/false).Run(kSteps)) return seed;
  }
  return 0;
}

TEST(MergeModelTest, FindsWhatIsPlanted) {
  for (const Mistake mistake : {Mistake::kForgetsAMember, Mistake::kNotReplaced,
                                Mistake::kHalfItsInputs, Mistake::kNotInTheCommit}) {
    const uint64_t seed = SeedThatFinds(mistake);
    EXPECT_NE(seed, 0u) << "mistake " << static_cast<int>(mistake) << " was not found";
    RecordProperty(fmt::format("mistake_{}_found_by_seed", static_cast<int>(mistake)),
                   static_cast<int>(seed));
  }
}

}  // namespace
}  // namespace sluice::pipe::testing
