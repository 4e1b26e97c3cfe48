// A transform that passes everything on, so that a test may do something between two commits.

#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "pipe/component.h"
#include "pipe/registry.h"

namespace sluice::pipe::testing {

// Passes everything on; each batch is a commit of its own, and a test may do something before it.
class HookTransform final : public Transform {
 public:
  explicit HookTransform(std::function<Result<void>()>& hook) : hook_(hook) {}
  Result<Batch> Apply(Batch batch, const Stop&) override {
    if (hook_) SLUICE_TRY(hook_());
    return batch;
  }
  bool is_external() const override { return false; }
  bool reads_sink() const override { return true; }

 private:
  std::function<Result<void>()>& hook_;
};

// Under the name of a transform that pipes may have.
inline void AddHook(Registry& registry, std::function<Result<void>()>& hook) {
  registry.AddTransform({.type = "rdf",
                         .doc = "",
                         .make = [&hook](const config::ConfigView&,
                                         const MakeContext&) -> Result<std::unique_ptr<Transform>> {
                           return std::make_unique<HookTransform>(hook);
                         }});
}

}  // namespace sluice::pipe::testing
