// SPDX-License-Identifier: Apache-2.0

#include "application/end_texts.hpp"

#include "coppice/printable.hpp"

namespace coppice::application {
namespace {

/// The part of the reason useful to the author of the application.
std::string cause_of(const exit_reason& why) {
    if (const std::string* text = why.as_text()) {
        return *text;
    }
    if (const error_info* error = why.as_error()) {
        return error->what + " (" + error->type + ")";
    }
    if (why.size() == 2 && why[0].as_symbol() == "bad_return" && why[1].size() == 2) {
        return cause_of(why[1][1]);
    }
    if (why.size() == 2 && why[0].as_symbol() == "'EXIT'") {
        return cause_of(why[1]);
    }
    return why.size() == 2 && why[1].size() == 3 ? cause_of(why[0]) : to_string(why);
}

}  // namespace

std::string end_text(std::string_view application, const exit_reason& why) {
    return "application " + printable(application) + " ended unexpectedly: " + to_string(why);
}

std::string failed_start_text(std::string_view application, const exit_reason& why) {
    return "application " + printable(application) + " did not start: " + printable(cause_of(why));
}

}  // namespace coppice::application
