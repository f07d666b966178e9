// SPDX-License-Identifier: Apache-2.0
// Reports as JSON lines.

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <variant>

#include "coppice/logger.hpp"
#include "coppice/printable.hpp"

namespace coppice::logger {
namespace {

/// Bytes that `printable` escapes become `\u` escapes, or U+FFFD if the bytes are not UTF-8.
void escape_as_json(std::string_view bytes, std::string& out) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    std::array<char, 8> escaped{};
    if (bytes.size() > 1) {
        out += bytes;  // valid UTF-8 needs no escape in JSON
    } else if (first < 0x80) {
        std::snprintf(escaped.data(), escaped.size(), "\\u%04x", unsigned{first});
        out += escaped.data();
    } else {
        out += "\\ufffd";
    }
}

/// Quotes and backslashes first: the escapes have backslashes of their own.
std::string quoted_json(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (const char each : text) {
        if (each == '"' || each == '\\') {
            plain += '\\';
        }
        plain += each;
    }
    return '"' + printable(plain, &escape_as_json) + '"';
}

void add_field(std::string& out, std::string_view key, std::string_view value) {
    out += (out.back() == '{' ? "" : ",") + quoted_json(key) + ":" + quoted_json(value);
}

std::string iso_time(std::chrono::system_clock::time_point time) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
    const auto seconds = static_cast<std::time_t>(us.count() / 1'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%FT%T", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%06dZ",
                  static_cast<int>(us.count() % 1'000'000));
    return text.data();
}

struct kind_of_report {
    const char* kind;
    const exit_reason* why;
};

struct kind_visitor {
    kind_of_report operator()(const crash_report& r) const { return {"crash", &r.why}; }
    kind_of_report operator()(const server_report& r) const { return {"server", &r.why}; }
    kind_of_report operator()(const supervisor_report& r) const { return {"supervisor", &r.why}; }
    kind_of_report operator()(const progress_report&) const { return {"progress", nullptr}; }
    kind_of_report operator()(const text_report&) const { return {"text", nullptr}; }
    kind_of_report operator()(const stuck_report&) const { return {"stuck", nullptr}; }
    kind_of_report operator()(const application_progress_report&) const {
        return {"application", nullptr};
    }
    kind_of_report operator()(const application_exit_report& r) const {
        return {"application", &r.exited};
    }
    kind_of_report operator()(const mailbox_report&) const { return {"mailbox", nullptr}; }
};

}  // namespace

std::string to_json_line(const report& r) {
    std::string out = "{";
    add_field(out, "time", iso_time(r.time));
    add_field(out, "level", to_string(r.level));
    const kind_of_report what = std::visit(kind_visitor{}, r.body);
    add_field(out, "kind", what.kind);
    if (r.process) {
        add_field(out, "process", to_string(r.process));
    }
    const auto* const line = std::get_if<text_report>(&r.body);
    add_field(out, "text", line != nullptr ? line->text : to_string(r));
    if (what.why != nullptr) {
        add_field(out, "reason", to_string(*what.why));
    }
    if (!r.metadata.empty()) {
        std::string fields = "{";
        for (const log_field& each : r.metadata) {
            add_field(fields, each.key, each.value);
        }
        out += ",\"metadata\":" + fields + "}";
    }
    return out + "}";
}

}  // namespace coppice::logger
