// An engine with a mistake: what an index holds stays, however the entities change.

#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "tests/support/forwarding_engine.h"

namespace sluice::storage::testing {

class IndexKeepingEngine final : public ForwardingEngine {
 public:
  using ForwardingEngine::ForwardingEngine;

  std::unique_ptr<WriteSet> NewWriteSet() const override {
    return std::make_unique<Set>(ForwardingEngine::NewWriteSet());
  }
  Result<void> Apply(std::unique_ptr<WriteSet> set) override {
    return ForwardingEngine::Apply(static_cast<Set&>(*set).Take());
  }

 private:
  class Set final : public WriteSet {
   public:
    explicit Set(std::unique_ptr<WriteSet> set) : set_(std::move(set)) {}
    std::unique_ptr<WriteSet> Take() { return std::move(set_); }

    void Put(Family family, std::string_view key, std::string_view value) override {
      set_->Put(family, key, value);
    }
    void PutParts(Family family, std::string_view key, std::string_view head,
                  std::string_view tail) override {
      set_->PutParts(family, key, head, tail);
    }
    void Delete(Family family, std::string_view key) override {
      if (family != Family::kIndex) set_->Delete(family, key);
    }
    void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
      set_->DeleteRange(family, begin, end);
    }
    void MergeBitmap(std::string_view key, std::string_view operand) override {
      set_->MergeBitmap(key, operand);
    }
    bool empty() const override { return set_->empty(); }

   private:
    std::unique_ptr<WriteSet> set_;
  };
};

}  // namespace sluice::storage::testing
