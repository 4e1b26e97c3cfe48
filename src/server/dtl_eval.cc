#include "server/dtl_eval.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/limits.h"
#include "config/document.h"
#include "dtl/eval_line.h"
#include "dtl/program.h"
#include "server/node.h"
#include "value/json.h"
#include "value/record.h"

namespace sluice::server {
namespace {

constexpr size_t kBlockBytes = 256 * 1024;
constexpr size_t kArenaBytesMax =
    8 * 1024 * 1024;  // Over it the arena is emptied between entities.

std::string FirstError(const config::Issues& issues) {
  for (const auto& issue : issues.all()) {
    if (issue.level != config::Level::kError) continue;
    const std::string at = issue.at.empty() ? "" : fmt::format(" at {}", issue.at);
    return fmt::format("bad-config{}: {}{}{}", at, issue.message,
                       issue.suggestion.empty() ? "" : " ", issue.suggestion);
  }
  return "bad-config: the rules could not be compiled";
}

Result<std::shared_ptr<const dtl::Program>> CompileRules(const config::ConfigView& rules,
                                                         const dtl::Catalogue& catalogue,
                                                         const dtl::CompileOptions& options) {
  config::Issues issues;
  auto program = dtl::Compile(rules, catalogue, options, issues);
  if (!program.ok() || issues.HasErrors())
    return MakeError(Code::kBadConfig, "{}", FirstError(issues));
  return program;
}

Entity EntityOf(const Value& dict) {
  Entity entity;
  entity.dict = dict;
  entity.deleted = dict.Find("_deleted").AsBoolean() == true;
  return entity;
}

// Maps a stream of entities and writes what comes out.
class StreamMapper {
 public:
  StreamMapper(const dtl::Program& program, const DtlRunOptions& options, Terminal& terminal)
      : program_(program), options_(options), terminal_(terminal) {}

  Result<bool> Run(std::FILE* in) {
    JsonStream stream;
    const auto block = std::make_unique<std::array<char, kBlockBytes>>();
    bool more = true;
    while (more) {
      const size_t count = std::fread(block->data(), 1, block->size(), in);
      if (std::ferror(in) != 0)
        return MakeError(Code::kIo, "cannot read the input: {}", std::strerror(errno));
      more = count > 0;
      more ? stream.Feed({block->data(), count}) : stream.Finish();
      SLUICE_TRY(MapAll(stream));
      Flush();
    }
    if (options_.array) out_ += any_ ? "\n]\n" : "[]\n";
    Flush();
    return all_mapped_;
  }

 private:
  Result<void> MapAll(JsonStream& stream) {
    while (true) {
      record_.clear();
      SLUICE_TRY(const bool found, stream.Next(record_));
      if (!found) return {};
      if (arena_.bytes() > kArenaBytesMax) arena_.Clear();
      const auto output = program_.Run(EntityOf(Decode(record_)), {}, arena_);
      if (!output.ok()) {
        all_mapped_ = false;
        terminal_.Complain("entity {}: {}\n", stream.count() - 1, output.error().ToText());
        continue;
      }
      for (const Entity& entity : output->entities) {
        if (!entity.filtered) Write(entity.dict);
      }
      if (out_.size() > kBlockBytes) Flush();
    }
  }

  void Write(const Value& dict) {
    if (options_.array) out_ += any_ ? ",\n" : "[\n";
    WriteJson(dict, out_, {.indent = options_.pretty ? 2 : 0});
    if (!options_.array) out_ += '\n';
    any_ = true;
  }

  void Flush() {
    terminal_.PrintRaw(out_);
    out_.clear();
  }

  const dtl::Program& program_;
  const DtlRunOptions& options_;
  Terminal& terminal_;
  Arena arena_;
  std::string record_;
  std::string out_;
  bool any_ = false;
  bool all_mapped_ = true;
};

}  // namespace

int EvaluateLines(std::FILE* in, const dtl::Catalogue& catalogue, Terminal& terminal) {
  dtl::LineEvaluator evaluator(catalogue);
  char* line = nullptr;
  size_t capacity = 0;
  std::string out;
  for (ssize_t size; (size = getline(&line, &capacity, in)) >= 0;) {
    std::string_view text(line, static_cast<size_t>(size));
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) continue;
    out = evaluator.Evaluate(text);
    out += '\n';
    terminal.PrintRaw(out);
  }
  std::free(line);  // getline allocates with malloc.
  return 0;
}

// The transforms of one rule, as one writes them on the command line: a list of lists.
bool IsRuleAlone(const Value& rules) {
  const auto items = rules.items();
  return rules.kind() == Kind::kList && items.begin() != items.end() &&
         (*items.begin()).kind() == Kind::kList;
}

int RunRules(const DtlRunOptions& options, const dtl::Catalogue& catalogue, Terminal& terminal) {
  const auto fail = [&](const Error& error) {
    terminal.Complain(
        "{}\n", terminal.Paint(Colour::kRed, error.code == Code::kBadConfig && error.at.empty()
                                                 ? error.message
                                                 : error.ToText()));
    return 2;
  };
  const auto bytes = ReadFile(options.rules, limits::kConfigDocumentBytesMax);
  if (!bytes.ok()) return fail(bytes.error());
  Arena arena;
  auto rules = JsonParser({.transit = Transit::kKeep}).Parse(*bytes, arena);
  if (!rules.ok()) return fail(rules.error());
  const Property whole{"default", *rules};
  if (IsRuleAlone(*rules)) *rules = Value::Dict(std::span(&whole, 1));
  const dtl::CompileOptions compile{.pipe_id = options.pipe_id,
                                    .namespaces = {.identifiers = options.namespaced_identifiers,
                                                   .identity = options.pipe_id,
                                                   .property = options.pipe_id},
                                    .id_required = false};
  const auto program = CompileRules(config::ConfigView(*rules), catalogue, compile);
  if (!program.ok()) return fail(program.error());
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(nullptr, std::fclose);
  if (!options.input.empty()) {
    file.reset(std::fopen(options.input.c_str(), "rb"));
    if (!file)
      return fail(MakeError(Code::kIo, "cannot read {}: {}", options.input, std::strerror(errno)));
  }
  const auto mapped = StreamMapper(**program, options, terminal).Run(file ? file.get() : stdin);
  if (!mapped.ok()) return fail(mapped.error());
  return *mapped ? 0 : 1;
}

}  // namespace sluice::server
