// SPDX-License-Identifier: Apache-2.0
// A room: its members, and their messages. Each request that costs the members something is a call, answered
// after the messages are sent. So each caller has at most one such request in progress.

#pragma once

#include <chrono>
#include <coppice/coppice.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace chat {

/// Immutable text shared by many processes.
using shared_text = std::shared_ptr<const std::string>;

/// A line for the screen of a client.
struct show {
    shared_text line;
};

/// The joins and leaves since the last announcement, in few lines for any number of members.
class changes {
  public:
    void joined(const std::string& nick) { add(true, nick); }
    void left(const std::string& nick) { add(false, nick); }
    bool empty() const noexcept { return groups_.empty(); }
    /// A single join and nothing else: the new member itself needs no announcement.
    bool is_one_who_joined() const noexcept {
        return groups_.size() == 1 && groups_[0].joined && groups_[0].names.size() == 1;
    }
    /// "ada joined", "bob and eve left", "a, b, c, d, e and 7 others joined".
    std::vector<std::string> take();

  private:
    static constexpr std::size_t named_max = 5;
    static constexpr std::size_t groups_max = 20;

    struct group {
        bool joined;
        std::vector<std::string> names;
        std::size_t others = 0;
    };
    void add(bool joined, const std::string& nick);
    /// Alternately joined and left.
    std::vector<group> groups_;
};

/// From the room to itself: `announce` is due; check whether the room is empty.
struct announce {};
struct look {};

class room {
  public:
    struct join {
        coppice::pid who;
        std::string nick;
        /// After a crash of the room, known to every member.
        bool is_back = false;
    };
    struct leave {
        coppice::pid who;
    };
    struct rename {
        coppice::pid who;
        std::string nick;
    };
    struct say {
        coppice::pid who;
        std::string text;
    };
    struct crash {};
    struct members {};
    using info_messages = coppice::messages<coppice::down_message, announce, look>;
    /// Without `join`: a member has to show lines, and a console shows none.
    using console_messages = coppice::messages<members, say, rename, leave, crash>;

    explicit room(std::string name);
    coppice::task<> handle_call(join m);
    coppice::task<> handle_call(leave m);
    /// False: not a member.
    coppice::task<bool> handle_call(rename m);
    coppice::task<bool> handle_call(say m);
    void handle_cast(crash);
    std::vector<std::string> handle_call(members) const;
    void handle_info(const coppice::down_message& m);
    void handle_info(const announce&);
    void handle_info(const look&);

    /// The registered name of a room's process.
    static std::string process_name(const std::string& name) { return "room:" + name; }

  private:
    struct member {
        std::string nick;
        coppice::ref monitor;
        /// The announcement of this member's join; 0: none.
        std::size_t joined_in;
    };
    void forget(const coppice::pid& who);
    void close_if_empty();
    void tell_all(std::string text, bool new_ones_too = true);
    void tell_changes_soon();
    void tell_changes();
    coppice::task<> keep_pace() const;

    std::string name_;
    std::map<coppice::pid, member> members_;
    changes changes_;
    std::size_t announcement_ = 1;
    bool will_announce_ = false;
    std::chrono::nanoseconds announced_at_;
    /// The time at which all messages sent so far are paid for.
    std::chrono::nanoseconds paid_until_{};
};

}  // namespace chat
