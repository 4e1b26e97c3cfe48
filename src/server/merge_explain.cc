#include "server/merge_explain.h"

#include "base/arena.h"
#include "value/json.h"

namespace sluice::server {
namespace {

std::string TextOf(const Value& value) {
  return value.IsString() ? std::string(value.text()) : ToJson(value);
}

std::string NameOf(const Value& member) {
  return TextOf(member.Find("dataset")) + " " + TextOf(member.Find("_id"));
}

std::string NumberOf(const Value& dict, std::string_view name) {
  return Grouped(static_cast<uint64_t>(dict.Find(name).AsInteger().value_or(0)));
}

void PrintGroup(const Value& group, Terminal& terminal) {
  const bool deleted = group.Find("_deleted").IsTrue();
  terminal.Print("{}\n",
                 terminal.Paint(Colour::kBold, fmt::format("{}: {} {}", TextOf(group.Find("_id")),
                                                           NumberOf(group, "size"),
                                                           deleted ? "deleted entity, which merges "
                                                                     "with none"
                                                                   : "entities")));
  for (const Value member : group.Find("members").items()) {
    terminal.Print("  {}\n", NameOf(member));
    if (!member.Has("rule")) continue;
    terminal.Print("    same as {}: {} under {}\n", NameOf(member.Find("same_as")),
                   ToJson(member.Find("value")), TextOf(member.Find("rule")));
  }
}

void PrintOverview(const Value& overview, Terminal& terminal) {
  terminal.Print("{} entities in {} groups, {} of them of several entities\n",
                 NumberOf(overview, "entities"), NumberOf(overview, "groups"),
                 NumberOf(overview, "groups_of_several"));
  const auto print = [&](std::string_view name, std::string_view what) {
    const uint64_t count = static_cast<uint64_t>(overview.Find(name).AsInteger().value_or(0));
    if (count != 0) terminal.Print("{} {}\n", Grouped(count), what);
  };
  print("entities_without_value", "entities have no value that joins under any rule");
  print("blank_values", "values are blank and join nothing");
  std::vector<std::vector<std::string>> rows;
  const Value by_datasets = overview.Find("groups_by_datasets");
  for (const Property& property : by_datasets.properties()) {
    rows.push_back({std::string(property.name), NumberOf(by_datasets, property.name)});
  }
  terminal.PrintTable({"datasets", "groups"}, rows);
  rows.clear();
  for (const Value group : overview.Find("largest_groups").items()) {
    rows.push_back(
        {NumberOf(group, "size"), NumberOf(group, "datasets"), NameOf(group.Find("one_of"))});
  }
  terminal.PrintTable({"entities", "datasets", "largest groups, by one of them"}, rows);
  rows.clear();
  for (const Value use : overview.Find("most_used_values").items()) {
    rows.push_back({NumberOf(use, "entities"), use.Find("suspicious").IsTrue() ? "suspicious" : "",
                    ToJson(use.Find("value")), TextOf(use.Find("rule"))});
  }
  terminal.PrintTable({"entities", "", "most shared values", "rule"}, rows);
}

// A hub over what DIR is. Null where the configuration has errors, which are printed.
Result<std::unique_ptr<Node>> OpenNode(const FolderOptions& options, const Stop& stop,
                                       Terminal& terminal) {
  if (IsDataFolder(options.folder)) {
    return Node::Open({.data = options.folder, .schedules = false, .signals = false});
  }
  SLUICE_TRY(const auto project, config::LoadProject(options.folder));
  SLUICE_TRY(auto node, Node::Open({.data = options.data, .schedules = false, .signals = false}));
  SLUICE_TRY(const bool loaded, LoadFolder(*node, project, options, terminal));
  if (!loaded) return std::unique_ptr<Node>();
  SLUICE_TRY(FeedTestdata(*node, project, stop));
  pipe::RunAllOptions run;
  run.reset = false;
  run.time_max = {};
  SLUICE_TRY(const auto token, node->hub().StartRunAll(std::move(run)));
  SLUICE_TRY(const auto report, node->hub().WaitRunAll(token, stop));
  if (report.status != pipe::RunAllStatus::kSuccess) terminal.Complain("{}\n", report.message);
  return node;
}

}  // namespace

int ExplainMerge(const MergeExplainOptions& options, const Stop& stop, Terminal& terminal) {
  const auto fail = [&](const Error& error) {
    terminal.Complain("{}\n", terminal.Paint(Colour::kRed, error.ToText()));
    return error.code == Code::kNotFound ? 1 : 2;
  };
  auto node = OpenNode(options.folder, stop, terminal);
  if (!node.ok()) return fail(node.error());
  if (!*node) return 1;
  pipe::Hub& hub = (*node)->hub();
  const bool overview = options.id.empty();
  auto json = overview ? hub.MergeOverview(options.pipe, stop)
                       : hub.ExplainMerge(options.pipe, options.id, stop);
  if (!json.ok()) return fail(json.error());
  if (options.json) {
    terminal.Print("{}\n", *json);
    return 0;
  }
  Arena arena;
  JsonParser parser;
  auto answer = parser.Parse(*json, arena);
  if (!answer.ok()) return fail(answer.error());
  if (overview) {
    PrintOverview(*answer, terminal);
  } else {
    for (const Value group : answer->Find("groups").items()) PrintGroup(group, terminal);
  }
  return 0;
}

}  // namespace sluice::server
