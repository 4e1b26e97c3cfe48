#include "dtl/catalogue.h"

namespace sluice::dtl {

void Catalogue::Add(Function function) {
  auto& functions = function.transform ? transforms_ : expressions_;
  std::string name(function.name);
  const bool added =
      functions.emplace(std::move(name), std::make_unique<Function>(std::move(function))).second;
  SLUICE_CHECK(added);
}

const Function* Catalogue::FindExpression(std::string_view name) const {
  const auto found = expressions_.find(name);
  return found == expressions_.end() ? nullptr : found->second.get();
}

const Function* Catalogue::FindTransform(std::string_view name) const {
  const auto found = transforms_.find(name);
  return found == transforms_.end() ? nullptr : found->second.get();
}

std::vector<const Function*> Catalogue::all() const {
  std::vector<const Function*> functions;
  auto transform = transforms_.begin();
  for (const auto& [name, function] : expressions_) {
    for (; transform != transforms_.end() && transform->first < name; ++transform) {
      functions.push_back(transform->second.get());
    }
    functions.push_back(function.get());
  }
  for (; transform != transforms_.end(); ++transform) functions.push_back(transform->second.get());
  return functions;
}

std::vector<std::string_view> Catalogue::names(bool transforms) const {
  std::vector<std::string_view> names;
  for (const auto& [name, function] : transforms ? transforms_ : expressions_)
    names.push_back(name);
  return names;
}

}  // namespace sluice::dtl
