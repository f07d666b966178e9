// SPDX-License-Identifier: Apache-2.0
// A chat server: what its processes are and say to each other.
//
//     chat (one_for_one)
//     ├─ logger                  writes what happens; restarts alone
//     ├─ rooms (dynamic)         a room each, by name; a crashed room restarts alone and empty
//     ├─ connections (dynamic)   a client each, temporary: a crash ends that client only
//     └─ listener                accepts, and politely refuses when the house is full

#pragma once

#include <coppice/coppice.hpp>
#include <coppice/net.hpp>
#include <map>
#include <string>

namespace chat {

using coppice::pid;

inline constexpr std::size_t line_length_max = 1000;
inline constexpr std::size_t clients_max = 2000;

struct logger {
    struct line {
        std::string text;
    };
    struct crash {};
    void handle_cast(line m);
    void handle_cast(crash);
};

/// Tells the logger, if there is one now.
void note(std::string text);

/// A line for a client's screen.
struct show {
    std::string text;
};

class room {
  public:
    struct join {
        pid who;
        std::string nick;
    };
    struct leave {
        pid who;
    };
    struct rename {
        pid who;
        std::string nick;
    };
    struct say {
        pid who;
        std::string text;
    };
    struct crash {};
    struct members {};
    /// Answered once the room has told everything that the caller said before.
    struct keep_up {};

    explicit room(std::string name);
    void handle_cast(join m);
    void handle_cast(const leave& m) { forget(m.who); }
    void handle_cast(rename m);
    void handle_cast(const say& m);
    void handle_cast(crash);
    std::vector<std::string> handle_call(members) const;
    void handle_call(keep_up) const {}
    void handle_info(const coppice::down_message& m) { forget(m.process); }

    /// The registered name of a room's process.
    static std::string process_name(const std::string& name) { return "room:" + name; }

  private:
    struct member {
        std::string nick;
        coppice::ref monitor;
    };
    void forget(const pid& who);
    void tell_all(const std::string& text, const pid& but = {}) const;

    std::string name_;
    std::map<pid, member> members_;
};

class connection {
  public:
    struct rejoin {
        std::string room;
    };
    using info_messages = coppice::messages<coppice::net::received, coppice::net::disconnected,
                                            show, rejoin, coppice::down_message>;

    explicit connection(coppice::net::socket socket);
    coppice::task<> handle_info(coppice::net::received m);
    void handle_info(const coppice::net::disconnected& m);
    void handle_info(const show& m) { print(m.text); }
    void handle_info(const coppice::down_message& m);
    coppice::task<> handle_info(rejoin m);

  private:
    coppice::task<> obey(std::string line);
    coppice::task<> command(std::string word, std::string rest);
    coppice::task<> join(std::string name);
    void leave();
    void rename(const std::string& nick);
    coppice::task<> list_members();
    coppice::task<> draw_tree();
    void say(const std::string& line);
    bool is_in_room();
    void end(const coppice::exit_reason& why);
    void print(const std::string& line);

    coppice::net::socket socket_;
    std::string unfinished_;  ///< A line whose end has not arrived.
    bool skipping_ = false;   ///< The rest of a line that was too long.
    bool has_said_ = false;   ///< Something of what arrived last, in a room.
    bool ending_ = false;     ///< What else the client sent does not count.
    std::string nick_;
    std::string room_;
    std::string away_from_;  ///< The room that crashed and is about to be joined again.
    coppice::ref room_monitor_;
};

class listener {
  public:
    using info_messages = coppice::messages<coppice::net::accepted, coppice::net::listen_failed>;

    explicit listener(coppice::net::listener source);
    coppice::task<> handle_info(coppice::net::accepted m);
    void handle_info(const coppice::net::listen_failed& m);

  private:
    coppice::net::listener source_;
};

/// The whole tree, below a supervisor named "chat".
coppice::supervisor::start_awaiter start_chat(const coppice::net::listener& source);

[[nodiscard]] bool is_utf8(const std::string& text) noexcept;

}  // namespace chat
