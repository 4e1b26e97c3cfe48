// The comparison of a store with its model, through everything that reads.

#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/store_model.h"

namespace sluice::storage::testing {

class StoreComparison {
 public:
  StoreComparison(Store& store, const Model& model, bool compacted)
      : store_(store), model_(model), compacted_(compacted), snapshot_(store.TakeSnapshot()) {}

  std::string Run() {
    CompareDatasets();
    CompareState();
    return difference_;
  }

 private:
  template <class A, class B>
  void Expect(const A& found, const B& expected, const std::string& what) {
    if (!difference_.empty() || found == expected) return;
    difference_ = what;
    if constexpr (std::is_arithmetic_v<A>) {
      difference_ += ": found " + std::to_string(found) + ", expected " + std::to_string(expected);
    } else if constexpr (std::is_same_v<A, Strings>) {
      for (const auto& [name, list] :
           {std::pair(": found", &found), std::pair(", expected", &expected)}) {
        difference_ += name;
        for (const auto& text : *list) difference_ += " [" + text + "]";
      }
    }
  }

  void CompareDatasets() {
    Strings names, expected_names;
    for (const auto& info : store_.ListDatasets()) names.push_back(info.name);
    for (const auto& [name, dataset] : model_.datasets) expected_names.push_back(name);
    Expect(names, expected_names, "names of datasets");
    if (!difference_.empty()) return;
    for (const auto& [name, dataset] : model_.datasets) CompareDataset(name, dataset);
  }

  void CompareDataset(const std::string& name, const ModelDataset& expected) {
    const auto info = *store_.FindDataset(name);
    const auto seen = *Ok(snapshot_->FindDataset(name));
    Expect(info.number, expected.number, name + ": number");
    if (!difference_.empty()) return;
    const auto history = Read(expected, {.history = true});
    CompareHistory(name, expected, history);
    std::vector<Offset> live, latest;
    Strings latest_texts, live_texts;
    for (const auto& [offset, version] : expected.log) {
      if (expected.latest.at(version.id) != offset) continue;
      latest.push_back(offset);
      latest_texts.push_back(std::to_string(offset) + " " + version.text);
      if (version.deleted) continue;
      live.push_back(offset);
      live_texts.push_back(latest_texts.back());
    }
    for (const auto& one : {info, seen}) {
      Expect(one.live, live.size(), name + ": live");
      Expect(one.deleted, latest.size() - live.size(), name + ": deleted");
      Expect(one.versions, history.size(), name + ": versions");
      Expect(one.next_offset, expected.next, name + ": next offset");
      Expect(one.populated, expected.populated, name + ": populated");
      // Data alone does not tell before from after a change of the options.
      Expect(one.options.keep_versions, expected.keep, name + ": versions to keep");
    }
    const auto run = store_.CurrentFullRun(expected.number);
    Expect(run.value_or(0), expected.run ? expected.run->number : 0, name + ": full run");
    Expect(Read(expected, {}), latest_texts, name + ": latest");
    Expect(Read(expected, {.deleted = false}), live_texts, name + ": live ones");
    CompareRanges(name, expected, latest_texts, latest, live);
    CompareIds(name, expected);
    CompareIndex(name, expected);
  }

  Strings Read(const ModelDataset& dataset, const ReadOptions& options) {
    return TestStore::Drain(*Ok(snapshot_->ReadLog(dataset.number, options)), 7);
  }

  void CompareHistory(const std::string& name, const ModelDataset& expected,
                      const Strings& history) {
    std::set<std::string> found(history.begin(), history.end());
    Expect(found.size(), history.size(), name + ": a version twice");
    for (const auto& [offset, version] : expected.log) {
      const auto text = std::to_string(offset) + " " + version.text;
      const bool is_there = found.erase(text) != 0;
      if (!is_there) Expect(version.may_be_gone, true, name + ": lost version " + text);
    }
    if (!found.empty()) Expect(*found.begin(), "", name + ": invented version " + *found.begin());
    if (!compacted_) return;
    for (const Offset offset : expected.MustBeGone()) {
      const auto text = std::to_string(offset) + " " + expected.log.at(offset).text;
      const bool is_there = std::find(history.begin(), history.end(), text) != history.end();
      Expect(is_there, false, name + ": not compacted: " + text);
    }
  }

  void CompareRanges(const std::string& name, const ModelDataset& expected,
                     const Strings& latest_texts, const std::vector<Offset>& latest,
                     const std::vector<Offset>& live) {
    if (latest.empty()) return;
    auto reversed = latest_texts;
    std::reverse(reversed.begin(), reversed.end());
    Expect(Read(expected, {.reverse = true}), reversed, name + ": reversed");
    const Offset middle = latest[latest.size() / 2];
    const Strings later(latest_texts.begin() + static_cast<std::ptrdiff_t>(latest.size() / 2),
                        latest_texts.end());
    Expect(Read(expected, {.from = middle}), later, name + ": from the middle");
    const auto from = std::lower_bound(live.begin(), live.end(), middle);
    const auto left = static_cast<uint64_t>(live.end() - from);
    Expect(Ok(snapshot_->CountLive(expected.number, middle)), left,
           name + ": live from the middle");
    if (left > 1) {
      Expect(Ok(snapshot_->SelectLive(expected.number, middle, left - 1)), live.back(),
             name + ": the last by position");
    }
    Expect(Ok(snapshot_->SelectLive(expected.number, middle, left)), expected.next,
           name + ": beyond the last");
  }

  void CompareIds(const std::string& name, const ModelDataset& expected) {
    Arena arena;
    std::vector<std::string_view> ids;
    for (const auto& [id, offset] : expected.latest) ids.push_back(id);
    const auto entities = Ok(snapshot_->Get(expected.number, ids, arena));
    for (size_t i = 0; i < ids.size() && difference_.empty(); ++i) {
      const auto& version = expected.log.at(expected.latest.at(std::string(ids[i])));
      Expect(entities[i] != nullptr, true, name + ": lost " + std::string(ids[i]));
      if (entities[i] == nullptr) return;
      Expect(Text(*entities[i]), version.text, name + ": content of " + version.text);
      Expect(*entities[i]->hash == version.hash, true, name + ": hash of " + version.text);
      const auto previous = entities[i]->previous.AsInteger().value_or(-1);
      Expect(previous, version.previous ? static_cast<int64_t>(*version.previous) : -1,
             name + ": previous");
      const auto history = Ok(snapshot_->History(expected.number, ids[i], 1'000, arena));
      Offset at = expected.latest.at(std::string(ids[i]));
      for (const auto* entity : history) {
        Expect(*entity->updated.AsInteger(), static_cast<int64_t>(at),
               name + ": history of " + version.id);
        at = expected.log.at(at).previous.value_or(0);
      }
    }
    size_t by_id = 0;
    const auto reader = Ok(snapshot_->ReadById(expected.number, "", true));
    by_id = TestStore::Drain(*reader, 5).size();
    Expect(by_id, ids.size(), name + ": read by id");
  }

  void CompareIndex(const std::string& name, const ModelDataset& expected) {
    const auto indexes = store_.ListIndexes(expected.number);
    Expect(indexes.size(), expected.index ? size_t{1} : size_t{0}, name + ": indexes");
    if (!difference_.empty() || !expected.index) return;
    Expect(indexes[0].number, *expected.index, name + ": number of the index");
    Expect(indexes[0].ready, expected.index_built, name + ": index is ready");
    if (!difference_.empty() || !expected.index_built) return;
    std::map<std::string, Strings> by_tag;
    for (const auto& tag : {"red", "green", "blue", "none"}) by_tag[tag];
    uint64_t entries = 0;
    for (const auto& [id, offset] : expected.latest) {
      const auto& version = expected.log.at(offset);
      if (version.deleted) continue;
      for (const auto& tag : version.tags) by_tag[tag].push_back(id);
      entries += version.tags.size();
    }
    Arena arena;
    for (const auto& [tag, ids] : by_tag) {
      const auto key = KeyOf(tag);
      const std::string_view view = key;
      const auto found = Ok(snapshot_->FindIds(*expected.index, {&view, 1}, SIZE_MAX, arena));
      Expect(Strings(found[0].begin(), found[0].end()), ids, name + ": index of " + tag);
      Expect(Ok(snapshot_->CountIds(*expected.index, key, 1'000)), ids.size(),
             name + ": count of " + tag);
    }
    Expect(store_.ListIndexes(expected.number).at(0).entries, entries,
           name + ": entries of the index");
  }

  void CompareState() {
    std::map<std::string, std::string> state;
    Ok(snapshot_->ScanState("", [&](std::string_view key, std::string_view value) {
      state.emplace(key, value);
      return true;
    }));
    Expect(state, model_.state, "state");
  }

  Store& store_;
  const Model& model_;
  const bool compacted_;
  const std::shared_ptr<const Snapshot> snapshot_;
  std::string difference_;
};

// The first difference between the store and the model, in words; empty if there is none.
// `compacted`: what compaction may remove must be gone.
inline std::string Difference(Store& store, const Model& model, bool compacted) {
  return StoreComparison(store, model, compacted).Run();
}

}  // namespace sluice::storage::testing
