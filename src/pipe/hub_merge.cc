// What merge sources tell about their groups.

#include "pipe/hub_state.h"
#include "pipe/merge/explain.h"

namespace sluice::pipe {
namespace {

Result<const merge::Explainer*> FindExplainer(const CompiledPipe& pipe) {
  const auto* const explainer = dynamic_cast<const merge::Explainer*>(pipe.source.get());
  if (explainer) return explainer;
  return MakeError(Code::kBadRequest, "the pipe \"{}\" has no merge source", pipe.id);
}

}  // namespace

Result<std::string> Hub::ExplainMerge(std::string_view pipe, std::string_view id,
                                      const Stop& stop) const {
  SLUICE_TRY(const auto entry, state_->FindPipe(pipe));
  SLUICE_TRY(const auto* const explainer, FindExplainer(*entry.version));
  return explainer->Explain(id, stop);
}

Result<std::string> Hub::MergeOverview(std::string_view pipe, const Stop& stop) const {
  SLUICE_TRY(const auto entry, state_->FindPipe(pipe));
  SLUICE_TRY(const auto* const explainer, FindExplainer(*entry.version));
  return explainer->Overview(stop);
}

}  // namespace sluice::pipe
