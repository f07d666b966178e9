// SPDX-License-Identifier: Apache-2.0
// The outputs of the logger's handlers. Each runs on the thread of its handler.

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "coppice/logger.hpp"
#include "platform/journal_socket.hpp"

namespace coppice::logger {
namespace {

std::string line_of(const report& r, form how) {
    return how == form::json_lines ? to_json_line(r) + "\n" : format_line(r);
}

/// Each report is flushed: a crash of the program loses none that was written.
void write_to(std::FILE* out, const std::string& line) {
    if (std::fwrite(line.data(), 1, line.size(), out) != line.size() || std::fflush(out) != 0) {
        throw std::system_error{errno, std::generic_category(), "the log could not be written"};
    }
}

output to_stream(std::FILE* out) {
    return output{[out](const report& r, form how) { write_to(out, line_of(r, how)); }};
}

/// The severity of syslog.
char priority_of(report_level level) noexcept {
    switch (level) {
        case report_level::error:
            return '3';
        case report_level::warning:
            return '4';
        case report_level::notice:
            return '5';
        case report_level::info:
            return '6';
        default:
            return '7';
    }
}

/// `KEY=value`, or with a newline in the value `KEY`, the length as 64 bits, little-endian, and the value.
void add_journal_field(std::string& out, const std::string& key, const std::string& value) {
    out += key;
    if (value.find('\n') == std::string::npos) {
        out += '=';
    } else {
        out += '\n';
        const std::uint64_t length = value.size();
        for (unsigned shift = 0; shift < 64; shift += 8) {
            out += static_cast<char>((length >> shift) & 0xFFU);
        }
    }
    out += value + '\n';
}

/// journald takes capitals, digits and underscores, up to 64, and refuses a leading digit or underscore.
std::string journal_key(const std::string& key) {
    constexpr std::size_t longest = 64;
    std::string out;
    for (const char each : key) {
        const bool is_small = each >= 'a' && each <= 'z';
        const bool is_allowed = (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9');
        out += is_small ? static_cast<char>(each - 'a' + 'A') : is_allowed ? each : '_';
    }
    if (out.empty() || out[0] < 'A' || out[0] > 'Z') {
        out = "F_" + out;
    }
    return out.substr(0, longest);
}

std::string journal_entry(const report& r) {
    std::string out;
    const auto* const line = std::get_if<text_report>(&r.body);
    add_journal_field(out, "MESSAGE", line != nullptr ? line->text : to_string(r));
    add_journal_field(out, "PRIORITY", std::string{priority_of(r.level)});
    if (r.process) {
        add_journal_field(out, "COPPICE_PID", to_string(r.process));
    }
    for (const log_field& each : r.metadata) {
        add_journal_field(out, journal_key(each.key), each.value);
    }
    return out;
}

}  // namespace

output to_file(const std::string& path) {
    std::FILE* const opened = std::fopen(path.c_str(), "ae");
    if (opened == nullptr) {
        throw std::system_error{errno, std::generic_category(), "logger::to_file: " + path};
    }
    const std::shared_ptr<std::FILE> file{opened, [](std::FILE* done) { std::fclose(done); }};
    return output{[file](const report& r, form how) { write_to(file.get(), line_of(r, how)); }};
}

output to_stderr() {
    return to_stream(stderr);
}

output to_stdout() {
    return to_stream(stdout);
}

output to_journal(std::string socket) {
    const auto opened = std::make_shared<const platform::journal_socket>(std::move(socket));
    return output{[opened](const report& r, form) { opened->send(journal_entry(r)); }};
}

output to_function(report_handler called) {
    return output{[called = std::move(called)](const report& r, form) { called(r); }};
}

}  // namespace coppice::logger
