#include "pipe/builtins.h"

#include "pipe/dataset_sink.h"
#include "pipe/dataset_source.h"
#include "pipe/dtl_transform.h"
#include "pipe/embedded_source.h"
#include "pipe/union_source.h"

namespace sluice::pipe {

void AddBuiltins(Registry& registry) {
  AddDatasetSource(registry);
  AddEmbeddedSource(registry);
  AddEmptySource(registry);
  AddUnionSource(registry);
  AddDatasetSink(registry);
  AddNullSink(registry);
  AddTransforms(registry);
}

}  // namespace sluice::pipe
