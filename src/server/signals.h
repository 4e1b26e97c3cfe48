// SIGINT and SIGTERM as a Stop.

#pragma once

#include <stop_token>
#include <thread>

#include "base/stop.h"

namespace sluice::server {

// From the construction of the first on, SIGINT and SIGTERM set its Stop instead of ending the
// process; a second signal ends it at once. Make one, in main, before any thread is started.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  const Stop& stop() const { return stop_; }
  // Returns when a signal has come.
  void Wait();

 private:
  std::stop_source source_;
  Stop stop_;
  std::jthread watcher_;
};

}  // namespace sluice::server
