#include "tests/model/oracle.h"

#include <algorithm>

namespace sluice::model {
namespace {

Json Get(const Json& value, const std::string& name) {
  const auto found = value.dict.find(name);
  return found == value.dict.end() ? Json() : found->second;
}

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

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// A text, or the texts of a list, in lower case; other values are left out.
Json LowerOf(const Json& value) {
  if (value.kind == Json::Kind::kText) return Json::Text(Lower(value.text));
  if (value.kind != Json::Kind::kList) return {};
  std::vector<Json> texts;
  for (const Json& item : value.list) {
    if (item.kind == Json::Kind::kText) texts.push_back(Json::Text(Lower(item.text)));
  }
  return Json::List(std::move(texts));
}

std::vector<Json> Values(const Json& value) {
  return value.kind == Json::Kind::kList ? value.list : std::vector<Json>{value};
}

class Evaluator {
 public:
  Evaluator(const Datasets& datasets, const OracleMistakes& mistakes)
      : datasets_(datasets), mistakes_(mistakes) {}

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
    if (rules.filter && !IsGreater(Get(source, "v"), *rules.filter)) {
      return {{.entity = target, .deleted = false, .filtered = true}};
    }
    for (size_t i = 0; i < rules.hops.size(); ++i) {
      target.dict["h" + std::to_string(i)] = Json::List(Hop(rules.hops[i], source));
    }
    if (rules.create) {
      outputs.push_back(
          {.entity = Json::Dict({{"_id", Json::Text("c" + GroupOf(source))},
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
    if (rules.rewrites_id) target.dict["_id"] = Json::Text("x" + GroupOf(source));
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
  static std::string GroupOf(const Json& source) {
    const Json group = Get(source, "g");
    return group.kind == Json::Kind::kInteger ? std::to_string(group.integer) : TextOf(group);
  }
  static bool IsGreater(const Json& value, int64_t than) {
    return value.kind == Json::Kind::kInteger && value.integer > than;
  }

  // The values of a key; null is none.
  std::vector<Json> KeysOf(const Key& key, const Json& entity) const {
    std::vector<std::vector<Json>> parts;
    for (const std::string& property : key.properties) {
      const Json value = Get(entity, property);
      parts.push_back(Values(key.lower ? LowerOf(value) : value));
      if (!mistakes_.null_is_a_key)
        std::erase_if(parts.back(), [](const Json& v) { return v.IsNull(); });
    }
    if (parts.size() == 1) return parts[0];
    std::vector<Json> tuples = {Json::List({})};
    for (const auto& part : parts) {
      std::vector<Json> longer;
      for (const Json& tuple : tuples) {
        for (const Json& value : part) {
          longer.push_back(tuple);
          longer.back().list.push_back(value);
        }
      }
      tuples = std::move(longer);
    }
    return tuples;
  }

  bool Overlaps(const Key& a, const Json& left, const Key& b, const Json& right) const {
    const auto right_keys = KeysOf(b, right);
    for (const Json& key : KeysOf(a, left)) {
      if (std::ranges::find(right_keys, key) != right_keys.end()) return true;
    }
    return false;
  }

  static bool Passes(const Alias& alias, const Json& begin, const Json& entity) {
    const Json v = Get(entity, "v");
    if (alias.subset && (v.kind != Json::Kind::kInteger || v.integer != *alias.subset))
      return false;
    if (!alias.filter) return true;
    if (alias.filter->number) return IsGreater(v, *alias.filter->number);
    const Json than = Get(begin, alias.filter->begin_property);
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
          if (!Joins(alias, begin, row, *candidate)) continue;
          if (!Passes(alias, begin, candidate->entity)) continue;
          longer.push_back(row);
          longer.back().push_back(&candidate->entity);
        }
      }
      rows = std::move(longer);
    }
    return rows;
  }

  bool Joins(const Alias& alias, const Json& begin, const std::vector<const Json*>& row,
             const Stored& candidate) const {
    for (const auto& [from, to] : alias.joins) {
      const Json& left = from.alias < 0 ? begin : *row[static_cast<size_t>(from.alias)];
      bool joins = Overlaps(from, left, to, candidate.entity);
      if (mistakes_.old_keys_stay) {
        for (const Json& before : candidate.before) joins |= Overlaps(from, left, to, before);
      }
      if (!joins) return false;
    }
    return true;
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
  const OracleMistakes& mistakes_;
};

}  // namespace

std::map<std::string, Json> Evaluate(const Pipe& pipe, const Datasets& datasets,
                                     const OracleMistakes& mistakes) {
  Evaluator evaluator(datasets, mistakes);
  std::map<std::string, Json> live;
  for (const std::string& name : pipe.sources) {
    const auto found = datasets.find(name);
    if (found == datasets.end()) continue;
    for (const Stored& stored : found->second) {
      Json source = stored.entity;
      if (pipe.is_union() && pipe.prefix_ids) {
        source.dict["_id"] = Json::Text(name + ":" + Id(source));
      }
      std::vector<Evaluator::Output> batch = {{.entity = source}};
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
  }
  return live;
}

}  // namespace sluice::model
