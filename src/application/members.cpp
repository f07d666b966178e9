// SPDX-License-Identifier: Apache-2.0

#include "application/members.hpp"

#include <vector>

#include "application/shutdown.hpp"
#include "coppice/process.hpp"
#include "coppice/statistics.hpp"
#include "process/line.hpp"

namespace coppice::application::detail {
namespace {

task<std::vector<pid>> members_of(pid master) {
    std::vector<pid> out;
    const pid me = self();
    std::vector<pid> all;
    const auto add = [&all](const process_glance& each) { all.push_back(each.process); };
    auto visiting = visit_processes_in_turns(add);
    co_await visiting;
    for (const pid& each : all) {
        if (each == me) {
            continue;
        }
        auto asking = coppice::process_layer::first_of_line(each);
        const pid first = co_await asking;
        if (first && first == master) {
            out.push_back(each);
        }
    }
    co_return out;
}

}  // namespace

task<> kill_members(pid master) {
    for (;;) {
        auto finding = members_of(master);
        const std::vector<pid> members = co_await finding;
        if (members.empty()) {
            co_return;
        }
        std::vector<ref> watching;
        for (const pid& each : members) {
            watching.push_back(monitor(each));
            exit(each, reason::kill);
            co_await yield_if_due();
        }
        for (const ref& each : watching) {
            auto waiting = until_down(each);
            co_await waiting;
        }
    }
}

}  // namespace coppice::application::detail
