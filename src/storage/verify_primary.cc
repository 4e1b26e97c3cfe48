#include "storage/verify_primary.h"

#include <map>

#include "storage/bitmap.h"
#include "storage/keys.h"
#include "storage/snapshot.h"

namespace sluice::storage {
namespace {

// The tag of a key and the number behind it. Keys of users and of indexes are not looked at here.
constexpr std::string_view kDatasetTags = "bcqs";
constexpr size_t kTaggedBytes = 1 + kDatasetPrefixBytes;
constexpr size_t kSeenKeyBytes = kTaggedBytes + 1 + 8 + 8;

class PrimaryVerifier {
 public:
  using Tell = std::function<void(std::string_view, const std::string&)>;
  // A range of keys that nobody owns.
  using Stray = std::function<void(const KeyRange&)>;

  PrimaryVerifier(const ReadView& view, const std::vector<DatasetDefinition>& definitions,
                  Tell tell, Stray stray)
      : view_(view), tell_(std::move(tell)), stray_(std::move(stray)) {
    for (const auto& definition : definitions) datasets_[definition.number] = &definition;
  }

  Result<void> Run() {
    for (const char tag : kDatasetTags) SLUICE_TRY(CheckOwners(tag));
    for (const auto& [number, definition] : datasets_) SLUICE_TRY(CheckRun(*definition));
    return {};
  }

 private:
  // Each number costs one seek, however many keys it has.
  Result<void> CheckOwners(char tag) {
    const auto range = PrefixRange(std::string(1, tag));
    const auto cursor = view_.NewCursor(Family::kState, range.begin, range.end, Access::kPoint);
    for (cursor->Seek(range.begin); cursor->Valid();) {
      if (cursor->key().size() < kTaggedBytes) {
        tell_("", fmt::format("the state has a key '{}' of {} bytes", tag, cursor->key().size()));
        cursor->Next();
        continue;
      }
      const auto its = PrefixRange(cursor->key().substr(0, kTaggedBytes));
      const auto number = LoadBigEndian<uint32_t>(cursor->key().substr(1, kDatasetPrefixBytes));
      if (!datasets_.contains(number)) {
        tell_("", fmt::format("the state has keys '{}' of {}, which is not defined", tag, number));
        stray_(its);
      }
      cursor->Seek(its.end);
    }
    return cursor->status();
  }

  Result<void> CheckRun(const DatasetDefinition& definition) {
    const auto counters = ReadCounters(view_, definition.number);
    if (!counters.ok()) {
      if (counters.error().code != Code::kCorrupt) return counters.error();
      return {};  // Told where the dataset is verified.
    }
    const auto& run = counters->full_run;
    if (run && (run->begin > counters->next_offset || run->number > counters->last_full_run)) {
      tell_(definition.name,
            fmt::format("full run {} began at {}, and {} runs and {} offsets were given",
                        run->number, run->begin, counters->last_full_run, counters->next_offset));
    }
    SLUICE_TRY(CheckSeen(definition, run));
    const auto notes = SourceNoteRange(definition.number);
    const auto cursor = view_.NewCursor(Family::kState, notes.begin, notes.end, Access::kPoint);
    cursor->Seek(notes.begin);
    if (cursor->Valid() && !run) {
      tell_(definition.name, "notes of a full run are there, and no full run goes on");
      stray_(notes);
    }
    return cursor->status();
  }

  Result<void> CheckSeen(const DatasetDefinition& definition, const std::optional<FullRun>& run) {
    auto prefix = BitmapKey(definition.number, BitmapKind::kSeen, 0, 0);
    prefix.resize(kTaggedBytes + 1);
    const auto range = PrefixRange(prefix);
    const auto cursor = view_.NewCursor(Family::kState, range.begin, range.end, Access::kScan);
    for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
      if (cursor->key().size() != kSeenKeyBytes) {
        tell_(definition.name, "a bad key of what a full run has seen");
        continue;
      }
      const auto number = LoadBigEndian<uint64_t>(cursor->key().substr(kTaggedBytes + 1, 8));
      const auto chunk = LoadBigEndian<uint64_t>(cursor->key().substr(kTaggedBytes + 9, 8));
      const auto bits = ParseChunk(cursor->value());
      if (!run || run->number != number) {
        tell_(definition.name, fmt::format("full run {} has ended, but not what it saw", number));
        stray_(BitmapRange(definition.number, BitmapKind::kSeen, number));
      } else if (!bits.ok()) {
        tell_(definition.name, bits.error().message);
      } else if (!bits->isEmpty() && (chunk << kChunkBits) + bits->maximum() >= run->begin) {
        tell_(definition.name, fmt::format("full run {} began at {} and saw offset {}", number,
                                           run->begin, (chunk << kChunkBits) + bits->maximum()));
      }
    }
    return cursor->status();
  }

  const ReadView& view_;
  const Tell tell_;
  const Stray stray_;
  std::map<DatasetNumber, const DatasetDefinition*> datasets_;
};

}  // namespace

Result<void> VerifyPrimary(const ReadView& view, const std::vector<DatasetDefinition>& definitions,
                           const std::function<void(std::string_view, const std::string&)>& tell) {
  return PrimaryVerifier(view, definitions, tell, [](const KeyRange&) {}).Run();
}

Result<void> RemoveStrayState(Engine& engine, const std::vector<DatasetDefinition>& definitions) {
  auto set = engine.NewWriteSet();
  const auto remove = [&](const KeyRange& range) {
    set->DeleteRange(Family::kState, range.begin, range.end);
  };
  SLUICE_TRY(PrimaryVerifier(engine, definitions, [](auto, const auto&) {}, remove).Run());
  return set->empty() ? Result<void>() : engine.Apply(std::move(set));
}

}  // namespace sluice::storage
