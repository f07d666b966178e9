// SPDX-License-Identifier: Apache-2.0
// Exit reasons in the notation of scenarios.

#include "simulate/trace.hpp"

namespace coppice::cli {

std::string shown_reason(const exit_reason& why) {
    if (const error_info* error = why.as_error()) {
        return "crash:" + error->what;
    }
    if (why.size() == 2 && why[0] == reason::shutdown) {
        return "shutdown:" + shown_reason(why[1]);
    }
    return to_string(why);
}

exit_reason reason_from(const std::string& text) {
    constexpr std::string_view with_payload = "shutdown:";
    if (text.starts_with(with_payload)) {
        return reason::shutdown_with(exit_reason::symbol(text.substr(with_payload.size())));
    }
    return exit_reason::symbol(text);
}

std::string shown_start_error(const exit_reason& why) {
    if (why.size() == 2 && why[0] == reason::shutdown && why[1].size() == 3 &&
        why[1][0] == "failed_to_start_child") {
        return "failed_to_start_child(" + shown_reason(why[1][1]) + "," +
               shown_start_error(why[1][2]) + ")";
    }
    if (why.size() == 2 && why[0] == "already_started") {
        return "already_started";
    }
    return shown_reason(why);
}

}  // namespace coppice::cli
