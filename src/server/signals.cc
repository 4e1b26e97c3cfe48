#include "server/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

namespace sluice::server {
namespace {

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

constexpr timespec kLook = {.tv_sec = 0,
                            .tv_nsec = 200'000'000};  // How soon the watcher sees the end.

}  // namespace

Signals::Signals() : stop_(source_.get_token()) {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // Threads started from here on inherit it.
  std::signal(SIGPIPE, SIG_IGN);              // A reader that is gone is an error of the write.
  watcher_ = std::jthread([this](const std::stop_token& ended) {
    const sigset_t watched = Watched();
    while (!ended.stop_requested()) {
      if (sigtimedwait(&watched, nullptr, &kLook) < 0) continue;
      if (source_.stop_requested()) _exit(130);
      source_.request_stop();
    }
  });
}

Signals::~Signals() = default;

void Signals::Wait() {
  while (!stop_.WaitFor(std::chrono::hours(1))) {
  }
}

}  // namespace sluice::server
