// The catalogue: every function is described, its examples give their results, it has vectors, and
// no source file is forgotten.

#include "functions/functions.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/issue.h"
#include "config/view.h"
#include "dtl/program.h"
#include "dtl/special_forms.h"
#include "value/json.h"

namespace sluice::functions {
namespace {

const std::filesystem::path kFolder = "src/functions";
// What each function's cases must be at least; most have many more.
constexpr size_t kCasesMin = 5;
constexpr size_t kDeprecatedCasesMin = 2;

const dtl::Catalogue& Functions() {
  static const auto* const catalogue = [] {
    auto* made = new dtl::Catalogue;
    AddAll(*made);
    return made;
  }();
  return *catalogue;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::string text;
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  EXPECT_NE(file, nullptr) << path;
  if (file == nullptr) return text;
  char buffer[65536];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, got);
  std::fclose(file);
  return text;
}

std::vector<std::filesystem::path> FilesThatEndWith(std::string_view end) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    if (entry.path().filename().string().ends_with(end)) files.push_back(entry.path());
  }
  return files;
}

// All texts between `before` and the next quotation mark.
std::vector<std::string> QuotedAfter(const std::string& text, std::string_view before) {
  std::vector<std::string> found;
  for (size_t at = 0; (at = text.find(before, at)) != std::string::npos;) {
    at += before.size();
    found.push_back(text.substr(at, text.find('"', at) - at));
  }
  return found;
}

std::string Canonical(const Value& value) { return ToJson(value, {.sort_keys = true}); }

TEST(CatalogueTest, EveryFunctionIsDescribed) {
  for (const dtl::Function* function : Functions().all()) {
    SCOPED_TRACE(function->name);
    EXPECT_FALSE(function->chapter.empty());
    EXPECT_TRUE(function->doc.ends_with('.')) << "the documentation is made of sentences";
    EXPECT_FALSE(function->examples.empty());
    EXPECT_NE(static_cast<bool>(function->eval), static_cast<bool>(function->bind)) << "one body";
    EXPECT_FALSE(function->special_form || function->transform) << "belongs to dtl/";
    std::set<std::string_view> names;
    for (const dtl::Param& param : function->params) {
      EXPECT_TRUE(names.insert(param.name).second) << param.name;
      EXPECT_TRUE(param.max < 0 || param.min <= param.max) << param.name;
    }
  }
}

TEST(CatalogueTest, EveryExampleGivesItsResult) {
  dtl::Catalogue catalogue;
  dtl::AddSpecialForms(catalogue);
  AddAll(catalogue);
  JsonParser decode;
  JsonParser keep({.transit = Transit::kKeep});
  for (const dtl::Function* function : Functions().all()) {
    for (const dtl::Example& example : function->examples) {
      SCOPED_TRACE(example.dtl);
      Arena arena;
      auto document = keep.Parse(example.dtl, arena);
      auto source = decode.Parse(example.source, arena);
      auto wanted = decode.Parse(example.result, arena);
      ASSERT_TRUE(document.ok() && source.ok() && wanted.ok());
      config::Issues issues;
      auto expression =
          dtl::CompileExpression(config::ConfigView(*document), catalogue, {}, issues);
      ASSERT_TRUE(expression.ok()) << expression.error().ToText();
      const Entity entity{.dict = *source};
      auto value = (*expression)->Evaluate(entity, {}, arena);
      ASSERT_TRUE(value.ok()) << value.error().ToText();
      EXPECT_EQ(Canonical(*value), Canonical(*wanted));
    }
  }
}

TEST(CatalogueTest, EveryFunctionHasVectors) {
  std::map<std::string, size_t> cases;
  for (const auto& path : FilesThatEndWith(".test")) {
    std::string text = ReadFile(path);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find("\ncase", at + 1), text.size());
      std::set<std::string> called;
      for (auto& name : QuotedAfter(text.substr(at, end - at), "[\""))
        called.insert(std::move(name));
      for (const auto& name : called) ++cases[name];
      at = end;
    }
  }
  for (const dtl::Function* function : Functions().all()) {
    const size_t wanted = function->deprecated.empty() ? kCasesMin : kDeprecatedCasesMin;
    EXPECT_GE(cases[std::string(function->name)], wanted) << function->name;
  }
}

TEST(CatalogueTest, EverySourceFileIsInTheCatalogue) {
  size_t functions = 0;
  for (const auto& path : FilesThatEndWith(".cc")) {
    if (path.filename().string().ends_with("_test.cc")) continue;
    for (const auto& name : QuotedAfter(ReadFile(path), ".name = \"")) {
      ++functions;
      EXPECT_NE(Functions().FindExpression(name), nullptr) << name << " of " << path;
    }
  }
  EXPECT_EQ(functions, Functions().all().size()) << "a function that no source file names";
}

TEST(CatalogueTest, EveryFileOfVectorsBelongsToASourceFile) {
  for (auto path : FilesThatEndWith(".test")) {
    EXPECT_TRUE(std::filesystem::exists(path.replace_extension(".cc"))) << path;
  }
}

}  // namespace
}  // namespace sluice::functions
