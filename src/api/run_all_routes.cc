// Routes that run all pipes to completion, as the `sesam` client's `run` and `test` do.

#include "api/routes.h"
#include "api/show.h"
#include "value/instant.h"

namespace sluice::api {
namespace {

void WriteTotals(JsonWriter& json, const pipe::PipeTotals& totals) {
  json.BeginObject().Name("pipe").String(totals.pipe);
  json.Name("outcome").String(pipe::ToString(totals.outcome));
  if (totals.error) {
    json.Name("error").BeginObject().Name("code").String(ToString(totals.error->code));
    json.Name("message")
        .String(totals.error->message)
        .Name("at")
        .String(totals.error->at)
        .EndObject();
  }
  if (!totals.left_out.empty()) json.Name("left-out").String(totals.left_out);
  WriteRunCounts(json.Name("counts"), totals.counts);
  json.Name("runs").Integer(totals.runs).Name("seconds").Number(totals.seconds).EndObject();
}

// What the client prints after a run.
std::string StatisticsText(const pipe::RunAllReport& report) {
  std::string text;
  for (const pipe::PipeTotals& totals : report.pipes) {
    text += fmt::format("{}: {} read, {} written, {} deleted, {} runs, {:.3f} s\n", totals.pipe,
                        totals.counts.read, totals.counts.written, totals.counts.deleted,
                        totals.runs, totals.seconds);
  }
  return text;
}

// A failed run is a good answer too: the client shows nothing of the body of others.
std::string ReportJson(const pipe::RunAllReport& report, bool statistics) {
  JsonWriter json;
  json.BeginObject().Name("status").String(pipe::ToString(report.status));
  json.Name("message").String(report.message);
  if (statistics) json.Name("additional_info").String(StatisticsText(report));
  const bool failed = report.status == pipe::RunAllStatus::kFailed;
  if (failed || statistics) {
    json.Name("pipes").BeginArray();
    for (const pipe::PipeTotals& totals : report.pipes) {
      if (statistics || totals.error || !totals.left_out.empty()) WriteTotals(json, totals);
    }
    json.EndArray();
  }
  json.EndObject();
  return json.Take();
}

Result<pipe::RunAllOptions> ReadOptions(const Parameters& query) {
  pipe::RunAllOptions options;
  SLUICE_TRY(options.reset, query.Boolean("reset_pipes_and_delete_sink_datasets", true));
  SLUICE_TRY(options.delete_input_datasets, query.Boolean("delete_input_datasets", true));
  SLUICE_TRY(const auto runs_max, query.Count("max_runs"));
  options.runs_max = static_cast<int>(std::min<uint64_t>(runs_max.value_or(100), 1'000'000));
  SLUICE_TRY(const auto zero_runs, query.Count("extra_zero_runs"));
  options.extra_zero_runs = static_cast<int>(std::min<uint64_t>(zero_runs.value_or(0), 1000));
  SLUICE_TRY(const auto seconds_max, query.Count("max_run_time"));
  options.time_max = std::chrono::seconds(std::min<uint64_t>(seconds_max.value_or(900), 1'000'000));
  return options;
}

Result<void> RunAll(const Service& service, const Request& request, Answer& answer) {
  const Parameters& query = request.query();
  SLUICE_TRY(auto options, ReadOptions(query));
  SLUICE_TRY(const bool statistics, query.Boolean("output_run_statistics", false));
  const std::string_view mode = query.Text("request_mode", "sync");
  if (mode != "sync" && mode != "async") {
    return MakeError(Code::kBadRequest, "request_mode must be sync or async, found \"{}\"", mode);
  }
  SLUICE_TRY(const auto token, service->hub->StartRunAll(std::move(options), UserOf(request)));
  if (mode == "async") {
    JsonWriter json;
    json.BeginObject().Name("status").String("running").Name("token").String(token).EndObject();
    return SendJson(answer, json.text());
  }
  SLUICE_TRY(const auto report, service->hub->WaitRunAll(token, request.stop));
  return SendJson(answer, ReportJson(report, statistics));
}

Result<void> StopRunAll(const Service& service, const Request& request, Answer& answer) {
  SLUICE_TRY(const auto seconds, request.query().Count("terminate_timeout"));
  const auto time_max = std::chrono::seconds(std::min<uint64_t>(seconds.value_or(30), 3600));
  if (!service->hub->StopRunAll(time_max)) {
    return MakeError(Code::kTimeout, "the run of all pipes did not end within {} s",
                     time_max.count());
  }
  return SendJson(answer, R"({"status": "stopped"})");
}

Result<void> GetLog(const Service& service, const Request& request, Answer& answer) {
  const std::string_view since_text = request.query().Text("since", "");
  std::optional<WallTime> since;
  if (!since_text.empty()) {
    const auto at = ParseDatetime(since_text);
    if (!at) {
      return MakeError(Code::kBadRequest, "since must be a timestamp of this log, found \"{}\"",
                       since_text);
    }
    since = WallTime(std::chrono::seconds(at->seconds) + std::chrono::nanoseconds(at->nanoseconds));
  }
  JsonWriter json;
  json.BeginArray();
  for (const auto& line : service->hub->GetRunAllLog(request.query().Text("token", ""), since)) {
    json.BeginObject().Name("timestamp").Time(line.timestamp);
    json.Name("loglevel").String(line.loglevel).Name("logdata").String(line.logdata).EndObject();
  }
  json.EndArray();
  return SendJson(answer, json.text());
}

std::vector<RouteParameter> RunAllParameters() {
  return {
      {.name = "reset_pipes_and_delete_sink_datasets",
       .type = "boolean",
       .doc = "Starts from reset pipes and empty sink datasets.",
       .default_json = "true"},
      {.name = "delete_input_datasets",
       .type = "boolean",
       .doc = "Empties the datasets that receivers have fed too.",
       .default_json = "true"},
      {.name = "max_runs",
       .type = "integer",
       .doc = "Rounds of a cycle of pipes.",
       .default_json = "100"},
      {.name = "extra_zero_runs",
       .type = "integer",
       .doc = "Rounds afterwards that must change nothing.",
       .default_json = "0"},
      {.name = "max_run_time",
       .type = "integer",
       .doc = "Seconds; 0: no limit.",
       .default_json = "900"},
      {.name = "output_run_statistics",
       .type = "boolean",
       .doc = "Tells what each pipe did.",
       .default_json = "false"},
      {.name = "request_mode",
       .doc = "sync: answers when all is done; async: answers at once with a token.",
       .default_json = "\"sync\""},
      {.name = "check_input_pipes",
       .type = "boolean",
       .doc = "Has no effect: input pipes always run too."},
      {.name = "scheduler_mode", .doc = "Has no effect: pipes run in the order of their graph."}};
}

RouteParameter TokenParameter() {
  return {.name = "token",
          .doc = "Which run, as its start answered; the newest if it is left out."};
}

void AddProgressRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/get-pipe-runner-status",
              .permission = Permission::kReadConfig,
              .group = "Running all pipes",
              .doc = "Whether a run of all pipes goes on, succeeded or failed.",
              .handler =
                  [service](const Request& request, Answer& answer) {
                    const auto report = service->hub->GetRunAll(request.query().Text("token", ""));
                    return SendJson(answer, ReportJson(report, false));
                  },
              .parameters = {TokenParameter()}});
  router.Add({.method = Method::kGet,
              .pattern = "/api/pipes/get-run-all-pipes-log",
              .permission = Permission::kReadConfig,
              .group = "Running all pipes",
              .doc = "The log of a run of all pipes.",
              .handler = [service](const Request& request,
                                   Answer& answer) { return GetLog(service, request, answer); },
              .parameters = {{.name = "since", .doc = "Lines after this timestamp only."},
                             TokenParameter()}});
}

}  // namespace

void AddRunAllRoutes(Router& router, const Service& service) {
  router.Add({.method = Method::kPost,
              .pattern = "/api/pipes/run-all-pipes",
              .permission = Permission::kOperate,
              .group = "Running all pipes",
              .doc = "Runs all pipes until nothing changes any more. A run that fails is answered "
                     "with status 200 and "
                     "\"status\": \"failed\".",
              .handler = [service](const Request& request,
                                   Answer& answer) { return RunAll(service, request, answer); },
              .parameters = RunAllParameters()});
  router.Add({.method = Method::kPost,
              .pattern = "/api/pipes/stop-run-all-pipes",
              .permission = Permission::kOperate,
              .group = "Running all pipes",
              .doc = "Ends the run of all pipes; no error if there is none.",
              .handler = [service](const Request& request,
                                   Answer& answer) { return StopRunAll(service, request, answer); },
              .parameters = {{.name = "terminate_timeout",
                              .type = "integer",
                              .doc = "How many seconds to wait for its end.",
                              .default_json = "30"}}});
  AddProgressRoutes(router, service);
  router.Add({.method = Method::kPost,
              .pattern = "/api/pipes/delete-all-sink-datasets",
              .permission = Permission::kWriteData,
              .group = "Running all pipes",
              .doc = "Deletes the datasets that pipes write, and resets the pipes.",
              .handler = [service](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(service->hub->DeleteAllSinkDatasets(request.stop));
                return SendOk(answer);
              }});
}

}  // namespace sluice::api
