// A unified diff of two texts, for people.

#pragma once

#include <string>
#include <string_view>

#include "server/terminal.h"

namespace sluice::server {

// Lines with three lines of context, coloured by the terminal; empty if the texts are equal. Of
// texts that differ in thousands of lines it shows the first difference only.
std::string UnifiedDiff(std::string_view expected, std::string_view found,
                        std::string_view expected_name, std::string_view found_name,
                        const Terminal& terminal);

}  // namespace sluice::server
