// SPDX-License-Identifier: Apache-2.0
// Two handlers of log lines: one for people, one for a program. Modules have levels, requests have metadata.

#include <coppice/coppice.hpp>
#include <coppice/logger.hpp>

#include <iostream>

using namespace coppice;

constexpr logger::module_log shop{"shop"};
constexpr logger::module_log payments{"shop.payments"};

/// A line without its time.
void print(const char* handler, const report& r) {
    const std::string line = format_line(r);
    std::cout << handler << line.substr(line.find('['));
}

task<> serve(std::string request) {
    logger::set_metadata({{"request", std::move(request)}});
    shop.info("order taken");
    payments.debug("asking the bank");
    payments.log(report_level::warning, "card refused", {{"card", "1234"}});
    co_return;
}

task<> wait_for(pid who) {
    monitor(who);
    co_await receive<down_message>();
}

task<> app() {
    auto strict = logger::to_function([](const report& r) { print("strict: ", r); });
    logger::add_handler("strict", std::move(strict), {.level = report_level::warning});

    co_await wait_for(spawn(serve, "r-1"));
    std::cout << "-- payments at debug, the rest of the shop at error\n";
    logger::set_module_level("shop", report_level::error);
    logger::set_module_level("shop.payments", report_level::debug);
    co_await wait_for(spawn(serve, "r-2"));
}

int main() {
    runtime_options options;
    options.level = report_level::info;
    options.on_report = [](const report& r) { print("first: ", r); };
    return coppice::run(app, options);
}
