// SPDX-License-Identifier: Apache-2.0
// One client: its lines are commands or talk. What is wrong with a line is told to the client only.

#include <algorithm>
#include <sstream>

#include "chat/chat.hpp"

namespace chat {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr auto rejoin_delay = 20ms;
constexpr auto keep_up_limit = 5s;
constexpr std::size_t name_length_max = 30;

bool is_name(const std::string& text) {
    return !text.empty() && text.size() <= name_length_max &&
           std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return c <= ' ' || c == '/' || c == 0x7F; });
}

constexpr const char* help =
    "/nick NAME, /join ROOM, /leave, /rooms, /who, /tree, /crash (this room), /crash logger, "
    "/crash me, /quit; anything else is said in your room";

}  // namespace

bool is_utf8(const std::string& text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80                   ? 1
                                   : lead >= 0xC2 && lead < 0xE0 ? 2
                                   : lead >= 0xE0 && lead < 0xF0 ? 3
                                   : lead >= 0xF0 && lead < 0xF5 ? 4
                                                                 : 0;
        if (length == 0 || i + length > text.size()) {
            return false;
        }
        if (length > 1) {  // too long for its code point, a surrogate, or beyond the last
            const auto second = static_cast<unsigned char>(text[i + 1]);
            if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
                return false;
            }
        }
        for (std::size_t j = 1; j < length; ++j) {
            if ((static_cast<unsigned char>(text[i + j]) & 0xC0U) != 0x80U) {
                return false;
            }
        }
        i += length;
    }
    return true;
}

connection::connection(net::socket socket)
    : socket_{std::move(socket)}, nick_{"guest" + std::to_string(self().index())} {
    print("Welcome, " + nick_ + ". " + help);
    socket_.read_next(self());
}

task<> connection::handle_info(net::received m) {
    for (const char c : m.bytes) {
        if (c != '\n') {
            if (unfinished_.size() <= line_length_max) {  // one more: it may be the '\r' of the end
                unfinished_ += c;
            } else {
                skipping_ = true;
            }
            continue;
        }
        std::string line;
        line.swap(unfinished_);
        if (!skipping_ && line.ends_with('\r')) {
            line.pop_back();
        }
        if (std::exchange(skipping_, false) || line.size() > line_length_max) {
            print("! that line is over " + std::to_string(line_length_max) +
                  " bytes; it was dropped");
        } else {
            co_await obey(line);
        }
        if (ending_) {
            co_return;
        }
    }
    if (std::exchange(has_said_, false)) {  // a room is not sent more than it can tell
        const server<room> here{room::process_name(room_)};
        co_await here.try_call(room::keep_up{}, keep_up_limit);  // it may have crashed
    }
    socket_.read_next(self());
}

void connection::handle_info(const net::disconnected& m) {
    note(nick_ + " is gone: " + m.why);
    end(reason::normal);
}

task<> connection::obey(std::string line) {
    if (!is_utf8(line)) {
        print("! that line is not UTF-8; it was dropped");
    } else if (line.starts_with("/")) {
        std::istringstream words{line.substr(1)};
        std::string word;
        std::string rest;
        words >> word >> rest;
        co_await command(word, rest);
    } else if (!line.empty()) {
        say(line);
    }
}

task<> connection::command(std::string word, std::string rest) {
    if (word == "nick") {
        rename(rest);
    } else if (word == "join") {
        co_await join(rest);
    } else if (word == "leave") {
        leave();
    } else if (word == "rooms") {
        std::string rooms;
        for (const std::string& name : registered()) {
            rooms += name.starts_with("room:") ? " " + name.substr(5) : "";
        }
        print("rooms:" + rooms);
    } else if (word == "who") {
        co_await list_members();
    } else if (word == "tree") {
        co_await draw_tree();
    } else if (word == "crash" && rest == "logger") {
        server<logger>{"logger"}.cast(logger::crash{});
    } else if (word == "crash" && rest == "me") {
        throw std::runtime_error{nick_ + " was asked to crash"};
    } else if (word == "crash" && rest.empty() && !room_.empty()) {
        server<room>{room::process_name(room_)}.cast(room::crash{});
    } else if (word == "quit") {
        print("Bye.");
        end(reason::normal);
    } else {
        print("! unknown command or missing room. " + std::string{help});
    }
}

void connection::rename(const std::string& nick) {
    if (!is_name(nick)) {
        print("! a nick is 1 to 30 characters without spaces and slashes: /nick ada");
        return;
    }
    nick_ = nick;
    print("you are " + nick_);
    if (!room_.empty()) {
        server<room>{room::process_name(room_)}.cast(room::rename{self(), nick_});
    }
}

task<> connection::join(std::string name) {
    if (!is_name(name)) {
        print("! a room is 1 to 30 characters without spaces and slashes: /join garden");
        co_return;
    }
    leave();
    const std::string process = room::process_name(name);
    if (!whereis(process)) {
        const child_spec fresh = child<room>(name).name(process);
        // Two may open one room at once: the second finds that it exists, which is as good.
        co_await dynamic_supervisor{"rooms"}.start_child(fresh);
    }
    room_ = name;
    room_monitor_ = monitor(process);
    server<room>{process}.cast(room::join{self(), nick_});
    print("you are in " + name);
}

void connection::leave() {
    away_from_.clear();
    if (!room_.empty()) {
        demonitor(room_monitor_, demonitor_option::flush);
        server<room>{room::process_name(room_)}.cast(room::leave{self()});
        room_.clear();
    }
}

void connection::handle_info(const down_message& m) {
    if (m.monitor != room_monitor_) {
        return;
    }
    if (m.why != reason::noproc) {
        print("* room " + room_ + " crashed; rejoining");
    }
    away_from_ = std::exchange(room_, std::string{});
    send_after(rejoin_delay, self(this), rejoin{away_from_});
}

task<> connection::handle_info(rejoin m) {
    if (away_from_ == m.room) {  // else the client has gone elsewhere meanwhile
        co_await join(m.room);
    }
}

task<> connection::list_members() {
    if (!is_in_room()) {
        co_return;
    }
    const server<room> here{room::process_name(room_)};
    const auto nicks = co_await here.try_call(room::members{}, 2s);
    std::string line = "here:";
    for (const std::string& nick : nicks.value_or(std::vector<std::string>{})) {
        line += " " + nick;
    }
    print(line);
}

/// A tree is drawn by somebody outside of it: this process is asked about too, and has to answer.
task<> connection::draw_tree() {
    const pid me = self();
    spawn([me]() -> task<> {
        const tree_node tree = co_await snapshot(whereis("chat"), 500ms);
        send(me, show{to_text(tree)});
    });
    co_return;
}

void connection::say(const std::string& line) {
    if (is_in_room()) {
        server<room>{room::process_name(room_)}.cast(room::say{self(), line});
        has_said_ = true;
    }
}

/// Tells the client if it is not.
bool connection::is_in_room() {
    if (!away_from_.empty()) {
        print("! room " + away_from_ + " is away for a moment; please say that again");
    } else if (room_.empty()) {
        print("! join a room first: /join garden");
    }
    return !room_.empty();
}

void connection::end(const exit_reason& why) {
    ending_ = true;
    stop_with(why);
}

void connection::print(const std::string& line) {
    if (!ending_ && !socket_.write(line + "\n")) {
        note(nick_ + " reads too slowly and is let go");
        end(reason::shutdown_with("slow_reader"));
    }
}

}  // namespace chat
