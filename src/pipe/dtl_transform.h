// The transforms that pipe/ brings: DTL, and those that only reshape entities.

#pragma once

#include "pipe/indexes.h"
#include "pipe/registry.h"

namespace sluice::pipe {

// A compiled program at work (configuration-transforms-dtl.rst).
class DtlTransform final : public Transform {
 public:
  DtlTransform(std::shared_ptr<const dtl::Program> program, const MakeContext& context);

  Result<Batch> Apply(Batch batch, const Stop& stop) override;
  std::vector<std::string> datasets() const override;
  Result<void> Prepare(const Stop& stop) override;
  bool is_external() const override { return false; }
  bool reads_sink() const override { return program_->analysis().hops_to_sink; }

  const dtl::Analysis& analysis() const { return program_->analysis(); }

 private:
  std::shared_ptr<const dtl::Program> program_;
  storage::Store& store_;
  Indexes& indexes_;
  const Clock& clock_;
  Random& random_;
  std::string source_dataset_;
};

// "dtl" and "emit_children".
void AddTransforms(Registry& registry);

}  // namespace sluice::pipe
