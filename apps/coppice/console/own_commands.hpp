// SPDX-License-Identifier: Apache-2.0
// The commands that need more than one request. The words begin with the name of the command.

#pragma once

#include "console/session.hpp"
#include "console/words.hpp"

namespace coppice::cli {

session::outcome run_trace(session& with, const words& given);
session::outcome run_reports(session& with, const words& given);
session::outcome run_events(session& with, const words& given);
session::outcome run_top(session& with, const words& given);
session::outcome run_help(session& with, const words& given);
session::outcome run_quit(session& with, const words& given);

/// Thrown for words unfit for the command.
struct misuse {
    std::string problem;
};

}  // namespace coppice::cli
