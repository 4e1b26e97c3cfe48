#include "dtl/forms.h"

#include "base/limits.h"
#include "dtl/equality.h"
#include "dtl/path.h"
#include "value/relations.h"

namespace sluice::dtl {
namespace {

// `and`, and `not`, which is its inverse.
class AndNode final : public Node {
 public:
  AndNode(std::vector<NodePtr> args, bool negate) : args_(std::move(args)), negate_(negate) {}
  Value Evaluate(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return {};
    for (const NodePtr& arg : args_) {
      const Value value = arg->Evaluate(evaluator);
      if (evaluator.failed()) return {};
      if (!value.IsTrue()) return Value::Boolean(negate_);
    }
    return Value::Boolean(!negate_);
  }

 private:
  std::vector<NodePtr> args_;
  bool negate_;
};

class OrNode final : public Node {
 public:
  explicit OrNode(std::vector<NodePtr> args) : args_(std::move(args)) {}
  Value Evaluate(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return {};
    for (const NodePtr& arg : args_) {
      const Value value = arg->Evaluate(evaluator);
      if (evaluator.failed()) return {};
      if (value.IsTrue()) return Value::Boolean(true);
    }
    return Value::Boolean(false);
  }

 private:
  std::vector<NodePtr> args_;
};

// `case`, and `if`, which has one condition. An odd last argument is ELSE.
class CaseNode final : public Node {
 public:
  explicit CaseNode(std::vector<NodePtr> args) : args_(std::move(args)) {}
  Value Evaluate(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return {};
    for (size_t i = 0; i + 1 < args_.size(); i += 2) {
      const Value condition = args_[i]->Evaluate(evaluator);
      if (evaluator.failed()) return {};
      if (condition.IsTrue()) return args_[i + 1]->Evaluate(evaluator);
    }
    if (args_.size() % 2 == 0) return {};
    return args_.back()->Evaluate(evaluator);
  }

 private:
  std::vector<NodePtr> args_;
};

class CaseEqNode final : public Node {
 public:
  explicit CaseEqNode(std::vector<NodePtr> args) : args_(std::move(args)) {
    literals_ = true;
    for (size_t i = 1; i + 1 < args_.size(); i += 2) {
      const Value* literal = args_[i]->literal();
      literals_ = literals_ && literal && literal->IsString();
    }
  }

  Value Evaluate(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return {};
    const Value value = args_[0]->Evaluate(evaluator);
    if (evaluator.failed()) return {};
    if (literals_ && value.IsString()) return EvaluateText(value.text(), evaluator);
    for (size_t i = 1; i + 1 < args_.size(); i += 2) {
      const Value candidate = args_[i]->Evaluate(evaluator);
      if (evaluator.failed()) return {};
      if (EqualForEq(value, candidate)) return args_[i + 1]->Evaluate(evaluator);
    }
    return Else(evaluator);
  }

 private:
  // A string among literal strings.
  Value EvaluateText(std::string_view text, Evaluator& evaluator) const {
    for (size_t i = 1; i + 1 < args_.size(); i += 2) {
      if (args_[i]->literal()->text() == text) return args_[i + 1]->Evaluate(evaluator);
    }
    return Else(evaluator);
  }

  Value Else(Evaluator& evaluator) const {
    return args_.size() % 2 == 1 ? Value() : args_.back()->Evaluate(evaluator);
  }

  std::vector<NodePtr> args_;
  bool literals_;  // All candidates are literal strings.
};

class CoalesceArgsNode final : public Node {
 public:
  explicit CoalesceArgsNode(std::vector<NodePtr> args) : args_(std::move(args)) {}
  Value Evaluate(Evaluator& evaluator) const override {
    if (!evaluator.Step()) return {};
    for (const NodePtr& arg : args_) {
      const Value value = arg->Evaluate(evaluator);
      if (!value.IsNull() || evaluator.failed()) return value;
    }
    return {};
  }

 private:
  std::vector<NodePtr> args_;
};

// The product of its arguments' values; nulls are left out.
class TuplesNode final : public ResultNode {
 public:
  TuplesNode(std::vector<NodePtr> args, std::string at)
      : args_(std::move(args)), at_(std::move(at)) {}

  Result<Value> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    Arena& arena = evaluator.arena();
    if (args_.empty()) return Value::List({});
    // From short tuples to long ones: each argument multiplies those there are.
    ListBuilder tuples(arena);
    tuples.Add(Value::Tuple({}));
    for (const NodePtr& arg : args_) {
      SLUICE_TRY(const Value value, dtl::Try(*arg, evaluator));
      ListBuilder items(arena);
      items.AddFlattened(value);
      ListBuilder longer(arena);
      for (const Value& tuple : tuples.items()) {
        for (const Value& item : items.items()) {
          if (item.IsNull()) continue;
          if (!evaluator.Step()) return AtPlace(evaluator.TakeError(), at_);
          const auto begin = tuple.built_items();
          Value* parts = arena.AllocateArray<Value>(tuple.count() + 1);
          std::uninitialized_copy(begin, begin + tuple.count(), parts);
          new (parts + tuple.count()) Value(item);
          longer.Add(Value::Tuple({parts, tuple.count() + 1}));
        }
      }
      tuples = longer;
    }
    return tuples.List();
  }

 private:
  std::vector<NodePtr> args_;
  std::string at_;
};

class ApplyNode final : public Node {
 public:
  ApplyNode(const Rule& rule, NodePtr values, std::string at)
      : rule_(rule), values_(std::move(values)), at_(std::move(at)) {}
  Value Evaluate(Evaluator& evaluator) const override {
    const Value values = values_->Evaluate(evaluator);
    if (evaluator.failed()) return {};
    const Value results = ApplyToValues(evaluator, rule_, values);
    if (evaluator.failed()) [[unlikely]] {
      return evaluator.Fail(AtPlace(evaluator.TakeError(), at_));
    }
    return results;
  }

 private:
  const Rule& rule_;
  NodePtr values_;
  std::string at_;
};

// The versions before and now of the entity that the program runs on.
class IsChangedNode final : public ResultNode {
 public:
  explicit IsChangedNode(NodePtr function) : function_(std::move(function)) {}

  Result<Value> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    const Entity* entity = evaluator.source();
    if (!entity || !evaluator.lookup()) return Value::Null();
    SLUICE_TRY(const Entity* previous, evaluator.lookup()->Previous(*entity, evaluator.arena()));
    if (!previous) return Value::Null();
    if (entity->deleted || previous->deleted) return Value::Boolean(true);
    const Value outer = evaluator.current;
    evaluator.current = Value::OfEntity(previous);
    auto before = dtl::Try(*function_, evaluator);
    evaluator.current = Value::OfEntity(entity);
    auto now = dtl::Try(*function_, evaluator);
    evaluator.current = outer;
    if (!before.ok()) return before;
    if (!now.ok()) return now;
    return Value::Boolean(!Equal(*before, *now));
  }

 private:
  NodePtr function_;
};

class LookupEntityNode final : public ResultNode {
 public:
  LookupEntityNode(NodePtr dataset, NodePtr id, std::string at)
      : dataset_(std::move(dataset)), id_(std::move(id)), at_(std::move(at)) {}

  Result<Value> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    SLUICE_TRY(const Value dataset, dtl::Try(*dataset_, evaluator));
    SLUICE_TRY(const Value id, dtl::Try(*id_, evaluator));
    if (!dataset.IsString() || !id.IsString() || !evaluator.lookup()) return Value::Null();
    auto found = evaluator.lookup()->Get(dataset.text(), id.text(), evaluator.arena());
    if (!found.ok()) return AtPlace(found.TakeError(), at_);
    return *found ? (*found)->dict : Value::Null();
  }

 private:
  NodePtr dataset_;
  NodePtr id_;
  std::string at_;
};

class CompletenessNode final : public ResultNode {
 public:
  CompletenessNode(NodePtr via, NodePtr dataset)
      : via_(std::move(via)), dataset_(std::move(dataset)) {}

  Result<Value> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    SLUICE_TRY(const Value via, dtl::Try(*via_, evaluator));
    SLUICE_TRY(const Value dataset, dtl::Try(*dataset_, evaluator));
    if (!via.IsString() || !dataset.IsString() || !evaluator.lookup()) return Value::Null();
    return evaluator.lookup()->Completeness(via.text(), dataset.text(), evaluator.arena());
  }

 private:
  NodePtr via_;
  NodePtr dataset_;
};

}  // namespace

Value ApplyToValues(Evaluator& evaluator, const Rule& rule, const Value& values) {
  if (values.IsNull()) return values;
  Value target;
  if (!values.IsList()) {
    return evaluator.ApplyRule(rule, values, target) == Flow::kNext ? target : Value();
  }
  Value* const results = evaluator.arena().AllocateArray<Value>(values.count());
  size_t count = 0;
  for (const Value& item : values.items()) {
    if (item.IsNull()) {
      new (results + count++) Value();
      continue;
    }
    const Flow flow = evaluator.ApplyRule(rule, item, target);
    if (flow == Flow::kFailed) return {};
    if (flow == Flow::kNext) new (results + count++) Value(target);
  }
  return Value::List({results, count});
}

NodePtr MakeAnd(std::vector<NodePtr> args, bool negate) {
  return std::make_unique<AndNode>(std::move(args), negate);
}

NodePtr MakeOr(std::vector<NodePtr> args) { return std::make_unique<OrNode>(std::move(args)); }

NodePtr MakeCase(std::vector<NodePtr> args) { return std::make_unique<CaseNode>(std::move(args)); }

NodePtr MakeCaseEq(std::vector<NodePtr> args) {
  return std::make_unique<CaseEqNode>(std::move(args));
}

NodePtr MakeCoalesceArgs(std::vector<NodePtr> args) {
  return std::make_unique<CoalesceArgsNode>(std::move(args));
}

NodePtr MakeTuples(std::vector<NodePtr> args, std::string at) {
  return std::make_unique<TuplesNode>(std::move(args), std::move(at));
}

NodePtr MakeApply(const Rule& rule, NodePtr values, std::string at) {
  return std::make_unique<ApplyNode>(rule, std::move(values), std::move(at));
}

NodePtr MakeIsChanged(NodePtr function) {
  return std::make_unique<IsChangedNode>(std::move(function));
}

NodePtr MakeLookupEntity(NodePtr dataset, NodePtr id, std::string at) {
  return std::make_unique<LookupEntityNode>(std::move(dataset), std::move(id), std::move(at));
}

NodePtr MakeCompleteness(NodePtr via, NodePtr dataset) {
  return std::make_unique<CompletenessNode>(std::move(via), std::move(dataset));
}

}  // namespace sluice::dtl
