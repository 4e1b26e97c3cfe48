#include "server/junit.h"

#include <fmt/core.h>

#include <algorithm>

namespace sluice::server {
namespace {

// Escapes for text and attributes; control characters that XML 1.0 cannot hold become '?'.
std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
      case '\t':
        out += c;
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

}  // namespace

std::string JunitReport(std::string_view suite, const std::vector<TestCase>& cases) {
  using Outcome = TestCase::Outcome;
  const auto count = [&](Outcome outcome) {
    return std::count_if(cases.begin(), cases.end(),
                         [&](const TestCase& c) { return c.outcome == outcome; });
  };
  double seconds = 0;
  for (const auto& test : cases) seconds += test.seconds;
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n",
      Escape(suite), cases.size(), count(Outcome::kFailed), count(Outcome::kSkipped), seconds);
  for (const auto& test : cases) {
    xml += fmt::format("<testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", Escape(test.pipe),
                       Escape(test.name), test.seconds);
    if (test.outcome == Outcome::kPassed) {
      xml += "/>\n";
    } else if (test.outcome == Outcome::kSkipped) {
      xml += fmt::format("><skipped message=\"{}\"/></testcase>\n", Escape(test.message));
    } else {
      xml += fmt::format("><failure message=\"{}\">{}</failure></testcase>\n", Escape(test.message),
                         Escape(test.detail));
    }
  }
  return xml + "</testsuite>\n</testsuites>\n";
}

}  // namespace sluice::server
