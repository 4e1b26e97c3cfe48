// The extractors of a data folder's indexes, for commands that open its store without its hub.

#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "server/node.h"
#include "storage/engine.h"
#include "storage/verify.h"

namespace sluice::server {

// The stored configuration, compiled in memory: nothing of the folder is changed.
class StoredIndexes {
 public:
  // `view`: of the folder's store. Pipes that are broken have no indexes.
  static Result<StoredIndexes> Load(const storage::ReadView& view, const std::string& data);

  // Must not outlive this.
  storage::FindExtractor finder() const;

 private:
  std::unique_ptr<Node> node_;
};

}  // namespace sluice::server
