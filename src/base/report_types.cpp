// SPDX-License-Identifier: Apache-2.0
// The names of the enumerators of reports.

#include "coppice/report.hpp"

namespace coppice {

std::string_view to_string(report_level level) noexcept {
    switch (level) {
        case report_level::debug:
            return "debug";
        case report_level::info:
            return "info";
        case report_level::notice:
            return "notice";
        case report_level::warning:
            return "warning";
        case report_level::error:
            return "error";
        case report_level::off:
            return "off";
    }
    return "?";
}

std::string_view to_string(supervisor_context context) noexcept {
    switch (context) {
        case supervisor_context::start_error:
            return "start_error";
        case supervisor_context::child_terminated:
            return "child_terminated";
        case supervisor_context::shutdown_error:
            return "shutdown_error";
        case supervisor_context::shutdown:
            return "shutdown";
    }
    return "?";
}

}  // namespace coppice
