// Keys that join datasets outside of hops: the equality of merge sources
// (configuration-sources-merge.rst).

#pragma once

#include <memory>
#include <span>
#include <string>

#include "config/issue.h"
#include "config/view.h"
#include "dtl/lookup.h"
#include "dtl/program.h"

namespace sluice::dtl {

struct AliasedDataset {
  std::string dataset;
  std::string alias;
};

// What "DATASET ALIAS" says; kBadConfig at its place where it says something else.
Result<AliasedDataset> ReadAliasedDataset(const config::ConfigView& view);

struct AliasedKey {
  size_t dataset = 0;  // Which of the datasets it reads.
  std::shared_ptr<const IndexedKey> key;
};

// Compiles an expression that reads the entity of one alias and nothing else, so that an index can
// hold what it gives. Findings go to `issues`; the first error comes back too.
Result<AliasedKey> CompileAliasedKey(const config::ConfigView& expression,
                                     std::span<const AliasedDataset> datasets,
                                     const Catalogue& catalogue, const CompileOptions& options,
                                     config::Issues& issues);

}  // namespace sluice::dtl
