// What rules cost beside parsing and serialising the same entities. One number is told by the ratio
// of two: ParseAndSerialise and CopyAndAdd.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "dtl/program.h"
#include "dtl/special_forms.h"
#include "value/json.h"

namespace sluice::dtl {
namespace {

// Entities of about 450 bytes, as the limits programme has them: texts, numbers, dates, a nested
// dict, lists.
std::vector<std::string> MakeEntities() {
  std::vector<std::string> entities;
  SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    entities.push_back(fmt::format(
        R"({{"_id":"customer:{}","name":"Kari Nordmann {}","email":"kari.{}@example.org","age":{},"score":{}.25,)"
        R"("active":{},"created":"~t2021-0{}-1{}T10:20:30Z","address":{{"street":"Storgata {}","city":"Tromsø",)"
        R"("zip":"{}","country":"NO"}},"tags":["blue","quick","vip"],"owner":"~:crm:user-{}","phone":null,)"
        R"("notes":"invoice agreed with the customer before the end of the quarter, call back about the blåbær contract"}})",
        i, random.Below(100000), i, random.Below(90), random.Below(1000),
        random.Below(2) ? "true" : "false", 1 + random.Below(9), random.Below(10),
        random.Below(200), 1000 + random.Below(9000), random.Below(500)));
  }
  return entities;
}

void ParseAndSerialise(benchmark::State& state) {
  const auto texts = MakeEntities();
  JsonParser parser;
  Arena arena;
  std::string out;
  size_t i = 0;
  for (auto _ : state) {
    arena.Clear();
    out.clear();
    auto value = parser.Parse(texts[i], arena);
    SLUICE_CHECK(value.ok());
    WriteJson(*value, out);
    benchmark::DoNotOptimize(out.data());
    i = (i + 1) % texts.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ParseAndSerialise);

void RunRules(benchmark::State& state, std::string_view rules) {
  const auto texts = MakeEntities();
  Catalogue catalogue;
  AddSpecialForms(catalogue);
  Arena rules_arena;
  JsonParser keep({.floats = FloatMode::kFloat, .transit = Transit::kKeep});
  auto document = keep.Parse(rules, rules_arena);
  SLUICE_CHECK(document.ok());
  config::Issues issues;
  auto program = Compile(config::ConfigView(*document), catalogue, {.pipe_id = "p"}, issues);
  SLUICE_CHECK(program.ok());
  JsonParser parser;
  Arena arena;
  std::string out;
  size_t i = 0;
  const Environment environment;
  for (auto _ : state) {
    arena.Clear();
    out.clear();
    Entity source;
    auto value = parser.Parse(texts[i], arena);
    SLUICE_CHECK(value.ok());
    source.dict = *value;
    auto output = (*program)->Run(source, environment, arena);
    SLUICE_CHECK(output.ok());
    WriteJson(output->entities[0].dict, out);
    benchmark::DoNotOptimize(out.data());
    i = (i + 1) % texts.size();
  }
  state.SetItemsProcessed(state.iterations());
}

void CopyAndAdd(benchmark::State& state) {
  RunRules(
      state,
      R"({"default": [["copy", "*"], ["add", "type", "customer"], ["add", "city", "_S.address.city"],
                      ["add", "who", "_S.name"]]})");
}
BENCHMARK(CopyAndAdd);

void CopyOnly(benchmark::State& state) { RunRules(state, R"({"default": [["copy", "*"]]})"); }
BENCHMARK(CopyOnly);

void AddFifteen(benchmark::State& state) {
  std::string rules = R"({"default": [["copy", "_id"])";
  for (int i = 0; i < 15; ++i) {
    rules += fmt::format(
        R"(,["add", "p{}", ["if", ["and", "_S.active", "_S.name"], "_S.address.city", "_S.email"]])",
        i);
  }
  RunRules(state, rules + "]}");
}
BENCHMARK(AddFifteen);

}  // namespace
}  // namespace sluice::dtl

BENCHMARK_MAIN();
