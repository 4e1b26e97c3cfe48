// The way of a batch through a pipe, between source and sink.

#pragma once

#include "pipe/compiled_pipe.h"

namespace sluice::pipe {

// Adds namespaces where the pipe does.
void EnterPipe(const CompiledPipe& pipe, Batch& batch);
// The transforms, one after the other.
Result<Batch> ApplyTransforms(const CompiledPipe& pipe, Batch batch, const Stop& stop);
// Removes namespaces where the pipe does, and filtered entities where its sink is no dataset.
void LeavePipe(const CompiledPipe& pipe, Batch& batch);
// All three.
Result<Batch> PassThrough(const CompiledPipe& pipe, Batch batch, const Stop& stop);

// Live entities that came from source entities that stand for nothing any more become deletions.
void EndGone(Batch& batch);

// Fills sources and origins of a batch whose entities are those of one dataset.
void NoteSources(Batch& batch);

// Adds the entities of `from`, and keeps what they view.
void Append(Batch& to, Batch from);
// Memory that a batch holds, about.
size_t BatchBytes(const Batch& batch);

// Whether a transform reads the dataset that the pipe writes.
bool ReadsSink(const CompiledPipe& pipe);

// Builds the indexes that the pipe's transforms need.
Result<void> PrepareTransforms(const CompiledPipe& pipe, const Stop& stop);

}  // namespace sluice::pipe
