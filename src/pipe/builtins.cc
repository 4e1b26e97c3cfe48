#include "pipe/builtins.h"

#include "pipe/dataset_sink.h"
#include "pipe/dataset_source.h"
#include "pipe/dtl_transform.h"
#include "pipe/embedded_source.h"
#include "pipe/merge/merge_source.h"
#include "pipe/merge_datasets_source.h"
#include "pipe/union_source.h"

namespace sluice::pipe {

void AddBuiltins(Registry& registry) {
  AddDatasetSource(registry);
  AddEmbeddedSource(registry);
  AddEmptySource(registry);
  AddUnionSource(registry);
  AddMergeDatasetsSource(registry);
  merge::AddMergeSource(registry);
  AddDiffDatasetsSource(registry);
  AddDatasetSink(registry);
  AddNullSink(registry);
  AddTransforms(registry);
}

}  // namespace sluice::pipe
