// A plain model of what a store holds, and the comparison of a store with it. It knows nothing of
// how the store works: it keeps every version ever written, and which of them compaction was
// allowed to remove.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/test_store.h"

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
  // Where what was filtered meanwhile, and never stored, came from.
  std::map<std::string, SourceOffset> notes;
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
  // Whether a later place of the same source is known for the id.
  bool IsOvertaken(const TestEntity& entity, bool by_run) const;
  void Note(const TestEntity& entity);
  bool Superfluous(const std::vector<Offset>& newest_first, size_t position) const;
  std::map<std::string, std::vector<Offset>> Histories() const;
};

struct Model {
  std::map<std::string, ModelDataset> datasets;
  std::map<std::string, std::string> state;
};

inline bool ModelDataset::Append(const std::vector<TestEntity>& entities,
                                 const std::vector<std::set<std::string>>& tags,
                                 std::optional<uint64_t> full_run, CommitReceipt& receipt) {
  if (full_run && (!run || run->number != *full_run)) return false;
  auto after = *this;
  for (size_t i = 0; i < entities.size(); ++i) {
    const auto& entity = entities[i];
    const auto found = after.latest.find(entity.id);
    const bool exists = found != after.latest.end();
    const bool drop = entity.deleted && entity.only_if_live;
    if (drop && !exists) {
      ++receipt.unchanged;
      if (after.run && !full_run) after.Note(entity);
      continue;
    }
    const bool overtaken = after.IsOvertaken(entity, full_run.has_value());
    const bool same =
        exists && (drop ? after.log.at(found->second).deleted
                        : !entity.force && after.log.at(found->second).hash == entity.hash);
    const bool unchanged = !overtaken && same;
    if (overtaken || unchanged) {
      ++(overtaken ? receipt.overtaken : receipt.unchanged);
      if (full_run && exists && found->second < after.run->begin)
        after.run->seen.insert(found->second);
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

inline bool ModelDataset::IsOvertaken(const TestEntity& entity, bool by_run) const {
  if (!entity.source) return false;
  const bool exists = latest.contains(entity.id);
  if (!exists && !by_run) return false;
  const auto& places = exists ? sources : run->notes;
  const auto place = places.find(entity.id);
  return place != places.end() && place->second.dataset == entity.source->dataset &&
         entity.source->offset < place->second.offset;
}

inline void ModelDataset::Note(const TestEntity& entity) {
  if (!entity.source) return;
  const auto place = run->notes.find(entity.id);
  const bool later = place != run->notes.end() && place->second.dataset == entity.source->dataset &&
                     entity.source->offset < place->second.offset;
  if (!later) run->notes[entity.id] = *entity.source;
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

}  // namespace sluice::storage::testing
