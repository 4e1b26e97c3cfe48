// Namespaces at both ends of a pipe (features/namespaces.rst).

#pragma once

#include "base/arena.h"
#include "dtl/program.h"
#include "pipe/component.h"
#include "value/value.h"

namespace sluice::pipe {

// Puts the identity namespace before `_id`s and the property namespace before names, at every
// depth. Names that start with '_' or '$' stay, and so does what is below them (except `_id`); what
// has the pipe's own namespace already is not prefixed twice.
Value AddNamespaces(const Value& dict, const dtl::Namespaces& namespaces, Arena& arena);

// Cuts names, `_id`s and namespaced identifiers after their last colon, at every depth.
Value RemoveNamespaces(const Value& value, Arena& arena);

// The same for all entities of a batch.
void AddNamespaces(Batch& batch, const dtl::Namespaces& namespaces);
void RemoveNamespaces(Batch& batch);

}  // namespace sluice::pipe
