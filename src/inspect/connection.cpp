// SPDX-License-Identifier: Apache-2.0

#include "inspect/connection.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>
#include <vector>

#include "coppice/printable.hpp"
#include "coppice/report.hpp"
#include "inspect/ask.hpp"

namespace coppice::inspect {
namespace {

using namespace std::chrono_literals;

/// The time limit of a request. After the limit the process of the request has
/// `grace` to report the timeout itself.
constexpr std::chrono::milliseconds patience_request = 2s;
constexpr std::chrono::milliseconds grace = 200ms;
constexpr bounds call_timeouts{0, 60'000};
constexpr auto stalled_max = 10s;
constexpr std::size_t client_name_max = 64;
constexpr std::size_t reported_max = 200;

struct job {
    const method* what;
    json id;
    parameters given;
    shared_facts facts;
    std::chrono::milliseconds time;
    std::uint32_t user;
    std::string client;
    pid connection;
};

/// Every steering request from outside appears in the reports of the program.
void report(const job& work) {
    std::string given = to_line(work.given.all());
    if (given.size() > reported_max) {
        given = given.substr(0, reported_max) + "...";
    }
    log(report_level::notice, "inspect: " + std::string{work.what->name} + " " + given +
                                  " requested by user " + std::to_string(work.user) + ", client " +
                                  work.client);
}

task<> run_job(const job& work) {
    std::string line;
    try {
        if (work.what->steers) {
            report(work);
        }
        const asked what{work.facts, work.given, monotonic_time() + work.time};
        auto running = work.what->run(what);
        const json result = co_await running;
        line = answer_line(work.id, result);
    } catch (const request_error& error) {
        line = error_line(work.id, error.which(), error.what());
    } catch (const coppice::detail::process_exit& ended) {
        // From a call, as in OTP; not a crash.
        const request_error error = error_from(ended.why);
        line = error_line(work.id, error.which(), error.what());
    }
    answered message{self(), std::move(line)};
    send(work.connection, std::move(message));
}

/// An error inside a running subscription ends the subscription. The error is not a crash.
task<> tell(const subscription& what, task<> (*run)(const subscription&)) {
    exit_reason why;
    try {
        auto running = run(what);
        co_await running;
    } catch (const request_error& error) {
        why = exit_reason::text(error.what());
    } catch (const coppice::detail::process_exit& ended) {
        why = ended.why;
    }
    exit(reason::shutdown_with(why));
}

/// Waits until each process of `senders` has sent all present notifications, or has ended.
task<> flush_all(std::string answer, std::vector<pid> senders, pid connection) {
    std::unordered_set<pid> waited_for{senders.begin(), senders.end()};
    for (const pid& each : senders) {
        monitor(each);
        send(each, flush_request{self()});
    }
    while (!waited_for.empty()) {
        co_await receive([&](const flushed& m) { waited_for.erase(m.from); },
                         [&](const down_message& m) { waited_for.erase(m.process); });
    }
    answered message{self(), std::move(answer)};
    send(connection, std::move(message));
}

std::chrono::milliseconds time_of(const request& asked_for) {
    const parameters given{asked_for.params};
    if (asked_for.method != "call") {
        return patience_request;
    }
    return std::chrono::milliseconds{
        given.number("timeout", patience_request.count(), call_timeouts)};
}

std::string name_of_client(const request& asked_for) {
    const std::string name = parameters{asked_for.params}.text("client", "?");
    return printable(name.substr(0, client_name_max));
}

/// A trace of the connection would trace the sending of the trace, and a suspended
/// connection could not receive `resume`.
void refuse_self(const parameters& given) {
    if (given.process() == self()) {
        throw request_error{code::bad_parameter,
                            "who: is the process of this connection; choose another process"};
    }
}

}  // namespace

connection::connection(net::socket socket, std::uint32_t user, shared_facts facts)
    : socket_{std::move(socket)}, user_{user}, facts_{std::move(facts)}, output_{socket_} {
    trap_exit(true);
    read_next();
}

void connection::handle_info(const net::received& m) {
    input_.add(m.bytes);
    while (const auto line = input_.next()) {
        if (is_ending_) {
            return;
        }
        take_line(*line);
    }
    if (input_.is_too_long()) {
        fail(nullptr, true, code::no_request, "a line has at most 1 MiB");
        end();
        return;
    }
    read_next();
}

void connection::handle_info(const net::disconnected&) {
    end();
}

void connection::handle_info(const net::writable&) {
    ++times_full_;
    if (!output_.on_writable()) {
        end();
        return;
    }
    check_output();
    if (std::exchange(waits_for_output_, false)) {
        read_next();
    }
}

/// Back-pressure. While output waits for the client, no further requests are read.
void connection::read_next() {
    if (output_.is_full()) {
        waits_for_output_ = true;
    } else {
        socket_.read_next(self());
    }
}

void connection::take_line(const std::string& line) {
    auto read = read_request(line);
    if (!read) {
        fail(read.error().id, true, read.error().why, read.error().message);
        return;
    }
    const json id = read->id;
    const bool wants_answer = read->wants_answer;
    try {
        dispatch(std::move(*read));
    } catch (const request_error& error) {
        fail(id, wants_answer, error.which(), error.what());
    }
}

void connection::dispatch(request asked_for) {
    if (asked_for.method == "subscribe") {
        subscribe(asked_for);
        return;
    }
    if (asked_for.method == "unsubscribe") {
        unsubscribe(asked_for);
        return;
    }
    if (requests_.size() >= requests_max) {
        throw request_error{code::busy, std::to_string(requests_max) +
                                            " requests of this client wait for their answers"};
    }
    if (asked_for.method == "flush") {
        flush(std::move(asked_for));
        return;
    }
    const method* const what = find_method(asked_for.method);
    if (what == nullptr) {
        throw request_error{code::no_method,
                            "there is no method \"" + printable(asked_for.method) + "\""};
    }
    if (what->steers && facts_->chosen.read_only) {
        throw request_error{code::refused,
                            "this endpoint is read only, and refuses " + asked_for.method};
    }
    if (what->name == "suspend") {
        refuse_self(parameters{asked_for.params});
    }
    if (asked_for.method == "hello") {
        client_ = name_of_client(asked_for);
    }
    begin(std::move(asked_for), *what);
}

void connection::begin(request asked_for, const method& what) {
    const auto time = time_of(asked_for);
    job work{&what,   asked_for.id, parameters{std::move(asked_for.params)}, facts_, time, user_,
             client_, self()};
    const pid worker = spawn_link([work = std::move(work)] { return run_job(work); });
    expect_answer(std::move(asked_for), worker, time);
}

void connection::expect_answer(request asked_for, pid worker, std::chrono::milliseconds time) {
    const timer deadline = send_after(time + grace, self(), overdue{worker});
    requests_.emplace(worker,
                      running_request{std::move(asked_for.id), asked_for.wants_answer, deadline});
}

void connection::flush(request asked_for) {
    std::vector<pid> senders;
    for (const auto& [sender, about] : subscriptions_) {
        if (about.can_be_flushed) {
            senders.push_back(sender);
        }
    }
    std::string told = answer_line(asked_for.id, {{"done", true}});
    const pid worker = spawn_link(flush_all, std::move(told), std::move(senders), self());
    expect_answer(std::move(asked_for), worker, patience_request);
}

void connection::handle_info(const answered& m) {
    const auto done = requests_.find(m.from);
    if (done == requests_.end()) {
        // The request was already over its time.
        return;
    }
    cancel_timer(done->second.deadline);
    const bool wants_answer = done->second.wants_answer;
    requests_.erase(done);
    if (wants_answer) {
        print(m.line);
    }
}

void connection::handle_info(const overdue& m) {
    const auto late = requests_.find(m.who);
    if (late == requests_.end()) {
        return;
    }
    const running_request request = std::move(late->second);
    requests_.erase(late);
    unlink(m.who);
    exit(m.who, reason::kill);
    fail(request.id, request.wants_answer, code::timeout,
         "no answer came in time; the request may still be carried out");
}

void connection::handle_info(const exit_message& m) {
    if (const auto failed = requests_.find(m.from); failed != requests_.end()) {
        const running_request request = std::move(failed->second);
        requests_.erase(failed);
        cancel_timer(request.deadline);
        const request_error error = error_from(m.why);
        fail(request.id, request.wants_answer, error.which(), error.what());
    } else if (const auto over = subscriptions_.find(m.from); over != subscriptions_.end()) {
        const running_subscription ended = over->second;
        subscriptions_.erase(over);
        json params;
        params["ended"] = to_string(m.why.is_shutdown() && m.why.size() > 1 ? m.why[1] : m.why);
        print(notification_line(ended.number, ended.topic, params));
    }
}

void connection::subscribe(const request& asked_for) {
    const parameters given{asked_for.params};
    const topic& what = find_topic(given.text("topic"));
    if (subscriptions_.size() >= subscriptions_max) {
        throw request_error{code::busy, "a client has at most " +
                                            std::to_string(subscriptions_max) + " subscriptions"};
    }
    what.check(given);
    if (what.name == "trace") {
        refuse_self(given);
    }
    const std::int64_t number = ++last_subscription_;
    subscription made{number, what.name, facts_, given, self(), nullptr};
    if (what.listen != nullptr) {
        // Listen now, so that reports of the client's next action are included.
        made.reports = what.listen(given);
    }
    answer(asked_for, {{"subscription", number}});
    const pid sender =
        spawn_link([made = std::move(made), run = what.run] { return tell(made, run); });
    subscriptions_.emplace(sender, running_subscription{number, what.name, what.can_be_flushed});
}

void connection::unsubscribe(const request& asked_for) {
    constexpr bounds numbers{1, INT64_MAX};
    const std::int64_t number = parameters{asked_for.params}.number("subscription", numbers);
    const auto found = std::ranges::find_if(
        subscriptions_, [&](const auto& each) { return each.second.number == number; });
    if (found == subscriptions_.end()) {
        throw request_error{code::bad_parameter, "subscription: is not open on this connection"};
    }
    unlink(found->first);
    exit(found->first, reason::kill);
    subscriptions_.erase(found);
    answer(asked_for, {{"done", true}});
}

void connection::handle_info(const subscription_line& m) {
    if (subscriptions_.contains(m.from)) {
        print(m.line);
    }
}

void connection::answer(const request& asked_for, const json& result) {
    if (asked_for.wants_answer) {
        print(answer_line(asked_for.id, result));
    }
}

void connection::fail(const json& id, bool wants_answer, code why, std::string_view message) {
    if (wants_answer) {
        print(error_line(id, why, message));
    }
}

void connection::print(std::string_view line) {
    if (is_ending_) {
        return;
    }
    const bool was_full = output_.is_full();
    if (!output_.print(line)) {
        end();
    } else if (!was_full) {
        check_output();
    }
}

void connection::check_output() {
    if (output_.is_full()) {
        send_after(stalled_max, self(), stalled{times_full_});
    }
}

void connection::handle_info(const stalled& m) {
    if (output_.is_full() && m.number == times_full_) {
        end();
    }
}

/// Ends with `shutdown`, so that linked processes end too.
void connection::end() {
    is_ending_ = true;
    socket_.close();
    stop_with(reason::shutdown);
}

}  // namespace coppice::inspect
