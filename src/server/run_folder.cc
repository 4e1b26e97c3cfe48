#include "server/run_folder.h"

#include <filesystem>

#include "base/limits.h"

namespace sluice::server {

size_t PrintFindings(const pipe::ConfigOutcome& outcome, Terminal& terminal) {
  size_t errors = 0;
  for (const auto& component : outcome.findings) {
    for (const auto& issue : component.issues) {
      const bool is_error = issue.level == config::Level::kError;
      errors += is_error;
      terminal.Complain("{}\n", terminal.Paint(is_error ? Colour::kRed : Colour::kYellow,
                                               config::IssueText(*component.document, issue)));
    }
  }
  return errors;
}

bool IsDataFolder(const std::string& folder) {
  std::error_code failed;
  return std::filesystem::is_directory(folder + "/store", failed);
}

Result<bool> LoadFolder(Node& node, const config::Project& project, const FolderOptions& options,
                        Terminal& terminal) {
  for (const auto& issue : project.issues) {
    terminal.Complain("{}\n", terminal.Paint(Colour::kRed, issue.error.ToText()));
  }
  SLUICE_TRY(const std::string environment,
             ReadEnvironment(project, options.folder, options.profile, options.env_file));
  SLUICE_TRY(node.hub().PutEnv(environment));
  SLUICE_TRY(const auto outcome, node.hub().PutConfig(project.components, false));
  PrintFindings(outcome, terminal);
  return project.issues.empty() && outcome.applied;
}

void PrintPipes(const pipe::RunAllReport& report, Terminal& terminal) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& totals : report.pipes) {
    const auto& counts = totals.counts;
    std::string result =
        totals.left_out.empty() ? std::string(pipe::ToString(totals.outcome)) : "left out";
    if (totals.error) result = totals.error->ToText();
    if (!totals.left_out.empty()) result += ": " + totals.left_out;
    rows.push_back({totals.pipe, Grouped(counts.read), Grouped(counts.written),
                    Grouped(counts.deleted), Grouped(counts.read_errors + counts.write_errors),
                    fmt::format("{:.2f}", totals.seconds), std::move(result)});
  }
  terminal.PrintTable({"pipe", "read", "changed", "deleted", "errors", "seconds", "result"}, rows);
}

Result<void> FeedTestdata(Node& node, const config::Project& project, const Stop& stop) {
  for (const auto& [pipe, path] : project.testdata) {
    SLUICE_TRY(const std::string bytes, ReadFile(path, limits::kConfigUploadBytesMax));
    SLUICE_TRY(auto receiver, node.hub().FindReceiver(pipe));
    pipe::EndpointRequest request;
    request.pipe_id = pipe;
    request.kind = "entities";
    request.content_type = "application/json";
    bool given = false;
    const pipe::BodyReader body = [&]() -> Result<std::string_view> {
      if (given) return std::string_view();
      given = true;
      return std::string_view(bytes);
    };
    auto received = receiver->Receive(request, body, stop);
    if (!received.ok()) {
      Error error = received.error();
      error.at = path;
      return error;
    }
  }
  return {};
}

int RunFolder(const FolderOptions& options, const Stop& stop, Terminal& terminal) {
  const auto fail = [&](const Error& error) {
    terminal.Complain("{}\n", terminal.Paint(Colour::kRed, error.ToText()));
    return 2;
  };
  auto project = config::LoadProject(options.folder);
  if (!project.ok()) return fail(project.error());
  auto node = Node::Open({.data = options.data, .schedules = false, .signals = false});
  if (!node.ok()) return fail(node.error());
  auto loaded = LoadFolder(**node, *project, options, terminal);
  if (!loaded.ok()) return fail(loaded.error());
  if (!*loaded) return 1;
  if (auto fed = FeedTestdata(**node, *project, stop); !fed.ok()) return fail(fed.error());

  pipe::RunAllOptions run;
  run.reset = false;
  run.time_max = {};
  uint64_t done = 0;
  const uint64_t total = (*node)->hub().ListPipes().size();
  run.progress = [&](const pipe::RunReport& report) {
    terminal.Progress(report.pipe, ++done, total);
  };
  auto token = (*node)->hub().StartRunAll(std::move(run));
  if (!token.ok()) return fail(token.error());
  auto report = (*node)->hub().WaitRunAll(*token, stop);
  terminal.EndProgress();
  if (!report.ok()) return fail(report.error());
  PrintPipes(*report, terminal);
  if (report->status == pipe::RunAllStatus::kSuccess) return 0;
  terminal.Complain("{}\n", terminal.Paint(Colour::kRed, report->message));
  return 1;
}

}  // namespace sluice::server
