// What a merge source must give, worked out by comparing every entity with every other one.

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sluice::pipe::testing {

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
    const auto places = Places(shape);
    std::map<std::string, std::string> output;
    // Roots ascend, so of two groups with one id the last dataset's comes last.
    for (const auto& [first, members] : Groups(shape, places)) {
      const auto [id, json] = Merged(shape, places, members);
      output[id] = json;
    }
    std::vector<std::string> texts;
    for (const auto& [id, json] : output) texts.push_back(json);
    std::ranges::sort(texts);
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : " ") + text;
    return all;
  }

 private:
  struct Place {
    size_t dataset;
    std::string id;
    const ModelEntity* entity;
  };

  std::vector<Place> Places(const Shape& shape) const {
    std::vector<Place> places;
    for (size_t d = 0; d < shape.datasets.size(); ++d) {
      const auto found = live.find(shape.datasets[d]);
      if (found == live.end()) continue;
      for (const auto& [id, entity] : found->second) places.push_back({d, id, &entity});
    }
    return places;
  }

  static bool Same(const Shape& shape, const Place& a, const Place& b) {
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
  }

  // By their first members.
  static std::map<size_t, std::vector<size_t>> Groups(const Shape& shape,
                                                      const std::vector<Place>& places) {
    std::vector<size_t> root(places.size());
    std::iota(root.begin(), root.end(), size_t{0});
    const auto find = [&](size_t i) {
      while (root[i] != i) i = root[i];
      return i;
    };
    for (size_t i = 0; i < places.size(); ++i) {
      for (size_t k = i + 1; k < places.size(); ++k) {
        if (places[i].dataset == places[k].dataset || !Same(shape, places[i], places[k])) continue;
        const size_t a = find(i), b = find(k);
        root[std::max(a, b)] = std::min(a, b);
      }
    }
    std::map<size_t, std::vector<size_t>> groups;
    for (size_t i = 0; i < places.size(); ++i) groups[find(i)].push_back(i);
    return groups;
  }

  // Its id and JSON.
  static std::pair<std::string, std::string> Merged(const Shape& shape,
                                                    const std::vector<Place>& places,
                                                    const std::vector<size_t>& members) {
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
    if (shape.first) id = places[members[0]].id;
    std::string json = fmt::format(R"({{"$ids":[{}],"_id":"{}")", ids, id);
    for (const auto& [name, values] : fields) {
      std::string all;
      for (const Field* field : values) {
        for (const auto& item : field->Items()) all += (all.empty() ? "" : ",") + item;
      }
      json += fmt::format(R"(,"{}":{})", name,
                          values.size() == 1 ? values[0]->Json() : "[" + all + "]");
    }
    return {id, json + "}"};
  }
};

}  // namespace sluice::pipe::testing
