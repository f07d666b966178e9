// SPDX-License-Identifier: Apache-2.0
// Many chat clients on one thread: non-blocking sockets, and one poll.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chat_clients.hpp"

namespace chat {

/// One client of the crowd, and counts of the lines heard.
struct member {
    int socket = -1;
    std::size_t room = 0;
    std::string nick;
    std::string unread;
    std::string unsent;
    bool ended = false;

    int entered = 0;  ///< "you are in"
    int told = 0;     ///< "room … crashed; rejoining"
    int joined = 0;   ///< Announced joins of other members.
    int present = 0;  ///< In the last answer to /who.
    /// Last lines heard, including the client's own.
    int farewells = 0;
    std::size_t refused = 0;  ///< Lines said while the room was away.
    std::size_t numbered = 0;
    /// The next expected number from each sender.
    std::map<std::string, int> next_of;
};

/// `rooms` rooms with `each` clients in each. Lines are "line NUMBER" and "farewell".
class crowd {
  public:
    /// Whether a room may lose lines.
    using loses = std::function<bool(std::size_t room)>;

    crowd(std::uint16_t port, std::size_t rooms, std::size_t each, loses may_lose)
        : may_lose_{std::move(may_lose)} {
        for (std::size_t i = 0; i < rooms * each; ++i) {
            auto& one = *members_.emplace_back(std::make_unique<member>());
            one.socket = connect_to(port);
            one.room = i % rooms;
            one.nick = "c" + std::to_string(i);
            say(one, "/nick " + one.nick);
            say(one, "/join " + room_name(one.room));
        }
    }
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;
    ~crowd() {
        for (const auto& each : members_) {
            ::close(each->socket);
        }
    }

    static std::string room_name(std::size_t room) { return "r" + std::to_string(room); }

    void say(member& who, const std::string& line) { who.unsent += line + "\n"; }

    template <class Do>
    void each(Do&& act) {
        for (const auto& one : members_) {
            act(*one);
        }
    }
    template <class Holds>
    bool all(Holds&& holds) const {
        return std::all_of(members_.begin(), members_.end(),
                           [&](const auto& one) { return holds(*one); });
    }

    /// Sends and reads as far as possible. Waits for sockets until `until` at most.
    void turn(clock::time_point until) {
        polled_.resize(members_.size());
        for (std::size_t i = 0; i < members_.size(); ++i) {
            const member& one = *members_[i];
            const int events = POLLIN | (one.unsent.empty() ? 0 : POLLOUT);
            polled_[i] = {one.ended ? -1 : one.socket, static_cast<short>(events), 0};
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
        ::poll(polled_.data(), polled_.size(),
               static_cast<int>(std::max<std::int64_t>(0, left.count())));
        for (std::size_t i = 0; i < members_.size(); ++i) {
            if (polled_[i].revents != 0) {
                send_and_read(*members_[i]);
            }
        }
    }

    /// Turns until `holds(member)` for every member; false at the deadline.
    template <class Holds>
    bool wait_for_all(Holds&& holds, clock::duration limit = patience) {
        const auto deadline = clock::now() + limit;
        while (!all(holds)) {
            if (clock::now() >= deadline) {
                return false;
            }
            turn(std::min(deadline, clock::now() + 20ms));
        }
        return true;
    }

    /// Unexpected lines, or lines out of order.
    const std::vector<std::string>& complaints() const noexcept { return complaints_; }

  private:
    void send_and_read(member& one) {
        if (!one.unsent.empty()) {
            const ssize_t sent =
                ::send(one.socket, one.unsent.data(), one.unsent.size(), MSG_NOSIGNAL);
            one.unsent.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
        }
        char bytes[16384];
        const ssize_t got = ::recv(one.socket, bytes, sizeof bytes, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            one.ended = true;
            complain(one, "the connection ended");
            return;
        }
        one.unread.append(bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = one.unread.find('\n', begin)) != std::string::npos;
             begin = end + 1) {
            hear(one, one.unread.substr(begin, end - begin));
        }
        one.unread.erase(0, begin);
    }

    void hear(member& one, const std::string& line) {
        const std::string room = room_name(one.room);
        const std::string mine = "[" + room + "] ";
        if (line.starts_with(mine)) {
            const std::size_t colon = line.find(": ");
            hear_talk(one, line.substr(mine.size(), colon - mine.size()), line.substr(colon + 2));
        } else if (line == "you are in " + room) {
            ++one.entered;
        } else if (line.ends_with(" joined")) {
            one.joined += named_in(line);
        } else if (line.starts_with("here:")) {
            one.present = static_cast<int>(std::count(line.begin() + 5, line.end(), ' '));
        } else if (may_lose_(one.room) && line == "* room " + room + " crashed; rejoining") {
            ++one.told;
        } else if (may_lose_(one.room) && line.starts_with("! room " + room + " is away")) {
            ++one.refused;
        } else if (!line.starts_with("Welcome") && line != "you are " + one.nick) {
            complain(one, line);
        }
    }

    /// "a joined", "a and b joined", "a, b and 3 others joined".
    static int named_in(const std::string& line) {
        const std::size_t last = line.find(" and ");
        const int named = 1 + static_cast<int>(std::count(line.begin(), line.end(), ','));
        const int others = last == std::string::npos ? 0 : std::atoi(line.c_str() + last + 5);
        return named + (others != 0 ? others : last == std::string::npos ? 0 : 1);
    }

    void hear_talk(member& one, const std::string& from, const std::string& text) {
        if (text == "farewell") {
            ++one.farewells;
            return;
        }
        ++one.numbered;
        int& next = one.next_of[from];
        const int number = text.starts_with("line ") ? std::atoi(text.c_str() + 5) : -1;
        if (number < next || (number > next && !may_lose_(one.room))) {
            complain(one, from + " said \"" + text + "\" where line " + std::to_string(next) +
                              " comes next");
        }
        next = number + 1;
    }

    void complain(const member& one, const std::string& what) {
        if (complaints_.size() < 20) {
            complaints_.push_back(one.nick + " in " + room_name(one.room) + ": " + what);
        }
    }

    loses may_lose_;
    std::vector<std::unique_ptr<member>> members_;
    std::vector<pollfd> polled_;
    std::vector<std::string> complaints_;
};

}  // namespace chat
