// The nodes of special forms (forms.cc, path_node.cc).

#pragma once

#include <string>
#include <vector>

#include "dtl/ast.h"
#include "dtl/compile.h"
#include "dtl/node.h"

namespace sluice::dtl {

// `fields` takes up what the path reads of its rule's source; null outside of rules.
NodePtr MakePathNode(const Expr& expr, const Namespaces& namespaces, SourceFields* fields);
// ["path", NAMES, VALUES]
NodePtr MakePathFunction(NodePtr names, NodePtr values, const Namespaces& namespaces);

NodePtr MakeAnd(std::vector<NodePtr> args, bool negate);
NodePtr MakeOr(std::vector<NodePtr> args);
NodePtr MakeCase(std::vector<NodePtr> args);
NodePtr MakeCaseEq(std::vector<NodePtr> args);
NodePtr MakeCoalesceArgs(std::vector<NodePtr> args);
NodePtr MakeTuples(std::vector<NodePtr> args, std::string at);
NodePtr MakeApply(const Rule& rule, NodePtr values, std::string at);
NodePtr MakeIsChanged(NodePtr function);
NodePtr MakeLookupEntity(NodePtr dataset, NodePtr id, std::string at);
NodePtr MakeCompleteness(NodePtr via, NodePtr dataset);

// The result of applying a rule to a value: null stays null, a list gives a list.
Value ApplyToValues(Evaluator& evaluator, const Rule& rule, const Value& values);

}  // namespace sluice::dtl
