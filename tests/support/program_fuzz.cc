#include "tests/support/program_fuzz.h"

#include <array>

#include "base/clock.h"
#include "base/random.h"
#include "dtl/memory_lookup.h"
#include "dtl/program.h"
#include "value/json.h"

namespace sluice::testing {
namespace {

constexpr std::array<std::string_view, 34> kLiterals = {"null",
                                                        "true",
                                                        "false",
                                                        "0",
                                                        "1",
                                                        "-1",
                                                        "2",
                                                        "10",
                                                        "100",
                                                        "1.5",
                                                        "-0.0",
                                                        "1e300",
                                                        "123456789012345678901234567890",
                                                        R"("")",
                                                        R"("a")",
                                                        R"("Ab é ß")",
                                                        R"("a:b")",
                                                        R"("~:a:b")",
                                                        R"("~f1.50")",
                                                        R"("~t2020-02-29")",
                                                        R"("~t2020-02-29T23:59:59.5Z")",
                                                        R"("~rhttp://a.b/c d")",
                                                        R"("~bAAH/")",
                                                        R"("%Y-%m-%d")",
                                                        R"("day")",
                                                        R"("Europe/Oslo")",
                                                        R"("x")",
                                                        R"("*")",
                                                        "{}",
                                                        R"({"a": 1, "b:a": [2, null]})",
                                                        R"(["list"])",
                                                        R"(["list", 1, "a", null, 1.0])",
                                                        R"(["list", ["list", 1], {"a": "x"}])",
                                                        R"(["tuples", 1, ["list", 2, 3]])"};

constexpr std::array<std::string_view, 14> kPaths = {
    R"("_S.")",     R"("_S.a")",    R"("_S.list")",    R"("_S.list.a")", R"("_S.text")",
    R"("_S.nope")", R"("_S._id")",  R"("_T.")",        R"("_T.p")",      R"("_.")",
    R"("_.a")",     R"("_R._S.n")", R"("_P._S.text")", R"("_S.n")"};

constexpr std::string_view kSource =
    R"({"_id": "s:1", "a": 1, "x:a": "q", "n": 3, "text": "Some text, é", "list": [{"a": 1}, {"a": [2, 3]}, null, 5, "t"],)"
    R"("when": "~t2021-01-31T10:00:00Z", "dec": "~f2.50", "ni": "~:x:1", "nested": {"b": {"c": [1, 2]}}})";

constexpr std::array<std::string_view, 8> kHops = {
    R"({"datasets": ["D d"], "where": ["eq", "_S.a", "d.v"]})",
    R"({"datasets": ["D d"], "where": ["eq", "_S.list.a", ["lower", "d.v"]], "return": "d.v"})",
    R"({"datasets": ["D d", "D e"], "where": [["eq", "_S.n", "d.v"], ["eq", "d.up", "e._id"]], "return": "d, e"})",
    R"({"datasets": ["D d"], "where": ["eq", "_S.up", "d._id"], "recurse": true})",
    R"({"datasets": ["D d"], "where": ["eq", ["tuples", "_S.a", "_S.n"], ["tuples", "d.v", "d.w"]]})",
    R"({"datasets": ["D d"], "where": [["eq", "_S.a", "d.v"], ["gt", "d.w", 1]], "return": ["dict", "x", "d."]})",
    R"({"datasets": ["D d"], "where": ["or", ["eq", "_S.a", "d.v"], ["eq", "_S.n", "d.v"]]})",
    R"({"datasets": ["D d"], "where": ["eq", "_S.a", "d.v"], "subsets": {"d": ["eq", "_S.w", 2]}})"};

class Generator {
 public:
  Generator(const dtl::Catalogue& catalogue, uint64_t seed) : random_(seed) {
    for (const dtl::Function* function : catalogue.all()) {
      // What waits, or differs from run to run, cannot be compared.
      if (function->name == "sleep!" || function->purity == dtl::Purity::kNondeterministic)
        continue;
      (function->transform ? transforms_ : expressions_).push_back(function);
    }
  }

  std::string Rules() {
    std::string rules = R"({"default": [["copy", "*"])";
    const uint64_t count = 1 + random_.Below(4);
    for (uint64_t i = 0; i < count; ++i) rules += ", " + Transform(2);
    rules += R"(], "r": [["copy", "*"], )" + Transform(1) + "]}";
    return rules;
  }

 private:
  template <size_t N>
  std::string Pick(const std::array<std::string_view, N>& choices) {
    return std::string(choices[random_.Below(N)]);
  }

  std::string Expression(int depth) {
    const uint64_t kind = random_.Below(10);
    if (depth <= 0 || kind < 3) return kind < 2 ? Pick(kLiterals) : Pick(kPaths);
    return Call(*expressions_[random_.Below(expressions_.size())], depth - 1);
  }

  std::string Transform(int depth) {
    if (random_.Below(3) == 0)
      return fmt::format(R"(["add", "p{}", {}])", random_.Below(5), Expression(depth + 2));
    return Call(*transforms_[random_.Below(transforms_.size())], depth);
  }

  std::string Call(const dtl::Function& function, int depth) {
    std::string call = fmt::format(R"(["{}")", function.name);
    for (const dtl::Param& param : function.params) {
      uint64_t count = static_cast<uint64_t>(param.min);
      if (param.max < 0) {
        count += random_.Below(3);
      } else if (param.max > param.min) {
        count += random_.Below(static_cast<uint64_t>(param.max - param.min) + 1);
      }
      for (uint64_t i = 0; i < count; ++i) call += ", " + Argument(function, param, depth);
    }
    return call + "]";
  }

  std::string Argument(const dtl::Function& function, const dtl::Param& param, int depth) {
    // Sometimes what is not allowed: it has to be refused, not to crash.
    if (random_.Below(40) == 0) return Expression(depth);
    if (param.name == "HOPS_SPEC") return Pick(kHops);
    if (param.name == "RULE") return R"("r")";
    switch (param.kind) {
      case dtl::Kind::kConstantInteger:
        return std::to_string(random_.Below(5));
      case dtl::Kind::kConstantBoolean:
        return random_.Below(2) ? "true" : "false";
      case dtl::Kind::kInteger:
        return random_.Below(3) == 0 ? Expression(depth)
                                     : std::to_string(static_cast<int64_t>(random_.Below(9)) - 3);
      case dtl::Kind::kString:
      case dtl::Kind::kConstant:
        return random_.Below(4) == 0 && param.kind == dtl::Kind::kString ? Expression(depth)
                                                                         : Text();
      case dtl::Kind::kWildcard:
        return random_.Below(2) ? R"("a*")" : R"(["list", "?", "x:*", "_id"])";
      case dtl::Kind::kTransforms:
        return function.transform && random_.Below(3) ? Transform(depth - 1) : "[]";
      case dtl::Kind::kAnyLiteral:
        return Pick(kLiterals);
      default:
        return Expression(depth);
    }
  }

  std::string Text() {
    static constexpr std::array<std::string_view, 10> kTexts = {
        R"("a")",    R"("p1")",       R"("_id")", R"("x:a")", R"("::q")",
        R"("year")", R"("%d.%m.%Y")", R"("UTC")", R"(",")",   R"("D")"};
    return Pick(kTexts);
  }

  SeededRandom random_;
  std::vector<const dtl::Function*> expressions_;
  std::vector<const dtl::Function*> transforms_;
};

class FixedClock final : public Clock {
 public:
  WallTime Now() const override { return WallTime(std::chrono::seconds(1'700'000'000)); }
  SteadyTime Steady() const override { return {}; }
};

struct RunResult {
  bool compiled = false;
  bool ran = false;
  std::string text;  // What came out, or the error's code and place.
};

RunResult RunOnce(const dtl::Catalogue& catalogue, const std::string& rules, bool namespaced,
                  bool fold) {
  Arena arena;
  JsonParser keep({.floats = FloatMode::kFloat, .transit = Transit::kKeep});
  JsonParser parser;
  auto document = keep.Parse(rules, arena);
  if (!document.ok()) return {.text = "the generator made no JSON: " + rules};
  dtl::CompileOptions options;
  options.pipe_id = "p";
  options.namespaces = {.identifiers = namespaced, .identity = "p", .property = "p"};
  options.id_required = false;
  options.fold_constants = fold;
  config::Issues issues;
  auto program = dtl::Compile(config::ConfigView(*document), catalogue, options, issues);
  if (!program.ok())
    return {.text = fmt::format("{} {}", ToString(program.error().code), program.error().at)};
  dtl::MemoryLookup lookup;
  for (const auto* entity : {R"({"_id": "1", "v": 1, "w": 2, "up": "2"})",
                             R"({"_id": "2", "v": ["q", 3], "w": 3, "up": "1"})"}) {
    auto value = parser.Parse(entity, arena);
    SLUICE_CHECK(value.ok() && lookup.Add("D", *value).ok());
  }
  auto source_dict = parser.Parse(kSource, arena);
  SLUICE_CHECK(source_dict.ok());
  Entity source;
  source.dict = *source_dict;
  FixedClock clock;
  SeededRandom random(1);
  const dtl::Environment environment = {.lookup = &lookup, .clock = &clock, .random = &random};
  auto output = (*program)->Run(source, environment, arena);
  if (!output.ok()) {
    // Which error comes first may depend on folding; where it is, not on whether it is one.
    return {.compiled = true, .text = "fails"};
  }
  RunResult result{.compiled = true, .ran = true};
  for (const Entity& entity : output->entities)
    result.text += ToJson(entity.dict) + (entity.filtered ? " filtered\n" : "\n");
  return result;
}

}  // namespace

FuzzResult FuzzPrograms(const dtl::Catalogue& catalogue, uint64_t seed, int64_t seconds) {
  FuzzResult result;
  const auto end = SystemClock().Steady() + std::chrono::seconds(seconds);
  for (; SystemClock().Steady() < end; ++seed) {
    const std::string rules = Generator(catalogue, seed).Rules();
    const bool namespaced = seed % 3 == 0;
    const RunResult folded = RunOnce(catalogue, rules, namespaced, true);
    const RunResult plain = RunOnce(catalogue, rules, namespaced, false);
    ++result.programs;
    result.compiled += folded.compiled;
    result.ran += folded.ran;
    if (folded.text == plain.text) continue;
    result.failure = fmt::format("seed {}: {}\n  folded  {}\n  plain   {}", seed, rules,
                                 folded.text, plain.text);
    break;
  }
  return result;
}

}  // namespace sluice::testing
