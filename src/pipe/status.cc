#include "pipe/status.h"

#include "pipe/run_all.h"

namespace sluice::pipe {

std::string_view ToString(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::kNone:
      return "none";
    case RunOutcome::kCompleted:
      return "completed";
    case RunOutcome::kFailed:
      return "failed";
    case RunOutcome::kStopped:
      return "stopped";
  }
  return "";
}

std::string_view SyncType(RunKind kind) {
  switch (kind) {
    case RunKind::kIncremental:
      return "incremental";
    case RunKind::kPartialRescan:
      return "partial";
    case RunKind::kFull:
    case RunKind::kRescan:
      return "full";
  }
  return "";
}

std::string_view ToString(RunAllStatus status) {
  switch (status) {
    case RunAllStatus::kNotRunning:
      return "not-running";
    case RunAllStatus::kRunning:
      return "running";
    case RunAllStatus::kSuccess:
      return "success";
    case RunAllStatus::kFailed:
      return "failed";
  }
  return "";
}

}  // namespace sluice::pipe
