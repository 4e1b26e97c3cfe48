// The configuration in the store's meta space.

#pragma once

#include <memory>
#include <vector>

#include "config/environment.h"
#include "config/secrets.h"
#include "pipe/hub_state.h"
#include "storage/store.h"

namespace sluice::pipe {

Result<std::vector<StoredDocument>> LoadDocuments(const storage::Store& store);
// Writes what differs, in one step.
Result<void> SaveDocuments(storage::Store& store, const std::vector<StoredDocument>& before,
                           const std::vector<StoredDocument>& after);

Result<std::shared_ptr<const config::Environment>> LoadEnvironment(const storage::Store& store);
Result<void> SaveEnvironment(storage::Store& store, const config::Environment& environment);

Result<void> LoadSecrets(const storage::Store& store, config::Secrets& secrets);
Result<void> SaveSecrets(storage::Store& store, const config::Secrets& secrets);

}  // namespace sluice::pipe
