#include "tests/model/oracle_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace sluice::model {
namespace {

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

std::string IdOf(const Json& entity) { return Get(entity, "_id").text; }

void AddOnce(const Json& value, std::vector<Json>& list) {
  if (std::ranges::find(list, value) == list.end()) list.push_back(value);
}

class Merger {
 public:
  Merger(const Pipe& pipe, const Datasets& datasets) : pipe_(pipe), merge_(*pipe.merge) {
    for (size_t d = 0; d < pipe.sources.size(); ++d) {
      const auto found = datasets.find(pipe.sources[d]);
      if (found == datasets.end()) continue;
      for (size_t i = 0; i < found->second.size(); ++i) {
        all_.push_back({.dataset = d, .place = i, .stored = &found->second[i]});
      }
    }
  }

  std::vector<Json> Run() {
    JoinRules();
    std::vector<size_t> root(all_.size());
    std::iota(root.begin(), root.end(), size_t{0});
    const auto find = [&](size_t i) {
      while (root[i] != i) i = root[i];
      return i;
    };
    for (size_t i = 0; i < all_.size(); ++i) {
      for (size_t k = i + 1; k < all_.size(); ++k) {
        if (AreSame(all_[i], all_[k]))
          root[std::max(find(i), find(k))] = std::min(find(i), find(k));
      }
    }
    std::map<size_t, std::vector<const One*>> by_root;
    for (size_t i = 0; i < all_.size(); ++i) by_root[find(i)].push_back(&all_[i]);
    std::vector<std::vector<const One*>> groups;
    for (auto& [first, members] : by_root) {
      std::ranges::sort(members, [](const One* a, const One* b) {
        return std::pair(a->dataset, IdOf(a->stored->entity)) <
               std::pair(b->dataset, IdOf(b->stored->entity));
      });
      groups.push_back(members);
    }
    // A group's place is that of its first member.
    std::ranges::sort(groups, {}, [](const auto& group) {
      return std::pair(group[0]->dataset, group[0]->place);
    });
    return merge_.first ? ByFirst(groups) : Composite(groups);
  }

 private:
  struct One {
    size_t dataset;
    size_t place;  // In its log.
    const Stored* stored;
  };
  using Group = std::vector<const One*>;

  // Sets that share an expression are one.
  void JoinRules() {
    for (const MergeRule& rule : merge_.rules) {
      MergeRule joined = rule;
      const auto shares = [&](const MergeRule& other) {
        return other.is_set && joined.is_set &&
               std::ranges::any_of(other.sides, [&](const MergeRule::Side& side) {
                 return std::ranges::find(joined.sides, side) != joined.sides.end();
               });
      };
      for (size_t i = 0; i < rules_.size();) {
        if (!shares(rules_[i])) {
          ++i;
          continue;
        }
        joined.sides.insert(joined.sides.end(), rules_[i].sides.begin(), rules_[i].sides.end());
        rules_.erase(rules_.begin() + static_cast<std::ptrdiff_t>(i));
        i = 0;
      }
      rules_.push_back(joined);
    }
  }

  bool AreSame(const One& a, const One& b) const {
    if (a.dataset == b.dataset || a.stored->deleted || b.stored->deleted) return false;
    for (const MergeRule& rule : rules_) {
      for (const MergeRule::Side& left : rule.sides) {
        for (const MergeRule::Side& right : rule.sides) {
          if (left.dataset != a.dataset || right.dataset != b.dataset) continue;
          if (Overlaps(KeysOf(left.key, a.stored->entity), KeysOf(right.key, b.stored->entity))) {
            return true;
          }
        }
      }
    }
    return false;
  }

  static std::string CompositeId(const Group& group) {
    std::string id;
    for (const One* one : group) {
      id += fmt::format("{}{}|{}", id.empty() ? "" : "|", one->dataset, IdOf(one->stored->entity));
    }
    return id;
  }

  // Ids may look composite themselves. Of groups with one id that one stands which begins with the
  // shortest; a live one goes before those that are deleted.
  std::vector<Json> Composite(const std::vector<Group>& groups) const {
    const auto rank = [](const Group& group) {
      return std::pair(group[0]->stored->deleted, IdOf(group[0]->stored->entity).size());
    };
    std::map<std::string, const Group*> winners;
    for (const Group& group : groups) {
      const Group*& winner = winners[CompositeId(group)];
      if (!winner || rank(group) < rank(*winner)) winner = &group;
    }
    std::vector<Json> merged;
    for (const Group& group : groups) {
      const std::string id = CompositeId(group);
      if (winners[id] == &group) merged.push_back(Combine(group, id));
    }
    return merged;
  }

  // Of groups that begin with one id that of the last dataset stands; a live one goes before those
  // that are deleted.
  std::vector<Json> ByFirst(const std::vector<Group>& groups) const {
    std::map<std::string, const Group*> winners;
    std::set<std::string> live;
    for (const One& one : all_) {
      if (!one.stored->deleted) live.insert(IdOf(one.stored->entity));
    }
    for (const Group& group : groups) {
      const std::string id = IdOf(group[0]->stored->entity);
      if (group[0]->stored->deleted && live.contains(id)) continue;
      winners[id] = &group;
    }
    std::vector<Json> merged;
    for (const Group& group : groups) {
      const std::string id = IdOf(group[0]->stored->entity);
      const auto winner = winners.find(id);
      if (winner != winners.end() && winner->second == &group) merged.push_back(Combine(group, id));
    }
    return merged;
  }

  Json Combine(const Group& group, const std::string& id) const {
    std::map<std::string, Json> made;
    made["_id"] = Json::Text(id);
    if (group[0]->stored->deleted) made["_deleted"] = Json::Boolean(true);
    std::vector<Json> ids;
    for (const One* one : group) {
      const Json own = Get(one->stored->entity, "$ids");
      if (own.IsNull()) AddOnce(Json::Text("~:" + IdOf(one->stored->entity)), ids);
      for (const Json& each : own.list) AddOnce(each, ids);
    }
    made["$ids"] = Json::List(std::move(ids));
    if (merge_.strategy == Merge::Strategy::kList) {
      made["$merged"] = Members(group);
    } else {
      AddProperties(group, made);
    }
    return Json::Dict(std::move(made));
  }

  static Json Members(const Group& group) {
    std::vector<Json> members;
    for (const One* one : group) {
      Json member = one->stored->entity;
      member.dict.erase("_deleted");
      members.push_back(std::move(member));
    }
    return Json::List(std::move(members));
  }

  void AddProperties(const Group& group, std::map<std::string, Json>& made) const {
    const bool compact = merge_.strategy == Merge::Strategy::kCompact;
    std::map<std::string, std::vector<Json>> values;
    for (const One* one : group) {
      for (const auto& [name, value] : one->stored->entity.dict) {
        if (name[0] == '_' || name == "$ids") continue;
        const bool is_empty =
            value.IsNull() || (value.kind == Json::Kind::kList && value.list.empty());
        if (!compact || !is_empty) values[name].push_back(value);
      }
    }
    for (const auto& [name, all] : values) {
      const bool is_list = all[0].kind == Json::Kind::kList;
      if (all.size() == 1 && (!compact || !is_list || all[0].list.size() == 1)) {
        made[name] = all[0];
        continue;
      }
      std::vector<Json> united;
      for (const Json& value : all) {
        for (const Json& item : Values(value)) {
          if (compact) {
            AddOnce(item, united);
          } else {
            united.push_back(item);
          }
        }
      }
      made[name] = compact && united.size() == 1 ? united[0] : Json::List(std::move(united));
    }
  }

  const Pipe& pipe_;
  const Merge& merge_;
  std::vector<One> all_;
  std::vector<MergeRule> rules_;
};

}  // namespace

std::vector<Json> KeysOf(const Key& key, const Json& entity) {
  std::vector<std::vector<Json>> parts;
  for (const std::string& property : key.properties) {
    const Json value = Get(entity, property);
    parts.push_back(Values(key.lower ? LowerOf(value) : value));
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

bool Overlaps(const std::vector<Json>& a, const std::vector<Json>& b) {
  return std::ranges::any_of(a,
                             [&](const Json& key) { return std::ranges::find(b, key) != b.end(); });
}

std::vector<Json> MergedEntities(const Pipe& pipe, const Datasets& datasets) {
  return Merger(pipe, datasets).Run();
}

}  // namespace sluice::model
