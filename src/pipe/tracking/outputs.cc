#include "pipe/tracking/outputs.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "pipe/dict_builder.h"

namespace sluice::pipe {
namespace {

// Ascending: the last contributor of an output wins.
struct Contributor {
  uint32_t rank = 0;
  uint64_t offset = 0;
  std::string source;
  auto operator<=>(const Contributor&) const = default;
};

template <class T>
void AppendBigEndian(std::string& out, T number) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift & 0xff);
  }
}

template <class T>
T TakeBigEndian(std::string_view& text) {
  T number = 0;
  for (size_t i = 0; i < sizeof(T) && i < text.size(); ++i) {
    number = static_cast<T>(number << 8 | static_cast<uint8_t>(text[i]));
  }
  text.remove_prefix(std::min(sizeof(T), text.size()));
  return number;
}

std::string OwnKey(std::string_view prefix, std::string_view source) {
  return std::string(prefix) + 'o' + std::string(source);
}

// Ids may hold any character, so the length comes first.
std::string OutputPrefix(std::string_view prefix, std::string_view output) {
  std::string key(prefix);
  key += 'c';
  AppendBigEndian(key, static_cast<uint32_t>(output.size()));
  key += output;
  return key;
}

std::string ContributorKey(std::string_view output_prefix, const Contributor& contributor) {
  std::string key(output_prefix);
  AppendBigEndian(key, contributor.rank);
  AppendBigEndian(key, contributor.offset);
  return key + contributor.source;
}

std::string AgainKey(std::string_view prefix, std::string_view source) {
  return std::string(prefix) + 'r' + std::string(source);
}

// What one source entity gave.
struct Own {
  uint32_t rank = 0;
  uint64_t offset = 0;
  std::vector<std::string> outputs;
  bool operator==(const Own&) const = default;

  std::string Encoded() const {
    std::string text;
    AppendBigEndian(text, rank);
    AppendBigEndian(text, offset);
    for (const std::string& output : outputs) {
      AppendBigEndian(text, static_cast<uint32_t>(output.size()));
      text += output;
    }
    return text;
  }
  static Own Decoded(std::string_view text) {
    Own own;
    own.rank = TakeBigEndian<uint32_t>(text);
    own.offset = TakeBigEndian<uint64_t>(text);
    while (!text.empty()) {
      const auto size = TakeBigEndian<uint32_t>(text);
      own.outputs.emplace_back(text.substr(0, size));
      text.remove_prefix(std::min<size_t>(size, text.size()));
    }
    return own;
  }
};

class Settling {
 public:
  Settling(const storage::Snapshot& snapshot, std::string_view prefix, OutputsGoTo sink,
           Batch& batch, std::vector<storage::StateChange>& changes)
      : snapshot_(snapshot), prefix_(prefix), sink_(sink), batch_(batch), changes_(changes) {}

  Result<OutputCounts> Run() {
    std::vector<std::vector<size_t>> outputs(batch_.sources.size());
    for (size_t i = 0; i < batch_.entities.size(); ++i) outputs[batch_.origins[i]].push_back(i);
    for (uint32_t i = 0; i < batch_.sources.size(); ++i) {
      SLUICE_TRY(Settle(batch_.sources[i], i, outputs[i]));
    }
    batch_.entities = std::move(kept_);
    batch_.origins = std::move(kept_origins_);
    StoreChanges();
    return counts_;
  }

 private:
  struct Shared {
    std::set<Contributor> before;
    std::set<Contributor> now;
  };

  Result<Own*> FindOwn(const SourceEntity& source) {
    const auto [found, is_new] = owns_.try_emplace(std::string(source.id));
    if (is_new) {
      SLUICE_TRY(const auto stored, snapshot_.GetState(OwnKey(prefix_, source.id)));
      if (stored) found->second.before = found->second.now = Own::Decoded(*stored);
    }
    return &found->second.now;
  }

  Result<Shared*> FindShared(const std::string& output) {
    const auto [found, is_new] = shared_.try_emplace(output);
    if (is_new) {
      const std::string begin = OutputPrefix(prefix_, output);
      SLUICE_TRY(snapshot_.ScanState(begin, [&](std::string_view key, std::string_view) {
        key.remove_prefix(begin.size());
        Contributor contributor;
        contributor.rank = TakeBigEndian<uint32_t>(key);
        contributor.offset = TakeBigEndian<uint64_t>(key);
        contributor.source = key;
        found->second.before.insert(std::move(contributor));
        return true;
      }));
      found->second.now = found->second.before;
    }
    return &found->second;
  }

  static bool IsLive(const Entity& entity) { return !entity.filtered && !entity.deleted; }

  Result<void> Settle(const SourceEntity& source, uint32_t number,
                      const std::vector<size_t>& outputs) {
    SLUICE_TRY(Own* const own, FindOwn(source));
    const Contributor before{own->rank, own->offset, std::string(source.id)};
    const Contributor now{source.rank, source.offset, std::string(source.id)};
    // Which outputs had this entity as the last one.
    std::map<std::string, bool> old;
    for (const std::string& output : own->outputs) {
      SLUICE_TRY(Shared* const shared, FindShared(output));
      old[output] = !shared->now.empty() && *shared->now.rbegin() == before;
      shared->now.erase(before);
    }
    // Of an id that comes several times the last one holds.
    std::map<std::string, size_t, std::less<>> last;
    for (const size_t i : outputs) last[std::string(batch_.entities[i].id())] = i;
    own->rank = source.rank;
    own->offset = source.offset;
    own->outputs.clear();
    for (const auto& [output, i] : last) {
      if (!IsLive(batch_.entities[i])) continue;
      own->outputs.push_back(output);
      SLUICE_TRY(Shared* const shared, FindShared(output));
      shared->now.insert(now);
    }
    for (const size_t i : outputs) {
      const std::string_view id = batch_.entities[i].id();
      if (last.find(id)->second != i) continue;
      SLUICE_TRY(const bool keep, MayWrite(std::string(id), IsLive(batch_.entities[i]), now));
      if (keep) Keep(batch_.entities[i], number);
    }
    for (const auto& [output, was_last] : old) {
      const auto found = last.find(output);
      if (found != last.end() && IsLive(batch_.entities[found->second])) {
        if (was_last) SLUICE_TRY(FallBehind(output, now));
        continue;
      }
      SLUICE_TRY(Leave(output, was_last, found != last.end(), number));
    }
    return {};
  }

  Result<bool> MayWrite(const std::string& output, bool live, const Contributor& now) {
    SLUICE_TRY(const Shared* const shared, FindShared(output));
    if (shared->now.size() > 1) ++counts_.shared;
    if (!live) return shared->now.empty();
    return *shared->now.rbegin() == now;
  }

  // An output that still comes from this entity, which was the last one: its place may be an
  // earlier one now, as that of a merged entity that has another first member.
  Result<void> FallBehind(const std::string& output, const Contributor& now) {
    SLUICE_TRY(const Shared* const shared, FindShared(output));
    if (*shared->now.rbegin() != now) again_.insert(shared->now.rbegin()->source);
    return {};
  }

  // An output that this entity gave comes no longer from it.
  Result<void> Leave(const std::string& output, bool was_last, bool deleted_already,
                     uint32_t number) {
    SLUICE_TRY(const Shared* const shared, FindShared(output));
    if (!shared->now.empty()) {
      if (was_last) again_.insert(shared->now.rbegin()->source);
      return {};
    }
    if (deleted_already) return {};
    Entity gone;
    DictBuilder dict(*batch_.arena);
    dict.SetText("_id", output).Set("_deleted", Value::Boolean(true));
    gone.dict = dict.Make();
    gone.deleted = true;
    // Nothing is to be left where nothing was: written by a run that failed, for example.
    gone.filtered = sink_ == OutputsGoTo::kDataset;
    Keep(gone, number);
    return {};
  }

  void Keep(const Entity& entity, uint32_t number) {
    kept_.push_back(entity);
    kept_origins_.push_back(number);
  }

  void StoreChanges() {
    for (const auto& [source, own] : owns_) {
      if (own.now == own.before) continue;
      if (own.now.outputs.empty() && own.before.outputs.empty()) continue;
      changes_.push_back({OwnKey(prefix_, source), own.now.outputs.empty()
                                                       ? std::nullopt
                                                       : std::optional(own.now.Encoded())});
    }
    for (const auto& [output, shared] : shared_) {
      const std::string begin = OutputPrefix(prefix_, output);
      for (const Contributor& gone : shared.before) {
        if (!shared.now.contains(gone)) {
          changes_.push_back({ContributorKey(begin, gone), std::nullopt});
        }
      }
      for (const Contributor& added : shared.now) {
        if (!shared.before.contains(added)) {
          changes_.push_back({ContributorKey(begin, added), ""});
        }
      }
    }
    for (const std::string& source : again_) changes_.push_back({AgainKey(prefix_, source), ""});
  }

  struct OwnChange {
    Own before;
    Own now;
  };

  const storage::Snapshot& snapshot_;
  std::string_view prefix_;
  OutputsGoTo sink_;
  Batch& batch_;
  std::vector<storage::StateChange>& changes_;
  std::unordered_map<std::string, OwnChange> owns_;
  std::unordered_map<std::string, Shared> shared_;
  std::set<std::string> again_;
  std::vector<Entity> kept_;
  std::vector<uint32_t> kept_origins_;
  OutputCounts counts_;
};

}  // namespace

Result<OutputCounts> SettleOutputs(const storage::Snapshot& snapshot, std::string_view prefix,
                                   OutputsGoTo sink, Batch& batch,
                                   std::vector<storage::StateChange>& changes) {
  return Settling(snapshot, prefix, sink, batch, changes).Run();
}

Result<std::vector<std::string>> TakenOver(const storage::Snapshot& snapshot,
                                           std::string_view prefix, size_t ids_max) {
  std::vector<std::string> ids;
  const std::string begin = AgainKey(prefix, "");
  SLUICE_TRY(snapshot.ScanState(begin, [&](std::string_view key, std::string_view) {
    ids.emplace_back(key.substr(begin.size()));
    return ids.size() < ids_max;
  }));
  return ids;
}

storage::StateChange DoneAgain(std::string_view prefix, std::string_view source) {
  return {AgainKey(prefix, source), std::nullopt};
}

}  // namespace sluice::pipe
