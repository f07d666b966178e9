// SPDX-License-Identifier: Apache-2.0
// Reads, logs, suspends and changes a live server, and calls the server by text. The class needs no code for the
// first four.

#include <coppice/console_messages.hpp>
#include <coppice/coppice.hpp>
#include <coppice/sys.hpp>

#include <iostream>
#include <string>
#include <vector>

using namespace coppice;

struct counter {
    struct increment {
        int by = 1;
    };
    struct get {};
    using console_messages = messages<increment, get>;

    void handle_cast(increment m) { count += m.by; }
    int handle_call(get) const { return count; }

    int count = 0;
};

counter zeroed(counter state) {
    state.count = 0;
    return state;
}

task<> look(server<counter> c) {
    std::cout << co_await sys::get_state(c.whereis()) << '\n';
    co_await sys::log(c, 50);  // Keeps the last 50 events.
    c.cast(counter::increment{5});
    const std::vector<sys::event> events = co_await sys::get_log(c);
    for (const sys::event& each : events) {
        std::cout << to_string(each) << '\n';
    }

    co_await sys::suspend(c);  // From now on the server takes system messages only.
    const counter changed = co_await sys::replace_state(c, zeroed);
    std::cout << "replaced by " << changed.count << '\n';
    co_await sys::resume(c);  // The messages that have waited are handled.

    const sys::status status = co_await sys::get_status(c);
    std::cout << status.module << " is " << status.shown_state << '\n';
    // Reports of level debug: *DBG* counter got call get from <0.1.1>
    co_await sys::trace(c, true);
    co_await sys::no_debug(c);
}

task<> write() {
    const std::vector<std::string> ten{"by: 10"};  // Or "by=10", or "10".
    const std::vector<std::string> none;
    co_await cast_by_text("counter", "increment", ten);
    const auto reply = co_await call_by_text("counter", "get", none);
    std::cout << *reply << '\n';
    const auto wrong = co_await call_by_text("counter", "count", none);
    std::cout << wrong.error().text << '\n';
}

task<> app() {
    const auto started =
        co_await start_link<counter>(named("counter").debug(sys::debug_options{}.statistics()));
    co_await look(started.value());
    co_await write();
}

int main() {
    return coppice::run(app);
}
