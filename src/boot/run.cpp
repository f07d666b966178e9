// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "boot/environment.hpp"
#include "boot/outside_monitor.hpp"
#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "coppice/printable.hpp"
#include "platform/standard_error.hpp"
#include "platform/termination_signals.hpp"

namespace coppice::detail {

bool apply_environment(runtime_options& options) {
    if (const char* clock = std::getenv("COPPICE_CLOCK")) {
        if (std::string_view{clock} != "simulated" && std::string_view{clock} != "real") {
            std::fprintf(stderr, "coppice: COPPICE_CLOCK=%s: write real or simulated\n", clock);
            return false;
        }
        options.clock =
            std::string_view{clock} == "simulated" ? clock_kind::simulated : clock_kind::real;
    }
    try {
        options.seed = boot::number_in_environment("COPPICE_SEED").value_or(options.seed);
    } catch (const std::invalid_argument& refused) {
        std::fprintf(stderr, "coppice: %s\n", refused.what());
        return false;
    }
    return true;
}

namespace {

/// Turns OS signals into requests. The first signal requests a stop. Each further signal forces the stop.
class signal_listener {
  public:
    signal_listener(runtime_impl& world, const callback<void()>& on_hangup)
        : runtime_{world},
          on_hangup_{on_hangup},
          signals_{on_hangup ? platform::termination_signals::hangups::are_heard
                             : platform::termination_signals::hangups::are_others},
          thread_{[this] { listen(); }} {}
    signal_listener(const signal_listener&) = delete;
    signal_listener& operator=(const signal_listener&) = delete;
    ~signal_listener() { stop(); }

    /// To be called before the signals get their previous handlers back.
    void stop() {
        if (thread_.joinable()) {
            over_ = true;
            signals_.wake();
            thread_.join();
        }
    }
    /// The number of the signal that turned the orderly stop into a forced one; 0 if none.
    /// Valid after `stop`.
    int forced_by() const noexcept { return forced_by_; }
    /// The number of the first signal. Likewise.
    int asked_by() const noexcept { return asked_by_; }

  private:
    void listen() noexcept {
        for (unsigned handled = 0, hangups = 0; !over_;) {
            signals_.wait();
            // Several hangups at once are handled once.
            if (std::exchange(hangups, signals_.count_of_hangups()) != hangups && on_hangup_) {
                on_hangup_();
            }
            for (const unsigned come = signals_.count(); handled < come; ++handled) {
                if (handled == 0) {
                    asked_by_ = signals_.last();
                    runtime_.core->request_stop();
                } else if (runtime_.force_stop() && forced_by_ == 0) {
                    forced_by_ = signals_.last();
                }
            }
        }
    }

    runtime_impl& runtime_;
    const callback<void()>& on_hangup_;
    platform::termination_signals signals_;
    std::atomic<bool> over_{false};
    int asked_by_ = 0;
    int forced_by_ = 0;
    std::thread thread_;  ///< Last, since the thread uses the other members.
};

/// The outcome of a run, for the exit status and for stderr.
struct run_outcome {
    pid root;
    std::string initial_call;
    bool was_asked = false;
    bool has_ended = false;
    exit_reason why;
    process_layer::stop_wish wish;  ///< Valid if a stop was requested.
    stop_result stopped;
    int asked_by = 0;
    int forced_by = 0;
};

run_outcome run_to_end(runtime_impl& world, std::unique_ptr<body> main, const run_settings& how) {
    signal_listener listener{
        world, how.on_hangup};  // before the start, so that no signal ends the OS process
    world.start();
    world.refuse_waiting("run");
    run_outcome out;
    out.initial_call = main->initial_call();
    boot::outside_monitor root{world};
    out.root = spawn_process(*world.core, std::move(main), {.monitor_tag = root.tag()});
    root.watches(out.root);
    out.has_ended = root.wait(forever, world.core->stop_requested());
    out.was_asked = world.core->stop_requested();
    if (out.was_asked) {
        out.wish = world.core->why_to_stop();
    }
    if (how.on_stop) {
        how.on_stop();
    }
    out.stopped = world.stop(how.stop_deadline);
    out.why = root.why().value_or(reason::killed);
    listener.stop();
    out.asked_by = listener.asked_by();
    out.forced_by = listener.forced_by();
    return out;
}

/// Prints the outcome to stderr.
class exit_report {
  public:
    exit_report(const run_outcome& how, const run_settings& settings)
        : how_{how}, settings_{settings} {}

    int status() const {
        constexpr int signal_base = 128;  // as in shells
        for (const auto& blocking : how_.stopped.blocking) {
            say("did not stop in time: " + to_string(blocking));
        }
        if (how_.forced_by != 0) {
            say(root() + " was being stopped, and " + platform::name_of_signal(how_.forced_by) +
                " came again: killed the remaining processes: " +
                std::to_string(how_.stopped.killed));
            return signal_base + how_.forced_by;
        }
        if (const std::string wrong = error_text(); !wrong.empty()) {
            say(wrong);
            return 1;
        }
        if (how_.stopped && settings_.tells_good_end) {
            say("stopped" + (how_.asked_by == 0
                                 ? std::string{}
                                 : std::string{" by "} + platform::name_of_signal(how_.asked_by)));
        }
        return how_.stopped ? 0 : 1;
    }

  private:
    /// Empty if the program has done its work.
    std::string error_text() const {
        if (!how_.was_asked && !how_.has_ended) {
            return root() + " waits for ever: no event is left in this simulation";
        }
        if (!how_.was_asked && how_.why != reason::normal) {
            return root() + " ended unexpectedly: " + to_string(how_.why);
        }
        if (how_.wish.why != reason::normal) {
            return how_.wish.told.empty() ? "the runtime had to end: " + to_string(how_.wish.why)
                                          : how_.wish.told;
        }
        if (how_.was_asked && !how_.why.is_quiet() && how_.stopped) {
            return root() + " crashed when it was asked to stop: " + to_string(how_.why);
        }
        return {};
    }

    std::string root() const { return to_string(how_.root) + " (" + how_.initial_call + ")"; }
    void say(const std::string& what) const { platform::say_line(settings_.name + ": " + what); }

    const run_outcome& how_;
    const run_settings& settings_;
};

}  // namespace

int run_main(runtime& world, std::unique_ptr<body> main, run_settings how) {
    runtime_impl& impl = runtime_access::impl(world);
    impl.refuse_other_threads("run");
    const run_outcome ended = run_to_end(impl, std::move(main), how);
    return exit_report{ended, how}.status();
}

int run_main(std::unique_ptr<body> main, runtime_options options) {
    if (!apply_environment(options)) {
        return 2;
    }
    runtime world{std::move(options)};
    return run_main(world, std::move(main), run_settings{});
}

}  // namespace coppice::detail
