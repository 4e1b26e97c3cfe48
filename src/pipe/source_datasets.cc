#include "pipe/source_datasets.h"

#include <algorithm>

#include "pipe/dataset_reader.h"

namespace sluice::pipe {
namespace {

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

SourceDatasets::SourceDatasets(std::string_view kind, Options options, const MakeContext& context)
    : kind_(kind),
      options_(std::move(options)),
      store_(context.store),
      dataset_exists_(context.dataset_exists) {
  // One that is listed twice is read once.
  std::vector<std::string> names;
  for (std::string& name : options_.datasets) {
    if (!Contains(names, name)) names.push_back(std::move(name));
  }
  options_.datasets = std::move(names);
}

bool SourceDatasets::IsAwaited(const std::string& dataset) const {
  if (!options_.ignore_non_existent_datasets) return true;
  return dataset_exists_ && dataset_exists_(dataset);
}

bool SourceDatasets::populated() const {
  bool any = MustBePopulated().empty();
  for (const std::string& name : MustBePopulated()) {
    const auto info = store_->FindDataset(name);
    if (info ? !info->populated : IsAwaited(name)) return false;
    any = any || info;
  }
  // Datasets none of which is there are no reason to take anything away downstream.
  return any;
}

std::string SourceDatasets::since_scope() const {
  std::string scope = kind_;
  for (const std::string& name : options_.datasets) {
    const auto info = store_->FindDataset(name);
    if (!info) continue;
    scope += ' ';
    scope += IncarnationName(*info);
  }
  return scope;
}

bool SourceDatasets::KeepsSince(const Value& since, std::string_view stored) const {
  if (stored.substr(0, stored.find(' ')) != kind_) return false;
  const auto positions = DatasetPositions::Parse(since);
  // Set by hand: opening the source says what is wrong with it.
  if (!positions.ok()) return true;
  std::vector<std::string> incarnations;
  for (const std::string& name : options_.datasets) {
    if (const auto info = store_->FindDataset(name)) {
      incarnations.push_back(ShortIncarnation(*info));
    }
  }
  for (size_t i = 0; i < positions->size(); ++i) {
    const DatasetPosition& position = (*positions)[i];
    if (position.next > 0 && !Contains(incarnations, position.incarnation)) return false;
  }
  return true;
}

std::optional<storage::Offset> SourceDatasets::PositionIn(std::string_view dataset,
                                                          const Value& since) const {
  const auto positions = DatasetPositions::Parse(since);
  const auto info = store_->FindDataset(dataset);
  if (!positions.ok() || !info) return std::nullopt;
  return positions->NextIn(ShortIncarnation(*info));
}

Value SourceDatasets::SinceAtEnd(Arena& arena) const {
  DatasetPositions positions;
  for (const std::string& name : options_.datasets) {
    if (const auto info = store_->FindDataset(name)) {
      positions.Add({.incarnation = ShortIncarnation(*info), .next = info->next_offset});
    }
  }
  return positions.AtBeginning() ? Value::Null() : Value::String(arena.Copy(positions.Text()));
}

Result<OpenedDatasets> SourceDatasets::Open(const storage::Snapshot& snapshot,
                                            const Value& since) const {
  SLUICE_TRY(const auto positions, DatasetPositions::Parse(since));
  OpenedDatasets opened;
  std::vector<std::string> incarnations;
  for (const std::string& name : options_.datasets) {
    SLUICE_TRY(const auto info, snapshot.FindDataset(name));
    if (!info) {
      if (Contains(MustBePopulated(), name) && IsAwaited(name)) opened.incomplete = true;
      continue;
    }
    std::string incarnation = ShortIncarnation(*info);
    const storage::Offset next = positions.NextIn(incarnation);
    opened.datasets.push_back({.name = name, .number = info->number});
    incarnations.push_back(incarnation);
    opened.positions.Add({.incarnation = std::move(incarnation), .next = next});
  }
  for (size_t i = 0; i < positions.size(); ++i) {
    const DatasetPosition& gone = positions[i];
    if (gone.next > 0 && !Contains(incarnations, gone.incarnation)) opened.positions.Add(gone);
  }
  return opened;
}

}  // namespace sluice::pipe
