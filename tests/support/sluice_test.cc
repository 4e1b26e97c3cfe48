// sluice-test: runs case files and says how many hold.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "dtl/eval_line.h"
#include "dtl/special_forms.h"
#include "functions/functions.h"
#include "tests/support/case_run.h"
#include "tests/support/program_fuzz.h"

namespace sluice::testing {
namespace {

constexpr const char* kUsage =
    "sluice-test [--rewrite] [FILE|FOLDER]...  runs case files (*.test); without names all of src/ "
    "and tests/\n"
    "sluice-test --jsonl                       evaluates requests from standard input, one a line\n"
    "sluice-test --examples                    runs the examples of the catalogue\n"
    "sluice-test --fuzz SECONDS [SEED]         runs random programs, folded and not\n";

struct Counts {
  size_t passed = 0;
  size_t failed = 0;
};

std::string ReadAll(std::FILE* file) {
  std::string text;
  char buffer[65536];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, got);
  return text;
}

std::vector<std::string> FindFiles(const std::vector<std::string>& names) {
  std::vector<std::string> files;
  for (const auto& name : names) {
    if (!std::filesystem::is_directory(name)) {
      files.push_back(name);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(name)) {
      if (entry.path().extension() == ".test" && entry.is_regular_file())
        files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void RunFile(const std::string& path, const dtl::Catalogue& catalogue, bool rewrite,
             Counts& counts) {
  std::FILE* input = std::fopen(path.c_str(), "rb");
  if (!input) {
    fmt::print("{}: cannot be read\n", path);
    ++counts.failed;
    return;
  }
  const std::string text = ReadAll(input);
  std::fclose(input);
  auto file = ParseCaseFile(path, text);
  if (!file.ok()) {
    fmt::print("{}\n", file.error().ToText());
    ++counts.failed;
    return;
  }
  std::map<size_t, std::string> rewrites;
  for (const Case& item : file->cases) {
    CaseResult result = RunCase(item, catalogue);
    if (result.passed()) {
      ++counts.passed;
      continue;
    }
    if (rewrite && !result.rewrites.empty()) {
      rewrites.merge(result.rewrites);
      fmt::print("{}:{}: rewritten: {}\n", path, item.line + 1, item.name);
      continue;
    }
    ++counts.failed;
    fmt::print("{}:{}: {}\n    {}\n", path, item.line + 1, item.name, result.failure);
  }
  if (rewrites.empty()) return;
  const std::string updated = RewriteFields(*file, rewrites);
  std::FILE* output = std::fopen(path.c_str(), "wb");
  if (!output || std::fwrite(updated.data(), 1, updated.size(), output) != updated.size()) {
    fmt::print("{}: cannot be written\n", path);
    ++counts.failed;
  }
  if (output) std::fclose(output);
}

// Each example of an expression in the catalogue is a case of its own.
void RunExamples(const dtl::Catalogue& catalogue, Counts& counts) {
  for (const dtl::Function* function : catalogue.all()) {
    for (const dtl::Example& example : function->examples) {
      Case item{.name = std::string(function->name), .line = 0, .fields = {}};
      item.fields.push_back({.key = "source", .text = std::string(example.source)});
      if (function->transform) {
        item.fields.push_back(
            {.key = "rules", .text = fmt::format("{{\"default\": [{}]}}", example.dtl)});
        item.fields.push_back({.key = "target", .text = std::string(example.result)});
      } else {
        item.fields.push_back({.key = "dtl", .text = std::string(example.dtl)});
        item.fields.push_back({.key = "want", .text = std::string(example.result)});
      }
      const CaseResult result = RunCase(item, catalogue);
      result.passed() ? ++counts.passed : ++counts.failed;
      if (!result.passed())
        fmt::print("example of {}: {}\n    {}\n", function->name, example.dtl, result.failure);
    }
  }
}

int RunLines(const dtl::Catalogue& catalogue) {
  dtl::LineEvaluator evaluator(catalogue);
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    fmt::print("{}\n", evaluator.Evaluate(line));
    line.clear();
  }
  if (!line.empty()) fmt::print("{}\n", evaluator.Evaluate(line));
  return 0;
}

int RunFuzz(const dtl::Catalogue& catalogue, const std::vector<std::string>& arguments) {
  const int64_t seconds = arguments.size() > 1 ? std::atoll(arguments[1].c_str()) : 10;
  const uint64_t seed = arguments.size() > 2 ? std::strtoull(arguments[2].c_str(), nullptr, 10) : 1;
  const FuzzResult result = FuzzPrograms(catalogue, seed, seconds);
  fmt::print("{} programs, {} compiled, {} ran\n{}", result.programs, result.compiled, result.ran,
             result.failure.empty() ? "" : result.failure + "\n");
  return result.failure.empty() && result.ran != 0 ? 0 : 1;
}

int Main(const std::vector<std::string>& arguments) {
  dtl::Catalogue catalogue;
  dtl::AddSpecialForms(catalogue);
  functions::AddAll(catalogue);
  bool rewrite = false;
  std::vector<std::string> names;
  for (const auto& argument : arguments) {
    if (argument == "--jsonl") return RunLines(catalogue);
    if (argument == "--fuzz") return RunFuzz(catalogue, arguments);
    if (argument == "--rewrite") {
      rewrite = true;
    } else if (argument == "--examples") {
      Counts counts;
      RunExamples(catalogue, counts);
      fmt::print("{} passed, {} failed\n", counts.passed, counts.failed);
      return counts.failed == 0 ? 0 : 1;
    } else if (argument.starts_with("-")) {
      fmt::print("{}", kUsage);
      return 2;
    } else {
      names.push_back(argument);
    }
  }
  if (names.empty()) names = {"src", "tests"};
  Counts counts;
  for (const auto& path : FindFiles(names)) RunFile(path, catalogue, rewrite, counts);
  if (arguments.empty()) RunExamples(catalogue, counts);
  fmt::print("{} passed, {} failed\n", counts.passed, counts.failed);
  return counts.failed == 0 && counts.passed != 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluice::testing

int main(int argc, char** argv) {
  return sluice::testing::Main(std::vector<std::string>(argv + 1, argv + argc));
}
