// The syntax tree of rules: names resolved, places kept. Lives while a program is compiled.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dtl/catalogue.h"
#include "dtl/names.h"
#include "value/value.h"

namespace sluice::dtl {

// Where a path begins.
enum class Root : uint8_t {
  kSource,    // `_S`, of the frame `up` above.
  kTarget,    // `_T`, of the frame `up` above.
  kParent,    // `_P.` as a whole: the frame `up` above as a dict.
  kRootDict,  // `_R.` as a whole.
  kRootSource,
  kRootTarget,
  kCurrent,   // `_`
  kBindings,  // `_B`
  kAlias,     // The entity in `slot`.
};

// What an expression depends on. Decides folding and which expressions can be keys of an index.
struct Uses {
  bool source = false;
  bool target = false;
  bool outer = false;    // `_P`, `_R` or `_B`.
  bool current = false;  // `_` bound outside of the expression.
  bool context = false;  // Namespaces, the pipe, other datasets, rules.
  bool lookups = false;  // Entities of datasets: changes of them would not change an index.
  bool nondeterministic = false;
  std::set<int> aliases;  // Slots.

  void Add(const Uses& other);
  bool IsConstant() const {
    return !source && !target && !outer && !current && !context && !nondeterministic &&
           aliases.empty();
  }
  // Whether it depends on anything but one alias.
  bool IsOnlyAlias(int slot) const;
  // Whether it depends on the entity at hand in any way.
  bool IsFree() const { return source || target || outer || current; }
};

struct HopsExpr;

struct Expr {
  enum class Type { kLiteral, kPath, kCall };

  Type type = Type::kLiteral;
  std::string at;  // JSON pointer.
  Uses uses;

  Value literal;  // kLiteral

  Root root = Root::kSource;  // kPath
  int up = 0;
  int slot = 0;
  std::vector<NameReference> names;

  const Function* function = nullptr;  // kCall
  std::vector<const Param*> params;    // One for each argument.
  std::vector<Expr> args;
  std::string rule;                // apply, apply-hops
  std::shared_ptr<HopsExpr> hops;  // hops, apply-hops

  bool IsLiteral() const { return type == Type::kLiteral; }
  bool IsCallOf(std::string_view name) const;
};

struct AliasExpr {
  std::string name;
  std::string dataset;
  std::string at;
  int slot = 0;
};

// A subset: entities of `slot` whose index expression overlaps with the value.
struct SubsetExpr {
  int slot = 0;
  Expr index;
  Expr value;
};

struct HopSpecExpr {
  std::string at;
  std::vector<AliasExpr> aliases;
  std::vector<Expr> where;  // The parts of the outermost `and`.
  std::vector<SubsetExpr> subsets;
  bool recurse = false;
  bool exclude_root = false;
  std::optional<int64_t> depth_max = 10;
  bool track = true;
  std::string trace;
  std::vector<int> return_slots;  // Used where return_expr is missing.
  std::shared_ptr<Expr> return_expr;
};

struct HopsExpr {
  std::string rule;     // Where it stands.
  bool nested = false;  // Inside a HOP_SPEC of another call.
  std::vector<HopSpecExpr> specs;
};

enum class TransformType {
  kAdd,
  kAddIf,
  kCase,
  kCaseEq,
  kComment,
  kCopy,
  kCreate,
  kCreateChild,
  kDefault,
  kDiscard,
  kFail,
  kFilter,
  kIf,
  kMakeNi,
  kMerge,
  kMergeUnion,
  kRemove,
  kRename,
  kSleep,
  kTrip,
};

struct TransformExpr;
using BlockExpr = std::vector<TransformExpr>;

struct TransformExpr {
  TransformType type = TransformType::kComment;
  std::string at;
  std::vector<Expr> args;            // The arguments that are expressions.
  std::vector<BlockExpr> blocks;     // The arguments that are transforms.
  std::vector<NamePattern> include;  // copy, remove
  std::vector<NamePattern> exclude;
  std::string text;    // A message, a namespace.
  int64_t number = 0;  // sleep!
};

// How deep calls and transforms stand within each other.
int NestingOf(const Expr& expr);
int NestingOf(const BlockExpr& block);

struct RuleExpr {
  std::string name;
  std::string at;
  BlockExpr block;
  // What its own expressions do, without the rules that it applies.
  bool hops = false;
  struct Call {
    std::string rule;
    std::string at;
    bool hops = false;        // By apply-hops.
    bool same_value = false;  // The argument is no part of `_S`: applied to itself it never ends.
  };
  std::vector<Call> calls;
};

struct RulesExpr {
  std::map<std::string, RuleExpr, std::less<>> rules;
  int slots = 0;  // Of aliases, in all rules.
};

}  // namespace sluice::dtl
