#include "tests/support/program_fuzz.h"

#include "base/clock.h"
#include "dtl/eval_line.h"
#include "dtl/memory_lookup.h"
#include "dtl/program.h"
#include "tests/support/program_generator.h"
#include "value/json.h"

namespace sluice::testing {
namespace {

constexpr std::string_view kMetadata =
    R"({"namespaces": {"default": {"a": "http://a.b/", "foaf": "http://xmlns.com/foaf/0.1/"}},
        "rdf": {"e": {"prefixes": {"p": "http://p/"}, "quote_safe_characters": "",
                      "prefix_rules": {"id": "p", "properties": ["p", ["a*"], "q", ["x", "**", "z"], "_", ["**"]]}}}})";

class FixedClock final : public Clock {
 public:
  WallTime Now() const override { return WallTime(std::chrono::seconds(1'700'000'000)); }
  SteadyTime Steady() const override { return {}; }
};

}  // namespace

RunResult RunGenerated(const dtl::Catalogue& catalogue, std::string_view rules, bool namespaced,
                       bool fold) {
  Arena arena;
  JsonParser keep({.floats = FloatMode::kFloat, .transit = Transit::kKeep});
  JsonParser parser;
  auto document = keep.Parse(rules, arena);
  if (!document.ok()) return {.text = "no JSON"};
  dtl::CompileOptions options;
  options.pipe_id = "p";
  options.namespaces = {.identifiers = namespaced, .identity = "p", .property = "p"};
  auto metadata = parser.Parse(kMetadata, arena);
  SLUICE_CHECK(metadata.ok());
  dtl::ReadServiceMetadata(*metadata, options.namespaces);
  options.id_required = false;
  options.fold_constants = fold;
  config::Issues issues;
  auto program = dtl::Compile(config::ConfigView(*document), catalogue, options, issues);
  for (const auto& issue : issues.all()) SLUICE_CHECK(!issue.message.empty());
  if (!program.ok())
    return {.text = fmt::format("{} {}", ToString(program.error().code), program.error().at)};
  dtl::MemoryLookup lookup;
  for (const auto* entity : {R"({"_id": "1", "v": 1, "w": 2, "up": "2"})",
                             R"({"_id": "2", "v": ["q", 3], "w": 3, "up": "1"})"}) {
    auto value = parser.Parse(entity, arena);
    SLUICE_CHECK(value.ok() && lookup.Add("D", *value).ok());
  }
  auto source_dict = parser.Parse(kGeneratedSource, arena);
  SLUICE_CHECK(source_dict.ok());
  Entity source;
  source.dict = *source_dict;
  FixedClock clock;
  SeededRandom random(1);
  const dtl::Environment environment = {.lookup = &lookup, .clock = &clock, .random = &random};
  auto output = (*program)->Run(source, environment, arena);
  if (!output.ok()) {
    SLUICE_CHECK(!output.error().message.empty() && !output.error().at.empty());
    // Which error comes first may depend on folding; where it is, not on whether it is one.
    return {.compiled = true, .text = "fails"};
  }
  RunResult result{.compiled = true, .ran = true};
  for (const Entity& entity : output->entities)
    result.text += ToJson(entity.dict) + (entity.filtered ? " filtered\n" : "\n");
  return result;
}

std::string CompareFolding(const dtl::Catalogue& catalogue, std::string_view rules, bool namespaced,
                           RunResult& folded) {
  folded = RunGenerated(catalogue, rules, namespaced, true);
  const RunResult plain = RunGenerated(catalogue, rules, namespaced, false);
  if (folded.text == plain.text) return {};
  return fmt::format("{}\n  folded  {}\n  plain   {}", rules, folded.text, plain.text);
}

FuzzResult FuzzPrograms(const dtl::Catalogue& catalogue, uint64_t seed, int64_t seconds) {
  FuzzResult result;
  const ProgramGenerator generator(catalogue, false);
  const auto end = SystemClock().Steady() + std::chrono::seconds(seconds);
  for (; SystemClock().Steady() < end; ++seed) {
    SeededRandom random(seed);
    RunResult folded;
    const std::string failure =
        CompareFolding(catalogue, generator.Rules(random), seed % 3 == 0, folded);
    ++result.programs;
    result.compiled += folded.compiled;
    result.ran += folded.ran;
    if (failure.empty()) continue;
    result.failure = fmt::format("seed {}: {}", seed, failure);
    break;
  }
  return result;
}

}  // namespace sluice::testing
