#include "tests/model/generator.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::model {
namespace {

class Generator {
 public:
  Generator(SeededRandom& random, const Configuration& configuration, size_t i,
            const GeneratorOptions& options)
      : random_(random), options_(options) {
    for (int k = 0; k < configuration.datasets; ++k) datasets_.push_back(fmt::format("d{}", k));
    // Later pipes may read what this one writes.
    for (size_t k = 0; k < i; ++k) datasets_.push_back(configuration.pipes[k].id);
    pipe_.id = fmt::format("p{}", i);
    if (!configuration.cyclic) return;
    for (size_t k = i + 1; k < configuration.pipes.size(); ++k) {
      later_.push_back(fmt::format("p{}", k));
    }
    // Where the output depends on which of several came last, a cycle need not come to rest; and a
    // merged entity has the values of several, so that its own need not grow along the way.
    options_.shared_outputs = options_.merges = options_.only_merges = false;
  }

  Pipe RandomPipe() {
    pipe_.batch_size = static_cast<int>(1 + random_.Below(8));
    if (options_.only_merges || (options_.merges && Chance(3))) {
      MakeMerge();
    } else {
      MakeSources();
    }
    if (pipe_.merge && Chance(2)) return pipe_;
    pipe_.add_namespaces = options_.namespaces && Chance(6);
    const int transforms = options_.chained_transforms && Chance(4) ? 2 : 1;
    for (int i = 0; i < transforms; ++i) {
      pipe_.transforms.push_back(RandomRules(i + 1 == transforms));
    }
    const Rules& last = pipe_.transforms.back();
    if (options_.sink_hops && Chance(6) && transforms == 1 && !pipe_.merge &&
        pipe_.sources.size() == 1 && !last.create && !last.children && !last.rewrites_id &&
        !pipe_.add_namespaces) {
      pipe_.transforms[0].from_sink = OneStep(pipe_.id, "v");
    }
    return pipe_;
  }

  void ChangeMerge(Pipe& pipe) {
    MakeMerge();
    pipe.sources = pipe_.sources;
    pipe.merge = pipe_.merge;
  }

 private:
  bool Chance(uint64_t one_in) { return random_.Below(one_in) == 0; }
  std::string Dataset() { return datasets_[random_.Below(datasets_.size())]; }
  std::string OwnName(const std::string& name) const {
    return pipe_.add_namespaces ? pipe_.id + ":" + name : name;
  }

  void MakeSources() {
    pipe_.sources = {Dataset()};
    if (!options_.unions || !Chance(4)) return;
    const std::string other = Dataset();
    if (other != pipe_.sources[0]) pipe_.sources.push_back(other);
    pipe_.prefix_ids = options_.shared_outputs ? Chance(2) : true;
  }

  void MakeMerge() {
    pipe_.sources.clear();
    for (uint64_t left = 2 + random_.Below(2); left > 0; --left) {
      const std::string name = Dataset();
      if (std::ranges::find(pipe_.sources, name) == pipe_.sources.end()) {
        pipe_.sources.push_back(name);
      }
    }
    Merge merge;
    merge.version = Chance(2) ? 1 : 2;
    merge.first = Chance(3);
    if (Chance(2)) merge.strategy = Chance(2) ? Merge::Strategy::kCompact : Merge::Strategy::kList;
    for (uint64_t i = 1 + random_.Below(3); i > 0; --i) {
      if (pipe_.sources.size() > 1) merge.rules.push_back(RandomMergeRule());
    }
    pipe_.merge = std::move(merge);
  }

  Key MergeKey(bool lower, size_t parts) {
    Key key{.properties = {}, .lower = lower};
    for (size_t i = 0; i < parts; ++i) {
      key.properties.push_back(lower || Chance(3) ? KeyProperty()
                               : Chance(6)        ? std::string("_id")
                                                  : std::string("w"));
    }
    if (lower) key.properties = {"s"};
    return key;
  }

  MergeRule RandomMergeRule() {
    MergeRule rule{.is_set = Chance(2), .sides = {}};
    const bool lower = Chance(10);
    const size_t parts = !lower && Chance(6) ? 2 : 1;
    const size_t count = pipe_.sources.size();
    if (!rule.is_set) {
      const size_t left = random_.Below(count);
      const size_t right = (left + 1 + random_.Below(count - 1)) % count;
      rule.sides = {{left, MergeKey(lower, parts)}, {right, MergeKey(lower, parts)}};
      return rule;
    }
    for (size_t i = 0; i < count; ++i) {
      if (i < 2 || !Chance(4)) rule.sides.push_back({i, MergeKey(lower, parts)});
    }
    return rule;
  }

  Rules RandomRules(bool last) {
    Rules rules;
    rules.space = OwnName("");
    rules.copies_all = !Chance(5);
    if (Chance(5)) rules.filter = static_cast<int64_t>(random_.Below(4));
    if (!last && Chance(2)) rules.rename = OwnName(KeyProperty());
    const uint64_t hops = 1 + random_.Below(2);
    for (uint64_t i = 0; i < hops; ++i) rules.hops.push_back(RandomHops(Begins::kSource));
    if (last && !later_.empty()) rules.carry = RandomCarry();
    if (options_.shared_outputs && last) {
      if (Chance(5)) rules.create = RandomHops(Begins::kSource, GoesOn::kNo);
      if (Chance(6)) rules.rewrites_id = true;
      if (Chance(6)) rules.children = RandomHops(Begins::kSource, GoesOn::kNo);
    }
    return rules;
  }

  std::string KeyProperty() { return fmt::format("k{}", random_.Below(2)); }

  enum class Begins { kSource, kFound };
  enum class GoesOn { kNo, kMaybe };

  Key RandomKey(int alias, size_t parts, bool lower, Begins begins) {
    Key key{.alias = alias, .properties = {}, .lower = lower};
    for (size_t i = 0; i < parts; ++i) {
      std::string name = lower ? "s" : Chance(5) ? "_id" : KeyProperty();
      if (alias == Key::kBegin && begins == Begins::kSource && name != "_id") name = OwnName(name);
      key.properties.push_back(std::move(name));
    }
    return key;
  }

  std::pair<Key, Key> RandomJoin(int from, int alias, Begins begins) {
    const bool lower = Chance(6);
    const size_t parts = !lower && Chance(5) ? 2 : 1;
    return {RandomKey(from, parts, lower, begins), RandomKey(alias, parts, lower, begins)};
  }

  Filter RandomFilter(int alias, Begins begins) {
    Filter filter{.alias = alias, .property = "v", .number = {}, .begin_property = {}};
    if (Chance(3)) {
      filter.begin_property = begins == Begins::kSource ? OwnName("v") : "v";
    } else {
      filter.number = static_cast<int64_t>(random_.Below(4));
    }
    return filter;
  }

  Hops OneStep(const std::string& dataset, const std::string& property) {
    Hops hops;
    hops.aliases.push_back({.dataset = dataset,
                            .joins = {RandomJoin(Key::kBegin, 0, Begins::kSource)},
                            .filter = {},
                            .subset = {}});
    hops.return_property = property;
    return hops;
  }

  // Only on to a greater "v", so that a cycle of pipes is none of entities, and comes to rest.
  Hops RandomCarry() {
    Hops hops = OneStep(later_[random_.Below(later_.size())], "m");
    hops.aliases[0].filter =
        Filter{.alias = 0, .property = "v", .number = {}, .begin_property = OwnName("v")};
    return hops;
  }

  Hops RandomHops(Begins begins, GoesOn goes_on = GoesOn::kMaybe) {
    Hops hops;
    if (Chance(6)) return RandomRecursion(begins);
    const int aliases = static_cast<int>(1 + random_.Below(3));
    for (int i = 0; i < aliases; ++i) {
      Alias alias{.dataset = Dataset(), .joins = {}, .filter = {}, .subset = {}};
      const int from = i == 0 || Chance(4)
                           ? Key::kBegin
                           : static_cast<int>(random_.Below(static_cast<size_t>(i)));
      alias.joins.push_back(RandomJoin(from, i, begins));
      // A cycle of joins: the second one is compared, not looked up.
      if (from >= 0 && Chance(6)) alias.joins.push_back(RandomJoin(Key::kBegin, i, begins));
      if (Chance(3)) alias.filter = RandomFilter(i, begins);
      if (Chance(8)) alias.subset = static_cast<int64_t>(random_.Below(4));
      hops.aliases.push_back(std::move(alias));
    }
    hops.return_alias = aliases - 1;
    if (goes_on == GoesOn::kMaybe && Chance(6)) {
      hops.next.push_back(RandomHops(Begins::kFound, GoesOn::kNo));
      return hops;
    }
    if (goes_on == GoesOn::kMaybe && Chance(6)) {
      hops.applied.push_back(RandomHops(Begins::kFound, GoesOn::kNo));
      hops.return_alias = static_cast<int>(random_.Below(static_cast<size_t>(aliases)));
      return hops;
    }
    if (Chance(3))
      hops.return_alias = static_cast<int>(random_.Below(static_cast<size_t>(aliases)));
    if (Chance(3)) hops.return_property = Chance(2) ? "v" : KeyProperty();
    return hops;
  }

  Hops RandomRecursion(Begins begins) {
    Hops hops;
    hops.recurse = true;
    hops.exclude_root = Chance(2);
    hops.depth_max = static_cast<int64_t>(1 + random_.Below(4));
    Alias alias{.dataset = Dataset(), .joins = {}, .filter = {}, .subset = {}};
    alias.joins.push_back(RandomJoin(Key::kBegin, 0, begins));
    if (Chance(3)) alias.filter = RandomFilter(0, begins);
    hops.aliases.push_back(std::move(alias));
    return hops;
  }

  SeededRandom& random_;
  GeneratorOptions options_;
  std::vector<std::string> datasets_;  // What the pipe may read.
  std::vector<std::string> later_;     // Pipes that read what this one writes, in a cycle.
  Pipe pipe_;
};

}  // namespace

Configuration RandomConfiguration(SeededRandom& random, const GeneratorOptions& options) {
  Configuration configuration;
  configuration.datasets = static_cast<int>(3 + random.Below(4));
  configuration.pipes.resize(1 + random.Below(3));
  configuration.cyclic = options.cycles && configuration.pipes.size() > 1 && random.Below(5) == 0;
  for (size_t i = 0; i < configuration.pipes.size(); ++i) {
    configuration.pipes[i] = RandomPipe(random, configuration, i, options);
  }
  return configuration;
}

Pipe RandomPipe(SeededRandom& random, const Configuration& configuration, size_t i,
                const GeneratorOptions& options) {
  return Generator(random, configuration, i, options).RandomPipe();
}

void ChangeMerge(SeededRandom& random, const Configuration& configuration, size_t i,
                 const GeneratorOptions& options, Pipe& pipe) {
  Generator(random, configuration, i, options).ChangeMerge(pipe);
}

}  // namespace sluice::model
