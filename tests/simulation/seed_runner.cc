#include "tests/simulation/seed_runner.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <new>

#include "base/check.h"
#include "base/clock.h"

namespace sluice::testing::internal {
namespace {

constexpr uint64_t kToldEvery = 500;

double SecondsSince(SteadyTime start) {
  return std::chrono::duration<double>(SystemClock().Steady() - start).count();
}

bool MayGoOn(const SeedRange& range, const SeedResult& result, SteadyTime start) {
  if (result.done == range.count) return false;
  if (range.stop_at_difference && result.differences != 0) return false;
  return range.seconds == 0 || SecondsSince(start) < static_cast<double>(range.seconds);
}

void Tell(SeedResult& result, std::string_view difference) {
  ++result.differences;
  fmt::print("seed {}: {}\n", result.last, difference);
  std::fflush(stdout);
}

}  // namespace

SharedProgress* MakeShared(size_t bytes) {
  void* const memory = mmap(nullptr, sizeof(SharedProgress) + bytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  SLUICE_CHECK(memory != MAP_FAILED);
  return new (memory) SharedProgress();
}

void Unshare(SharedProgress* shared, size_t bytes) {
  munmap(shared, sizeof(SharedProgress) + bytes);
}

SeedResult RunSeeds(const SeedRange& range, SharedProgress& shared,
                    const std::function<std::string(uint64_t)>& run) {
  const SteadyTime start = SystemClock().Steady();
  auto& result = shared.result;
  while (MayGoOn(range, result, start)) {
    const pid_t child = fork();
    SLUICE_CHECK(child >= 0);
    if (child == 0) {
      while (MayGoOn(range, result, start)) {
        // So that a run that was broken off goes on from where it was.
        if (result.done != 0 && result.done % kToldEvery == 0)
          fmt::print(stderr, "{} seeds done, {} differences; the next is {}\n", result.done,
                     result.differences, range.from + result.done);
        result.last = range.from + result.done++;
        if (const auto difference = run(result.last); !difference.empty()) Tell(result, difference);
      }
      _exit(0);
    }
    int status = 0;
    SLUICE_CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) Tell(result, fmt::format("it died of signal {}", WTERMSIG(status)));
  }
  result.seconds = SecondsSince(start);
  return result;
}

}  // namespace sluice::testing::internal
