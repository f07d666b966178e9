// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/several_calls.hpp"

#include <algorithm>
#include <utility>

#include "coppice/process.hpp"
#include "coppice/requests.hpp"

namespace coppice {
namespace detail {

several_calls::several_calls(std::vector<call_parts> parts) {
    calls_.reserve(parts.size());
    done_.reserve(parts.size());
    for (call_parts& each : parts) {
        calls_.push_back({std::move(each), nullptr, {}, {}, forever, {}, {}});
    }
}

several_calls::~several_calls() {
    for (const call& each : calls_) {
        if (each.request) {
            abandon_request(each.request);
        }
    }
}

void several_calls::begin() {
    for (std::size_t number = 0; number < calls_.size(); ++number) {
        begin(calls_[number], number);
    }
}

/// The name of the request's type is built when a call fails, as for a single call.
void several_calls::begin(call& begun, std::size_t number) {
    const message_node& request = *begun.parts.request;
    begun.described_by = request.type->described_by(request);
    if (begun.described_by == nullptr) {
        begun.described = request.type->describe(request);
    }
    const pid to = begun.parts.target.process;
    if (!to) {
        finish(number, reason::noproc);
    } else if (to == current_pid()) {
        finish(number, reason::calling_self);
    } else {
        begun.request = begin_request(to, std::move(begun.parts.request));
        begun.deadline = time_after(begun.parts.timeout);
    }
}

void several_calls::finish(std::size_t number, exit_reason why) {
    calls_[number].request = {};
    calls_[number].why = std::move(why);
    done_.push_back(number);
}

void several_calls::take(response_message& got) {
    const auto answered = std::ranges::find(calls_, got.request, &call::request);
    answered->reply.reset(got.reply.release());
    finish(static_cast<std::size_t>(answered - calls_.begin()), std::move(got.why));
}

void several_calls::expire() {
    const nanoseconds present = now();
    for (std::size_t number = 0; number < calls_.size(); ++number) {
        if (const call& each = calls_[number]; each.request && each.deadline <= present) {
            abandon_request(each.request);
            finish(number, reason::timeout);
        }
    }
}

std::vector<ref> several_calls::pending() const {
    std::vector<ref> out;
    out.reserve(calls_.size());
    for (const call& each : calls_) {
        if (each.request) {
            out.push_back(each.request);
        }
    }
    std::ranges::sort(out);
    return out;
}

nanoseconds several_calls::time_left() const {
    nanoseconds first = forever;
    for (const call& each : calls_) {
        if (each.request) {
            first = std::min(first, each.deadline);
        }
    }
    return time_until(first);
}

/// A response that arrives while the time ends is taken, as in OTP: hence the second look.
task<std::size_t> several_calls::next_done() {
    while (told_ == done_.size()) {
        const std::vector<ref> open = pending();
        auto waiting = next_response(open, time_left());
        response_message got = co_await waiting;
        if (!got.request) {
            auto looking = next_response(open, nanoseconds::zero());
            got = co_await looking;
        }
        if (got.request) {
            take(got);
        } else {
            expire();
        }
    }
    co_return done_[told_++];
}

exit_reason several_calls::failure(std::size_t number) {
    const call& failed = calls_[number];
    return failed_call(failed.why, gen_server_call::behaviour, failed.parts.target.to,
                       failed.described_by != nullptr ? readable_type_name(*failed.described_by)
                                                      : failed.described,
                       failed.parts.timeout);
}

task<first_reply> first_of(several_calls calls, std::size_t count) {
    calls.begin();
    first_reply out;
    for (std::size_t left = count; left > 0; --left) {
        auto waiting = calls.next_done();
        out.number = co_await waiting;
        out.reply = calls.take_reply(out.number);
        if (out.reply != nullptr) {
            break;
        }
        out.why = calls.failure(out.number);
    }
    co_return out;
}

std::size_t place_among(const std::vector<ref>& all, ref which) noexcept {
    return static_cast<std::size_t>(std::ranges::lower_bound(all, which) - all.begin());
}

task<response_message> response_to(std::vector<ref> of, nanoseconds timeout, if_late then) {
    auto waiting = next_response(of, timeout);
    response_message got = co_await waiting;
    if (!got.request) {
        auto looking = next_response(of, nanoseconds::zero());
        got = co_await looking;
    }
    if (!got.request && then == if_late::abandon) {
        for (const ref& each : of) {
            abandon_request(each);
        }
    }
    co_return got;
}

nanoseconds pause_within(nanoseconds pause, nanoseconds left) noexcept {
    return std::clamp(left / 2, first_pause, std::max(pause, first_pause));
}

bool is_worth_repeating(const exit_reason& failure, const address& to, nanoseconds left) {
    return to.is_name() && left > first_pause && failure[0] != reason::calling_self;
}

}  // namespace detail

std::string_view to_string(no_response why) noexcept {
    switch (why) {
        case no_response::no_request:
            return "no_request";
        case no_response::timeout:
            return "timeout";
        case no_response::no_reply:
            return "no_reply";
    }
    return {};
}

}  // namespace coppice
