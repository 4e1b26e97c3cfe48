// `sluice dtl doc` and `sluice dtl fmt`, and the generated reference of functions.

#pragma once

#include <string>
#include <string_view>

#include "dtl/catalogue.h"
#include "server/terminal.h"

namespace sluice::server {

// Explains one function, or lists all by chapter if `name` is empty.
int ExplainFunction(const std::string& name, const dtl::Catalogue& catalogue, Terminal& terminal);

// A function's page entry in Markdown.
std::string FunctionMarkdown(const dtl::Function& function);
// Writes docs/reference/dtl/CHAPTER.md for every chapter, and an index, into `folder`.
int WriteReference(const std::string& folder, const dtl::Catalogue& catalogue, Terminal& terminal);

// Rules (any JSON) in the reference's style: a call on one line if it fits 80 columns, else its
// name and leading literals first and every other argument on a line of its own.
std::string FormatDtl(const Value& value);
// Formats a file, or standard input if `path` is empty; `in_place` writes it back.
int FormatFile(const std::string& path, bool in_place, Terminal& terminal);

}  // namespace sluice::server
