#include <fmt/format.h>

#include "pipe/run_all_job.h"

namespace sluice::pipe {
namespace {

constexpr size_t kJobsKept = 10;

std::string MakeToken(Random& random) {
  std::string token;
  for (const uint8_t byte : random.Uuid()) {
    fmt::format_to(std::back_inserter(token), "{:02x}", byte);
  }
  return token;
}

// Of the newest if the token is empty; null if there is none.
std::shared_ptr<RunAllJob> FindJob(const Hub::State& state, std::string_view token) {
  const std::lock_guard lock(state.run_all_mutex);
  const auto found = state.run_all_jobs.find(token.empty() ? state.newest_run_all : token);
  return found == state.run_all_jobs.end() ? nullptr : found->second;
}

}  // namespace

Result<std::string> Hub::StartRunAll(RunAllOptions options, const User& user) {
  const std::lock_guard lock(state_->run_all_mutex);
  auto& jobs = state_->run_all_jobs;
  const auto newest = jobs.find(state_->newest_run_all);
  if (newest != jobs.end() && !newest->second->ended()) {
    return MakeError(Code::kConflict, "another run of all pipes goes on");
  }
  // All have ended, so letting go of them waits for nothing.
  if (jobs.size() >= kJobsKept) jobs.clear();
  std::string token = MakeToken(*state_->options.random);
  jobs[token] = std::make_shared<RunAllJob>(*this, *state_, token, std::move(options), user);
  state_->newest_run_all = token;
  return token;
}

Result<RunAllReport> Hub::WaitRunAll(std::string_view token, const Stop& stop) {
  const auto job = FindJob(*state_, token);
  if (!job) return MakeError(Code::kNotFound, "there is no run of all pipes \"{}\"", token);
  return job->Wait(stop);
}

RunAllReport Hub::GetRunAll(std::string_view token) const {
  const auto job = FindJob(*state_, token);
  return job ? job->report() : RunAllReport{};
}

std::vector<LogLine> Hub::GetRunAllLog(std::string_view token,
                                       std::optional<WallTime> since) const {
  const auto job = FindJob(*state_, token);
  return job ? job->log(since) : std::vector<LogLine>();
}

bool Hub::StopRunAll(std::chrono::nanoseconds time_max) {
  const auto job = FindJob(*state_, {});
  if (!job) return true;
  job->RequestStop();
  return job->WaitFor(time_max);
}

}  // namespace sluice::pipe
