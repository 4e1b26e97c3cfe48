#include "tests/simulation/flip_check.h"

#include <fmt/core.h>

#include "storage/keys.h"

namespace sluice::storage::testing {
namespace {

bool IsBitmap(Family family, std::string_view key) {
  return family == Family::kState && key.starts_with('b');
}

// What a bulk load leaves until the next commit or opening.
bool IsOfBulkLoad(Family family, std::string_view key) {
  return (family == Family::kState && key.starts_with('m')) ||
         (family == Family::kMeta && key.starts_with(kBulkIntentPrefix));
}

// Calls `visit` for each key until it says false.
template <class Visit>
Result<void> Walk(const ReadView& view, const Visit& visit) {
  for (size_t at = 0; at < kFamilies; ++at) {
    const auto family = static_cast<Family>(at);
    const auto cursor = view.NewCursor(family, "", std::string(200, '\xff'), Access::kScan);
    for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
      if (IsBitmap(family, cursor->key()) || IsOfBulkLoad(family, cursor->key())) continue;
      if (!visit(family, cursor->key(), cursor->value())) return {};
    }
    SLUICE_TRY(cursor->status());
  }
  return {};
}

}  // namespace

Result<Everything> ReadEverything(const ReadView& view) {
  Everything everything;
  SLUICE_TRY(Walk(view, [&](Family family, std::string_view key, std::string_view value) {
    everything.emplace(std::pair(family, key), value);
    return true;
  }));
  return everything;
}

std::string FindServedDifference(const ReadView& view, const Everything& truth, bool& told) {
  std::string difference;
  auto expected = truth.begin();
  const auto walked = Walk(view, [&](Family family, std::string_view key, std::string_view value) {
    if (expected != truth.end() && expected->first == std::pair(family, std::string(key)) &&
        expected->second == value) {
      ++expected;
      return true;
    }
    difference = fmt::format("family {} serves a key of {} bytes with {} that is not as written",
                             static_cast<int>(family), key.size(), value.size());
    return false;
  });
  told = !walked.ok();
  if (told || !difference.empty()) return difference;
  if (expected == truth.end()) return {};
  return fmt::format("family {} leaves a key out and tells of no error",
                     static_cast<int>(expected->first.first));
}

}  // namespace sluice::storage::testing
