// SPDX-License-Identifier: Apache-2.0
// process_groups: named groups of processes, for anybody to find.
//
//     co_await process_groups<std::string>::start_link("pg");
//     const process_groups<std::string> groups{"pg"};
//     co_await groups.join("workers", self());
//     for (const pid& each : groups.members("workers")) { send(each, job{7}); }
//     const auto watching = co_await groups.monitor("workers");     group_joined and group_left from now on
//
// A scope is a set of groups with a process of its own, registered under the name of the scope. A process may join
// a group several times; it then is a member several times, and leaves as often. The end of a process takes its
// memberships back. A process that has ended is never a member, even before the scope has noticed the end.
//
// Threads    Inside a process.
// Blocking   `members` and `groups` wait for nothing and take no lock. The other functions wait for the process of
//            the scope.
// Ownership  The handle is a name. The scope owns the groups.
// Errors     Calls fail as calls of a gen_server. `members` and `groups` throw `badarg_error` if no scope has the
//            name or if its groups are of another type; `join` and `leave` for a process of another node.
// Cost       `members` is O(members), `join` and `leave` are calls.
// Semantics  OTP's pg, on one node.
// Today      No layer connects nodes: a scope has the processes of its own runtime.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "coppice/child_spec.hpp"
#include "coppice/detail/member_places.hpp"
#include "coppice/detail/registry_access.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/process.hpp"
#include "coppice/registry.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// For a process that monitors a group or a scope: processes have joined.
template <class Group = std::string>
struct group_joined {
    ref monitor;
    Group group;
    std::vector<pid> processes;  ///< Once for each time that a process has joined.
};
/// Likewise: processes have left, or have ended.
template <class Group = std::string>
struct group_left {
    ref monitor;
    Group group;
    std::vector<pid> processes;
};

/// The answer of `monitor`: the members when the monitor was set.
struct watched_group {
    ref monitor;  ///< For `demonitor`, and in the messages.
    std::vector<pid> members;
};
/// A group with its members.
template <class Group = std::string>
struct group_members {
    Group group;
    std::vector<pid> members;
};
/// The answer of `monitor_scope`.
template <class Group = std::string>
struct watched_scope {
    ref monitor;
    std::vector<group_members<Group>> groups;
};

namespace detail {

/// In the place of a registry's value: scopes are no registries.
struct group_membership {};

/// The table of a scope, open while the object lives. Made and destroyed by the process of the scope.
class opened_groups {
  public:
    opened_groups(const std::string& scope, const std::type_info& group);
    opened_groups(const opened_groups&) = delete;
    opened_groups& operator=(const opened_groups&) = delete;
    ~opened_groups();

  private:
    const pid server_;
    std::shared_ptr<const registry_tables> tables_;
};

template <class Group>
registry_identity groups_of(const std::string& scope) {
    return {scope, &typeid(Group), &typeid(group_membership)};
}

template <class Group>
std::vector<pid> members_of(const registry_read& now, const Group& group) {
    std::vector<pid> out;
    if (now) {
        now.each_of<group_membership>(
            probe_for(group), [&](const pid& who, group_membership) { out.push_back(who); });
    }
    return out;
}

template <class Group>
std::vector<group_members<Group>> all_groups(const registry_read& now) {
    std::vector<group_members<Group>> out;
    if (now) {
        now.each<Group, group_membership>(
            [&](const Group& group, const pid& who, group_membership) {
                if (out.empty() || !(out.back().group == group)) {
                    out.push_back({group, {}});
                }
                out.back().members.push_back(who);
            });
    }
    return out;
}

// The requests to a scope.
template <class Group>
struct join_request {
    Group group;
    std::vector<pid> processes;
};
template <class Group>
struct leave_request {
    Group group;
    std::vector<pid> processes;
};
template <class Group>
struct monitor_group_request {
    Group group;
    pid client;
};
struct monitor_scope_request {
    pid client;
};
struct demonitor_request {
    ref monitor;
};

/// The process of a scope. The only writer of the table.
template <class Group>
class group_server {
  public:
    explicit group_server(std::string scope)
        : scope_{std::move(scope)}, opened_{scope_, typeid(Group)} {}

    void handle_call(join_request<Group> m) {
        {
            const registry_read now{groups_of<Group>(scope_)};
            for (const pid& each : m.processes) {
                add(now, each, m.group);
            }
        }
        tell<group_joined<Group>>(m.group, m.processes);
    }
    bool handle_call(leave_request<Group> m) {
        std::vector<pid> gone;
        {
            const registry_read now{groups_of<Group>(scope_)};
            for (const pid& each : m.processes) {
                if (leave(now, each, m.group)) {
                    gone.push_back(each);
                }
            }
        }
        if (!gone.empty()) {
            tell<group_left<Group>>(m.group, gone);
        }
        return !gone.empty();
    }
    watched_group handle_call(monitor_group_request<Group> m) {
        const ref watching = coppice::monitor(m.client);
        watchers_.push_back({watching, m.client, std::make_unique<Group>(m.group)});
        return {watching, members_of(registry_read{groups_of<Group>(scope_)}, m.group)};
    }
    watched_scope<Group> handle_call(monitor_scope_request m) {
        const ref watching = coppice::monitor(m.client);
        watchers_.push_back({watching, m.client, nullptr});
        return {watching, all_groups<Group>(registry_read{groups_of<Group>(scope_)})};
    }
    bool handle_call(demonitor_request m) {
        if (!forget_watcher_with(m.monitor)) {
            return false;
        }
        coppice::demonitor(m.monitor, demonitor_option::flush);
        return true;
    }
    void handle_info(const down_message& m) {
        if (!forget_watcher_with(m.monitor)) {
            end_of_member(m.process);
        }
    }

  private:
    struct member {
        ref monitor;
        std::vector<Group> groups;  ///< Once for each time that the process has joined.
    };
    struct watcher {
        ref monitor;
        pid client;
        std::unique_ptr<Group> group;  ///< Null: all groups of the scope.
    };

    void add(const registry_read& now, const pid& who, const Group& group) {
        const std::size_t place = places_.place_for(who);
        while (members_.size() <= place) {
            members_.emplace_back();
        }
        member& joined = members_[place];
        if (joined.groups.empty()) {
            joined.monitor = coppice::monitor(who);
        }
        joined.groups.push_back(group);
        const registry_probe asked = probe_for(group);
        now.add_for(who, asked, std::make_unique<typed_registry_key<Group>>(asked.hash, group),
                    std::make_unique<typed_registry_entry<group_membership>>(group_membership{}));
    }
    bool leave(const registry_read& now, const pid& who, const Group& group) {
        const std::size_t place = places_.find(who);
        if (place == member_places::none) {
            return false;
        }
        std::vector<Group>& groups = members_[place].groups;
        auto at = groups.begin();
        while (at != groups.end() && !(*at == group)) {
            ++at;
        }
        if (at == groups.end()) {
            return false;
        }
        now.remove_one_of(who, probe_for(group));
        groups.erase(at);
        if (groups.empty()) {
            coppice::demonitor(members_[place].monitor, demonitor_option::flush);
            places_.free_place_of(who);
        }
        return true;
    }
    void end_of_member(const pid& who) {
        const std::size_t place = places_.find(who);
        if (place == member_places::none) {
            return;
        }
        const std::vector<Group> left = std::exchange(members_[place].groups, {});
        places_.free_place_of(who);
        for (const Group& each : left) {
            registry_read{groups_of<Group>(scope_)}.remove_one_of(who, probe_for(each));
            tell<group_left<Group>>(each, {who});
        }
    }
    bool forget_watcher_with(const ref& monitor) {
        return std::erase_if(watchers_,
                             [&](const watcher& each) { return each.monitor == monitor; }) != 0;
    }
    template <class Event>
    void tell(const Group& group, const std::vector<pid>& who) const {
        for (const watcher& each : watchers_) {
            if (each.group == nullptr || *each.group == group) {
                send(each.client, Event{each.monitor, group, who});
            }
        }
    }

    const std::string scope_;
    const opened_groups opened_;
    member_places places_;
    std::vector<member> members_;  ///< By place; without groups at a free place.
    std::vector<watcher> watchers_;
};

/// Throws `badarg_error` if a process is of another node.
void require_local(const std::vector<pid>& processes);

}  // namespace detail

/// A handle to a scope. Making a handle starts nothing.
template <class Group = std::string>
class process_groups {
    static_assert(detail::registry_key_type<Group>,
                  "a group can be copied and compared, and has a std::hash");
    using process_class = detail::group_server<Group>;

  public:
    /// The scope of this name.
    explicit process_groups(std::string scope = "pg") : scope_{std::move(scope)} {
        detail::require_message<Group>();
    }
    /// The name of the scope.
    const std::string& scope() const noexcept { return scope_; }
    /// Equal scopes.
    bool operator==(const process_groups& other) const noexcept = default;

    /// Starts a scope that is linked to the caller. `child<process_groups<Group>>(scope)` makes a child.
    static auto start_link(std::string scope = "pg") {
        start_options options = named(scope);
        return coppice::start_link<process_class>(std::move(options), std::move(scope));
    }

    /// Adds processes to a group; a process that is named twice joins twice.
    [[nodiscard("co_await it")]] task<> join(Group group, std::vector<pid> processes) const {
        detail::require_local(processes);
        return ask(detail::join_request<Group>{std::move(group), std::move(processes)});
    }
    [[nodiscard("co_await it")]] task<> join(Group group, pid process) const {
        return join(std::move(group), std::vector<pid>{process});
    }
    /// Takes back one membership for each process. False if none of the processes was a member.
    [[nodiscard("co_await it")]] task<bool> leave(Group group, std::vector<pid> processes) const {
        detail::require_local(processes);
        return ask(detail::leave_request<Group>{std::move(group), std::move(processes)});
    }
    [[nodiscard("co_await it")]] task<bool> leave(Group group, pid process) const {
        return leave(std::move(group), std::vector<pid>{process});
    }
    /// The living members, in the order in which they joined.
    std::vector<pid> members(const Group& group) const {
        return detail::members_of(detail::registry_read{detail::groups_of<Group>(scope_)}, group);
    }
    /// The groups with living members, in no particular order: pg's `which_groups`.
    std::vector<Group> groups() const {
        std::vector<Group> out;
        const std::vector<group_members<Group>> all =
            detail::all_groups<Group>(detail::registry_read{detail::groups_of<Group>(scope_)});
        for (const group_members<Group>& each : all) {
            out.push_back(each.group);
        }
        return out;
    }
    /// Answers the members. From then on the caller receives `group_joined` and `group_left` for the group. The
    /// group need not exist.
    [[nodiscard("co_await it")]] task<watched_group> monitor(Group group) const {
        return ask(detail::monitor_group_request<Group>{std::move(group), self()});
    }
    /// The same for all groups of the scope.
    [[nodiscard("co_await it")]] task<watched_scope<Group>> monitor_scope() const {
        return ask(detail::monitor_scope_request{self()});
    }
    /// Ends such a monitor. False if the scope does not know the monitor. Messages that have arrived stay.
    [[nodiscard("co_await it")]] task<bool> demonitor(ref which) const {
        return ask(detail::demonitor_request{which});
    }

  private:
    template <class Request>
    using reply = detail::reply_type<process_class, Request>;

    template <class Request>
    task<reply<Request>> ask(Request asked) const {
        return wait_for_reply(server<process_class>{scope_}, std::move(asked));
    }
    // Static: the task may outlive the handle.
    template <class Request>
    static task<reply<Request>> wait_for_reply(server<process_class> to, Request asked) {
        auto calling = to.call(asked, no_timeout);
        if constexpr (std::is_void_v<reply<Request>>) {
            co_await calling;
        } else {
            reply<Request> out = co_await calling;
            co_return out;
        }
    }

    std::string scope_;
};

namespace detail {

/// A child that is a scope has the name of the scope as its id.
template <class Group>
struct child_maker<process_groups<Group>> {
    static child_spec make(std::string scope = "pg") {
        child_spec spec = server_child<group_server<Group>>(scope);
        spec.name(scope);
        return std::move(spec.id(std::move(scope)));
    }
};

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
