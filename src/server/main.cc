#include <malloc.h>

#include <algorithm>
#include <thread>

#include "server/command_line.h"

namespace {

// Threads come and go, and hold large blocks for a while. What one has freed must serve the others
// and go back to the system, or memory is bounded by what each of them ever used.
void ShareFreedMemory() {
  constexpr int kLargeBlock = 4 * 1024 * 1024;
  mallopt(M_ARENA_MAX, std::max(2, static_cast<int>(std::thread::hardware_concurrency())));
  mallopt(M_MMAP_THRESHOLD, kLargeBlock);
}

}  // namespace

int main(int argc, char** argv) {
  ShareFreedMemory();
  return sluice::server::RunCommandLine(argc, argv);
}
