// SPDX-License-Identifier: Apache-2.0

#include "chat/room.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "chat/logger.hpp"

namespace chat {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

/// Joins and leaves within 200 ms are announced together, so N of them cost N messages.
constexpr auto announce_every = 200ms;
/// A room closes after five empty seconds.
constexpr auto empty_limit = 5s;
/// The cost of one line to one member in time of the room, and the debt a room may have. A token bucket that
/// bounds the output of a room, in favour of the other rooms.
constexpr auto time_of_a_line = 20us;
constexpr auto ahead_max = 20ms;

}  // namespace

std::vector<std::string> changes::take() {
    std::vector<std::string> lines;
    for (const group& each : std::exchange(groups_, {})) {
        std::string line;
        const std::size_t parts = each.names.size() + (each.others != 0 ? 1 : 0);
        for (std::size_t i = 0; i < parts; ++i) {
            line += i == 0 ? "" : i + 1 == parts ? " and " : ", ";
            line += i < each.names.size()
                        ? each.names[i]
                        : std::to_string(each.others) + (each.others == 1 ? " other" : " others");
        }
        lines.push_back(line + (each.joined ? " joined" : " left"));
    }
    return lines;
}

void changes::add(bool joined, const std::string& nick) {
    if (groups_.empty() || (groups_.back().joined != joined && groups_.size() < groups_max)) {
        groups_.push_back({joined, {}});
    }
    auto fitting = std::find_if(groups_.rbegin(), groups_.rend(),
                                [&](const group& each) { return each.joined == joined; });
    if (fitting->names.size() < named_max) {
        fitting->names.push_back(nick);
    } else {
        ++fitting->others;
    }
}

/// Two clients may open the same room at once, and a supervisor may restart the room meanwhile. The second
/// process finds the name taken and starts with `ignore`, which serves the caller as well.
room::room(std::string name) : name_{std::move(name)}, announced_at_{monotonic_time() - 1h} {
    try {
        register_name(process_name(name_), self());
    } catch (const badarg_error&) {
        ignore();
    }
    note("room " + name_ + " is open");
    send_after(empty_limit, self(), look{});
}

task<> room::handle_call(join m) {
    if (const auto found = members_.find(m.who); found != members_.end()) {
        found->second.nick = m.nick;
        co_return;
    }
    const std::size_t tells_of_it = m.is_back ? 0 : announcement_;
    if (!m.is_back) {
        changes_.joined(m.nick);
        tell_changes_soon();
    }
    members_.emplace(m.who, member{m.nick, monitor(m.who), tells_of_it});
    co_await keep_pace();
}

task<> room::handle_call(leave m) {
    forget(m.who);
    co_await keep_pace();
    close_if_empty();
}

task<bool> room::handle_call(rename m) {
    const auto found = members_.find(m.who);
    if (found == members_.end()) {
        co_return false;
    }
    const std::string before = std::exchange(found->second.nick, m.nick);
    tell_changes();
    tell_all(before + " is now " + m.nick);
    co_await keep_pace();
    co_return true;
}

task<bool> room::handle_call(say m) {
    const auto from = members_.find(m.who);
    if (from == members_.end()) {
        co_return false;
    }
    if (from->second.joined_in == announcement_) {
        // Announce a new member before the first line of the member.
        tell_changes();
    }
    tell_all("[" + name_ + "] " + from->second.nick + ": " + m.text);
    co_await keep_pace();
    co_return true;
}

void room::handle_cast(crash) {
    throw std::runtime_error{"room " + name_ + " was asked to crash"};
}

std::vector<std::string> room::handle_call(members) const {
    std::vector<std::string> nicks;
    for (const auto& [who, each] : members_) {
        nicks.push_back(each.nick);
    }
    std::sort(nicks.begin(), nicks.end());
    return nicks;
}

void room::handle_info(const down_message& m) {
    forget(m.process);
    close_if_empty();
}

void room::handle_info(const announce&) {
    will_announce_ = false;
    tell_changes();
}

void room::handle_info(const look&) {
    close_if_empty();
}

void room::forget(const pid& who) {
    const auto found = members_.find(who);
    if (found != members_.end()) {
        demonitor(found->second.monitor, demonitor_option::flush);
        changes_.left(found->second.nick);
        members_.erase(found);
        tell_changes_soon();
    }
}

void room::close_if_empty() {
    if (members_.empty()) {
        note("room " + name_ + " is closed");
        stop_with(reason::normal);
    }
}

/// A change after a quiet time is announced at once.
void room::tell_changes_soon() {
    const auto since = monotonic_time() - announced_at_;
    if (since >= announce_every) {
        tell_changes();
    } else if (!std::exchange(will_announce_, true)) {
        send_after(announce_every - since, self(), announce{});
    }
}

void room::tell_changes() {
    if (changes_.empty()) {
        return;
    }
    const bool new_ones_too = !changes_.is_one_who_joined();
    for (std::string& line : changes_.take()) {
        tell_all(std::move(line), new_ones_too);
    }
    ++announcement_;
    announced_at_ = monotonic_time();
}

void room::tell_all(std::string text, bool new_ones_too) {
    const auto line = std::make_shared<const std::string>(std::move(text) + "\n");
    for (const auto& [who, each] : members_) {
        if (new_ones_too || each.joined_in != announcement_) {
            send(who, show{line});
        }
    }
    const auto cost = time_of_a_line * static_cast<int>(members_.size());
    paid_until_ = std::max(paid_until_, monotonic_time()) + cost;
}

/// Back-pressure. The caller waits, and all later callers queue behind in order.
task<> room::keep_pace() const {
    const auto ahead = paid_until_ - monotonic_time();
    if (ahead > ahead_max) {
        co_await sleep(ahead - ahead_max);
    }
}

}  // namespace chat
