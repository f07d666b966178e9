// SPDX-License-Identifier: Apache-2.0
// Writes the log.

#pragma once

#include <coppice/coppice.hpp>
#include <string>

namespace chat {

struct logger {
    struct line {
        std::string text;
    };
    struct crash {};
    using console_messages = coppice::messages<line, crash>;

    void handle_cast(line m);
    void handle_cast(crash);
};

/// Sends a line to the logger, if a logger is alive.
void note(std::string text);

}  // namespace chat
