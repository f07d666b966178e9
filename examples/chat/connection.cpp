// SPDX-License-Identifier: Apache-2.0
// Errors in a line are reported to the client only.

#include "chat/connection.hpp"

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "chat/artist.hpp"
#include "chat/logger.hpp"
#include "chat/text.hpp"

namespace chat {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr auto rejoin_delay = 20ms;
constexpr auto room_limit = 5s;
constexpr auto artist_limit = 3s;
/// A room may end while a client enters; each retry opens a new room.
constexpr int enter_attempts = 5;
constexpr double bytes_of_a_line = 65536;

constexpr const char* help =
    "/nick NAME, /join ROOM, /leave, /rooms, /who, /tree, /crash (this room), /crash logger, "
    "/crash me, /quit; anything else is said in your room";
constexpr const char* what_is_a_name =
    " is 1 to 30 letters, digits, _ and -, of one script, without accents of their own: ";

/// The cost of a command, in lines.
double cost_of(std::string_view line) {
    if (line.starts_with("/tree") || line == "/crash") {
        // Each member rejoins the room after a crash.
        return 10;
    }
    if (line.starts_with("/rooms")) {
        return 5;
    }
    return line.starts_with("/join") || line.starts_with("/leave") || line.starts_with("/nick") ||
                   line.starts_with("/who")
               ? 2
               : 1;
}

server<room> room_of(const std::string& name) {
    return server<room>{room::process_name(name)};
}

/// Nicks that begin with "guest" are given by the house and closed to clients.
bool is_given(const std::string& nick) {
    return key_of(nick).starts_with("guest");
}

}  // namespace

connection::connection(net::socket socket, limits allowed)
    : socket_{std::move(socket)},
      allowed_{allowed},
      output_{socket_},
      pace_{allowed_, monotonic_time()},
      nick_{"guest" + std::to_string(self().index())} {
    // So that `terminate` runs and tells the client about a shutdown.
    trap_exit(true);
    print("Welcome, " + nick_ + ". " + help);
    socket_.read_next(self());
}

task<> connection::handle_info(net::received m) {
    pace_.spend(static_cast<double>(m.bytes.size()) / bytes_of_a_line);
    input_.add(m.bytes);
    co_await take_lines();
}

void connection::handle_info(const net::disconnected& m) {
    note(nick_ + " is gone: " + m.why);
    end(reason::normal);
}

task<> connection::handle_info(resume) {
    waits_for_turn_ = false;
    co_await take_lines();
}

task<> connection::take_lines() {
    while (may_take_line()) {
        const auto line = input_.next();
        if (!line) {
            socket_.read_next(self());
            co_return;
        }
        pace_.spend(cost_of(line->text));
        if (line->is_too_long) {
            print("! that line is over " + std::to_string(line_length_max) +
                  " bytes; it was dropped");
        } else {
            co_await dispatch(line->text);
        }
    }
}

/// If false, a later event resumes reading: room in the output, the `resume` timer, or the end.
bool connection::may_take_line() {
    if (ending_ || waits_for_turn_ || output_.is_full() || output_.is_answering()) {
        return false;
    }
    const auto wait = pace_.wait(monotonic_time());
    if (wait == 0ns) {
        return true;
    }
    pace_.slowed(wait);
    if (pace_.is_flood()) {
        print("! you did not slow down; good-bye");
        note(nick_ + " floods the house and is let go");
        end(reason::shutdown_with("flood"));
        return false;
    }
    if (pace_.is_to_be_told()) {
        print("! more than " + std::to_string(allowed_.lines_a_second) +
              " lines a second are too many: the rest waits, and a client that continues is "
              "disconnected");
    }
    waits_for_turn_ = true;
    send_after(wait, self(), resume{});
    return false;
}

task<> connection::dispatch(std::string line) {
    if (!is_utf8(line)) {
        print("! that line is not UTF-8; it was dropped");
    } else if (line.starts_with("/")) {
        std::istringstream words{line.substr(1)};
        std::string word;
        std::string rest;
        words >> word >> rest;
        co_await command(word, rest);
    } else if (!line.empty()) {
        co_await say(line);
    }
}

task<> connection::command(std::string word, std::string rest) {
    if (word == "nick") {
        co_await rename(rest);
    } else if (word == "join") {
        co_await join(rest, false);
    } else if (word == "leave") {
        co_await leave();
    } else if (word == "rooms") {
        co_await list_rooms();
    } else if (word == "who") {
        co_await list_members();
    } else if (word == "tree") {
        co_await draw_tree();
    } else if (word == "crash" &&
               (rest == "logger" || rest == "me" || (rest.empty() && !room_.empty()))) {
        co_await crash(rest);
    } else if (word == "quit") {
        print("Bye.");
        end(reason::normal);
    } else {
        print("! unknown command or missing room. " + std::string{help});
    }
}

task<> connection::crash(std::string what) {
    if (what == "logger") {
        server<logger>{"logger"}.cast(logger::crash{});
    } else if (what == "me") {
        throw std::runtime_error{nick_ + " was asked to crash"};
    } else {
        room_of(room_).cast(room::crash{});
    }
    co_return;
}

task<> connection::rename(std::string nick) {
    if (!is_name(nick)) {
        print("! a nick" + std::string{what_is_a_name} + "/nick ada");
        co_return;
    }
    if (is_given(nick) && nick != nick_) {
        print("! a nick that begins with guest is reserved: /nick ada");
        co_return;
    }
    if (!take_name(nick)) {
        print("! " + nick + " is taken, or looks like a nick that is");
        co_return;
    }
    nick_ = nick;
    print("you are " + nick_);
    if (!room_.empty()) {
        const room::rename renamed{self(), nick_};
        // The room may have crashed.
        co_await room_of(room_).try_call(renamed, room_limit);
    }
}

/// A process's name is free before any monitor reports the end of the process, so no
/// client can write under a taken nick.
bool connection::take_name(const std::string& nick) {
    const std::string wanted = "nick:" + key_of(nick);
    if (wanted == name_taken_ || is_given(nick)) {
        return true;
    }
    if (whereis(wanted)) {
        return false;
    }
    try {
        if (!name_taken_.empty()) {
            unregister_name(std::exchange(name_taken_, {}));
        }
        register_name(wanted, self());
        name_taken_ = wanted;
        return true;
    } catch (const badarg_error&) {
        // Another client took the name first. The previous name may be taken too.
        nick_ = "guest" + std::to_string(self().index());
        return false;
    }
}

task<> connection::join(std::string name, bool is_back) {
    if (!is_name(name)) {
        print("! a room" + std::string{what_is_a_name} + "/join garden");
        co_return;
    }
    co_await leave();
    const bool is_in = co_await enter(name, is_back);
    if (is_in) {
        print("you are in " + name);
    }
}

task<bool> connection::enter(const std::string& name, bool is_back) {
    const std::string process = room::process_name(name);
    for (int i = 0; i < enter_attempts; ++i) {
        if (!whereis(process)) {
            const child_spec fresh = child<room>(name).restart(transient);
            const child_result started = co_await dynamic_supervisor{"rooms"}.start_child(fresh);
            if (!started && !started.ignored()) {
                print("! no room can be opened now: " + escaped(to_string(started.error())) +
                      "; /rooms lists all rooms");
                co_return false;
            }
        }
        room_monitor_ = monitor(process);
        const room::join joined{self(), nick_, is_back};
        const auto answer = co_await room_of(name).try_call(joined, room_limit);
        if (answer) {
            room_ = name;
            co_return true;
        }
        demonitor(room_monitor_, demonitor_option::flush);
    }
    if (is_back) {
        come_back_later(name);
    } else {
        print("! room " + name + " does not answer; please try again");
    }
    co_return false;
}

task<> connection::leave() {
    away_from_.clear();
    if (!room_.empty()) {
        demonitor(room_monitor_, demonitor_option::flush);
        const room::leave left{self()};
        const std::string name = std::exchange(room_, std::string{});
        co_await room_of(name).try_call(left, room_limit);
    }
}

void connection::handle_info(const down_message& m) {
    if (m.monitor != room_monitor_ || room_.empty()) {
        return;
    }
    print("* room " + room_ + " crashed; rejoining");
    come_back_later(std::exchange(room_, std::string{}));
}

/// The number of tries is unbounded: a client waits for its room until the client joins
/// another. The delay bounds the rate.
void connection::come_back_later(std::string name) {
    away_from_ = std::move(name);
    send_after(rejoin_delay, self(), rejoin{away_from_});
}

task<> connection::handle_info(rejoin m) {
    if (away_from_ == m.room) {
        // Otherwise the client has joined another room meanwhile.
        co_await join(m.room, true);
    }
}

task<> connection::list_members() {
    if (is_in_room()) {
        const auto nicks = co_await room_of(room_).try_call(room::members{}, room_limit);
        print(listed("here:", nicks.value_or(std::vector<std::string>{})));
    }
}

task<> connection::list_rooms() {
    const auto list =
        co_await server<artist>{"artist"}.try_call(artist::list_rooms{}, artist_limit);
    print(list ? **list : "! the rooms cannot be listed now; please try again");
}

task<> connection::draw_tree() {
    const auto tree = co_await server<artist>{"artist"}.try_call(artist::draw_tree{}, artist_limit);
    if (tree) {
        output_.answer(*tree);
        check_output();
    } else {
        print("! the tree cannot be drawn now; please try again");
    }
}

task<> connection::say(std::string line) {
    if (!is_in_room()) {
        co_return;
    }
    const room::say said{self(), escaped(line)};
    const auto told = co_await room_of(room_).try_call(said, room_limit);
    if (told && !*told) {
        // The room has restarted, and this client has not rejoined.
        print("! room " + room_ + " is away for a moment; please say that again");
    }
}

/// Prints an error to the client if false.
bool connection::is_in_room() {
    if (!away_from_.empty()) {
        print("! room " + away_from_ + " is away for a moment; please say that again");
    } else if (room_.empty()) {
        print("! join a room first: /join garden");
    }
    return !room_.empty();
}

void connection::handle_info(const show& m) {
    if (!ending_) {
        output_.print(*m.line);
        check_output();
    }
}

void connection::print(const std::string& line) {
    if (!ending_) {
        output_.print(line + "\n");
        check_output();
    }
}

task<> connection::handle_info(net::writable) {
    waits_for_output_ = false;
    output_.on_writable();
    check_output();
    co_await take_lines();
}

/// At most one pending request for room, with a time limit.
void connection::check_output() {
    if (output_.is_over()) {
        // The next read of the socket reports the reason.
        end(reason::normal);
    } else if (output_.is_full() && !std::exchange(waits_for_output_, true)) {
        socket_.write_next(self());
        send_after(allowed_.stalled_max, self(), stalled{++times_full_});
    }
}

void connection::handle_info(const stalled& m) {
    if (waits_for_output_ && m.number == times_full_) {
        note(nick_ + " reads too slowly and is let go");
        end(reason::shutdown_with("slow_reader"));
    }
}

void connection::end(const exit_reason& why) {
    if (!std::exchange(ending_, true)) {
        stop_with(why);
    }
}

void connection::terminate(const exit_reason& why) {
    if (why == reason::shutdown) {
        print("* the server is shutting down");
    }
}

}  // namespace chat
