// SPDX-License-Identifier: Apache-2.0
// Reports as text for people.

#include <array>
#include <cstdio>
#include <ctime>
#include <string>

#include "coppice/printable.hpp"
#include "coppice/report.hpp"
#include "platform/throw_stack.hpp"
#include "process/runtime_core.hpp"

namespace coppice {
namespace {

void add(std::string& out, const char* label, const std::string& value) {
    if (!value.empty()) {
        out += "\n    ";
        out += label;
        out += ": ";
        out += printable(value);
    }
}

void add_each(std::string& out, const char* label, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
        add(out, label, value);
    }
}

void add_calls(std::string& out, const char* label, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        out += std::string{"\n        "} + label + " " + printable(line);
    }
}

template <class Items>
std::string joined(const Items& items) {
    std::string out;
    for (const auto& item : items) {
        if constexpr (requires { to_string(item); }) {
            out += (out.empty() ? "" : ", ") + to_string(item);
        } else {
            out += (out.empty() ? "" : ", ") + std::string{item};
        }
    }
    return out;
}

struct renderer {
    std::string operator()(const crash_report& r) const {
        std::string out =
            "CRASH REPORT Process " + to_string(r.process) +
            (r.registered_name.empty() ? "" : " (" + printable(r.registered_name) + ")");
        add(out, "child id", r.child_id);
        add(out, "initial call", r.initial_call);
        add(out, "reason", to_string(r.why));
        add_calls(out, "at", symbolised_stack(r.why));
        add_calls(out, "awaited by", symbolised_waiting(r.why));
        add(out, "last message", r.last_message);
        add(out, "state", r.state);
        add(out, "ancestors", joined(r.ancestors));
        add(out, "links", joined(r.links));
        add(out, "message queue", std::to_string(r.message_queue_len));
        return out;
    }
    std::string operator()(const server_report& r) const {
        std::string out = printable(r.behaviour) + " " + printable(r.name) + " terminating";
        add(out, "last message", r.last_message);
        add(out, "state", r.state);
        add(out, "reason", to_string(r.why));
        if (r.client) {
            add(out, "client", to_string(r.client));
        }
        add(out, "state of the machine", r.machine_state);
        add_each(out, "queued", r.queued);
        add_each(out, "postponed", r.postponed);
        add_each(out, "timeout", r.timeouts);
        add_each(out, "logged", r.log);
        return out;
    }
    std::string operator()(const supervisor_report& r) const {
        std::string out = "SUPERVISOR REPORT " + printable(r.supervisor) + ": " +
                          std::string{to_string(r.context)};
        add(out, "reason", to_string(r.why));
        add(out, "offender", child(r.offender));
        return out;
    }
    std::string operator()(const progress_report& r) const {
        std::string out = "PROGRESS REPORT " + printable(r.supervisor);
        add(out, "started", child(r.started));
        return out;
    }
    std::string operator()(const text_report& r) const { return printable(r.text); }
    std::string operator()(const stuck_report& r) const {
        std::string out = r.returned ? "RETURNED after all: " : "STUCK in a handler: ";
        out += to_string(r.stuck);
        add_calls(out, "at", symbolised_stack(r));
        return out;
    }

    std::string operator()(const application_progress_report& r) const {
        return "PROGRESS REPORT application " + printable(r.application) + ": started";
    }
    std::string operator()(const application_exit_report& r) const {
        std::string out = "APPLICATION REPORT " + printable(r.application);
        add(out, "exited", to_string(r.exited));
        add(out, "type", std::string{to_string(r.type)});
        return out;
    }
    std::string operator()(const mailbox_report& r) const {
        std::string out =
            "MAILBOX REPORT " + to_string(r.process) +
            (r.registered_name.empty() ? "" : " (" + printable(r.registered_name) + ")") + ": " +
            std::to_string(r.waiting) + " of " + std::to_string(r.limit.limit) + " messages wait";
        add(out, "policy", std::string{to_string(r.limit.policy)});
        add(out, "refused", std::to_string(r.refused));
        add(out, "dropped", std::to_string(r.dropped));
        return out;
    }

    static std::string child(const child_summary& c) {
        return "id " + c.id + ", pid " + to_string(c.process) + ", start " + c.start + ", " +
               std::string{to_string(c.restart)} + (c.significant ? ", significant" : "") +
               ", shutdown " + to_string(c.shutdown) + ", " + std::string{to_string(c.type)};
    }
};

std::string time_text(std::chrono::system_clock::time_point time) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
    const auto seconds = static_cast<std::time_t>(ms.count() / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%F %T", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                  static_cast<int>(ms.count() % 1000));
    return text.data();
}

}  // namespace

std::vector<std::string> symbolised_stack(const stuck_report& r) {
    return platform::symbolise_calls(r.stack);
}

std::vector<std::string> symbolised_stack(const exit_reason& why) {
    const error_info* error = why.as_error();
    return error == nullptr ? std::vector<std::string>{} : platform::symbolise_calls(error->stack);
}

std::vector<std::string> symbolised_waiting(const exit_reason& why) {
    const error_info* error = why.as_error();
    return error == nullptr ? std::vector<std::string>{}
                            : platform::symbolise_calls(error->waiting);
}

std::string to_string(const report& r) {
    return std::visit(renderer{}, r.body);
}

std::string format_line(const report& r) {
    std::string out = time_text(r.time) + " [" + std::string{to_string(r.level)} + "] ";
    for (const log_field& each : r.metadata) {
        out += printable(each.key) + "=" + printable(each.value) + " ";
    }
    return out + to_string(r) + "\n";
}

}  // namespace coppice
