// ExpressionKey: what an index of a join holds for an entity.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dtl/ast.h"
#include "dtl/compile.h"
#include "dtl/lookup.h"

namespace sluice::dtl {

// Text that is the same for expressions that mean the same, with the entity they read written as
// "_".
std::string CanonicalText(const Expr& expr, const Namespaces& namespaces);

// The values of an expression that reads one entity: an alias or `_S`. May be used by any thread.
class ExpressionKey final : public IndexedKey {
 public:
  // `slot` of the alias, or nothing for an expression over `_S`.
  ExpressionKey(std::string dataset, std::string expression, std::shared_ptr<const Ground> ground,
                std::shared_ptr<const Node> node, std::optional<int> slot);

  const std::string& dataset() const override { return dataset_; }
  const std::string& expression() const override { return expression_; }
  bool IsId() const override { return is_id_; }
  // An expression that fails for an entity gives no keys: it joins nothing.
  std::vector<Value> Keys(const Entity& entity, Arena& arena) const override;
  std::shared_ptr<const IndexedKey> Over(std::string dataset) const override;

 private:
  std::string dataset_;
  std::string expression_;
  std::shared_ptr<const Ground> ground_;
  std::shared_ptr<const Node> node_;
  std::optional<int> slot_;
  bool is_id_;
  std::string property_;  // The expression is no more than this property's value; else empty.
};

// Whether all of some expressions over one alias hold.
class ExpressionFilter final : public EntityFilter {
 public:
  ExpressionFilter(std::shared_ptr<const Ground> ground, std::vector<NodePtr> nodes, int slot);
  bool Passes(const Entity& entity, Arena& arena) const override;

 private:
  std::shared_ptr<const Ground> ground_;
  std::vector<NodePtr> nodes_;
  int slot_;
};

// What some expressions over one alias read of an entity.
class ExpressionReads final : public EntityReads {
 public:
  ExpressionReads(std::shared_ptr<const Ground> ground, std::vector<NodePtr> nodes, int slot);
  // By identity: what equals may still be written differently. An expression that fails differs.
  bool Differ(const Entity& a, const Entity& b, Arena& arena) const override;

 private:
  std::shared_ptr<const Ground> ground_;
  std::vector<NodePtr> nodes_;
  int slot_;
};

}  // namespace sluice::dtl
