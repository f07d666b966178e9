// SPDX-License-Identifier: Apache-2.0
// The deeds of requests.hpp, interval.hpp and logger.hpp, see deeds.hpp.

#pragma once

#include <vector>

#include "coppice/interval.hpp"
#include "coppice/logger.hpp"
#include "coppice/requests.hpp"
#include "support/deed.hpp"

namespace coppice::test::deed_parts {

inline void add_requests(std::vector<deed>& out) {
    using namespace std::chrono_literals;
    out.push_back({"send_request", true, [](const stage& s) {
                       return static_cast<bool>(
                           send_request(server<idler>{s.bystander}, idler::nudge{}));
                   }});
    out.push_back({"send_request", false, [](const stage&) {
                       return static_cast<bool>(
                           send_request(server<idler>{"nobody at all"}, idler::nudge{}));
                   }});
    out.push_back({"check_response", false, [](const stage&) {
                       any_message none;
                       return check_response(none, request_id<int>{}).has_value();
                   }});
    out.push_back({"send_interval", true, [](const stage& s) {
                       return static_cast<bool>(send_interval(1h, s.bystander, go_home{}));
                   }});
    out.push_back({"cancel_interval", true, [](const stage& s) {
                       cancel_interval(interval{s.nameless});
                       return nothing();
                   }});
    const auto unused = [&out](const char* name, auto make) {
        out.push_back({name, false, [make](const stage& s) {
                           static_cast<void>(make(server<idler>{s.bystander}));
                           return nothing();
                       }});
    };
    const idler::nudge one;
    unused("receive_response", [](const auto&) { return receive_response(request_id<int>{}); });
    unused("wait_response", [](const auto&) { return wait_response(request_id<int>{}); });
    unused("all", [one](const auto& to) { return all(to.call(one), to.try_call(one)); });
    unused("any", [one](const auto& to) { return any(to.call(one), to.call(one)); });
    unused("multi_call", [one](const auto& to) { return multi_call(std::vector{to}, one); });
    unused("call_over_restarts", [one](const auto& to) { return call_over_restarts(to, one); });
    unused("try_call_over_restarts",
           [one](const auto& to) { return try_call_over_restarts(to, one); });
}

inline void add_logging(std::vector<deed>& out) {
    const auto look = [&out](const char* name, auto run) {
        out.push_back({name, false, [run](const stage& s) { return run(s); }});
    };
    look("set_metadata", [](const stage&) {
        logger::set_metadata({{"a", "deed"}});
        return !logger::metadata().empty();
    });
    look("metadata", [](const stage&) { return !logger::metadata().empty(); });
    look("remove_metadata", [](const stage&) {
        logger::remove_metadata("a");
        return nothing();
    });
    look("reset_metadata", [](const stage&) {
        logger::reset_metadata();
        return nothing();
    });
    look("set_process_level", [](const stage& s) {
        logger::set_process_level(s.bystander, report_level::error);
        return nothing();
    });
    look("process_level",
         [](const stage& s) { return logger::process_level(s.bystander).has_value(); });
    look("set_module_level", [](const stage&) {
        logger::set_module_level("a.deed", report_level::error);
        return nothing();
    });
    look("module_level", [](const stage&) { return logger::module_level("a.deed").has_value(); });
    look("add_handler", [](const stage&) {
        logger::add_handler("a deed", logger::to_function([](const report&) {}));
        return nothing();
    });
    look("handlers", [](const stage&) { return !logger::handlers().empty(); });
    look("set_handler_level",
         [](const stage&) { return logger::set_handler_level("a deed", report_level::off); });
    look("remove_handler", [](const stage&) { return logger::remove_handler("a deed"); });
}

}  // namespace coppice::test::deed_parts
