#include "server/dtl_explain.h"

#include "value/json.h"

namespace sluice::server {
namespace {

std::string Text(const Value& dict, std::string_view name) {
  return std::string(dict.Find(name).AsString().value_or(""));
}

void PrintNumbers(const Value& dict, const char* title, Terminal& terminal) {
  if (!dict.IsDict() || dict.count() == 0) return;
  std::string line;
  for (const Property& property : dict.properties()) {
    if (property.value.IsDict()) continue;
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", property.name, ToJson(property.value));
  }
  terminal.Print("    {:<10} {}\n", title, line);
}

void PrintJoin(const Value& join, Terminal& terminal) {
  terminal.Print("  {} {} (at {})\n", Text(join, "dataset"), Text(join, "alias"), Text(join, "at"));
  terminal.Print("    {:<10} {} by {}\n", "key", Text(join, "key"), Text(join, "by"));
  if (join.Has("from")) terminal.Print("    {:<10} {}\n", "joins", Text(join, "from"));
  terminal.Print("    {:<10} {} of each entity\n", "reads", Text(join, "reads"));
  terminal.Print("    {:<10} {}\n", "changes", "followed back " + Text(join, "followed_back"));
  PrintNumbers(join.Find("index"), "index", terminal);
  PrintNumbers(join.Find("index").Find("expected"), "expected", terminal);
  PrintNumbers(join.Find("seen"), "seen", terminal);
  for (const Value& warning : join.Find("warnings").items()) {
    terminal.Print("    {}\n",
                   terminal.Paint(Colour::kYellow, "warning    " + std::string(warning.text())));
  }
}

void PrintExplained(const Value& explained, Terminal& terminal) {
  const bool exact = explained.Find("exact").IsTrue();
  terminal.Print("{}: {}\n", Text(explained, "pipe"), exact ? "exact" : "not exact");
  for (const Value& reason : explained.Find("not_exact").items()) {
    terminal.Print("  {}\n", reason.text());
  }
  terminal.Print("joins, in their order:\n");
  for (const Value& join : explained.Find("joins").items()) PrintJoin(join, terminal);
  for (const Value& because : explained.Find("records_keys_because").items()) {
    terminal.Print("keys are recorded for each source entity: {}\n", because.text());
  }
  if (explained.Find("keeps_outputs").IsTrue()) {
    terminal.Print("outputs are kept for each source entity\n");
  }
  for (const Value& dataset : explained.Find("tracking").items()) {
    terminal.Print("follows {}: offset {}, {} versions behind\n", Text(dataset, "dataset"),
                   ToJson(dataset.Find("offset")), ToJson(dataset.Find("behind")));
  }
}

Result<std::string> Explain(const DtlExplainOptions& options) {
  const FolderOptions& folder = options.folder;
  if (IsDataFolder(folder.folder)) {
    SLUICE_TRY(const auto node,
               Node::Open({.data = folder.folder, .schedules = false, .signals = false}));
    return node->hub().ExplainPipe(options.pipe);
  }
  SLUICE_TRY(const auto project, config::LoadProject(folder.folder));
  SLUICE_TRY(const auto environment,
             ReadEnvironment(project, folder.folder, folder.profile, folder.env_file));
  SLUICE_TRY(const auto node, Node::Open({.data = {}, .schedules = false, .signals = false}));
  SLUICE_TRY(node->hub().PutEnv(environment));
  // What is wrong with other pipes is no obstacle.
  SLUICE_TRY(node->hub().PutConfig(project.components, /*force=*/true));
  return node->hub().ExplainPipe(options.pipe);
}

}  // namespace

int ExplainPipe(const DtlExplainOptions& options, Terminal& terminal) {
  const auto text = Explain(options);
  if (!text.ok()) {
    terminal.Complain("{}\n", terminal.Paint(Colour::kRed, text.error().ToText()));
    return text.error().code == Code::kNotFound ? 1 : 2;
  }
  if (options.json) {
    terminal.Print("{}\n", *text);
    return 0;
  }
  Arena arena;
  JsonParser parser;
  const auto explained = parser.Parse(*text, arena);
  SLUICE_CHECK(explained.ok());
  PrintExplained(*explained, terminal);
  return 0;
}

}  // namespace sluice::server
