#include "tests/model/oracle.h"

#include <algorithm>

#include "tests/model/oracle_merge.h"

namespace sluice::model {
namespace {

bool IsTrue(const Json& value) {
  switch (value.kind) {
    case Json::Kind::kNull:
      return false;
    case Json::Kind::kBoolean:
      return value.boolean;
    case Json::Kind::kList:
      return !value.list.empty();
    default:
      return true;
  }
}

std::string Id(const Json& entity) { return Get(entity, "_id").text; }

// The first value of a list, or the value.
Json First(const Json& value) {
  if (value.kind != Json::Kind::kList) return value;
  return value.list.empty() ? Json() : value.list[0];
}

bool HasOwnSpace(const std::string& name, const std::string& space) {
  return name.size() > space.size() && name.starts_with(space);
}

// The names and ids of a value with "space:" before them.
Json WithSpace(const Json& value, const std::string& space) {
  Json out = value;
  for (Json& item : out.list) item = WithSpace(item, space);
  if (value.kind != Json::Kind::kDict) return out;
  out.dict.clear();
  for (const auto& [name, property] : value.dict) {
    if (name == "_id" && property.kind == Json::Kind::kText) {
      out.dict[name] =
          HasOwnSpace(property.text, space) ? property : Json::Text(space + property.text);
    } else if (name[0] == '_' || name[0] == '$') {
      out.dict[name] = property;
    } else {
      out.dict[HasOwnSpace(name, space) ? name : space + name] = WithSpace(property, space);
    }
  }
  return out;
}

class Evaluator {
 public:
  explicit Evaluator(const Datasets& datasets) : datasets_(datasets) {}

  // What one transform makes of one entity; live and deleted ones, in the order of emission.
  struct Output {
    Json entity;
    bool deleted = false;
    bool filtered = false;
  };
  std::vector<Output> Transform(const Rules& rules, const Json& source) {
    std::vector<Output> outputs;
    Json target = Json::Dict({{"_id", Get(source, "_id")}});
    if (rules.copies_all) target = source;
    // What is renamed stays where it was copied.
    if (rules.rename && source.dict.contains(*rules.rename)) {
      target.dict["r"] = Get(source, *rules.rename);
    }
    if (rules.filter && !IsGreater(Get(source, rules.space + "v"), *rules.filter)) {
      return {{.entity = target, .deleted = false, .filtered = true}};
    }
    for (size_t i = 0; i < rules.hops.size(); ++i) {
      target.dict["h" + std::to_string(i)] = Json::List(Hop(rules.hops[i], source));
    }
    if (rules.carry) {
      const auto found = Hop(*rules.carry, source);
      target.dict["m"] = found.empty() || found[0].IsNull() ? Get(source, "_id") : found[0];
    }
    if (rules.from_sink) target.dict["hs"] = Json::List(Hop(*rules.from_sink, source));
    const std::string group = GroupOf(Get(source, rules.space + "g"));
    if (rules.create) {
      outputs.push_back(
          {.entity = Json::Dict({{"_id", Json::Text("c" + group)},
                                 {"of", Get(source, "_id")},
                                 {"found", Json::List(Hop(*rules.create, source))}})});
    }
    std::vector<Json> children;
    if (rules.children) {
      for (const Json& found : Hop(*rules.children, source)) {
        children.push_back(Json::Dict(
            {{"_id", Json::Text("n" + TextOf(Get(found, "_id")))}, {"of", Get(source, "_id")}}));
      }
    }
    if (rules.rewrites_id) target.dict["_id"] = Json::Text("x" + group);
    const bool deleted = IsTrue(Get(target, "_deleted"));
    if (!rules.children) {
      outputs.push_back({.entity = target, .deleted = deleted});
      return outputs;
    }
    // Only children are emitted: those that `create` made have none.
    outputs.clear();
    for (const Json& child : children) outputs.push_back({.entity = child, .deleted = deleted});
    return outputs;
  }

 private:
  static std::string TextOf(const Json& value) {
    return value.kind == Json::Kind::kText ? value.text : std::string();
  }
  // ["string", "_S.g"] as `concat` puts it together.
  static std::string GroupOf(const Json& group) {
    std::string text;
    for (const Json& item : Values(group)) {
      text += item.kind == Json::Kind::kInteger ? std::to_string(item.integer) : TextOf(item);
    }
    return text;
  }
  // Only first values are compared.
  static bool IsGreater(const Json& value, int64_t than) {
    const Json first = First(value);
    return first.kind == Json::Kind::kInteger && first.integer > than;
  }

  static bool Passes(const Alias& alias, const Json& begin, const Json& entity) {
    const Json v = Get(entity, "v");
    // A subset is an index, so it overlaps as joins do.
    const auto values = Values(v);
    if (alias.subset && std::ranges::find(values, Json::Integer(*alias.subset)) == values.end()) {
      return false;
    }
    if (!alias.filter) return true;
    if (alias.filter->number) return IsGreater(v, *alias.filter->number);
    const Json than = First(Get(begin, alias.filter->begin_property));
    return than.kind == Json::Kind::kInteger && IsGreater(v, than.integer);
  }

  // Rows of entities, one for each alias, in the order of their ids.
  std::vector<std::vector<const Json*>> Rows(const Hops& hops, const Json& begin) const {
    std::vector<std::vector<const Json*>> rows = {{}};
    for (const Alias& alias : hops.aliases) {
      std::vector<const Stored*> candidates;
      const auto dataset = datasets_.find(alias.dataset);
      if (dataset != datasets_.end()) {
        for (const Stored& stored : dataset->second) {
          if (!stored.deleted) candidates.push_back(&stored);
        }
      }
      std::ranges::sort(candidates, {}, [](const Stored* s) { return Id(s->entity); });
      std::vector<std::vector<const Json*>> longer;
      for (const auto& row : rows) {
        for (const Stored* candidate : candidates) {
          if (!Joins(alias, begin, row, candidate->entity)) continue;
          if (!Passes(alias, begin, candidate->entity)) continue;
          longer.push_back(row);
          longer.back().push_back(&candidate->entity);
        }
      }
      rows = std::move(longer);
    }
    return rows;
  }

  static bool Joins(const Alias& alias, const Json& begin, const std::vector<const Json*>& row,
                    const Json& candidate) {
    return std::ranges::all_of(alias.joins, [&](const auto& join) {
      const Key& from = join.first;
      const Json& left = from.alias < 0 ? begin : *row[static_cast<size_t>(from.alias)];
      return Overlaps(KeysOf(from, left), KeysOf(join.second, candidate));
    });
  }

  std::vector<Json> Hop(const Hops& hops, const Json& begin) const {
    std::vector<Json> found = hops.recurse ? Recurse(hops, begin) : Once(hops, begin);
    for (const Hops& next : hops.next) {
      std::vector<Json> after;
      for (const Json& value : found) {
        auto more = Hop(next, value);
        after.insert(after.end(), more.begin(), more.end());
      }
      found = std::move(after);
    }
    if (hops.applied.empty()) return found;
    for (Json& value : found) {
      const Json from = value;
      value.dict["sub"] = Json::List(Hop(hops.applied[0], from));
    }
    return found;
  }

  std::vector<Json> Once(const Hops& hops, const Json& begin) const {
    std::vector<Json> found;
    for (const auto& row : Rows(hops, begin)) {
      const Json& entity =
          *row[hops.next.empty() ? static_cast<size_t>(hops.return_alias) : row.size() - 1];
      found.push_back(hops.return_property.empty() ? entity : Get(entity, hops.return_property));
    }
    return found;
  }

  // Level by level, each entity once, never back to what it began at.
  std::vector<Json> Recurse(const Hops& hops, const Json& root) const {
    std::vector<Json> found;
    if (!hops.exclude_root) found.push_back(root);
    std::set<std::string> seen;
    std::vector<Json> level = {root};
    for (int64_t depth = 0; depth < hops.depth_max && !level.empty(); ++depth) {
      std::vector<Json> next;
      for (const Json& value : level) {
        for (const auto& row : Rows(hops, value)) {
          if (!seen.insert(Id(*row[0])).second || *row[0] == root) continue;
          next.push_back(*row[0]);
        }
      }
      found.insert(found.end(), next.begin(), next.end());
      level = std::move(next);
    }
    return found;
  }

  const Datasets& datasets_;
};

std::vector<Json> SourceEntities(const Pipe& pipe, const Datasets& datasets) {
  if (pipe.merge) return MergedEntities(pipe, datasets);
  std::vector<Json> sources;
  for (const std::string& name : pipe.sources) {
    const auto found = datasets.find(name);
    if (found == datasets.end()) continue;
    for (const Stored& stored : found->second) {
      sources.push_back(stored.entity);
      if (pipe.is_union() && pipe.prefix_ids) {
        sources.back().dict["_id"] = Json::Text(name + ":" + Id(stored.entity));
      }
    }
  }
  return sources;
}

using Live = std::map<std::string, Json>;

void EvaluateOne(const Pipe& pipe, const Datasets& datasets, const Json& source, Live& live) {
  Evaluator evaluator(datasets);
  std::vector<Evaluator::Output> batch = {
      {.entity = source, .deleted = IsTrue(Get(source, "_deleted"))}};
  for (const Rules& rules : pipe.transforms) {
    std::vector<Evaluator::Output> next;
    for (const auto& item : batch) {
      if (item.filtered) {
        next.push_back(item);
        continue;
      }
      auto made = evaluator.Transform(rules, item.entity);
      next.insert(next.end(), made.begin(), made.end());
    }
    batch = std::move(next);
  }
  // Of what one source entity gives under one id the last holds; of all the last one lives.
  std::map<std::string, const Evaluator::Output*> last;
  for (const auto& output : batch) last[Id(output.entity)] = &output;
  for (const auto& [id, output] : last) {
    if (!output->deleted && !output->filtered) live[id] = output->entity;
  }
}

}  // namespace

Live Evaluate(const Pipe& pipe, const Datasets& datasets) {
  Live live;
  for (Json source : SourceEntities(pipe, datasets)) {
    if (pipe.add_namespaces) source = WithSpace(source, pipe.id + ":");
    EvaluateOne(pipe, datasets, source, live);
  }
  return live;
}

Live EvaluateInBatches(const Pipe& pipe, Datasets datasets) {
  Live live;
  std::vector<Stored>& own = datasets[pipe.id];
  own.clear();
  const auto sources = SourceEntities(pipe, datasets);
  for (size_t i = 0; i < sources.size(); ++i) {
    if (i % static_cast<size_t>(pipe.batch_size) == 0) {
      own.clear();
      for (const auto& [id, entity] : live) own.push_back({.entity = entity, .deleted = false});
    }
    EvaluateOne(pipe, datasets, sources[i], live);
  }
  return live;
}

}  // namespace sluice::model
