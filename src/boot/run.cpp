// SPDX-License-Identifier: Apache-2.0

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "boot/runtime_access.hpp"
#include "platform/signals.hpp"

namespace coppice::detail {
namespace {

/// False, with a message on stderr, if the environment asks for what is not there.
bool apply_environment(runtime_options& options) {
    if (const char* clock = std::getenv("COPPICE_CLOCK")) {
        if (std::string_view{clock} != "simulated" && std::string_view{clock} != "real") {
            std::fprintf(stderr, "coppice: COPPICE_CLOCK=%s: write real or simulated\n", clock);
            return false;
        }
        options.clock =
            std::string_view{clock} == "simulated" ? clock_kind::simulated : clock_kind::real;
    }
    if (const char* text = std::getenv("COPPICE_SEED")) {
        const std::string_view digits{text};
        const auto [end, wrong] =
            std::from_chars(digits.data(), digits.data() + digits.size(), options.seed);
        if (wrong != std::errc{} || end != digits.data() + digits.size()) {
            std::fprintf(stderr, "coppice: COPPICE_SEED=%s: write a whole number\n", text);
            return false;
        }
    }
    return true;
}

int report_stop(const stop_result& stopped, bool quiet) {
    for (const auto& blocking : stopped.blocking) {
        std::fprintf(stderr, "coppice: did not stop in time: %s\n", to_string(blocking).c_str());
    }
    return quiet && stopped ? 0 : 1;
}

int run_simulated(std::unique_ptr<body> main, runtime_options options) {
    runtime world{std::move(options)};
    const exit_reason why = runtime_access::run(world, std::move(main));
    return report_stop(world.stop(), why.is_quiet());
}

int run_on_workers(std::unique_ptr<body> main, runtime_options options) {
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
    return report_stop(stopped, asked_to_stop || why.is_quiet());
}

}  // namespace

int run_main(std::unique_ptr<body> main, runtime_options options) {
    if (!apply_environment(options)) {
        return 2;
    }
    return options.clock == clock_kind::simulated
               ? run_simulated(std::move(main), std::move(options))
               : run_on_workers(std::move(main), std::move(options));
}

}  // namespace coppice::detail
