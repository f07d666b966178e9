// SPDX-License-Identifier: Apache-2.0

#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include "boot/runtime_access.hpp"
#include "platform/signals.hpp"

namespace coppice {

namespace detail {

int run_main(std::unique_ptr<body> main, runtime_options options) {
    platform::termination_signals signals;
    runtime world{std::move(options)};
    world.start();
    exit_reason why;
    std::thread waits{[&] {
        why = runtime_access::run(world, std::move(main));
        signals.wake();
    }};
    const bool asked_to_stop = signals.wait();
    const stop_result stopped = world.stop();
    waits.join();
    for (const auto& blocking : stopped.blocking) {
        std::fprintf(stderr, "coppice: did not stop in time: %s\n", to_string(blocking).c_str());
    }
    return (asked_to_stop || why.is_quiet()) && stopped ? 0 : 1;
}

}  // namespace detail
}  // namespace coppice
