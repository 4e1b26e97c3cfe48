// What the readers of a merge source share.

#pragma once

#include <string>

#include "pipe/indexes.h"
#include "pipe/merge/combine.h"
#include "pipe/merge/rules.h"
#include "pipe/source_datasets.h"

namespace sluice::pipe::merge {

// Immutable.
struct MergeSetup {
  std::string pipe;
  SourceDatasets datasets;
  Rules rules;
  CombineOptions combine;
  size_t members_max = 0;
  storage::Store* store = nullptr;
  const Indexes* indexes = nullptr;
  std::string spill_folder;

  // The place of a dataset in the configured list.
  size_t PlaceOf(std::string_view dataset) const {
    size_t place = 0;
    while (rules.datasets()[place].dataset != dataset) ++place;
    return place;
  }
};

inline storage::Offset OffsetOf(const Entity& entity) {
  return static_cast<storage::Offset>(entity.updated.AsInteger().value_or(0));
}

}  // namespace sluice::pipe::merge
