// Full runs: what they have seen, and the deletion of what they have not.

#include "base/arena.h"
#include "base/limits.h"
#include "storage/bitmap.h"
#include "storage/engine_store.h"
#include "storage/keys.h"
#include "storage/reading.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::storage {
namespace {

// Deletions of one commit. Other writers of the dataset wait meanwhile.
constexpr size_t kDeletionsMax = 2'000;

// The live versions of one chunk, up to where the run began, that it has not seen.
Result<Roaring> UnseenOfChunk(const ReadView& view, DatasetNumber dataset, const FullRun& run,
                              uint64_t chunk) {
  SLUICE_TRY(auto bits, ReadLiveChunk(view, dataset, chunk));
  SLUICE_TRY(const auto seen, ReadChunk(view, dataset, BitmapKind::kSeen, run.number, chunk));
  bits -= seen;
  if (chunk == ChunkOf(run.begin)) {
    Roaring before;
    before.addRange(0, WithinChunk(run.begin));
    bits &= before;
  }
  return bits;
}

// Live versions in [from, run.begin) that the run has not seen, ascending, at most `count_max`.
Result<std::vector<Offset>> FindUnseen(const ReadView& view, DatasetNumber dataset,
                                       const FullRun& run, Offset from, size_t count_max) {
  std::vector<Offset> unseen;
  SLUICE_TRY(auto chunk, NextLatestChunk(view, dataset, ChunkOf(from)));
  while (chunk && (*chunk << kChunkBits) < run.begin) {
    SLUICE_TRY(const auto bits, UnseenOfChunk(view, dataset, run, *chunk));
    for (const uint32_t within : bits) {
      const Offset offset = (*chunk << kChunkBits) + within;
      if (offset < from) continue;
      if (unseen.size() == count_max) return unseen;
      unseen.push_back(offset);
    }
    SLUICE_TRY(chunk, NextLatestChunk(view, dataset, *chunk + 1));
  }
  return unseen;
}

// The deletion of an id.
Append MakeDeletion(std::string_view id, bool mark, Arena& arena) {
  std::vector<Property> properties;
  if (mark) properties.push_back({"$deletion_tracked", Value::Boolean(true)});
  properties.push_back({"_deleted", Value::Boolean(true)});
  properties.push_back({"_id", Value::String(id)});
  std::string record;
  EncodeForDataset(Value::Dict(properties), record);
  Append append;
  append.record = arena.Copy(record);
  append.id = id;
  append.hash = IdentityHashOfRecord(append.record);
  append.deleted = true;
  return append;
}

}  // namespace

Result<uint64_t> EngineStore::BeginFullRun(DatasetNumber number) {
  SLUICE_TRY(const auto dataset, Existing(number));
  const std::lock_guard lock(dataset->writer_mutex);
  CommitBuilder builder(*engine_, *dataset, NowMicroseconds());
  builder.EndFullRun();
  auto& counters = builder.counters();
  counters.full_run = FullRun{.number = ++counters.last_full_run, .begin = counters.next_offset};
  SLUICE_TRY(ApplyCommit(*dataset, builder));
  return dataset->counters.full_run->number;
}

Result<CommitReceipt> EngineStore::FinishFullRun(DatasetNumber number, uint64_t full_run,
                                                 const FullRunOptions& options, const Stop& stop) {
  SLUICE_TRY(const auto dataset, Existing(number));
  CommitReceipt total;
  Offset from = 0;
  bool finished = false;
  while (!finished) {
    if (stop.IsSet())
      return MakeError(Code::kCancelled, "stopped while deleting what full run {} has not seen",
                       full_run);
    CommitEvent event;
    {
      const std::lock_guard lock(dataset->writer_mutex);
      SLUICE_TRY(finished, FinishStep(*dataset, full_run, options, from, total));
      event = {.dataset = number,
               .name = dataset->definition.name,
               .next_offset = total.next_offset,
               .populated = dataset->counters.populated};
    }
    Notify(event);
  }
  return total;
}

Result<bool> EngineStore::FinishStep(Dataset& dataset, uint64_t full_run,
                                     const FullRunOptions& options, Offset& from,
                                     CommitReceipt& total) {
  const auto number = dataset.definition.number;
  SLUICE_TRY(const auto run, RunOf(dataset, full_run));
  CommitBuilder builder(*engine_, dataset, NowMicroseconds());
  std::vector<Offset> unseen;
  if (options.delete_unseen) {
    SLUICE_TRY(unseen, FindUnseen(*engine_, number, *run, from, kDeletionsMax));
  }
  const bool last = unseen.size() < kDeletionsMax;
  Arena arena;
  std::vector<Append> deletions;
  for (size_t i = 0; i < unseen.size(); ++i) {
    // One at a time: entities may be large, and only their ids are needed.
    Arena entity_arena;
    SLUICE_TRY(const auto entities, ReadVersions(*engine_, number, {&unseen[i], 1}, entity_arena));
    deletions.push_back(
        MakeDeletion(arena.Copy(entities[0].id()), options.mark_deletion_tracked, arena));
    from = unseen[i] + 1;
  }
  SLUICE_TRY(builder.Append(deletions, std::nullopt));
  if (last) {
    builder.SetState(options.state);
    if (options.set_populated) builder.counters().populated = true;
    builder.EndFullRun();
  }
  SLUICE_TRY(ApplyCommit(dataset, builder));
  total.appended += builder.receipt().appended;
  total.deleted += builder.receipt().deleted;
  total.sequence = builder.receipt().sequence;
  total.next_offset = builder.receipt().next_offset;
  return last;
}

Result<uint64_t> EngineStore::CountUnseen(DatasetNumber number, uint64_t full_run) const {
  SLUICE_TRY(const auto dataset, Existing(number));
  const std::lock_guard lock(dataset->writer_mutex);
  SLUICE_TRY(const auto run, RunOf(*dataset, full_run));
  uint64_t count = 0;
  SLUICE_TRY(auto chunk, NextLatestChunk(*engine_, number, 0));
  while (chunk && (*chunk << kChunkBits) < run->begin) {
    SLUICE_TRY(const auto bits, UnseenOfChunk(*engine_, number, *run, *chunk));
    count += bits.cardinality();
    SLUICE_TRY(chunk, NextLatestChunk(*engine_, number, *chunk + 1));
  }
  return count;
}

Result<void> EngineStore::AbortFullRun(DatasetNumber number, uint64_t full_run) {
  SLUICE_TRY(const auto dataset, Existing(number));
  const std::lock_guard lock(dataset->writer_mutex);
  const auto& current = dataset->counters.full_run;
  if (!current || current->number != full_run) return {};
  CommitBuilder builder(*engine_, *dataset, NowMicroseconds());
  builder.EndFullRun();
  return ApplyCommit(*dataset, builder);
}

std::optional<uint64_t> EngineStore::CurrentFullRun(DatasetNumber number) const {
  const auto dataset = FindByNumber(number);
  if (dataset == nullptr) return std::nullopt;
  const auto run = dataset->CurrentFullRun();
  return run ? std::optional(run->number) : std::nullopt;
}

}  // namespace sluice::storage
