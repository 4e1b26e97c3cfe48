// One incarnation of a dataset in memory: its counters and indexes, and the mutex that is its
// writer queue.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/format.h"
#include "storage/id_filter.h"
#include "storage/store.h"

namespace sluice::storage {

struct Index {
  uint32_t number = 0;
  IndexDefinition definition;
  IndexProgress progress;
  std::shared_ptr<const KeyExtractor> extractor;  // Null after a restart, until it is given again.
};

class Dataset {
 public:
  Dataset(DatasetDefinition its_definition, const Counters& its_counters)
      : definition(std::move(its_definition)), counters(its_counters) {
    Publish();
  }

  // Held while a commit is prepared and applied: commits to one dataset come one after the other.
  std::mutex writer_mutex;

  // Guarded by writer_mutex.
  DatasetDefinition definition;
  Counters counters;
  std::vector<Index> indexes;
  // All ids, since the dataset was empty; null where it was not loaded by this process, or is no
  // longer.
  std::unique_ptr<IdFilter> ids;
  // The full run that has begun has source notes (CommitBuilder::NoteSource).
  bool source_notes = false;
  bool gone =
      false;  // Deleted or truncated: whoever waited for the writer queue finds nothing here.

  Index* FindIndex(uint32_t number) {
    for (auto& index : indexes) {
      if (index.number == number) return &index;
    }
    return nullptr;
  }

  // Whether commits may remove versions that keeping N leaves out. While the queue is being rebuilt
  // they may not: that walks histories, and would find them cut.
  bool MayRemove() const {
    return counters.populated && definition.options.compaction && !counters.compact_all;
  }

  // Shows what is guarded by writer_mutex to those who do not wait for it. The caller holds it.
  void Publish() {
    const std::lock_guard lock(published_mutex_);
    published_ = {.definition = definition, .counters = counters, .indexes = {}};
    for (const auto& index : indexes) {
      published_.indexes.push_back({.number = index.number,
                                    .definition = index.definition,
                                    .dataset = definition.number,
                                    .ready = index.progress.ready(),
                                    .entries = index.progress.entries});
    }
  }

  // Shows new counters only: what most commits change.
  void PublishCounters() {
    const std::lock_guard lock(published_mutex_);
    published_.counters = counters;
    for (size_t i = 0; i < indexes.size(); ++i) {
      published_.indexes[i].ready = indexes[i].progress.ready();
      published_.indexes[i].entries = indexes[i].progress.entries;
    }
  }

  DatasetInfo Info() const {
    const std::lock_guard lock(published_mutex_);
    return InfoOf(published_.definition, published_.counters);
  }

  std::optional<FullRun> CurrentFullRun() const {
    const std::lock_guard lock(published_mutex_);
    return published_.counters.full_run;
  }

  std::vector<IndexInfo> IndexInfos() const {
    const std::lock_guard lock(published_mutex_);
    return published_.indexes;
  }

  static DatasetInfo InfoOf(const DatasetDefinition& definition, const Counters& counters) {
    return {.name = definition.name,
            .number = definition.number,
            .uuid = definition.uuid,
            .options = definition.options,
            .populated = counters.populated,
            .live = counters.live,
            .deleted = counters.deleted,
            .versions = counters.versions,
            .queued = counters.queued,
            .next_offset = counters.next_offset,
            .created_us = definition.created_us,
            .updated_us = counters.updated_us};
  }

  void SetHold(const std::string& holder, std::optional<Offset> from) {
    const std::lock_guard lock(holds_mutex_);
    if (from) {
      holds_[holder] = *from;
    } else {
      holds_.erase(holder);
    }
  }

  std::map<std::string, Offset> Holds() const {
    const std::lock_guard lock(holds_mutex_);
    return holds_;
  }

  // The least of the holds; the largest offset if there is none.
  Offset HoldBegin() const {
    const std::lock_guard lock(holds_mutex_);
    Offset least = UINT64_MAX;
    for (const auto& [holder, from] : holds_) least = std::min(least, from);
    return least;
  }

 private:
  struct Published {
    DatasetDefinition definition;
    Counters counters;
    std::vector<IndexInfo> indexes;
  };
  mutable std::mutex published_mutex_;
  Published published_;
  mutable std::mutex holds_mutex_;
  std::map<std::string, Offset> holds_;
};

}  // namespace sluice::storage
