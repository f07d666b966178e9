// SPDX-License-Identifier: Apache-2.0
// A report handler of the program, and a level that changes while the program runs.

#include <coppice/coppice.hpp>

#include <iostream>
#include <stdexcept>

using namespace coppice;

void print(const report& r) {
    std::cout << to_string(r.level) << ": ";
    if (const auto* said = std::get_if<text_report>(&r.body)) {
        std::cout << said->text << '\n';
    } else if (const auto* crash = std::get_if<crash_report>(&r.body)) {
        std::cout << "a process crashed with " << crash->message_queue_len << " messages\n";
    } else {
        std::cout << to_string(r);
    }
}

task<> app() {
    log(report_level::notice, "the shop is open");
    log(report_level::debug, "below the level, so not built");
    set_report_level(report_level::debug);
    log(report_level::debug, "the level was lowered");

    spawn_monitor([] { throw std::runtime_error{"no paper"}; });
    co_await receive<down_message>();
}

int main() {
    return coppice::run(app, {.level = report_level::notice, .on_report = print});
}
