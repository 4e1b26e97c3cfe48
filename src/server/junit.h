// JUnit reports, as CI systems read them.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::server {

struct TestCase {
  enum class Outcome { kPassed, kFailed, kSkipped };
  std::string name;
  std::string pipe;
  Outcome outcome = Outcome::kPassed;
  std::string message;  // One line.
  std::string detail;   // A diff.
  double seconds = 0;
};

std::string JunitReport(std::string_view suite, const std::vector<TestCase>& cases);

}  // namespace sluice::server
