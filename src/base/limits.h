// Every upper bound in one place, each with its reason.

#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::limits {

// Values.
inline constexpr size_t kDepthMax =
    512;  // Nesting of lists and dicts: recursion stays within the stack.
inline constexpr size_t kStringBytesMax = 4294967295;  // entity-data-model.rst: 2^32 - 1 bytes.
inline constexpr size_t kNumberDigitsMax =
    100'000;  // Arithmetic on longer numbers would be a denial of service.
inline constexpr size_t kEntityBytesMax =
    256 * 1024 * 1024;  // One encoded entity; sinks and receivers set lower ones.

// Batches.
inline constexpr size_t kBatchEntities = 100;  // configuration-pipes.rst: default batch_size.
inline constexpr size_t kCommitEntitiesMax = 10'000;  // DESIGN.md, Storage: best measured commit.
inline constexpr size_t kCommitBytesMax = 16 * 1024 * 1024;  // Keeps memtables and latency bounded.

// Dependency tracking.
inline constexpr size_t kAffectedBytesMax =
    8 * 1024 * 1024;  // Ids of affected entities in memory; more go to the store.
inline constexpr size_t kInversionVisitedMax =
    200'000;  // Entities on the way back that are remembered, so that each is followed once.
inline constexpr size_t kLookupCacheBytes =
    96 * 1024 * 1024;  // Entities that hops found, kept from batch to batch of one run.

// DTL.
inline constexpr size_t kDtlCallDepthMax = 256;  // Nested calls and rules at run time.
inline constexpr size_t kDtlNestingMax =
    2500;  // Calls within calls, over all rules that run: they share a stack.
inline constexpr size_t kDtlStepsMax = 50'000'000;  // Evaluated nodes for one entity.
inline constexpr size_t kDtlValueBytesMax =
    256 * 1024 * 1024;  // What one entity's evaluation may allocate.
inline constexpr size_t kStringCharactersMax =
    64 * 1024 * 1024;                                 // What one function may make of one string.
inline constexpr size_t kRangeItemsMax = 10'000'000;  // `range`.

// HTTP.
inline constexpr size_t kHttpHeaderBytesMax = 64 * 1024;
inline constexpr size_t kHttpTargetBytesMax = 16 * 1024;
inline constexpr size_t kConfigUploadBytesMax = 512 * 1024 * 1024;
inline constexpr size_t kHttpConnectionsMax = 2000;
inline constexpr size_t kHttpWorkersMax = 128;  // Handlers that run at once: each has a thread.

// Configuration.
inline constexpr size_t kConfigDocumentBytesMax = 64 * 1024 * 1024;
inline constexpr size_t kPipesMax = 100'000;
inline constexpr size_t kConfigFilesMax =
    200'000;  // Files of an archive or a project: pipes, systems, their tests.

}  // namespace sluice::limits
