// SPDX-License-Identifier: Apache-2.0
// Processes, links, monitors and names.

#include <stdexcept>
#include <string>
#include <vector>

#include "churns.hpp"
#include "common/measure.hpp"

namespace soak {
namespace {

using namespace coppice;
using bench::receive_all;

struct hello {};
struct leave {};

constexpr int group = 100;

task<> stay(pid starter) {
    send(starter, hello{});
    co_await receive<leave>();
}

task<> live_with(pid centre, pid starter) {
    link(centre);
    co_await stay(starter);
}

}  // namespace

void require(bool holds, std::string_view otherwise) {
    if (!holds) {
        throw std::logic_error{std::string{otherwise}};
    }
}

task<> spawn_and_end() {
    const pid me = self();
    for (int i = 0; i < group; ++i) {
        spawn([me] { send(me, hello{}); });
    }
    co_await receive_all<hello>(group);
}

task<> die_of_links() {
    const pid centre = spawn_monitor(stay, self()).process;
    co_await receive<hello>();
    for (int i = 0; i < group; ++i) {
        spawn_monitor(live_with, centre, self());
    }
    co_await receive_all<hello>(group);
    exit(centre, reason::kill);
    co_await receive_all<down_message>(group + 1);
}

task<> watch_and_forget() {
    const auto watched = spawn_monitor(stay, self());
    co_await receive<hello>();
    for (int i = 0; i < group; ++i) {
        demonitor(monitor(watched.process), demonitor_option::flush);
        link(watched.process);
        unlink(watched.process);
    }
    send(watched.process, leave{});
    const down_message end = co_await receive<down_message>();
    require(end.monitor == watched.monitor, "a removed monitor fired");
}

/// One half of the processes unregister the name first; the other half end with the name registered.
task<> come_and_go_by_name() {
    std::vector<std::string> names;
    for (int i = 0; i < group; ++i) {
        const pid who = spawn_monitor(stay, self()).process;
        names.push_back("guest_" + std::to_string(i));
        register_name(names.back(), who);
    }
    co_await receive_all<hello>(group);
    for (int i = 0; i < group; ++i) {
        const std::string& name = names[static_cast<std::size_t>(i)];
        const pid who = whereis(name);
        if (i % 2 == 0) {
            unregister_name(name);
            send(who, leave{});
        } else {
            exit(who, reason::kill);
        }
    }
    co_await receive_all<down_message>(group);
    for (const std::string& name : names) {
        require(!whereis(name), "a name outlived its process");
    }
}

}  // namespace soak
