// The executable form of transforms that write properties (steps_*.cc).

#pragma once

#include <string>
#include <vector>

#include "dtl/ast.h"
#include "dtl/names.h"
#include "dtl/node.h"

namespace sluice::dtl {

enum class AddMode { kAlways, kUnlessThere, kIf };

// add, default and add-if. `condition` is evaluated with `_` bound to the value; null: `["neq",
// "_.", null]`.
StepPtr MakeAdd(AddMode mode, NodePtr name, NodePtr value, NodePtr condition,
                const Namespaces& namespaces);
StepPtr MakeRename(NodePtr from, NodePtr to, const Namespaces& namespaces);
StepPtr MakeNi(std::string space, std::string from, std::optional<std::string> to,
               const Namespaces& namespaces);

// Whether a `copy` takes everything.
bool CopiesAll(const std::vector<NamePattern>& include, const std::vector<NamePattern>& exclude);
StepPtr MakeCopy(std::vector<NamePattern> include, std::vector<NamePattern> exclude);
StepPtr MakeRemove(std::vector<NamePattern> patterns);
StepPtr MakeMerge(NodePtr values);
StepPtr MakeMergeUnion(NodePtr values);

// `id_required` of the transform: whether what is no entity is an error or left out.
StepPtr MakeCreate(NodePtr values, bool id_required, std::string at);
StepPtr MakeCreateChild(NodePtr values, bool id_required, std::string at);

// Conditions and blocks of if and case; one block more than conditions is ELSE.
StepPtr MakeChoice(std::vector<NodePtr> conditions, std::vector<Block> blocks);
StepPtr MakeChoiceEq(NodePtr value, std::vector<NodePtr> candidates, std::vector<Block> blocks);
// filter and discard; without a condition it is false.
StepPtr MakeFilter(NodePtr condition, Flow flow);
StepPtr MakeFail(NodePtr message, bool trip, std::string at);
StepPtr MakeSleep(int64_t seconds, std::string at);

}  // namespace sluice::dtl
