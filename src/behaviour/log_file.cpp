// SPDX-License-Identifier: Apache-2.0
// The file of `sys::log_to_file`: a server writes its events there.

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "behaviour/debugging.hpp"
#include "coppice/report.hpp"
#include "process/caller.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

exit_reason cannot_open(const std::string& path, const std::string& why) {
    return exit_reason::tuple("open_file",
                              exit_reason::text("cannot write to \"" + path + "\": " + why));
}

/// Opening a pipe waits for a reader, and a scheduler thread must not wait.
bool may_block(const std::string& path) {
    std::error_code unknown;
    const std::filesystem::file_status found = std::filesystem::status(path, unknown);
    return std::filesystem::is_fifo(found) || std::filesystem::is_socket(found);
}

}  // namespace

std::expected<debugging::log_file, exit_reason> debugging::log_file::open(const std::string& path) {
    if (may_block(path)) {
        return std::unexpected{cannot_open(path, "the path is no file")};
    }
    errno = 0;
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    if (!out) {
        const std::error_code why{errno != 0 ? errno : EIO, std::generic_category()};
        return std::unexpected{cannot_open(path, why.message())};
    }
    return log_file{path, std::move(out)};
}

bool debugging::log_file::write(const std::string& line) {
    out_ << line << '\n' << std::flush;
    return out_.good();
}

void debugging::write_to_file(const sys::event& told) noexcept {
    try {
        if (file->write("*DBG* " + behaviour::own_name() + " " + to_string(told))) {
            return;
        }
        behaviour::report_on_debugging("log_to_file has ended: \"" + file->path() +
                                       "\" cannot be written to any more");
    } catch (...) {
        // no memory for the line: the file keeps the lines so far
    }
    file.reset();
}

system_answer<void> begin_log_to_file(behaviour_body& by, const std::string& path) {
    debugging& debug = by.debug();
    debug.file.reset();
    system_answer<void> answer;
    if (auto opened = debugging::log_file::open(path)) {
        debug.file.emplace(std::move(*opened));
    } else {
        answer = std::unexpected{std::move(opened.error())};
    }
    by.debugging_has_changed();
    return answer;
}

void end_log_to_file(behaviour_body& by) {
    by.debug().file.reset();
    by.debugging_has_changed();
}

}  // namespace coppice::detail

namespace coppice::behaviour {

void report_on_debugging(const std::string& what) {
    detail::runtime_core& world = detail::current_runtime();
    world.report_if_possible(report_level::warning, detail::current_pid(), [&] {
        return text_report{own_behaviour() + " " + own_name() + ": " + what};
    });
}

}  // namespace coppice::behaviour
