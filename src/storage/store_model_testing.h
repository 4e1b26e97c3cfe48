// A plain model of what a store holds, and the comparison of a store with it. It knows nothing of
// how the store works: it keeps every version ever written, and which of them compaction was
// allowed to remove.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/store_testing.h"

namespace sluice::storage::testing {

struct ModelVersion {
  std::string id;
  Hash128 hash;
  std::string text;  // As Text() gives it.
  bool deleted = false;
  std::set<std::string> tags;
  std::optional<Offset> previous;
  bool may_be_gone = false;
};

struct ModelRun {
  uint64_t number = 0;
  Offset begin = 0;
  std::set<Offset> seen;
};

struct ModelDataset {
  DatasetNumber number = 0;
  uint32_t keep = 2;
  bool populated = false;
  std::map<Offset, ModelVersion> log;
  std::map<std::string, Offset> latest;
  std::map<std::string, SourceOffset> sources;
  Offset next = 0;
  std::optional<ModelRun> run;
  std::optional<uint32_t> index;
  bool index_built = false;
  std::map<std::string, Offset> holds;

  // As Store::Write should do; false if it should refuse.
  bool Append(const std::vector<TestEntity>& entities,
              const std::vector<std::set<std::string>>& tags, std::optional<uint64_t> full_run,
              CommitReceipt& receipt);
  // As FinishFullRun should do.
  void DeleteUnseen();
  // Marks what compaction may remove from now on. To be called after everything that changes it.
  void NoteRemovable();
  // The versions that compaction must have removed once it ran to the end.
  std::vector<Offset> MustBeGone() const;

 private:
  void AppendOne(const ModelVersion& version);
  bool Superfluous(const std::vector<Offset>& newest_first, size_t position) const;
  std::map<std::string, std::vector<Offset>> Histories() const;
};

struct Model {
  std::map<std::string, ModelDataset> datasets;
  std::map<std::string, std::string> state;
};

// The first difference between the store and the model, in words; empty if there is none.
std::string Difference(Store& store, const Model& model, bool compacted);

// --- the model ---

inline bool ModelDataset::Append(const std::vector<TestEntity>& entities,
                                 const std::vector<std::set<std::string>>& tags,
                                 std::optional<uint64_t> full_run, CommitReceipt& receipt) {
  if (full_run && (!run || run->number != *full_run)) return false;
  auto after = *this;
  for (size_t i = 0; i < entities.size(); ++i) {
    const auto& entity = entities[i];
    const auto found = after.latest.find(entity.id);
    const bool exists = found != after.latest.end();
    const auto source = after.sources.find(entity.id);
    const bool comparable = entity.source && source != after.sources.end() &&
                            source->second.dataset == entity.source->dataset;
    const bool overtaken = comparable && entity.source->offset < source->second.offset;
    const bool unchanged =
        !overtaken && exists && !entity.force && after.log.at(found->second).hash == entity.hash;
    if (overtaken || unchanged) {
      ++(overtaken ? receipt.overtaken : receipt.unchanged);
      if (full_run && found->second < after.run->begin) after.run->seen.insert(found->second);
      if (unchanged && entity.source) after.sources[entity.id] = *entity.source;
      continue;
    }
    if (entity.offset) {
      if (*entity.offset < after.next) return false;
      after.next = *entity.offset;
    }
    after.AppendOne(
        {.id = entity.id,
         .hash = entity.hash,
         .text =
             entity.id + "=" +
             (entity.deleted ? "x" : std::to_string(*Decode(entity.record).Find("v").AsInteger())),
         .deleted = entity.deleted,
         .tags = tags[i],
         .previous = {}});
    if (entity.source) {
      after.sources[entity.id] = *entity.source;
    } else {
      after.sources.erase(entity.id);
    }
    ++receipt.appended;
    if (entity.deleted) ++receipt.deleted;
  }
  *this = std::move(after);
  receipt.next_offset = next;
  return true;
}

inline void ModelDataset::AppendOne(const ModelVersion& version) {
  auto& mine = log[next] = version;
  const auto found = latest.find(version.id);
  if (found != latest.end()) mine.previous = found->second;
  latest[version.id] = next++;
}

inline void ModelDataset::DeleteUnseen() {
  std::vector<std::string> ids;
  for (const auto& [offset, version] : log) {
    if (offset < run->begin && !version.deleted && latest.at(version.id) == offset &&
        !run->seen.contains(offset)) {
      ids.push_back(version.id);
    }
  }
  for (const auto& id : ids) {
    const Property properties[] = {{"_deleted", Value::Boolean(true)}, {"_id", Value::String(id)}};
    std::string record;
    EncodeForDataset(Value::Dict(properties), record);
    AppendOne({.id = id,
               .hash = IdentityHashOfRecord(record),
               .text = id + "=x",
               .deleted = true,
               .tags = {},
               .previous = {}});
    sources.erase(id);
  }
  run.reset();
}

inline std::map<std::string, std::vector<Offset>> ModelDataset::Histories() const {
  std::map<std::string, std::vector<Offset>> histories;
  for (auto at = log.rbegin(); at != log.rend(); ++at)
    histories[at->second.id].push_back(at->first);
  return histories;
}

// At least `keep` newer versions, the one that makes it so is before every hold.
inline bool ModelDataset::Superfluous(const std::vector<Offset>& newest_first,
                                      size_t position) const {
  if (!populated || keep == 0 || position < keep) return false;
  for (const auto& [holder, from] : holds) {
    if (newest_first[position - keep] >= from) return false;
  }
  return true;
}

inline void ModelDataset::NoteRemovable() {
  for (const auto& [id, offsets] : Histories()) {
    for (size_t i = 0; i < offsets.size(); ++i) {
      if (Superfluous(offsets, i)) log.at(offsets[i]).may_be_gone = true;
    }
  }
}

inline std::vector<Offset> ModelDataset::MustBeGone() const {
  std::vector<Offset> gone;
  for (const auto& [id, offsets] : Histories()) {
    for (size_t i = 0; i < offsets.size(); ++i) {
      if (Superfluous(offsets, i)) gone.push_back(offsets[i]);
    }
  }
  return gone;
}

// --- the comparison ---

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
    if (!expected.index || !expected.index_built) return;
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
      const auto found = Ok(snapshot_->FindIds(*expected.index, {&view, 1}, arena));
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

inline std::string Difference(Store& store, const Model& model, bool compacted) {
  return StoreComparison(store, model, compacted).Run();
}

}  // namespace sluice::storage::testing
