#include "tests/support/case_run.h"

#include <cstdlib>

#include "dtl/eval_line.h"
#include "dtl/memory_lookup.h"
#include "dtl/program.h"
#include "value/json.h"
#include "value/record.h"

namespace sluice::testing {
namespace {

// The clock of cases stands still, or `now` could not be told.
class FixedClock final : public Clock {
 public:
  WallTime Now() const override { return WallTime(std::chrono::seconds(1'700'000'000)); }
  SteadyTime Steady() const override { return {}; }
};

// A case whose own text is wrong fails with this.
std::string Wrong(const Field& field, const Error& error) {
  return fmt::format("line {}: \"{}\" is wrong: {}", field.line + 1, field.key, error.ToText());
}

// JSON with sorted keys, so that two values can be compared by their texts.
std::string Canonical(const Value& value) { return ToJson(value, {.sort_keys = true}); }

struct Setting {
  dtl::CompileOptions options;
  dtl::MemoryLookup lookup;
  Value bindings;
  bool check_datasets = false;
};

class Runner {
 public:
  Runner(const Case& item, const dtl::Catalogue& catalogue, bool fold)
      : case_(item),
        catalogue_(catalogue),
        keep_({.floats = FloatMode::kFloat, .transit = Transit::kKeep}) {
    setting_.options.fold_constants = fold;
  }

  CaseResult Run() {
    if (auto error = Prepare(); !error.empty()) return {.failure = std::move(error)};
    return case_.Find("dtl") ? RunExpression(*case_.Find("dtl")) : RunRules(*case_.Find("rules"));
  }

 private:
  std::string Prepare() {
    setting_.options.pipe_id = "p";
    if (const Field* field = case_.Find("options")) {
      auto options = parser_.Parse(field->text, arena_);
      if (!options.ok()) return Wrong(*field, options.error());
      if (auto failure = ReadOptions(*field, *options); !failure.empty()) return failure;
    }
    auto& namespaces = setting_.options.namespaces;
    if (namespaces.identity.empty()) namespaces.identity = setting_.options.pipe_id;
    if (namespaces.property.empty()) namespaces.property = setting_.options.pipe_id;
    for (const Field& field : case_.fields) {
      if (field.key != "dataset") continue;
      if (auto failure = ReadDataset(field); !failure.empty()) return failure;
    }
    if (setting_.check_datasets) {
      setting_.options.dataset_exists = [this](std::string_view id) {
        return setting_.lookup.Exists(id);
      };
    }
    const Field* source = case_.Find("source");
    auto dict = parser_.Parse(source ? std::string_view(source->text) : "{}", arena_);
    if (!dict.ok()) return Wrong(*source, dict.error());
    source_.dict = *dict;
    source_.deleted = dict->Find("_deleted").IsTrue();
    return {};
  }

  std::string ReadOptions(const Field& field, const Value& options) {
    for (const Property& option : options.properties()) {
      const auto text = std::string(option.value.AsString().value_or(""));
      if (option.name == "namespaced_identifiers") {
        setting_.options.namespaces.identifiers = option.value.IsTrue();
      } else if (option.name == "pipe_id") {
        setting_.options.pipe_id = text;
      } else if (option.name == "identity") {
        setting_.options.namespaces.identity = text;
      } else if (option.name == "property") {
        setting_.options.namespaces.property = text;
      } else if (option.name == "id_required") {
        setting_.options.id_required = option.value.IsTrue();
      } else if (option.name == "sink_dataset") {
        setting_.options.sink_dataset = text;
      } else if (option.name == "check_datasets") {
        setting_.check_datasets = option.value.IsTrue();
      } else if (option.name == "bindings") {
        setting_.bindings = option.value;
      } else if (option.name == "metadata") {
        dtl::ReadServiceMetadata(option.value, setting_.options.namespaces);
      } else if (option.name == "updated") {
        source_.updated = option.value;
        source_.stored = true;
      } else {
        return fmt::format("line {}: \"{}\" is no option of a case", field.line + 1, option.name);
      }
    }
    return {};
  }

  // The first line is the dataset's id, the others are its entities.
  std::string ReadDataset(const Field& field) {
    const auto end = field.text.find('\n');
    const std::string id = field.text.substr(0, end);
    setting_.lookup.AddDataset(id);
    auto entities = ReadEntities(
        end == std::string::npos ? std::string_view() : std::string_view(field.text).substr(end));
    if (!entities.ok()) return Wrong(field, entities.error());
    for (const Value& entity : *entities) {
      if (auto added = setting_.lookup.Add(id, entity); !added.ok())
        return Wrong(field, added.error());
    }
    return {};
  }

  Result<std::vector<Value>> ReadEntities(std::string_view text) {
    std::vector<Value> entities;
    JsonStream stream;
    stream.Feed(text);
    stream.Finish();
    while (true) {
      std::string record;
      SLUICE_TRY(const bool more, stream.Next(record));
      if (!more) break;
      entities.push_back(CopyInto(Decode(record), arena_));
    }
    return entities;
  }

  dtl::Environment MakeEnvironment() {
    return {.lookup = &setting_.lookup,
            .clock = &clock_,
            .random = &random_,
            .bindings = setting_.bindings};
  }

  // The failure if a compile error was found that is not wanted, or is wanted and is not there.
  CaseResult RunExpression(const Field& field) {
    auto document = keep_.Parse(field.text, arena_);
    if (!document.ok()) return {.failure = Wrong(field, document.error())};
    config::Issues issues;
    auto expression =
        dtl::CompileExpression(config::ConfigView(*document), catalogue_, setting_.options, issues);
    if (auto failure = CheckWarnings(issues); !failure.empty())
      return {.failure = std::move(failure)};
    if (!expression.ok()) return CheckCompileErrors(issues, expression.error());
    const auto environment = MakeEnvironment();
    auto value = (*expression)->Evaluate(source_, environment, arena_);
    if (!value.ok()) return CheckFailure(value.error());
    return CheckValue(*value);
  }

  CaseResult RunRules(const Field& field) {
    auto document = keep_.Parse(field.text, arena_);
    if (!document.ok()) return {.failure = Wrong(field, document.error())};
    config::Issues issues;
    auto program =
        dtl::Compile(config::ConfigView(*document), catalogue_, setting_.options, issues);
    if (auto failure = CheckWarnings(issues); !failure.empty())
      return {.failure = std::move(failure)};
    if (!program.ok()) return CheckCompileErrors(issues, program.error());
    auto output = (*program)->Run(source_, MakeEnvironment(), arena_);
    if (!output.ok()) return CheckFailure(output.error());
    return CheckTargets(*output);
  }

  CaseResult CheckCompileErrors(const config::Issues& issues, const Error& error) {
    const Field* fails = case_.Find("fails");
    if (!fails) return {.failure = "does not compile: " + Describe(issues, error)};
    for (const auto& issue : issues.all()) {
      if (issue.level != config::Level::kError) continue;
      // The whole document's pointer is the empty text.
      const std::string found = "bad-config" + (issue.at.empty() ? "" : " " + issue.at);
      if (fails->text != found) continue;
      return CheckWords(issue.message + (issue.suggestion.empty() ? "" : " " + issue.suggestion));
    }
    return {.failure = fmt::format("fails otherwise than wanted ({}): {}", fails->text,
                                   Describe(issues, error))};
  }

  static std::string Describe(const config::Issues& issues, const Error& error) {
    std::string text;
    for (const auto& issue : issues.all()) {
      if (issue.level == config::Level::kError)
        text += fmt::format("\n    {}: {} {}", issue.at, issue.message, issue.suggestion);
    }
    return text.empty() ? error.ToText() : text;
  }

  CaseResult CheckFailure(const Error& error) {
    const Field* fails = case_.Find("fails");
    const auto found =
        fmt::format("{}{}{}", ToString(error.code), error.at.empty() ? "" : " ", error.at);
    if (!fails) return {.failure = "fails: " + error.ToText()};
    if (fails->text == found || fails->text == ToString(error.code))
      return CheckWords(error.message);
    return {.failure =
                fmt::format("fails otherwise than wanted ({}): {}", fails->text, error.ToText())};
  }

  // `says` is the whole message.
  CaseResult CheckWords(const std::string& message) {
    const Field* says = case_.Find("says");
    if (!says || says->text == message) return {};
    return {.failure = fmt::format("says otherwise than wanted\n    wanted {}\n    found  {}",
                                   says->text, message),
            .rewrites = {{says->line, message}}};
  }

  // Each `warns` names a pointer and, optionally, words of the message; all warnings must be named.
  std::string CheckWarnings(const config::Issues& issues) {
    size_t wanted = 0;
    for (const Field& field : case_.fields) {
      if (field.key != "warns") continue;
      ++wanted;
      const auto space = field.text.find(' ');
      const std::string at = field.text.substr(0, space);
      const std::string words = space == std::string::npos ? "" : field.text.substr(space + 1);
      bool found = false;
      for (const auto& issue : issues.all()) {
        found |= issue.level == config::Level::kWarning && issue.at == at &&
                 issue.message.find(words) != std::string::npos;
      }
      if (!found) return fmt::format("no such warning: {}{}", field.text, ListWarnings(issues));
    }
    size_t warnings = 0;
    for (const auto& issue : issues.all()) warnings += issue.level == config::Level::kWarning;
    if (wanted != 0 && warnings != wanted) return "other warnings:" + ListWarnings(issues);
    return {};
  }

  static std::string ListWarnings(const config::Issues& issues) {
    std::string text;
    for (const auto& issue : issues.all()) {
      if (issue.level == config::Level::kWarning)
        text += fmt::format("\n    {}: {}", issue.at, issue.message);
    }
    return text;
  }

  CaseResult CheckValue(const Value& value) {
    const Field* want = case_.Find("want");
    if (case_.Find("fails")) return {.failure = "did not fail, but gave " + ToJson(value)};
    if (!want) return {};
    auto wanted = parser_.Parse(want->text, arena_);
    if (!wanted.ok()) return {.failure = Wrong(*want, wanted.error())};
    if (Canonical(*wanted) == Canonical(value)) return {};
    return {.failure = fmt::format("wanted {}\n    found  {}", ToJson(*wanted), ToJson(value)),
            .rewrites = {{want->line, ToJson(value)}}};
  }

  CaseResult CheckTargets(const dtl::Output& output) {
    std::vector<std::string> found;
    for (const Entity& entity : output.entities) {
      if (!entity.filtered) found.push_back(ToJson(entity.dict));
    }
    if (case_.Find("fails")) return {.failure = "did not fail, but gave " + Join(found)};
    const Field* first = case_.Find("target");
    if (!first) return {};
    std::vector<std::string> wanted;
    std::vector<std::string> canonical;
    size_t fields = 0;
    for (const Field& field : case_.fields) {
      if (field.key != "target") continue;
      ++fields;
      auto entities = ReadEntities(field.text);
      if (!entities.ok()) return {.failure = Wrong(field, entities.error())};
      for (const Value& entity : *entities) {
        wanted.push_back(ToJson(entity));
        canonical.push_back(Canonical(entity));
      }
    }
    std::vector<std::string> texts;
    for (const Entity& entity : output.entities) {
      if (!entity.filtered) texts.push_back(Canonical(entity.dict));
    }
    if (texts == canonical) return {};
    CaseResult result{.failure =
                          fmt::format("wanted {}\n    found  {}", Join(wanted), Join(found))};
    if (fields == 1) result.rewrites[first->line] = Join(found);
    return result;
  }

  static std::string Join(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : "\n         ") + text;
    return all;
  }

  const Case& case_;
  const dtl::Catalogue& catalogue_;
  Arena arena_;
  JsonParser parser_;
  JsonParser keep_;
  Setting setting_;
  Entity source_;
  FixedClock clock_;
  SeededRandom random_{1};
};

}  // namespace

CaseResult RunCase(const Case& item, const dtl::Catalogue& catalogue) {
  CaseResult folded = Runner(item, catalogue, true).Run();
  CaseResult unfolded = Runner(item, catalogue, false).Run();
  if (folded.passed() && !unfolded.passed()) {
    return {.failure = "without constant folding: " + unfolded.failure};
  }
  if (!folded.passed() && unfolded.passed())
    folded.failure = "with constant folding: " + folded.failure;
  if (unfolded.passed()) folded.rewrites.clear();
  return folded;
}

}  // namespace sluice::testing
