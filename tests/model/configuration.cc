#include "tests/model/configuration.h"

#include <fmt/format.h>

#include "tests/model/json.h"

namespace sluice::model {
namespace {

class Generator {
 public:
  Generator(SeededRandom& random, const std::vector<std::string>& datasets,
            const GeneratorOptions& options)
      : random_(random), datasets_(datasets), options_(options) {}

  Pipe RandomPipe(int number) {
    Pipe pipe;
    pipe.id = fmt::format("p{}", number);
    pipe.batch_size = static_cast<int>(1 + random_.Below(8));
    pipe.sources.push_back(Dataset());
    if (options_.unions && Chance(4)) {
      const std::string other = Dataset();
      if (other != pipe.sources[0]) pipe.sources.push_back(other);
      pipe.prefix_ids = options_.shared_outputs ? Chance(2) : true;
    }
    const int transforms = options_.chained_transforms && Chance(4) ? 2 : 1;
    for (int i = 0; i < transforms; ++i)
      pipe.transforms.push_back(RandomRules(i + 1 == transforms));
    return pipe;
  }

 private:
  bool Chance(uint64_t one_in) { return random_.Below(one_in) == 0; }
  std::string Dataset() { return datasets_[random_.Below(datasets_.size())]; }

  Rules RandomRules(bool last) {
    Rules rules;
    rules.copies_all = !Chance(5);
    if (Chance(5)) rules.filter = static_cast<int64_t>(random_.Below(4));
    if (!last && Chance(2)) rules.rename = KeyProperty();
    const uint64_t hops = 1 + random_.Below(2);
    for (uint64_t i = 0; i < hops; ++i) rules.hops.push_back(RandomHops(true));
    if (options_.shared_outputs && last) {
      if (Chance(5)) rules.create = RandomHops(false);
      if (Chance(6)) rules.rewrites_id = true;
      if (Chance(6)) rules.children = RandomHops(false);
    }
    return rules;
  }

  std::string KeyProperty() { return fmt::format("k{}", random_.Below(2)); }

  Key RandomKey(int alias, size_t parts, bool lower) {
    Key key{.alias = alias, .properties = {}, .lower = lower};
    for (size_t i = 0; i < parts; ++i) {
      key.properties.push_back(lower       ? std::string("s")
                               : Chance(5) ? std::string("_id")
                                           : KeyProperty());
    }
    return key;
  }

  std::pair<Key, Key> RandomJoin(int from, int alias) {
    const bool lower = Chance(6);
    const size_t parts = !lower && Chance(5) ? 2 : 1;
    return {RandomKey(from, parts, lower), RandomKey(alias, parts, lower)};
  }

  Filter RandomFilter(int alias) {
    Filter filter{.alias = alias, .property = "v", .number = {}, .begin_property = {}};
    if (Chance(3)) {
      filter.begin_property = "v";
    } else {
      filter.number = static_cast<int64_t>(random_.Below(4));
    }
    return filter;
  }

  Hops RandomHops(bool may_go_on) {
    Hops hops;
    if (Chance(6)) return RandomRecursion();
    const int aliases = static_cast<int>(1 + random_.Below(3));
    for (int i = 0; i < aliases; ++i) {
      Alias alias{.dataset = Dataset(), .joins = {}, .filter = {}, .subset = {}};
      const int from = i == 0 || Chance(4)
                           ? Key::kBegin
                           : static_cast<int>(random_.Below(static_cast<size_t>(i)));
      alias.joins.push_back(RandomJoin(from, i));
      // A cycle of joins: the second one is compared, not looked up.
      if (from >= 0 && Chance(6)) alias.joins.push_back(RandomJoin(Key::kBegin, i));
      if (Chance(3)) alias.filter = RandomFilter(i);
      if (Chance(8)) alias.subset = static_cast<int64_t>(random_.Below(4));
      hops.aliases.push_back(std::move(alias));
    }
    hops.return_alias = aliases - 1;
    if (may_go_on && Chance(6)) {
      hops.next.push_back(RandomHops(false));
      return hops;
    }
    if (may_go_on && Chance(6)) {
      hops.applied.push_back(RandomHops(false));
      hops.return_alias = static_cast<int>(random_.Below(static_cast<size_t>(aliases)));
      return hops;
    }
    if (Chance(3))
      hops.return_alias = static_cast<int>(random_.Below(static_cast<size_t>(aliases)));
    if (Chance(3)) hops.return_property = Chance(2) ? "v" : KeyProperty();
    return hops;
  }

  Hops RandomRecursion() {
    Hops hops;
    hops.recurse = true;
    hops.exclude_root = Chance(2);
    hops.depth_max = static_cast<int64_t>(1 + random_.Below(4));
    Alias alias{.dataset = Dataset(), .joins = {}, .filter = {}, .subset = {}};
    alias.joins.push_back(RandomJoin(Key::kBegin, 0));
    if (Chance(3)) alias.filter = RandomFilter(0);
    hops.aliases.push_back(std::move(alias));
    return hops;
  }

  SeededRandom& random_;
  const std::vector<std::string>& datasets_;
  const GeneratorOptions& options_;
};

std::string AliasName(int alias) { return alias < 0 ? "_S" : fmt::format("a{}", alias); }

std::string WriteKey(const Key& key) {
  std::vector<std::string> parts;
  for (const std::string& property : key.properties) {
    const std::string path = Quoted(AliasName(key.alias) + "." + property);
    parts.push_back(key.lower ? fmt::format(R"(["lower",{}])", path) : path);
  }
  if (parts.size() == 1) return parts[0];
  return fmt::format(R"(["tuples",{}])", fmt::join(parts, ","));
}

std::string WriteSpec(const Hops& hops) {
  std::vector<std::string> datasets;
  std::vector<std::string> where;
  std::vector<std::string> subsets;
  for (size_t i = 0; i < hops.aliases.size(); ++i) {
    const Alias& alias = hops.aliases[i];
    const std::string name = AliasName(static_cast<int>(i));
    datasets.push_back(Quoted(alias.dataset + " " + name));
    for (const auto& [from, to] : alias.joins) {
      where.push_back(fmt::format(R"(["eq",{},{}])", WriteKey(from), WriteKey(to)));
    }
    if (alias.filter) {
      const std::string than = alias.filter->number ? std::to_string(*alias.filter->number)
                                                    : Quoted("_S." + alias.filter->begin_property);
      where.push_back(
          fmt::format(R"(["gt",{},{}])", Quoted(name + "." + alias.filter->property), than));
    }
    if (alias.subset) {
      subsets.push_back(fmt::format(R"("{}":["eq","_S.v",{}])", name, *alias.subset));
    }
  }
  std::string text = fmt::format(R"({{"datasets":[{}],"where":[{}])", fmt::join(datasets, ","),
                                 fmt::join(where, ","));
  if (!subsets.empty()) text += fmt::format(R"(,"subsets":{{{}}})", fmt::join(subsets, ","));
  if (hops.recurse) {
    text += fmt::format(R"(,"recurse":true,"exclude_root":{},"max_depth":{})", hops.exclude_root,
                        hops.depth_max);
  } else if (hops.next.empty()) {
    std::string given = AliasName(hops.return_alias);
    if (!hops.return_property.empty()) given += "." + hops.return_property;
    text += fmt::format(R"(,"return":"{}")", given);
  }
  return text + "}";
}

// The call, and the rule that it applies.
std::string WriteHops(const Hops& hops, std::vector<std::string>& rules) {
  if (!hops.applied.empty()) {
    const std::string name = fmt::format("r{}", rules.size());
    rules.emplace_back();
    const std::string inner = WriteHops(hops.applied[0], rules);
    rules[static_cast<size_t>(std::stoi(name.substr(1)))] =
        fmt::format(R"("{}":[["copy","*"],["add","sub",{}]])", name, inner);
    return fmt::format(R"(["apply-hops","{}",{}])", name, WriteSpec(hops));
  }
  std::string text = R"(["hops",)" + WriteSpec(hops);
  for (const Hops& next : hops.next) text += "," + WriteSpec(next);
  return text + "]";
}

std::string WriteRules(const Rules& rules) {
  std::vector<std::string> steps;
  std::vector<std::string> others;
  steps.push_back(rules.copies_all ? R"(["copy","*"])" : R"(["copy","_id"])");
  if (rules.rename) steps.push_back(fmt::format(R"(["rename","{}","r"])", *rules.rename));
  if (rules.filter) steps.push_back(fmt::format(R"(["filter",["gt","_S.v",{}]])", *rules.filter));
  for (size_t i = 0; i < rules.hops.size(); ++i) {
    steps.push_back(fmt::format(R"(["add","h{}",{}])", i, WriteHops(rules.hops[i], others)));
  }
  if (rules.create) {
    steps.push_back(fmt::format(
        R"(["create",["dict","_id",["concat","c",["string","_S.g"]],"of","_S._id","found",{}]])",
        WriteHops(*rules.create, others)));
  }
  if (rules.children) {
    steps.push_back(fmt::format(
        R"(["create-child",["map",["dict","_id",["concat","n","_._id"],"of","_R._S._id"],{}]])",
        WriteHops(*rules.children, others)));
  }
  if (rules.rewrites_id) steps.push_back(R"(["add","_id",["concat","x",["string","_S.g"]]])");
  std::string text =
      fmt::format(R"({{"type":"dtl","rules":{{"default":[{}])", fmt::join(steps, ","));
  for (const std::string& other : others) text += "," + other;
  text += "}}";
  if (rules.children) text += R"(,{"type":"emit_children"})";
  return text;
}

}  // namespace

Pipe RandomPipe(SeededRandom& random, int number, const std::vector<std::string>& datasets,
                const GeneratorOptions& options) {
  return Generator(random, datasets, options).RandomPipe(number);
}

Configuration RandomConfiguration(SeededRandom& random, const GeneratorOptions& options) {
  Configuration configuration;
  configuration.datasets = static_cast<int>(3 + random.Below(4));
  std::vector<std::string> datasets;
  for (int i = 0; i < configuration.datasets; ++i) datasets.push_back(fmt::format("d{}", i));
  const uint64_t pipes = 1 + random.Below(3);
  for (uint64_t i = 0; i < pipes; ++i) {
    configuration.pipes.push_back(RandomPipe(random, static_cast<int>(i), datasets, options));
    // Later pipes may read what this one writes.
    datasets.push_back(configuration.pipes.back().id);
  }
  return configuration;
}

std::string WritePipe(const Pipe& pipe) {
  std::string source = fmt::format(R"({{"type":"dataset","dataset":"{}"}})", pipe.sources[0]);
  if (pipe.is_union()) {
    std::vector<std::string> names;
    for (const std::string& name : pipe.sources) names.push_back(Quoted(name));
    source = fmt::format(R"({{"type":"union_datasets","datasets":[{}],"prefix_ids":{}}})",
                         fmt::join(names, ","), pipe.prefix_ids);
  }
  std::vector<std::string> transforms;
  for (const Rules& rules : pipe.transforms) transforms.push_back(WriteRules(rules));
  return fmt::format(R"({{"_id":"{}","type":"pipe","batch_size":{},"source":{},"transform":[{}],)"
                     R"("sink":{{"type":"dataset","dataset":"{}"}},"pump":{{"mode":"manual"}}}})",
                     pipe.id, pipe.batch_size, source, fmt::join(transforms, ","), pipe.id);
}

std::string WriteConfiguration(const Configuration& configuration) {
  std::vector<std::string> pipes;
  for (const Pipe& pipe : configuration.pipes) pipes.push_back(WritePipe(pipe));
  return fmt::format("[{}]", fmt::join(pipes, ","));
}

}  // namespace sluice::model
