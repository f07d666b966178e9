// SPDX-License-Identifier: Apache-2.0

#include "coppice/testing/assertions.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "observe/delay_text.hpp"

namespace coppice::testing {
namespace {

std::string described(const std::vector<process_information>& of) {
    if (of.empty() || of.front().mailbox.empty()) {
        return "the mailbox is empty";
    }
    const std::vector<mailbox_count>& mailbox = of.front().mailbox;
    std::string out = "the mailbox has";
    for (const mailbox_count& each : mailbox) {
        out += ' ' + std::to_string(each.count) + ' ' + each.type + ',';
    }
    out.pop_back();
    return out;
}

/// The end of a process, in time.
task<std::optional<down_message>> down_of(ref watching, time_span within) {
    auto waiting = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                                [](down_message m) { return std::optional{std::move(m)}; }),
                           after(within, [] { return std::optional<down_message>{}; }));
    std::optional<down_message> got = co_await waiting;
    co_return got;
}

}  // namespace

namespace detail {

void fail_assertion(const std::source_location& where, const std::string& what) {
    throw assertion_failed{std::string{where.file_name()} + ':' + std::to_string(where.line()) +
                           ": " + what};
}

task<> fail_to_receive(std::source_location where, std::string type, time_span within) {
    auto asking = process_info(self());
    const std::vector<process_information> here = co_await asking;
    fail_assertion(where, "assert_receive: no message of type " + type + " came within " +
                              observe::delay_text(within.value()) + "; " + described(here));
}

time_span shorter(time_span one, time_span other) {
    return std::min(one.value(), other.value());
}

void require_positive(time_span every) {
    if (every.value() <= std::chrono::nanoseconds::zero()) {
        throw std::invalid_argument{"eventually: the period has to be positive"};
    }
}

}  // namespace detail

task<exit_reason> assert_down(pid who, time_span within, std::source_location where) {
    const ref watching = monitor(who);
    auto waiting = down_of(watching, within);
    std::optional<down_message> ended = co_await waiting;
    if (!ended) {
        demonitor(watching, demonitor_option::flush);
        detail::fail_assertion(where, "assert_down: " + to_string(who) + " has not ended within " +
                                          observe::delay_text(within.value()));
    }
    co_return std::move(ended->why);
}

task<> assert_down(pid who, exit_reason expected, time_span within, std::source_location where) {
    auto waiting = assert_down(who, within, where);
    const exit_reason why = co_await waiting;
    if (why != expected) {
        detail::fail_assertion(where, "assert_down: " + to_string(who) + " ended with the reason " +
                                          to_string(why) + " instead of " + to_string(expected));
    }
}

}  // namespace coppice::testing
