#include "tests/model/configuration.h"

#include <fmt/format.h>

#include "tests/model/json.h"

namespace sluice::model {
namespace {

std::string AliasName(int alias) { return alias < 0 ? "_S" : fmt::format("a{}", alias); }

std::string List(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ","));
}

class Writer {
 public:
  explicit Writer(const WriteOptions& options) : options_(options) {}

  std::string Write(const Pipe& pipe) {
    std::vector<std::string> transforms;
    for (const Rules& rules : pipe.transforms) transforms.push_back(WriteRules(rules));
    return fmt::format(
        R"({{"_id":"{0}","type":"pipe","batch_size":{1},"add_namespaces":{2},)"
        R"("remove_namespaces":false,"source":{3},"transform":{4},)"
        R"("sink":{{"type":"dataset","dataset":"{0}"}},"pump":{{"mode":"manual"}}}})",
        pipe.id, pipe.batch_size, pipe.add_namespaces, WriteSource(pipe), List(transforms));
  }

 private:
  static std::string WriteSource(const Pipe& pipe) {
    std::vector<std::string> names;
    if (pipe.merge) return WriteMerge(pipe, *pipe.merge);
    if (!pipe.is_union()) {
      return fmt::format(R"({{"type":"dataset","dataset":"{}"}})", pipe.sources[0]);
    }
    for (const std::string& name : pipe.sources) names.push_back(Quoted(name));
    return fmt::format(R"({{"type":"union_datasets","datasets":{},"prefix_ids":{}}})", List(names),
                       pipe.prefix_ids);
  }

  static std::string WriteMerge(const Pipe& pipe, const Merge& merge) {
    static constexpr const char* kStrategies[] = {"default", "compact", "list"};
    std::vector<std::string> names, equality, sets;
    for (size_t i = 0; i < pipe.sources.size(); ++i) {
      names.push_back(fmt::format(R"("{} m{}")", pipe.sources[i], i));
    }
    for (const MergeRule& rule : merge.rules) {
      std::vector<std::string> sides;
      if (!rule.is_set) sides.emplace_back(R"("eq")");
      for (const MergeRule::Side& side : rule.sides) {
        sides.push_back(Writer({}).WriteKey(side.key, fmt::format("m{}", side.dataset)));
      }
      (rule.is_set ? sets : equality).push_back(List(sides));
    }
    return fmt::format(R"({{"type":"merge","version":{},"datasets":{},"equality":{},)"
                       R"("equality_sets":{},"identity":"{}","strategy":"{}"}})",
                       merge.version, List(names), List(equality), List(sets),
                       merge.first ? "first" : "composite",
                       kStrategies[static_cast<int>(merge.strategy)]);
  }

  std::string WriteKey(const Key& key, const std::string& alias) const {
    std::vector<std::string> parts;
    for (const std::string& property : key.properties) {
      std::string path = Quoted(alias + "." + property);
      if (key.lower) path = fmt::format(R"(["lower",{}])", path);
      if (options_.null_is_a_key) {
        path = fmt::format(R"(["if",["is-null",{0}],"none",{0}])", path);
      }
      parts.push_back(std::move(path));
    }
    if (parts.size() == 1) return parts[0];
    return fmt::format(R"(["tuples",{}])", fmt::join(parts, ","));
  }
  std::string WriteKey(const Key& key) const { return WriteKey(key, AliasName(key.alias)); }

  std::string WriteSpec(const Hops& hops) const {
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
        const std::string than = alias.filter->number
                                     ? std::to_string(*alias.filter->number)
                                     : Quoted("_S." + alias.filter->begin_property);
        where.push_back(
            fmt::format(R"(["gt",{},{}])", Quoted(name + "." + alias.filter->property), than));
      }
      if (alias.subset) {
        subsets.push_back(fmt::format(R"("{}":["eq","_S.v",{}])", name, *alias.subset));
      }
    }
    std::string text = fmt::format(R"({{"datasets":{},"where":{})", List(datasets), List(where));
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

  // The call; a rule that it applies is added to `rules`.
  std::string WriteHops(const Hops& hops, std::vector<std::string>& rules) const {
    if (!hops.applied.empty()) {
      const size_t place = rules.size();
      rules.emplace_back();
      const std::string inner = WriteHops(hops.applied[0], rules);
      rules[place] = fmt::format(R"("r{}":[["copy","*"],["add","sub",{}]])", place, inner);
      return fmt::format(R"(["apply-hops","r{}",{}])", place, WriteSpec(hops));
    }
    std::string text = R"(["hops",)" + WriteSpec(hops);
    for (const Hops& next : hops.next) text += "," + WriteSpec(next);
    return text + "]";
  }

  std::string WriteRules(const Rules& rules) const {
    std::vector<std::string> steps;
    std::vector<std::string> others;
    const std::string group = Quoted("_S." + rules.space + "g");
    steps.push_back(rules.copies_all ? R"(["copy","*"])" : R"(["copy","_id"])");
    if (rules.rename) steps.push_back(fmt::format(R"(["rename","{}","r"])", *rules.rename));
    if (rules.filter) {
      steps.push_back(fmt::format(R"(["filter",["gt","_S.{}v",{}]])", rules.space, *rules.filter));
    }
    for (size_t i = 0; i < rules.hops.size(); ++i) {
      steps.push_back(fmt::format(R"(["add","h{}",{}])", i, WriteHops(rules.hops[i], others)));
    }
    if (rules.carry) {
      steps.push_back(fmt::format(R"(["add","m",["coalesce",["list",["first",{}],"_S._id"]]])",
                                  WriteHops(*rules.carry, others)));
    }
    if (rules.from_sink) {
      steps.push_back(fmt::format(R"(["add","hs",{}])", WriteHops(*rules.from_sink, others)));
    }
    if (rules.create) {
      steps.push_back(fmt::format(
          R"(["create",["dict","_id",["concat","c",["string",{}]],"of","_S._id","found",{}]])",
          group, WriteHops(*rules.create, others)));
    }
    if (rules.children) {
      steps.push_back(fmt::format(
          R"(["create-child",["map",["dict","_id",["concat","n","_._id"],"of","_R._S._id"],{}]])",
          WriteHops(*rules.children, others)));
    }
    if (rules.rewrites_id) {
      steps.push_back(fmt::format(R"(["add","_id",["concat","x",["string",{}]]])", group));
    }
    std::string text = fmt::format(R"({{"type":"dtl","rules":{{"default":{})", List(steps));
    for (const std::string& other : others) text += "," + other;
    text += "}}";
    if (rules.children) text += R"(,{"type":"emit_children"})";
    return text;
  }

  const WriteOptions options_;
};

}  // namespace

std::string WritePipe(const Pipe& pipe, const WriteOptions& options) {
  return Writer(options).Write(pipe);
}

std::string WriteConfiguration(const Configuration& configuration, const WriteOptions& options) {
  std::vector<std::string> pipes;
  for (const Pipe& pipe : configuration.pipes) pipes.push_back(WritePipe(pipe, options));
  return List(pipes);
}

}  // namespace sluice::model
