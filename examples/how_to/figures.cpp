// SPDX-License-Identifier: Apache-2.0
// Figures, reports and events of a whole runtime, read by one of its processes.

#include <coppice/coppice.hpp>
#include <coppice/events.hpp>
#include <coppice/statistics.hpp>

#include <algorithm>
#include <iostream>
#include <vector>

using namespace coppice;
using namespace std::chrono_literals;

struct cache {};

task<> look_around() {
    const runtime_statistics now =
        statistics();  // Spawns, exits, messages, timers, memory, and more.
    std::cout << (now.processes > 2 ? "several processes\n" : "few processes\n");
    visit_processes([](const process_glance& each) {  // Some tens of nanoseconds a process.
        if (each.message_queue_len > 1000) {
            std::cout << to_string(each.process) << " is behind\n";
        }
    });
    send_after(1h, self(), 1);
    const std::vector<timer_glance> timers = timer_glances(10);  // The ten that are due next.
    std::cout << timers.size() << " timer\n";
    const auto whole = co_await process_info(whereis("cache"));  // Asks the process.
    std::cout << whole[0].behaviour << ' ' << whole[0].registered_name << '\n';
}

task<> hear_of_a_crash() {
    report_reader reader{report_level::info};  // Reads reports in addition to the handler.
    const events::page before = events::recent();
    exit(whereis("cache"), reason::kill);
    co_await sleep(10ms);

    const events::page after = events::recent(before.next);  // The events since then.
    const auto restarts =
        std::ranges::count(after.items, events::kind::restart, &events::item::what);
    std::cout << restarts << " restart\n";
    const std::vector<report> reports = reader.take();
    std::cout << (reports.empty() ? "no report\n" : "reports\n");
}

task<> app() {
    co_await supervisor::start_link(children(child<cache>().name("cache")));
    co_await look_around();
    co_await hear_of_a_crash();
}

int main() {
    return coppice::run(app);
}
