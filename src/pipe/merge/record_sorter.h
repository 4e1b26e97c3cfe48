// RecordSorter: sorts records of one size, however many, in bounded memory.

#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "pipe/merge/spill_file.h"

namespace sluice::pipe::merge {

// Records are compared by `<`. Add them all, then Sort, then Next until it gives false. What does
// not fit in memory lies in sorted runs in a file. Used by one thread.
template <class Record>
class RecordSorter {
  static_assert(std::is_trivially_copyable_v<Record>);

 public:
  RecordSorter(std::string folder, size_t bytes_max)
      : folder_(std::move(folder)), records_max_(std::max<size_t>(bytes_max / sizeof(Record), 2)) {}

  Result<void> Add(const Record& record) {
    if (records_.size() == records_max_) SLUICE_TRY(Spill());
    records_.push_back(record);
    ++size_;
    return {};
  }

  Result<void> Sort() {
    std::sort(records_.begin(), records_.end());
    if (runs_.empty()) return {};
    SLUICE_TRY(Spill());
    SLUICE_TRY(file_->Flush());
    records_ = {};
    return Rewind();
  }

  // After Sort: Next begins anew.
  Result<void> Rewind() {
    next_ = 0;
    sources_.clear();
    for (const auto& [begin, end] : runs_) {
      Source source{.reader = SpillReader(*file_, begin, end, kReadBytes), .record = {}};
      SLUICE_TRY(const bool any, source.Advance());
      if (any) sources_.push_back(std::move(source));
    }
    std::make_heap(sources_.begin(), sources_.end(), After);
    return {};
  }

  Result<bool> Next(Record& record) {
    if (runs_.empty()) {
      if (next_ == records_.size()) return false;
      record = records_[next_++];
      return true;
    }
    if (sources_.empty()) return false;
    std::pop_heap(sources_.begin(), sources_.end(), After);
    record = sources_.back().record;
    SLUICE_TRY(const bool any, sources_.back().Advance());
    if (any) {
      std::push_heap(sources_.begin(), sources_.end(), After);
    } else {
      sources_.pop_back();
    }
    return true;
  }

  // How many were added.
  uint64_t size() const { return size_; }

 private:
  static constexpr size_t kReadBytes = 256 * 1024;

  struct Source {
    SpillReader reader;
    Record record;

    Result<bool> Advance() {
      SLUICE_TRY(const std::string_view bytes, reader.Take(sizeof(Record)));
      if (bytes.size() < sizeof(Record)) return false;
      std::memcpy(static_cast<void*>(&record), bytes.data(), sizeof(Record));
      return true;
    }
  };
  static bool After(const Source& a, const Source& b) { return b.record < a.record; }

  Result<void> Spill() {
    if (!file_) {
      SLUICE_TRY(auto file, SpillFile::Make(folder_));
      file_ = std::make_unique<SpillFile>(std::move(file));
    }
    std::sort(records_.begin(), records_.end());
    const uint64_t begin = file_->size();
    SLUICE_TRY(file_->Append(
        {reinterpret_cast<const char*>(records_.data()), records_.size() * sizeof(Record)}));
    runs_.emplace_back(begin, file_->size());
    records_.clear();
    return {};
  }

  const std::string folder_;
  const size_t records_max_;
  std::vector<Record> records_;
  size_t next_ = 0;
  uint64_t size_ = 0;
  std::unique_ptr<SpillFile> file_;
  std::vector<std::pair<uint64_t, uint64_t>> runs_;
  std::vector<Source> sources_;
};

// What several sorters hold, as if it were one. They are sorted, and outlive it.
template <class Record>
class SortedTogether {
 public:
  Result<void> Add(RecordSorter<Record>* sorter) {
    Head head{.sorter = sorter, .record = {}};
    SLUICE_TRY(const bool any, sorter->Next(head.record));
    if (any) heads_.push_back(head);
    return {};
  }

  Result<bool> Next(Record& record) {
    if (heads_.empty()) return false;
    auto least = heads_.begin();
    for (auto head = heads_.begin() + 1; head != heads_.end(); ++head) {
      if (head->record < least->record) least = head;
    }
    record = least->record;
    SLUICE_TRY(const bool any, least->sorter->Next(least->record));
    if (!any) heads_.erase(least);
    return true;
  }

 private:
  struct Head {
    RecordSorter<Record>* sorter;
    Record record;
  };
  std::vector<Head> heads_;  // A few: one for each thread that sorted.
};

}  // namespace sluice::pipe::merge
