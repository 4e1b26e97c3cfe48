#include "server/test_folder.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/limits.h"
#include "server/diff.h"
#include "server/expected.h"
#include "server/junit.h"
#include "value/json.h"

namespace sluice::server {
namespace {

// All pipes whose output a pipe's own output depends on, itself included.
std::set<std::string> UpstreamOf(const pipe::Hub& hub, const std::string& pipe) {
  std::set<std::string> seen;
  std::vector<std::string> left = {pipe};
  while (!left.empty()) {
    const std::string id = std::move(left.back());
    left.pop_back();
    if (!seen.insert(id).second) continue;
    const auto status = hub.GetPipe(id);
    if (!status.ok()) continue;  // A dataset that no pipe of the project writes.
    for (const auto* datasets : {&status->upstreams, &status->lookups}) {
      for (const auto& dataset : *datasets) {
        if (auto writer = hub.WriterOf(dataset)) left.push_back(*writer);
      }
    }
  }
  return seen;
}

// The kinds of the public client: an endpoint or output pipe needs a test.
bool NeedsTest(const pipe::PipeStatus& pipe) {
  if (!pipe.is_valid_config || pipe.source_type == "embedded") return false;
  return pipe.sink_type.ends_with("_endpoint") || pipe.sink_dataset.empty();
}

class FolderTest {
 public:
  FolderTest(pipe::Hub& hub, const pipe::RunAllReport& report, const Stop& stop,
             const Terminal& terminal)
      : hub_(hub), stop_(stop), terminal_(terminal) {
    for (const auto& totals : report.pipes) {
      if (totals.error) failed_[totals.pipe] = totals.error->ToText();
    }
  }

  TestCase Run(const TestSpecification& specification) {
    TestCase result{.name = specification.name, .pipe = specification.pipe};
    const auto start = SystemClock().Steady();
    Fill(specification, result);
    result.seconds = std::chrono::duration<double>(SystemClock().Steady() - start).count();
    return result;
  }

 private:
  void Fill(const TestSpecification& specification, TestCase& result) {
    if (specification.ignore) {
      result.outcome = TestCase::Outcome::kSkipped;
      result.message = "its specification says \"ignore\"";
      return;
    }
    const auto compared = Compare(specification);
    if (!compared.ok()) {
      result.outcome = TestCase::Outcome::kFailed;
      result.message = compared.error().ToText();
    } else if (!compared->empty()) {
      result.outcome = TestCase::Outcome::kFailed;
      result.message =
          fmt::format("{} is not what {} gives", specification.file, specification.pipe);
      result.detail = *compared;
    }
  }

  // A diff; empty if all is as expected.
  Result<std::string> Compare(const TestSpecification& specification) {
    SLUICE_TRY(const auto pipe, hub_.GetPipe(specification.pipe));
    if (!pipe.is_valid_config) {
      return MakeError(Code::kBadConfig, "the configuration of {} has errors", specification.pipe);
    }
    for (const auto& id : UpstreamOf(hub_, specification.pipe)) {
      const auto found = failed_.find(id);
      if (found != failed_.end())
        return MakeError(Code::kConflict, "pipe {} failed: {}", id, found->second);
    }
    SLUICE_TRY(const std::string expected,
               ReadFile(specification.file, limits::kConfigUploadBytesMax));
    if (specification.endpoint != "json" && specification.endpoint != "excel") {
      SLUICE_TRY(const std::string found, Published(specification));
      return UnifiedDiff(expected, found, specification.file, "found", terminal_);
    }
    SLUICE_TRY(const auto entities, Entities(specification));
    SLUICE_TRY(const auto texts, CompareJson(specification, expected, entities));
    return UnifiedDiff(texts.expected, texts.found, specification.file, "found", terminal_);
  }

  Result<std::vector<std::string>> Entities(const TestSpecification& specification) {
    pipe::PreviewOptions preview;
    if (!specification.stage.empty()) {
      const auto stage = pipe::ParseStage(specification.stage);
      if (!stage) {
        return MakeError(Code::kBadConfig, "{}: unknown stage \"{}\"", specification.path,
                         specification.stage);
      }
      preview.stage = *stage;
    }
    std::vector<std::string> entities;
    SLUICE_TRY(hub_.Preview(
        specification.pipe, preview,
        [&](const Entity& entity) -> Result<bool> {
          WriteEntityJson(entity, entities.emplace_back());
          return true;
        },
        stop_));
    return entities;
  }

  Result<std::string> Published(const TestSpecification& specification) {
    SLUICE_TRY(auto publisher, hub_.FindPublisher(specification.pipe, specification.endpoint));
    pipe::EndpointRequest request;
    request.pipe_id = specification.pipe;
    request.kind = specification.endpoint;
    request.parameters = specification.parameters;
    std::string bytes;
    SLUICE_TRY(publisher->Publish(
        request, [](const pipe::EndpointHead&) { return Result<void>(); },
        [&](std::string_view more) {
          bytes += more;
          return Result<void>();
        },
        stop_));
    return bytes;
  }

  pipe::Hub& hub_;
  const Stop& stop_;
  const Terminal& terminal_;
  std::map<std::string, std::string> failed_;
};

// Pipes that need a test and have none fail, as the public client has it.
std::vector<TestCase> MissingTests(const pipe::Hub& hub,
                                   const std::vector<TestSpecification>& specifications) {
  std::vector<TestCase> missing;
  for (const auto& pipe : hub.ListPipes()) {
    const bool tested = std::any_of(specifications.begin(), specifications.end(),
                                    [&](const auto& test) { return test.pipe == pipe.config.id; });
    if (tested || !NeedsTest(pipe)) continue;
    missing.push_back(
        {.name = pipe.config.id,
         .pipe = pipe.config.id,
         .outcome = TestCase::Outcome::kFailed,
         .message = fmt::format("no test: expected/{}.test.json is missing", pipe.config.id),
         .detail = {}});
  }
  return missing;
}

Result<void> WriteReport(const std::string& path, const std::vector<TestCase>& cases) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), std::fclose);
  const std::string xml = JunitReport("sluice", cases);
  if (!file || std::fwrite(xml.data(), 1, xml.size(), file.get()) != xml.size()) {
    return MakeError(Code::kIo, "cannot write {}", path);
  }
  return {};
}

Result<pipe::RunAllReport> RunOffline(Node& node, const Stop& stop, Terminal& terminal) {
  pipe::RunAllOptions run;
  run.reset = false;
  run.run_external = false;
  run.time_max = {};
  uint64_t done = 0;
  const uint64_t total = node.hub().ListPipes().size();
  run.progress = [&](const pipe::RunReport& report) {
    terminal.Progress(report.pipe, ++done, total);
  };
  SLUICE_TRY(const auto token, node.hub().StartRunAll(std::move(run)));
  auto report = node.hub().WaitRunAll(token, stop);
  terminal.EndProgress();
  return report;
}

int PrintCases(const std::vector<TestCase>& cases, Terminal& terminal) {
  size_t failed = 0, skipped = 0;
  for (const auto& test : cases) {
    if (test.outcome == TestCase::Outcome::kSkipped) ++skipped;
    if (test.outcome != TestCase::Outcome::kFailed) continue;
    ++failed;
    terminal.Print("{} {}: {}\n{}", terminal.Paint(Colour::kRed, "FAILED"), test.name, test.message,
                   test.detail);
  }
  const auto summary = fmt::format("{} passed, {} failed, {} skipped",
                                   cases.size() - failed - skipped, failed, skipped);
  terminal.Print("{}\n", terminal.Paint(failed == 0 ? Colour::kGreen : Colour::kRed, summary));
  return failed == 0 ? 0 : 1;
}

}  // namespace

int TestFolder(const TestOptions& options, const Stop& stop, Terminal& terminal) {
  const auto fail = [&](const Error& error) {
    terminal.Complain("{}\n", terminal.Paint(Colour::kRed, error.ToText()));
    return 2;
  };
  auto project = config::LoadProject(options.folder.folder);
  if (!project.ok()) return fail(project.error());
  auto node = Node::Open({.data = {}, .schedules = false, .signals = false});
  if (!node.ok()) return fail(node.error());
  auto loaded = LoadFolder(**node, *project, options.folder, terminal);
  if (!loaded.ok()) return fail(loaded.error());
  if (!*loaded) return 1;
  if (auto fed = FeedTestdata(**node, *project, stop); !fed.ok()) return fail(fed.error());
  auto report = RunOffline(**node, stop, terminal);
  if (!report.ok()) return fail(report.error());
  for (const auto& totals : report->pipes) {
    // Endpoint pipes have no pump: their publishers are asked instead.
    const auto pipe = (*node)->hub().GetPipe(totals.pipe);
    if (totals.left_out.empty() || (pipe.ok() && !pipe->pump.has_pump)) continue;
    terminal.Complain("{}: left out: {}\n", terminal.Paint(Colour::kYellow, totals.pipe),
                      totals.left_out);
  }

  std::vector<TestSpecification> specifications;
  for (const auto& path : project->expected) {
    auto specification = ReadSpecification(path);
    if (!specification.ok()) return fail(specification.error());
    specifications.push_back(std::move(*specification));
  }
  if (specifications.empty()) {
    terminal.Complain("{} has no tests (expected/*.test.json)\n", options.folder.folder);
    return 0;
  }
  FolderTest test((*node)->hub(), *report, stop, terminal);
  std::vector<TestCase> cases;
  for (const auto& specification : specifications) cases.push_back(test.Run(specification));
  for (auto& missing : MissingTests((*node)->hub(), specifications))
    cases.push_back(std::move(missing));
  if (!options.junit.empty()) {
    if (auto written = WriteReport(options.junit, cases); !written.ok())
      return fail(written.error());
  }
  return PrintCases(cases, terminal);
}

}  // namespace sluice::server
