// Each key has a chain of values, one for each write that a snapshot may still want to see.

#include "storage/memory_engine.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <vector>

#include "storage/bitmap.h"

namespace sluice::storage {
namespace {

using Bytes = std::shared_ptr<const std::string>;  // Null: removed.

struct Written {
  uint64_t sequence;
  Bytes bytes;
};
using Chain = std::vector<Written>;  // Ascending by sequence.
using Table = std::map<std::string, Chain, std::less<>>;

constexpr uint64_t kNewest = UINT64_MAX;

struct Change {
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange, kMerge };
  Kind kind;
  Family family;
  std::string key;
  std::string value;  // Of a range: its end.
};

class MemoryWriteSet final : public WriteSet {
 public:
  void Put(Family family, std::string_view key, std::string_view value) override {
    Add(Change::Kind::kPut, family, key, std::string(value));
  }
  void PutParts(Family family, std::string_view key, std::string_view head,
                std::string_view tail) override {
    std::string value;
    value.reserve(head.size() + tail.size());
    value.append(head).append(tail);
    Add(Change::Kind::kPut, family, key, std::move(value));
  }
  void Delete(Family family, std::string_view key) override {
    Add(Change::Kind::kDelete, family, key, {});
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    Add(Change::Kind::kDeleteRange, family, begin, std::string(end));
  }
  void MergeBitmap(std::string_view key, std::string_view operand) override {
    Add(Change::Kind::kMerge, Family::kState, key, std::string(operand));
  }

  bool empty() const override { return changes.empty(); }

  std::vector<Change> changes;

 private:
  void Add(Change::Kind kind, Family family, std::string_view key, std::string value) {
    changes.push_back({kind, family, std::string(key), std::move(value)});
  }
};

// The tables and what guards them. Outlives the engine while snapshots are held.
class Tables : public std::enable_shared_from_this<Tables> {
 public:
  Bytes Get(Family family, std::string_view key, uint64_t sequence) const {
    const std::shared_lock lock(tables_mutex_);
    const auto& table = Of(family);
    const auto found = table.find(key);
    return found == table.end() ? nullptr : Seen(found->second, sequence);
  }

  struct Entry {
    std::string key;
    Bytes bytes;
  };

  // The first entry after `key` (or at it, if `inclusive`) and before `upper`.
  std::optional<Entry> After(Family family, std::string_view key, bool inclusive,
                             std::string_view upper, uint64_t sequence) const {
    const std::shared_lock lock(tables_mutex_);
    const auto& table = Of(family);
    for (auto at = inclusive ? table.lower_bound(key) : table.upper_bound(key);
         at != table.end() && at->first < upper; ++at) {
      if (auto bytes = Seen(at->second, sequence)) return Entry{at->first, std::move(bytes)};
    }
    return std::nullopt;
  }

  // The last entry before `key` (or at it, if `inclusive`) and not before `lower`.
  std::optional<Entry> Before(Family family, std::string_view key, bool inclusive,
                              std::string_view lower, uint64_t sequence) const {
    const std::shared_lock lock(tables_mutex_);
    const auto& table = Of(family);
    auto at = inclusive ? table.upper_bound(key) : table.lower_bound(key);
    while (at != table.begin()) {
      --at;
      if (at->first < lower) break;
      if (auto bytes = Seen(at->second, sequence)) return Entry{at->first, std::move(bytes)};
    }
    return std::nullopt;
  }

  Result<void> Apply(const std::vector<Change>& changes) {
    const std::unique_lock lock(tables_mutex_);
    // The one change that can fail is checked first, so that a set is applied whole or not at all.
    for (const auto& change : changes) {
      std::string ignored;
      const std::string_view operand = change.value;
      if (change.kind == Change::Kind::kMerge && !ApplyBitmapOperands({}, {&operand, 1}, ignored)) {
        return MakeError(Code::kCorrupt, "expected a bitmap operand, found {} other bytes",
                         operand.size());
      }
    }
    const uint64_t sequence = sequence_.load() + 1;
    for (const auto& change : changes) ApplyOne(change, sequence);
    sequence_.store(sequence);
    Prune();
    return {};
  }

  uint64_t sequence() const { return sequence_.load(); }

  uint64_t Pin() {
    const std::unique_lock lock(tables_mutex_);
    const uint64_t sequence = sequence_.load();
    pinned_.insert(sequence);
    return sequence;
  }

  void Unpin(uint64_t sequence) {
    const std::unique_lock lock(tables_mutex_);
    pinned_.erase(pinned_.find(sequence));
    Prune();
  }

 private:
  const Table& Of(Family family) const { return tables_[static_cast<size_t>(family)]; }
  Table& Of(Family family) { return tables_[static_cast<size_t>(family)]; }

  static Bytes Seen(const Chain& chain, uint64_t sequence) {
    for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
      if (at->sequence <= sequence) return at->bytes;
    }
    return nullptr;
  }

  void ApplyOne(const Change& change, uint64_t sequence) {
    auto& table = Of(change.family);
    switch (change.kind) {
      case Change::Kind::kPut:
        return Set(change.family, change.key, std::make_shared<const std::string>(change.value),
                   sequence);
      case Change::Kind::kDelete:
        if (table.contains(change.key)) Set(change.family, change.key, nullptr, sequence);
        return;
      case Change::Kind::kDeleteRange:
        for (auto at = table.lower_bound(change.key);
             at != table.end() && at->first < change.value;) {
          const auto key = at++;
          Set(change.family, key->first, nullptr, sequence);
        }
        return;
      case Change::Kind::kMerge: {
        const auto found = table.find(change.key);
        const auto existing = found == table.end() ? nullptr : Seen(found->second, kNewest);
        const std::string_view operand = change.value;
        std::string merged;
        SLUICE_CHECK(
            ApplyBitmapOperands(existing ? *existing : std::string_view(), {&operand, 1}, merged));
        return Set(change.family, change.key,
                   std::make_shared<const std::string>(std::move(merged)), sequence);
      }
    }
  }

  void Set(Family family, const std::string& key, Bytes bytes, uint64_t sequence) {
    auto& chain = Of(family)[key];
    // Nobody can see a value between two pinned sequences.
    const bool seen = !chain.empty() &&
                      pinned_.lower_bound(chain.back().sequence) != pinned_.end() &&
                      chain.back().sequence != sequence;
    if (!chain.empty() && !seen) chain.pop_back();
    chain.push_back({sequence, std::move(bytes)});
    if (chain.size() > 1 || chain.back().bytes == nullptr)
      prunable_[sequence].emplace_back(family, key);
  }

  // Drops values that no snapshot sees any more.
  void Prune() {
    const uint64_t oldest = pinned_.empty() ? kNewest : *pinned_.begin();
    while (!prunable_.empty() && prunable_.begin()->first <= oldest) {
      for (const auto& [family, key] : prunable_.begin()->second) {
        auto& table = Of(family);
        const auto found = table.find(key);
        if (found == table.end()) continue;
        auto& chain = found->second;
        while (chain.size() > 1 && chain[1].sequence <= oldest) chain.erase(chain.begin());
        if (chain.size() == 1 && chain[0].bytes == nullptr && chain[0].sequence <= oldest)
          table.erase(found);
      }
      prunable_.erase(prunable_.begin());
    }
  }

  mutable std::shared_mutex tables_mutex_;
  std::array<Table, kFamilies> tables_;
  std::multiset<uint64_t> pinned_;
  std::map<uint64_t, std::vector<std::pair<Family, std::string>>> prunable_;
  std::atomic<uint64_t> sequence_ = 0;
};

class MemoryCursor final : public Cursor {
 public:
  MemoryCursor(std::shared_ptr<const Tables> tables, Family family, std::string_view lower,
               std::string_view upper, uint64_t sequence)
      : tables_(std::move(tables)),
        family_(family),
        lower_(lower),
        upper_(upper),
        sequence_(sequence) {}

  void Seek(std::string_view key) override {
    entry_ =
        tables_->After(family_, std::max(key, std::string_view(lower_)), true, upper_, sequence_);
  }
  void SeekForPrev(std::string_view key) override {
    const bool within = key < upper_;
    entry_ = tables_->Before(family_, within ? key : std::string_view(upper_), within, lower_,
                             sequence_);
  }
  void Next() override { entry_ = tables_->After(family_, entry_->key, false, upper_, sequence_); }
  void Prev() override { entry_ = tables_->Before(family_, entry_->key, false, lower_, sequence_); }
  bool Valid() const override { return entry_.has_value(); }
  std::string_view key() const override { return entry_->key; }
  std::string_view value() const override { return *entry_->bytes; }
  Result<void> status() const override { return {}; }

 private:
  std::shared_ptr<const Tables> tables_;
  Family family_;
  std::string lower_;
  std::string upper_;
  uint64_t sequence_;
  std::optional<Tables::Entry> entry_;
};

// What the engine and its snapshots read alike.
template <class Base>
class MemoryView : public Base {
 public:
  MemoryView(std::shared_ptr<Tables> tables, uint64_t sequence)
      : tables_(std::move(tables)), at_(sequence) {}

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    const auto bytes = tables_->Get(family, key, at_);
    return bytes ? std::optional(*bytes) : std::nullopt;
  }
  Result<void> MultiGet(Family family, std::span<const std::string_view> keys,
                        const ReadView::Found& found) const override {
    for (size_t i = 0; i < keys.size(); ++i) {
      if (const auto bytes = tables_->Get(family, keys[i], at_)) found(i, *bytes);
    }
    return {};
  }
  std::unique_ptr<Cursor> NewCursor(Family family, std::string_view lower, std::string_view upper,
                                    Access) const override {
    return std::make_unique<MemoryCursor>(tables_, family, lower, upper, at_);
  }

 protected:
  std::shared_ptr<Tables> tables_;
  uint64_t at_;
};

class MemorySnapshot final : public MemoryView<EngineSnapshot> {
 public:
  explicit MemorySnapshot(const std::shared_ptr<Tables>& tables)
      : MemoryView(tables, tables->Pin()) {}
  ~MemorySnapshot() override { tables_->Unpin(at_); }
  uint64_t sequence() const override { return at_; }
};

class MemoryEngine final : public MemoryView<Engine> {
 public:
  MemoryEngine() : MemoryView(std::make_shared<Tables>(), kNewest) {}

  std::unique_ptr<WriteSet> NewWriteSet() const override {
    return std::make_unique<MemoryWriteSet>();
  }
  Result<void> Apply(std::unique_ptr<WriteSet> set) override {
    return tables_->Apply(static_cast<const MemoryWriteSet&>(*set).changes);
  }
  Result<void> Sync() override { return {}; }
  uint64_t LatestSequence() const override { return tables_->sequence(); }
  std::shared_ptr<const EngineSnapshot> TakeSnapshot() const override {
    return std::make_shared<MemorySnapshot>(tables_);
  }
  void Reclaim(Family, std::string, std::string) override {}
  uint64_t DiskBytes() const override { return 0; }
  DiskSpace Disk() const override { return {}; }
  Result<BackupReport> Backup(const BackupOptions&, const Stop&) override {
    return MakeError(Code::kNotBuilt, "a store in memory has no backup");
  }
};

}  // namespace

std::unique_ptr<Engine> MakeMemoryEngine() { return std::make_unique<MemoryEngine>(); }

}  // namespace sluice::storage
