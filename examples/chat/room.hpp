// SPDX-License-Identifier: Apache-2.0
// A room: its members, and what they are told. Everything that costs its members something is a
// call, answered once all are told: whoever asks can have one such thing under way and no more.

#pragma once

#include <chrono>
#include <coppice/coppice.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace chat {

/// Text that many processes hold and none changes.
using shared_text = std::shared_ptr<const std::string>;

/// A line for a client's screen.
struct show {
    shared_text line;
};

/// Who has come or gone since the last announcement, told in few lines however many they are.
class changes {
  public:
    void joined(const std::string& nick) { add(true, nick); }
    void left(const std::string& nick) { add(false, nick); }
    bool empty() const noexcept { return groups_.empty(); }
    /// One has come and nothing else has happened: there is nobody to tell that one of.
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
    std::vector<group> groups_;  ///< In turn of joined and left.
};

/// To the room from itself: the time to announce has come; is anybody here?
struct announce {};
struct look {};

class room {
  public:
    struct join {
        coppice::pid who;
        std::string nick;
        bool is_back = false;  ///< After a crash of the room, of which everybody knows.
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
    /// Without join: a member shows lines, which no console does.
    using console_messages = coppice::messages<members, say, rename, leave, crash>;

    explicit room(std::string name);
    coppice::task<> handle_call(join m);
    coppice::task<> handle_call(leave m);
    /// False: no member.
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
        std::size_t joined_in;  ///< The announcement that tells of it; 0: none will.
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
    std::chrono::nanoseconds paid_until_{};  ///< By this time all that was told is paid for.
};

}  // namespace chat
