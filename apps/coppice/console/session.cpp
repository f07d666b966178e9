// SPDX-License-Identifier: Apache-2.0

#include "console/session.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "console/console_commands.hpp"
#include "console/layout.hpp"
#include "console/own_commands.hpp"
#include "console/words.hpp"
#include "coppice/printable.hpp"

namespace coppice::cli {
namespace {

using namespace std::chrono_literals;

/// Longer than the five seconds of a call to a server.
constexpr std::chrono::seconds answer_limit{10};
/// Bounds the notifications of one round. Otherwise an endless stream would block the user.
constexpr std::size_t at_a_time = 200;

std::string unknown(const std::string& name) {
    return "there is no command " + name + proposal(name, command_names()) +
           " (help lists them all)";
}

}  // namespace

session::session(inspect::client connected, session_options options, std::ostream& out,
                 std::ostream& err)
    : client_{std::move(connected)},
      options_{options},
      out_{out},
      err_{err},
      program_{text_at(parsed(client_.greeting()), "program")} {}

session::outcome session::complain(const std::string& problem, outcome how) {
    err_ << painted("error:", colour::red, options_.colours) << " " << printable(problem) << "\n";
    return how;
}

void session::print(const std::string& text) {
    out_ << text << std::flush;
}

void session::show(const json& value, std::string (*as_text)(const json&, bool colours)) {
    print(options_.json ? dumped(value) + "\n" : as_text(value, options_.colours));
}

json session::ask(std::string_view method, const json& parameters) {
    return parsed(client_.request(method, dumped(parameters), answer_limit));
}

session::outcome session::run(std::string_view line) {
    const auto given = split_words(line);
    if (!given) {
        return complain(given.error(), outcome::misused);
    }
    if (given->empty()) {
        return outcome::done;
    }
    const console_command* const command = find_command(given->front());
    if (command == nullptr) {
        return complain(unknown(given->front()), outcome::misused);
    }
    try {
        if (command->own != nullptr) {
            return command->own(*this, *given);
        }
        const auto parameters = parameters_of(*command, *given);
        if (!parameters) {
            throw misuse{parameters.error()};
        }
        show(ask(command->method, *parameters), command->print);
        return outcome::done;
    } catch (const misuse& why) {
        return complain(why.problem + "; usage: " + usage_of(*command), outcome::misused);
    } catch (const inspect::error& why) {
        if (command->ends_the_program && !client_.is_open()) {
            print("ok\n");
            return outcome::done;
        }
        return complain(why.what(), client_.is_open() ? outcome::failed : outcome::lost);
    }
}

bool session::print_notifications(std::chrono::milliseconds wait,
                                  const std::function<void()>& before_the_first) {
    std::size_t printed = 0;
    while (printed < at_a_time && !interrupted()) {
        const auto got = client_.next_notification(printed > 0 ? 0ms : wait);
        if (!got) {
            break;
        }
        if (printed++ == 0) {
            before_the_first();
        }
        const json notification = parsed(*got);
        forget_ended(notification);
        show(notification, &print_notification);
    }
    return printed > 0;
}

/// A trace ends with its process.
void session::forget_ended(const json& notification) {
    if (at(at(notification, "data"), "ended").is_null()) {
        return;
    }
    const json& number = at(notification, "subscription");
    std::erase_if(subscriptions_, [&](const subscription& each) { return each.number == number; });
}

void session::subscribe(const std::string& topic, const json& parameters) {
    json wanted = parameters;
    wanted["topic"] = topic;
    const json made = ask("subscribe", wanted);
    subscriptions_.push_back({topic, static_cast<std::int64_t>(number_at(made, "subscription"))});
}

void session::unsubscribe(const std::string& topic) {
    for (const subscription& each : subscriptions_) {
        if (each.topic == topic) {
            ask("unsubscribe", {{"subscription", each.number}});
        }
    }
    std::erase_if(subscriptions_, [&](const subscription& each) { return each.topic == topic; });
}

void session::flush() {
    try {
        ask("flush");
    } catch (const inspect::error&) {
        // The endpoint is older or busy: the notifications come later.
    }
}

}  // namespace coppice::cli
