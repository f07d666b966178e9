// SPDX-License-Identifier: Apache-2.0
// Messages as text. First the caller fetches the message table of the server's class. Then the caller makes
// the message from the text, and sends the message as the typed functions do.

#include "coppice/console_messages.hpp"

#include <algorithm>
#include <utility>

#include "coppice/detail/behaviour_body.hpp"
#include "coppice/printable.hpp"

namespace coppice {
namespace by_text {
namespace {

using detail::message_way;
using detail::nanoseconds;
using detail::owned_message;
using detail::served_messages;
using detail::text_message;

/// A message as text, with target, way and timeout.
struct order {
    sys::target who;
    message_way way;
    std::string message;
    std::vector<std::string> fields;
    nanoseconds timeout;
};

std::string_view word_of(message_way way) {
    return way == message_way::call ? "call" : way == message_way::cast ? "cast" : "info";
}
bool takes(const text_message& m, message_way way) {
    return way == message_way::call ? m.calls : way == message_way::cast ? m.casts : m.infos;
}

std::string name_of(const sys::target& who) {
    const address& to = who.resolved().to;
    if (to.is_via()) {
        return printable(to_string(to));
    }
    return to.name().empty() ? to_string(to.who()) : printable(to.name());
}

std::string full_name(const text_message& m) {
    return detail::readable_type_name(*m.type);
}

/// The name without namespace, unless two messages share that name.
std::string name_in(std::span<const text_message> all, const text_message& m) {
    const std::string name = detail::short_type_name(*m.type);
    const auto same = std::ranges::count_if(
        all, [&](const text_message& each) { return detail::short_type_name(*each.type) == name; });
    return same > 1 ? full_name(m) : name;
}

message_description describe(std::span<const text_message> all, const text_message& m) {
    return {name_in(all, m), m.calls,    m.casts,
            m.infos,         m.fields(), m.unreadable == nullptr ? std::string{} : m.unreadable()};
}

/// Whether the text names the message: with its full namespace, with a part of it, or without.
bool is_called(const text_message& m, std::string_view name) {
    if (detail::short_type_name(*m.type) == name) {
        return true;
    }
    const std::string full = full_name(m);
    return full == name || full.ends_with("::" + std::string{name});
}

std::string list_of(std::span<const text_message> all) {
    std::string out;
    for (const text_message& each : all) {
        out += (out.empty() ? "" : ", ") + to_string(describe(all, each));
    }
    return out;
}

message_error wrong_text(std::string text) {
    return {reason::badarg, printable(text)};
}

message_error unknown_message(const order& what, std::span<const text_message> all) {
    const std::string name = name_of(what.who);
    if (all.empty()) {
        return wrong_text(name +
                          " lists no messages; add to its class `using console_messages = "
                          "coppice::messages<...>;`");
    }
    return wrong_text(name + " has no message " + what.message + "; it has " + list_of(all));
}

message_error ambiguous(const order& what, std::span<const text_message> all) {
    std::string names;
    for (const text_message& each : all) {
        if (is_called(each, what.message)) {
            names += (names.empty() ? "" : " and ") + full_name(each);
        }
    }
    return wrong_text(name_of(what.who) + " has more than one message " + what.message + ": " +
                      names);
}

message_error wrong_way(const order& what, const text_message& m,
                        std::span<const text_message> all) {
    std::string ways;
    for (const message_way each : {message_way::call, message_way::cast, message_way::info}) {
        if (takes(m, each)) {
            ways += (ways.empty() ? "" : " and ") +
                    std::string{each == message_way::info ? "send" : word_of(each)};
        }
    }
    return wrong_text(name_in(all, m) + " is for " + ways + " and not for " +
                      std::string{what.way == message_way::info ? "send" : word_of(what.way)});
}

message_error wrong_field(const text_message& m, std::span<const text_message> all,
                          const read_error& why) {
    return wrong_text(to_string(describe(all, m)) + ": " + to_string(why));
}

exit_reason timeout_term(nanoseconds timeout) {
    using std::chrono::milliseconds;
    return timeout == detail::forever
               ? exit_reason{"infinity"}
               : exit_reason::integer(std::chrono::duration_cast<milliseconds>(timeout).count());
}

/// As a typed call fails: `{why, {gen_server, call, [target, message, timeout]}}`.
exit_reason failure(exit_reason why, const order& what, std::string_view message) {
    return exit_reason::tuple(
        std::move(why),
        exit_reason::tuple(
            "gen_server", exit_reason::symbol(word_of(what.way)),
            exit_reason::tuple(detail::term_of(what.who.resolved().to),
                               exit_reason::symbol(message), timeout_term(what.timeout))));
}

message_error failed(exit_reason why, const order& what, std::string_view message) {
    std::string text = name_of(what.who);
    if (why == reason::noproc) {
        text = "there is no process " + text;
    } else if (why == reason::timeout) {
        text += " does not answer in time";
    } else if (why == reason::calling_self) {
        text += " is the caller itself";
    } else {
        text += " ended: " + to_string(why);
    }
    return {failure(std::move(why), what, message), std::move(text)};
}

nanoseconds time_left(nanoseconds end) {
    return end == nanoseconds::max() ? detail::forever
                                     : std::max(end - detail::now(), nanoseconds{1});
}

/// The table, or a reason: a term that `failed` takes, or `badarg` if the process is no server.
task<std::expected<std::span<const text_message>, exit_reason>> table_of(const sys::target& who,
                                                                         nanoseconds timeout) {
    if (!who.resolved().process) {
        co_return std::unexpected{reason::noproc};
    }
    const served_messages told =
        co_await detail::served_messages_within(who.resolved().process, timeout);
    switch (told.from) {
        case served_messages::answer::none:
            co_return std::unexpected{reason::timeout};
        case served_messages::answer::noproc:
            co_return std::unexpected{reason::noproc};
        case served_messages::answer::no_server:
            co_return std::unexpected{reason::badarg};
        case served_messages::answer::server:
            break;
    }
    co_return told.known;
}

/// An exception from user code is an error as well.
std::expected<owned_message, message_error> made(const order& what, const text_message& m,
                                                 std::span<const text_message> all) {
    try {
        read_error why;
        owned_message out = m.make(what.way, what.fields, why);
        if (out == nullptr) {
            return std::unexpected{wrong_field(m, all, why)};
        }
        return out;
    } catch (const std::exception& thrown) {
        return std::unexpected{
            wrong_text(name_in(all, m) + " cannot be made: " + std::string{thrown.what()})};
    }
}

std::expected<owned_message, message_error> message_in(const order& what,
                                                       std::span<const text_message> all) {
    const auto fits = [&](const text_message& m) { return is_called(m, what.message); };
    const auto found = std::ranges::find_if(all, fits);
    if (found == all.end()) {
        return std::unexpected{unknown_message(what, all)};
    }
    if (std::ranges::count_if(all, fits) > 1) {
        return std::unexpected{ambiguous(what, all)};
    }
    if (!takes(*found, what.way)) {
        return std::unexpected{wrong_way(what, *found, all)};
    }
    if (found->make == nullptr) {
        return std::unexpected{wrong_text(to_string(describe(all, *found)))};
    }
    return made(what, *found, all);
}

task<std::expected<owned_message, message_error>> prepared(const order& what, nanoseconds timeout) {
    const auto table = co_await table_of(what.who, timeout);
    if (table) {
        co_return message_in(what, *table);
    }
    if (table.error() == reason::badarg) {
        co_return std::unexpected{wrong_text(name_of(what.who) + " is no server")};
    }
    co_return std::unexpected{failed(table.error(), what, what.message)};
}

/// Waits for the reply to a message made from text.
class text_call final : public detail::call_wait {
  public:
    text_call(owned_message request, const order& what, nanoseconds timeout)
        : call_wait{std::move(request), what.who.resolved(), timeout}, what_{what} {}

    std::expected<std::string, message_error> await_resume() {
        if (const owned_message reply = take_reply()) {
            return reply->type->show(*reply);
        }
        // The wait was given the remaining time, but the error shows the time given by the caller.
        const exit_reason told = call_wait::failure("gen_server");
        return std::unexpected{failed(told[0], what_, to_string(told[1][2][1]))};
    }

  private:
    const order& what_;
};

task<std::expected<std::string, message_error>> call(order what) {
    const nanoseconds end = detail::time_after(what.timeout);
    auto ready = co_await prepared(what, what.timeout);
    if (!ready) {
        co_return std::unexpected{std::move(ready.error())};
    }
    std::expected<std::string, message_error> reply;
    try {
        text_call calling{std::move(*ready), what, time_left(end)};
        reply = co_await calling;
    } catch (const std::exception& thrown) {  // from a `to_string` in user code
        reply = std::unexpected{wrong_text(thrown.what())};
    }
    co_return reply;
}

task<std::expected<void, message_error>> send(order what) {
    auto ready = co_await prepared(what, what.timeout);
    if (!ready) {
        co_return std::unexpected{std::move(ready.error())};
    }
    detail::deliver(what.who.resolved().process, ready->release());
    co_return std::expected<void, message_error>{};
}

}  // namespace
}  // namespace by_text

std::string to_string(const message_description& m) {
    std::string out = m.name;
    for (const field_description& each : m.fields) {
        out += (&each == m.fields.data() ? "{" : ", ") + each.name + ": " + each.type +
               (each.otherwise.empty() ? "" : " = " + each.otherwise);
    }
    out += m.fields.empty() ? "" : "}";
    return m.unreadable.empty()
               ? out
               : out + ", which cannot be read from a text because of " + m.unreadable;
}

task<std::expected<std::vector<message_description>, exit_reason>> console_messages(
    sys::target who, time_span timeout) {
    const auto table = co_await by_text::table_of(who, timeout);
    if (!table) {
        co_return std::unexpected{table.error()};
    }
    std::vector<message_description> out;
    for (const detail::text_message& each : *table) {
        out.push_back(by_text::describe(*table, each));
    }
    co_return out;
}

task<std::expected<std::string, message_error>> call_by_text(sys::target who, std::string message,
                                                             std::vector<std::string> fields,
                                                             time_span timeout) {
    return by_text::call({std::move(who), detail::message_way::call, std::move(message),
                          std::move(fields), timeout});
}

task<std::expected<void, message_error>> cast_by_text(sys::target who, std::string message,
                                                      std::vector<std::string> fields,
                                                      time_span timeout) {
    return by_text::send({std::move(who), detail::message_way::cast, std::move(message),
                          std::move(fields), timeout});
}

task<std::expected<void, message_error>> send_by_text(sys::target who, std::string message,
                                                      std::vector<std::string> fields,
                                                      time_span timeout) {
    return by_text::send({std::move(who), detail::message_way::info, std::move(message),
                          std::move(fields), timeout});
}

}  // namespace coppice
