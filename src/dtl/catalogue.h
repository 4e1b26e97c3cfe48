// The catalogue of DTL functions: one entry a function, read by the checker, the compiler, the
// reference pages, editors' completion, the fuzzer and the tests.

#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "value/value.h"

namespace sluice::dtl {

// What an argument takes (argument-types.rst). Literals of another type are refused when the rule
// is compiled.
enum class Kind {
  kBoolean,          // A boolean expression: any value, read for its truth.
  kInteger,          // An expression that gives an integer.
  kNumber,           // An expression that gives an integer, float or decimal.
  kString,           // An expression that gives a string.
  kConstant,         // A literal string: known when the rule is compiled.
  kConstantInteger,  // A literal integer.
  kConstantBoolean,  // A literal boolean.
  kValues,           // An expression: one value, or a list of values.
  kFunction,    // An expression evaluated for each item, with `_` bound to it; see Args::Apply.
  kWildcard,    // A literal wildcard pattern or a list of them.
  kTransforms,  // A list of transforms (special forms only).
  kDict,        // An expression that gives a dict.
  kAnyLiteral,  // Any JSON literal, not evaluated.
};

// Arguments are matched with parameters in order: every parameter gets its `min`, and what is
// written beyond that goes to those that take more, from left to right. So `["f", [OPTIONAL,]
// VALUES]` with one argument has VALUES at args[0] and args.size() == 1.
struct Param {
  std::string_view name;
  Kind kind = Kind::kValues;
  // "1" by default. min 0: may be left out; max -1: any number of times.
  int min = 1;
  int max = 1;
};

struct Example {
  std::string_view dtl;            // An expression.
  std::string_view result;         // JSON.
  std::string_view source = "{}";  // `_S`.
};

class Evaluation;
struct Node;

// The arguments of one call: evaluated values, and the functions that are evaluated item by item.
// Valid during the call only; a value may be kept, a span of `from` has to be copied.
class Args {
 public:
  Args(std::span<const Value> values, const Node* const* nodes, Evaluation& evaluation,
       Arena& arena)
      : values_(values), nodes_(nodes), evaluation_(&evaluation), arena_(&arena) {}

  size_t size() const { return values_.size(); }
  // The value of argument i as written in the call; null for a kFunction argument and one that was
  // left out.
  Value operator[](size_t i) const { return i < values_.size() ? values_[i] : Value(); }
  // The values from argument i on.
  std::span<const Value> from(size_t i) const {
    return i < values_.size() ? values_.subspan(i) : values_.subspan(0, 0);
  }
  // Memory that lives as long as the batch.
  Arena& arena() const { return *arena_; }
  Evaluation& evaluation() const { return *evaluation_; }
  // Evaluates the kFunction argument i with `_` bound to `item`.
  Result<Value> Apply(size_t i, const Value& item) const;
  // Ends the evaluation with an error; gives null.
  Value Fail(std::unique_ptr<Error> error) const;

 private:
  std::span<const Value> values_;
  const Node* const* nodes_;
  Evaluation* evaluation_;
  Arena* arena_;
};

// A function's body: made of anything that takes Args and gives a Value or a Result<Value>. It
// names no place in its errors: the evaluator adds the call's pointer and the entity's id. A call
// costs one jump, and an error nothing where there is none.
class Eval {
 public:
  Eval() = default;
  template <class F>
    requires(std::invocable<const F&, const Args&> && !std::same_as<std::remove_cvref_t<F>, Eval>)
  Eval(F body) : call_(&Call<F>) {  // NOLINT
    auto owned = std::make_shared<const F>(std::move(body));
    body_ = owned.get();
    owned_ = std::move(owned);
  }

  explicit operator bool() const { return call_ != nullptr; }
  // Null after an error, which the evaluation then has.
  Value operator()(const Args& args) const { return call_(body_, args); }

 private:
  template <class F>
  static Value Call(const void* body, const Args& args) {
    auto result = (*static_cast<const F*>(body))(args);
    if constexpr (std::same_as<decltype(result), Value>) {
      return result;
    } else {
      if (!result.ok()) [[unlikely]] {
        return args.Fail(result.TakeError());
      }
      return *result;
    }
  }

  Value (*call_)(const void* body, const Args& args) = nullptr;
  const void* body_ = nullptr;
  std::shared_ptr<const void> owned_;
};

// A call as the compiler sees it, for bodies that work out something from literals once.
class Call {
 public:
  virtual ~Call() = default;
  virtual size_t size() const = 0;
  // Whether argument i is a literal (or folded to one).
  virtual bool IsConstant(size_t i) const = 0;
  // The literal; null where IsConstant is false.
  virtual Value Constant(size_t i) const = 0;
  // A kBadConfig error at argument i.
  virtual Error Fail(size_t i, std::string message) const = 0;
};

// What a function may depend on beside its arguments. Decides constant folding and what law 3 calls
// exact.
enum class Purity {
  kPure,     // Same arguments, same result: folded where all are constants.
  kContext,  // Reads the evaluation's context (namespaces, the pipe, the entity): not folded.
  kNondeterministic,  // `now`, `uuid`, encryption with random parts: a pipe that uses it is not
                      // exact.
};

struct Function {
  std::string_view name;
  std::string_view
      chapter;  // "strings", "lists", …: the reference's chapter; the folder of src/functions/.
  std::vector<Param> params;
  std::string_view doc;
  std::vector<Example> examples = {};
  Eval eval = {};
  // Instead of eval: makes the body from literals when the rule is compiled.
  std::function<Result<Eval>(const Call&)> bind = {};
  Purity purity = Purity::kPure;
  std::string_view deprecated = {};  // What to use instead; empty if it is not deprecated.
  bool special_form =
      false;               // Compiled by dtl/ itself; here for documentation and the checker only.
  bool transform = false;  // A transform ("add", "copy", …), not an expression.
};

// Built once by main, then read by all threads.
class Catalogue {
 public:
  // A name may be added once as an expression and once as a transform (checked).
  void Add(Function function);
  const Function* FindExpression(std::string_view name) const;
  const Function* FindTransform(std::string_view name) const;
  // All, ordered by name; transforms after expressions of the same name.
  std::vector<const Function*> all() const;
  // The names of expressions (or transforms), for suggestions.
  std::vector<std::string_view> names(bool transforms) const;

 private:
  std::map<std::string, std::unique_ptr<Function>, std::less<>> expressions_;
  std::map<std::string, std::unique_ptr<Function>, std::less<>> transforms_;
};

// For function bodies over VALUES. A single value gives a single result, a list a list. `map`
// returns std::optional<Value> or Result<std::optional<Value>>; nothing means "no such value": left
// out of a list, null for a single value (SEMANTICS, "Lists: one, none, null").
template <class F>
Result<Value> MapValues(const Args& args, const Value& values, F&& map);
// The same for strings only; `map` takes a string_view and returns a string_view in the arena.
// Others are dropped.
template <class F>
Result<Value> MapStrings(const Args& args, const Value& values, F&& map);

}  // namespace sluice::dtl

#include "dtl/map_values.h"
