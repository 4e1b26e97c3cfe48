#include "dtl/program.h"

#include "dtl/check.h"
#include "dtl/compile.h"
#include "dtl/evaluator.h"
#include "dtl/parse.h"
#include "dtl/trigger.h"

namespace sluice::dtl {
namespace {

// Adds what the place in a rule cannot say: which entity of which pipe it was.
std::unique_ptr<Error> NameEntity(std::unique_ptr<Error> error, const Entity& source,
                                  const CompileOptions& options) {
  error->message +=
      fmt::format(" (entity {}{})", Shown(source.dict.Find("_id")),
                  options.pipe_id.empty() ? "" : fmt::format(" in pipe \"{}\"", options.pipe_id));
  return error;
}

class RulesProgram final : public Program {
 public:
  RulesProgram(std::unique_ptr<Compiled> compiled, std::optional<Trigger> trigger)
      : compiled_(std::move(compiled)),
        trigger_(std::move(trigger)),
        default_(compiled_->rules.find("default")->second) {}

  Result<void> Run(const Entity& source, const Environment& environment, Arena& arena,
                   Output& output) const override {
    output.entities.clear();
    output.filtered = output.discarded = false;
    if (trigger_ && !trigger_->Matches(source, arena)) {
      output.entities.push_back(source);
      return {};
    }
    auto done = RunRules(source, environment, arena, output);
    if (!done.ok()) return NameEntity(done.TakeError(), source, options());
    return {};
  }

  const Analysis& analysis() const override { return compiled_->analysis; }

 private:
  const CompileOptions& options() const { return compiled_->ground->options; }

  Result<void> RunRules(const Entity& source, const Environment& environment, Arena& arena,
                        Output& output) const {
    Evaluator evaluator(environment, options(), arena, compiled_->ground->slots);
    Target target(arena);
    const Frame frame = MakeRuleFrame(default_, Value::OfEntity(&source), &target, nullptr);
    evaluator.set_source(&source);
    evaluator.frame = &frame;
    evaluator.root = &frame;
    evaluator.created = &output.entities;
    // The id is the source's unless a rule sets it.
    if (const auto id = source.dict.TryFind("_id")) target.Append("_id", *id);
    const Flow flow = default_.block.Run(evaluator);
    if (flow == Flow::kFailed) return AtPlace(evaluator.TakeError(), default_.at);
    output.discarded = flow == Flow::kDiscard;
    if (output.discarded) return {};
    return Finish(target, flow == Flow::kFilter, output);
  }

  Result<void> Finish(Target& target, bool filtered, Output& output) const {
    const Value* flag = target.Find("_filtered");
    if (flag) {
      filtered |= flag->IsTrue();
      target.Remove([](std::string_view name) { return name == "_filtered"; });
    }
    const Value* id = target.Find("_id");
    output.filtered = filtered;
    if (!id || !id->IsString()) {
      // What was let go and has no id deletes nothing.
      output.discarded = true;
      if (filtered || !options().id_required) return {};
      Error error = MakeError(Code::kBadData, "the target's _id has to be a string, found {}",
                              id ? Shown(*id) : "none");
      error.at = default_.at;
      return error;
    }
    const Value* deleted = target.Find("_deleted");
    const bool is_deleted = deleted && deleted->AsBoolean().value_or(false);
    Entity& entity = output.entities.emplace_back();
    entity.dict = target.View();
    entity.filtered = filtered;
    entity.deleted = is_deleted;
    return {};
  }

  std::unique_ptr<Compiled> compiled_;
  std::optional<Trigger> trigger_;
  const Rule& default_;
};

class SingleExpression final : public Expression {
 public:
  SingleExpression(std::unique_ptr<Compiled> compiled, NodePtr node)
      : compiled_(std::move(compiled)), node_(std::move(node)) {}

  Result<Value> Evaluate(const Entity& source, const Environment& environment,
                         Arena& arena) const override {
    const Ground& ground = *compiled_->ground;
    Evaluator evaluator(environment, ground.options, arena, ground.slots);
    const Frame frame = MakeFrame(Value::OfEntity(&source), nullptr, nullptr);
    evaluator.set_source(&source);
    evaluator.frame = &frame;
    evaluator.root = &frame;
    auto value = Try(*node_, evaluator);
    if (!value.ok()) return NameEntity(value.TakeError(), source, ground.options);
    return WithoutMetadata(*value);
  }

  const Analysis& analysis() const override { return compiled_->analysis; }

 private:
  std::unique_ptr<Compiled> compiled_;
  NodePtr node_;
};

std::unique_ptr<Compiled> MakeCompiled(const CompileOptions& options) {
  auto compiled = std::make_unique<Compiled>();
  compiled->ground = std::make_shared<Ground>();
  compiled->ground->options = options;
  return compiled;
}

// The first error, for callers that do not look at the issues.
Error FirstError(const config::Issues& issues) {
  for (const auto& issue : issues.all()) {
    if (issue.level != config::Level::kError) continue;
    Error error = MakeError(Code::kBadConfig, "{}", issue.message);
    if (!issue.suggestion.empty()) error.message += " " + issue.suggestion;
    error.at = issue.at;
    return error;
  }
  return MakeError(Code::kInternal, "compiling failed without an error");
}

void AddIssues(const config::Issues& from, config::Issues& to) {
  for (const auto& issue : from.all()) to.Add(issue);
}

}  // namespace

Result<std::shared_ptr<const Program>> Compile(const config::ConfigView& transform,
                                               const Catalogue& catalogue,
                                               const CompileOptions& options,
                                               config::Issues& issues) {
  // Issues of other components may be in the list already.
  config::Issues own;
  auto compiled = MakeCompiled(options);
  const bool whole = transform.value().IsDict() && transform.value().Has("rules");
  std::optional<Trigger> trigger;
  if (whole) {
    ReadIdRequired(transform, compiled->ground->options, own);
    trigger = ReadTrigger(transform["trigger_on"], compiled->ground->options.namespaces, own);
  }
  Parser parser(catalogue, compiled->ground->options, own, compiled->analysis,
                compiled->ground->constants);
  const RulesExpr rules = parser.ParseRules(whole ? transform["rules"] : transform);
  compiled->ground->slots = parser.slots();
  CheckRules(rules, own);
  if (!own.HasErrors()) Compiler(*compiled, own).CompileRules(rules);
  AddIssues(own, issues);
  if (own.HasErrors()) return FirstError(own);
  return std::shared_ptr<const Program>(
      std::make_shared<RulesProgram>(std::move(compiled), std::move(trigger)));
}

Result<std::shared_ptr<const Expression>> CompileExpression(const config::ConfigView& expression,
                                                            const Catalogue& catalogue,
                                                            const CompileOptions& options,
                                                            config::Issues& issues) {
  config::Issues own;
  auto compiled = MakeCompiled(options);
  Parser parser(catalogue, compiled->ground->options, own, compiled->analysis,
                compiled->ground->constants);
  const Expr expr = parser.ParseExpression(expression);
  compiled->ground->slots = parser.slots();
  CheckExpression(expr, own);
  NodePtr node;
  if (!own.HasErrors()) node = Compiler(*compiled, own).Compile(expr);
  AddIssues(own, issues);
  if (own.HasErrors()) return FirstError(own);
  return std::shared_ptr<const Expression>(
      std::make_shared<SingleExpression>(std::move(compiled), std::move(node)));
}

}  // namespace sluice::dtl
