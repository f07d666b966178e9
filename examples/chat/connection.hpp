// SPDX-License-Identifier: Apache-2.0
// One client. Lines are processed one after another. The next line waits until the previous line is done,
// until the client's rate limit allows the line, and until the client reads its output.

#pragma once

#include <coppice/coppice.hpp>
#include <coppice/net.hpp>
#include <cstdint>
#include <string>

#include "chat/input.hpp"
#include "chat/limits.hpp"
#include "chat/output.hpp"
#include "chat/room.hpp"

namespace chat {

class connection {
  public:
    struct rejoin {
        std::string room;
    };
    /// The rate limit allows the next line.
    struct resume {};
    /// The client has read nothing since the output became full for the `number`th time.
    struct stalled {
        std::uint64_t number;
    };
    using info_messages = coppice::messages<coppice::net::received, coppice::net::disconnected,
                                            coppice::net::writable, show, rejoin, resume, stalled,
                                            coppice::down_message>;

    connection(coppice::net::socket socket, limits allowed);
    coppice::task<> handle_info(coppice::net::received m);
    void handle_info(const coppice::net::disconnected& m);
    coppice::task<> handle_info(coppice::net::writable m);
    coppice::task<> handle_info(resume m);
    void handle_info(const stalled& m);
    void handle_info(const show& m);
    void handle_info(const coppice::down_message& m);
    coppice::task<> handle_info(rejoin m);
    void terminate(const coppice::exit_reason& why);

  private:
    coppice::task<> take_lines();
    bool may_take_line();
    coppice::task<> dispatch(std::string line);
    coppice::task<> command(std::string word, std::string rest);
    coppice::task<> crash(std::string what);
    coppice::task<> rename(std::string nick);
    bool take_name(const std::string& nick);
    coppice::task<> join(std::string name, bool is_back);
    coppice::task<bool> enter(const std::string& name, bool is_back);
    void come_back_later(std::string name);
    coppice::task<> leave();
    coppice::task<> list_members();
    coppice::task<> list_rooms();
    coppice::task<> draw_tree();
    coppice::task<> say(std::string line);
    bool is_in_room();
    void print(const std::string& line);
    void check_output();
    void end(const coppice::exit_reason& why);

    coppice::net::socket socket_;
    limits allowed_;
    input input_;
    output output_;
    pace pace_;
    std::uint64_t times_full_ = 0;
    bool waits_for_output_ = false;  ///< Room in the output.
    bool waits_for_turn_ = false;    ///< A `resume` will arrive.
    /// Further lines of the client are ignored.
    bool ending_ = false;
    std::string nick_;
    /// The registered name of the nick.
    std::string name_taken_;
    std::string room_;
    /// The room that crashed, to be joined again soon.
    std::string away_from_;
    coppice::ref room_monitor_;
};

}  // namespace chat
