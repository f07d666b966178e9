// SPDX-License-Identifier: Apache-2.0
// Methods with effects on the program. A read-only endpoint refuses such methods before the start.

#include <array>
#include <string>
#include <utility>

#include "coppice/console_child.hpp"
#include "coppice/console_messages.hpp"
#include "coppice/dynamic_supervisor.hpp"
#include "coppice/report.hpp"
#include "coppice/runtime.hpp"
#include "coppice/sys.hpp"
#include "inspect/ask.hpp"
#include "inspect/methods.hpp"
#include "inspect/protocol.hpp"

namespace coppice::inspect {
namespace {

json done() {
    return {{"done", true}};
}

json started(const child_result& result) {
    if (!result.ok() && !result.ignored()) {
        throw error_from(result.error());
    }
    return {{"pid", pid_or_null(result.process())}};
}

task<json> end_process(const asked& what) {
    const pid who = what.given.process();
    exit(who, what.given.reason("reason"));
    co_return done();
}

task<json> suspend(const asked& what) {
    const sys::target target{what.given.process()};
    auto asking = sys::try_suspend(target, what.end - monotonic_time());
    const auto result = co_await asking;
    require_done(result);
    co_return done();
}

task<json> resume(const asked& what) {
    const sys::target target{what.given.process()};
    auto asking = sys::try_resume(target, what.end - monotonic_time());
    const auto result = co_await asking;
    require_done(result);
    co_return done();
}

void require_static(const process_information& supervisor, const char* method) {
    if (is_dynamic(supervisor)) {
        throw request_error{code::bad_parameter,
                            std::string{"who: is a dynamic supervisor, which has no "} + method +
                                ": terminate_child ends a child, and its spec goes with it"};
    }
}

task<json> restart_child(const asked& what) {
    auto finding = find_supervisor(what);
    const process_information found = co_await finding;
    require_static(found, "restart_child");
    const supervisor asked_one{found.process};
    auto asking = asked_one.restart_child(what.given.text("id"));
    const child_result result = co_await asking;
    co_return started(result);
}

task<json> delete_child(const asked& what) {
    auto finding = find_supervisor(what);
    const process_information found = co_await finding;
    require_static(found, "delete_child");
    const supervisor asked_one{found.process};
    auto asking = asked_one.delete_child(what.given.text("id"));
    const void_result result = co_await asking;
    require_done(result);
    co_return done();
}

task<json> terminate_child(const asked& what) {
    auto finding = find_supervisor(what);
    const process_information found = co_await finding;
    void_result result;
    if (is_dynamic(found)) {
        const dynamic_supervisor asked_one{found.process};
        auto asking = asked_one.terminate_child(what.given.process("id"));
        result = co_await asking;
    } else {
        const supervisor asked_one{found.process};
        auto asking = asked_one.terminate_child(what.given.text("id"));
        result = co_await asking;
    }
    require_done(result);
    co_return done();
}

task<json> change_report_level(const asked& what) {
    json out;
    out["was"] = to_string(set_report_level(level_from(what.given.text("level"))));
    co_return out;
}

/// For a message by text: a `badarg` error lists the possible inputs.
request_error error_of(const message_error& failed) {
    if (failed.why == reason::badarg) {
        return {code::bad_parameter, failed.text};
    }
    const request_error plain = error_from(failed.why);
    return {plain.which(), failed.text.empty() ? plain.what() : failed.text};
}

template <class Result>
void require_sent(const Result& result) {
    if (!result) {
        throw error_of(result.error());
    }
}

task<json> call(const asked& what) {
    const sys::target target{what.given.process()};
    auto calling = call_by_text(target, what.given.text("message"), what.given.texts("fields"),
                                what.end - monotonic_time());
    const auto reply = co_await calling;
    require_sent(reply);
    json out;
    out["reply"] = *reply;
    co_return out;
}

using way_without_reply = task<std::expected<void, message_error>> (*)(sys::target, std::string,
                                                                       std::vector<std::string>,
                                                                       time_span);
template <way_without_reply Send>
task<json> tell(const asked& what) {
    const sys::target target{what.given.process()};
    auto sending = Send(target, what.given.text("message"), what.given.texts("fields"),
                        what.end - monotonic_time());
    const auto sent = co_await sending;
    require_sent(sent);
    co_return done();
}

/// The program makes the child from texts, by the name of the supervisor.
child_spec child_from(const process_information& supervisor, const parameters& given) {
    if (supervisor.registered_name.empty()) {
        throw request_error{
            code::unavailable,
            given.text("who") +
                ": has no name; a child made from arguments needs a supervisor with a name"};
    }
    auto made = child_by_text(supervisor.registered_name, given.texts("arguments"));
    if (!made && made.error().why == exit_reason{"undef"}) {
        throw request_error{code::unavailable, made.error().text};
    }
    require_sent(made);
    return std::move(*made);
}

task<json> start_child(const asked& what) {
    auto finding = find_supervisor(what);
    const process_information found = co_await finding;
    child_spec wanted = child_from(found, what.given);
    child_result result;
    if (is_dynamic(found)) {
        const dynamic_supervisor asked_one{found.process};
        auto asking = asked_one.start_child(std::move(wanted));
        result = co_await asking;
    } else {
        const supervisor asked_one{found.process};
        auto asking = asked_one.start_child(std::move(wanted));
        result = co_await asking;
    }
    co_return started(result);
}

task<json> stop_program(const asked&) {
    request_stop();
    co_return done();
}

constexpr std::array table{
    method{"exit", true, end_process},
    method{"suspend", true, suspend},
    method{"resume", true, resume},
    method{"restart_child", true, restart_child},
    method{"delete_child", true, delete_child},
    method{"terminate_child", true, terminate_child},
    method{"start_child", true, start_child},
    method{"report_level", true, change_report_level},
    method{"call", true, call},
    method{"cast", true, tell<&cast_by_text>},
    method{"send", true, tell<&send_by_text>},
    method{"stop", true, stop_program},
};

}  // namespace

std::span<const method> steering_methods() {
    return table;
}

}  // namespace coppice::inspect
