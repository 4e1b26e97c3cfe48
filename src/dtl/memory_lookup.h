// MemoryLookup: datasets that are lists of entities, for tests and for `sluice dtl eval`.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dtl/lookup.h"

namespace sluice::dtl {

// Fill it, then look things up; used by one thread at a time. Later entities replace earlier ones
// of the same
// `_id`, the one before becomes its previous version; deleted entities do not join.
class MemoryLookup final : public Lookup {
 public:
  MemoryLookup();
  ~MemoryLookup() override;

  // `dict` is copied. An entity without a string `_id` is an error.
  Result<void> Add(std::string_view dataset, const Value& dict);
  // Makes a dataset known that has no entities.
  void AddDataset(std::string_view dataset);
  bool Exists(std::string_view dataset) const;

  Result<std::vector<std::span<const Entity* const>>> Find(const IndexedKey& key,
                                                           std::span<const Value> keys,
                                                           Arena& arena) override;
  Result<const Entity*> Get(std::string_view dataset, std::string_view id, Arena& arena) override;
  Result<void> Scan(std::string_view dataset, Arena& arena,
                    const std::function<Result<bool>(const Entity&)>& visit) override;
  Result<const Entity*> Previous(const Entity& entity, Arena& arena) override;

 private:
  struct Dataset;
  struct Index;
  Index& IndexFor(const IndexedKey& key);

  Arena arena_;
  std::map<std::string, std::unique_ptr<Dataset>, std::less<>> datasets_;
};

}  // namespace sluice::dtl
