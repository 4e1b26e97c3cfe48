// Nothing on the hot path allocates from the heap for each value: a batch of the typical mapping
// takes as many allocations as a small one.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "dtl/program.h"
#include "dtl/special_forms.h"
#include "functions/functions.h"
#include "value/json.h"

namespace {

// Counts the allocations of this thread while it is set.
thread_local int64_t* allocations = nullptr;

void* Counted(size_t size) {
  if (allocations) ++*allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t size) { return Counted(size); }
void* operator new[](size_t size) { return Counted(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  if (allocations) ++*allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new[](size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace sluice::functions {
namespace {

constexpr const char* kMappings = "bench/peers/mappings/";

std::string ReadRules(const std::string& name) {
  std::string text;
  std::FILE* const file = std::fopen((kMappings + name).c_str(), "rb");
  EXPECT_NE(file, nullptr) << name;
  char block[4096];
  for (size_t count; file && (count = std::fread(block, 1, sizeof block, file)) > 0;) {
    text.append(block, count);
  }
  if (file) std::fclose(file);
  return text;
}

// An entity of about 450 bytes, as the limits programme has them, with `tags` of this many items.
std::string MakeEntity(int number, int tags) {
  std::string list;
  for (int i = 0; i < tags; ++i)
    list += fmt::format(R"({}"tag {}")", i == 0 ? "" : ",", i * number);
  return fmt::format(
      R"({{"_id":"person:{0}","name":"Åse Nordmann {0}","email":"user.{0}@example.org","age":{1},"salary":{2}.25,)"
      R"("active":true,"manager":"~:person:{1}","hired":"~t2020-0{3}-24T03:55:01.351Z","address":{{"street":"Åsveien )"
      R"({1}","zip":"1657","city":"Tromsø","country":"NO"}},"tags":[{4}],"notes":"with \"quotes\"","left":null,)"
      R"("lines":[{{"n":1,"sku":"ab"}},{{"n":{0},"sku":"cd"}}]}})",
      number, number % 90, number * 7, 1 + number % 9, list);
}

class Allocations : public testing::Test {
 protected:
  void SetUp() override {
    dtl::AddSpecialForms(catalogue_);
    AddAll(catalogue_);
  }

  void CompileRules(std::string_view rules) {
    auto document = keep_.Parse(rules, rules_arena_);
    ASSERT_TRUE(document.ok()) << document.error().ToText();
    config::Issues issues;
    auto program =
        dtl::Compile(config::ConfigView(*document), catalogue_, {.pipe_id = "p"}, issues);
    ASSERT_TRUE(program.ok()) << program.error().ToText();
    program_ = *program;
  }

  // The allocations of one batch: parsed, mapped, serialised. What has to grow has grown before.
  int64_t CountBatch(int entities, int tags) {
    std::vector<std::string> texts;
    for (int i = 1; i <= entities; ++i) texts.push_back(MakeEntity(i, tags));
    JsonParser parser;
    Arena arena;
    dtl::Output output;
    std::string out;
    int64_t counted = 0;
    for (int round = 0; round < 3; ++round) {
      counted = 0;
      out.clear();
      arena.Clear();
      allocations = &counted;
      for (const std::string& text : texts) RunOne(text, parser, arena, output, out);
      allocations = nullptr;
    }
    EXPECT_FALSE(out.empty());
    return counted;
  }

  void RunOne(const std::string& text, JsonParser& parser, Arena& arena, dtl::Output& output,
              std::string& out) {
    auto value = parser.Parse(text, arena);
    SLUICE_CHECK(value.ok());
    auto* const source = arena.New<Entity>();
    source->dict = *value;
    const auto done = program_->Run(*source, environment_, arena, output);
    SLUICE_CHECK(done.ok());
    for (const Entity& entity : output.entities) WriteJson(entity.dict, out);
  }

  // What an arena takes for a batch of this size: blocks of up to a megabyte.
  static constexpr int64_t kBlocksMax = 24;

  dtl::Catalogue catalogue_;
  JsonParser keep_{{.floats = FloatMode::kFloat, .transit = Transit::kKeep}};
  Arena rules_arena_;
  std::shared_ptr<const dtl::Program> program_;
  const dtl::Environment environment_;
};

TEST_F(Allocations, DoNotGrowWithTheEntitiesOfABatch) {
  for (const char* rules : {"copy.json", "typical.json", "apply.json"}) {
    CompileRules(ReadRules(rules));
    EXPECT_LE(CountBatch(1000, 3), kBlocksMax) << rules;
  }
}

TEST_F(Allocations, DoNotGrowWithTheValuesOfAnEntity) {
  CompileRules(ReadRules("typical.json"));
  EXPECT_LE(CountBatch(10, 2000), kBlocksMax);
}

TEST_F(Allocations, OneForEachValueIsSeen) {
  catalogue_.Add({.name = "planted",
                  .chapter = "strings",
                  .params = {{"VALUES"}},
                  .doc = "Allocates.",
                  .eval = [](const dtl::Args& args) -> Result<Value> {
                    return Value::String(
                        args.arena().Copy(std::string(64, 'x') + std::string(args[0].text())));
                  }});
  CompileRules(R"({"default": [["add", "a", ["planted", "_S.name"]]]})");
  EXPECT_GE(CountBatch(1000, 3), 1000);
}

}  // namespace
}  // namespace sluice::functions
