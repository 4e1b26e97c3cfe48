#include "server/check_folder.h"

namespace sluice::server {

int CheckFolder(const FolderOptions& options, Terminal& terminal) {
  const auto fail = [&](const Error& error) {
    terminal.Complain("{}\n", terminal.Paint(Colour::kRed, error.ToText()));
    return 2;
  };
  auto project = config::LoadProject(options.folder);
  if (!project.ok()) return fail(project.error());
  auto node = Node::Open({.data = {}, .schedules = false, .signals = false});
  if (!node.ok()) return fail(node.error());
  auto environment = ReadEnvironment(*project, options.folder, options.profile, options.env_file);
  if (!environment.ok()) return fail(environment.error());
  if (auto put = (*node)->hub().PutEnv(*environment); !put.ok()) return fail(put.error());
  auto outcome = (*node)->hub().CheckConfig(project->components);
  if (!outcome.ok()) return fail(outcome.error());
  for (const auto& issue : project->issues) {
    terminal.Complain("{}\n", terminal.Paint(Colour::kRed, issue.error.ToText()));
  }
  const size_t errors = PrintFindings(*outcome, terminal) + project->issues.size();
  if (errors == 0) {
    const size_t count = project->components.size();
    terminal.Print("{} component{}, no errors\n", count, count == 1 ? "" : "s");
    return 0;
  }
  terminal.Print("{} components, {} error{}\n", project->components.size(), errors,
                 errors == 1 ? "" : "s");
  return 1;
}

}  // namespace sluice::server
