// What mappings cost beside parsing and serialising the same entities, on one thread.
//
//   functions_bench RUNS FILE RULES [FILE RULES]… [--out FILE RULES OUTPUT]
//
// FILE is NDJSON, RULES a transform's rules. Each run goes through all pairs, so that what disturbs
// the machine meets all of them. Prints medians as one JSON object: for each pair the CPU time in
// nanoseconds per entity with the rules (`mapping_ns`) and without (`identity_ns`).

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dtl/program.h"
#include "dtl/special_forms.h"
#include "functions/functions.h"
#include "value/json.h"

namespace sluice {
namespace {

[[noreturn]] void Stop(std::string_view what, std::string_view why) {
  fmt::print(stderr, "functions_bench: {}: {}\n", what, why);
  std::exit(1);
}

std::string ReadAll(const char* path) {
  std::FILE* const file = std::fopen(path, "rb");
  if (!file) Stop(path, "cannot be read");
  std::string text;
  char block[65536];
  for (size_t count; (count = std::fread(block, 1, sizeof block, file)) > 0;) {
    text.append(block, count);
  }
  std::fclose(file);
  return text;
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end != 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

int64_t CpuNanoseconds() {
  timespec at;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
}

// One file and the rules it is mapped by.
class Workload {
 public:
  Workload(const char* file, const char* rules, const dtl::Catalogue& catalogue)
      : file_(file), rules_(rules), text_(ReadAll(file)), lines_(LinesOf(text_)) {
    const std::string text = ReadAll(rules);
    Arena arena;
    auto document =
        JsonParser({.floats = FloatMode::kFloat, .transit = Transit::kKeep}).Parse(text, arena);
    if (!document.ok()) Stop(rules, document.error().ToText());
    config::Issues issues;
    auto program = dtl::Compile(config::ConfigView(*document), catalogue, {.pipe_id = "p"}, issues);
    if (!program.ok()) Stop(rules, program.error().ToText());
    program_ = *program;
  }

  void Run() {
    identity_.push_back(Measure(nullptr, nullptr));
    mapping_.push_back(Measure(program_.get(), nullptr));
  }

  void Write(const char* path) {
    std::string all;
    Measure(program_.get(), &all);
    std::FILE* const file = std::fopen(path, "wb");
    if (!file || std::fwrite(all.data(), 1, all.size(), file) != all.size() ||
        std::fclose(file) != 0) {
      Stop(path, "cannot be written");
    }
  }

  std::string Report() {
    return fmt::format(
        R"({{"file": "{}", "rules": "{}", "entities": {}, "bytes": {}, "mapping_ns": {:.1f}, "identity_ns": {:.1f}}})",
        file_, rules_, lines_.size(), text_.size(), Median(mapping_), Median(identity_));
  }

 private:
  // Nanoseconds for each entity. As in a pipe, a batch is read, then mapped, then written, and its
  // memory is given back at once.
  double Measure(const dtl::Program* program, std::string* all) {
    constexpr size_t kBatch = 100;
    const int64_t start = CpuNanoseconds();
    for (size_t i = 0; i < lines_.size(); i += kBatch) {
      arena_.Clear();
      out_.Clear();
      Read(std::span(lines_).subspan(i, std::min(kBatch, lines_.size() - i)));
      if (program) Map(*program);
      for (const Entity* entity : batch_) {
        out_.Append(*entity);
        out_.Append("\n");
      }
      if (all) all->append(out_.text());
    }
    const int64_t end = CpuNanoseconds();
    return static_cast<double>(end - start) / static_cast<double>(lines_.size());
  }

  void Read(std::span<const std::string_view> lines) {
    batch_.clear();
    for (const std::string_view line : lines) {
      const auto value = parser_.Parse(line, arena_);
      if (!value.ok()) Stop(file_, value.error().ToText());
      auto* const entity = arena_.New<Entity>();
      entity->dict = *value;
      batch_.push_back(entity);
    }
  }

  // What comes of the batch takes its place.
  void Map(const dtl::Program& program) {
    const dtl::Environment environment;
    mapped_.clear();
    for (const Entity* source : batch_) {
      if (const auto done = program.Run(*source, environment, arena_, output_); !done.ok()) {
        Stop(rules_, done.error().ToText());
      }
      for (const Entity& entity : output_.entities) mapped_.push_back(entity);
    }
    batch_.clear();
    for (const Entity& entity : mapped_) batch_.push_back(&entity);
  }

  static double Median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }

  const char* file_;
  const char* rules_;
  std::string text_;
  std::vector<std::string_view> lines_;
  std::shared_ptr<const dtl::Program> program_;
  JsonParser parser_;
  Arena arena_;
  std::vector<const Entity*> batch_;
  std::vector<Entity> mapped_;
  dtl::Output output_;
  EntityJsonText out_{{.metadata = false}};
  std::vector<double> identity_;
  std::vector<double> mapping_;
};

int RunAll(int argc, char** argv) {
  if (argc < 4)
    Stop("usage", "functions_bench RUNS FILE RULES [FILE RULES]... [--out FILE RULES OUTPUT]");
  dtl::Catalogue catalogue;
  dtl::AddSpecialForms(catalogue);
  functions::AddAll(catalogue);
  std::deque<Workload> workloads;  // They stay where they are.
  for (int i = 2; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--out") {
      if (i + 3 >= argc) Stop("--out", "takes FILE RULES OUTPUT");
      Workload(argv[i + 1], argv[i + 2], catalogue).Write(argv[i + 3]);
      break;
    }
    workloads.emplace_back(argv[i], argv[i + 1], catalogue);
  }
  for (int run = std::atoi(argv[1]); run > 0; --run) {
    for (Workload& workload : workloads) workload.Run();
  }
  std::string report;
  for (Workload& workload : workloads) report += (report.empty() ? "" : ",\n ") + workload.Report();
  fmt::print("[{}]\n", report);
  return 0;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) { return sluice::RunAll(argc, argv); }
