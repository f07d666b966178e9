// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "boot/outside_monitor.hpp"
#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "platform/signals.hpp"
#include "platform/standard_error.hpp"

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

/// Turns signals into requests: the first one asks for a stop, the others hurry it.
class signal_listener {
  public:
    explicit signal_listener(runtime_impl& world) : world_{world}, thread_{[this] { listen(); }} {}
    signal_listener(const signal_listener&) = delete;
    signal_listener& operator=(const signal_listener&) = delete;
    ~signal_listener() { stop(); }

    /// Before the signals are somebody else's again.
    void stop() {
        if (thread_.joinable()) {
            over_ = true;
            signals_.wake();
            thread_.join();
        }
    }
    /// The number of the signal that made an orderly stop a hurried one; 0 if none did. After `stop`.
    int hurried_by() const noexcept { return hurried_by_; }

  private:
    void listen() noexcept {
        for (unsigned handled = 0; !over_;) {
            signals_.wait();
            for (const unsigned come = signals_.count(); handled < come; ++handled) {
                if (handled == 0) {
                    world_.core->request_stop();
                } else if (world_.hurry() && hurried_by_ == 0) {
                    hurried_by_ = signals_.last();
                }
            }
        }
    }

    runtime_impl& world_;
    platform::termination_signals signals_;
    std::atomic<bool> over_{false};
    int hurried_by_ = 0;
    std::thread thread_;  ///< Last: it uses the others.
};

/// How it went, for the status and for stderr.
struct ending {
    pid root;
    std::string initial_call;
    bool was_asked = false;
    bool has_ended = false;
    exit_reason why;
    stop_result stopped;
    int hurried_by = 0;
};

ending run_to_end(runtime_impl& world, std::unique_ptr<body> main, nanoseconds stop_deadline) {
    signal_listener listener{world};  // before there is anything that a signal could tear down
    world.start();
    world.refuse_waiting("run");
    ending out;
    out.initial_call = main->initial_call();
    outside_monitor root{world};
    out.root = spawn_process(*world.core, std::move(main), {.monitor_tag = root.tag()});
    root.watches(out.root);
    out.has_ended = root.wait(forever, world.core->stop_requested());
    out.was_asked = world.core->stop_requested();
    out.stopped = world.stop(stop_deadline);
    out.why = root.why().value_or(reason::killed);
    listener.stop();
    out.hurried_by = listener.hurried_by();
    return out;
}

void say(const std::string& what) {
    platform::say_line("coppice: " + what);
}

/// Whether the program did what it was there for. Says what was wrong.
bool went_well(const ending& how) {
    const std::string root = to_string(how.root) + " (" + how.initial_call + ")";
    if (!how.was_asked && !how.has_ended) {
        say(root + " waits, and in this simulation nothing is left that could wake it");
        return false;
    }
    if (!how.was_asked && how.why != reason::normal) {
        say(root + " ended, and nobody had asked for it: " + to_string(how.why));
        return false;
    }
    if (how.was_asked && !how.why.is_quiet() && how.stopped) {
        say(root + " crashed when it was asked to stop: " + to_string(how.why));
        return false;
    }
    return static_cast<bool>(how.stopped);
}

int status_of(const ending& how) {
    constexpr int signal_base = 128;  // as shells have it
    for (const auto& blocking : how.stopped.blocking) {
        say("did not stop in time: " + to_string(blocking));
    }
    if (how.hurried_by != 0) {
        say(to_string(how.root) + " (" + how.initial_call + ") was being stopped, and " +
            platform::name_of_signal(how.hurried_by) +
            " came again: killed what was left, processes: " + std::to_string(how.stopped.killed));
        return signal_base + how.hurried_by;
    }
    return went_well(how) ? 0 : 1;
}

}  // namespace

int run_main(runtime& world, std::unique_ptr<body> main, nanoseconds stop_deadline) {
    runtime_impl& impl = runtime_access::impl(world);
    impl.refuse_other_threads("run");
    return status_of(run_to_end(impl, std::move(main), stop_deadline));
}

int run_main(std::unique_ptr<body> main, runtime_options options) {
    if (!apply_environment(options)) {
        return 2;
    }
    runtime world{std::move(options)};
    return run_main(world, std::move(main), default_stop_deadline);
}

}  // namespace coppice::detail
