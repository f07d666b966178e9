// SPDX-License-Identifier: Apache-2.0

#include "coppice/program.hpp"

#include <signal.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "coppice/dynamic_supervisor.hpp"
#include "coppice/receive.hpp"
#include "program/command_line.hpp"
#include "program/configuration.hpp"
#include "program/endpoint_child.hpp"
#include "program/service_manager.hpp"

namespace coppice::application {
namespace program {
namespace {

constexpr int refused = 2;

/// A valid configuration that was read after SIGHUP.
struct new_configuration {
    environments all;
};

/// Sends the watchdog's keep-alive message, twice in each interval.
task<> keep_alive(const service_manager& manager, std::chrono::microseconds limit) {
    for (;;) {
        manager.tell("WATCHDOG=1");
        co_await sleep(limit / 2);
    }
}

/// Ignores SIGPIPE: if the reader of the program's output goes away, a write fails and the tree stays.
/// SIGPIPE stays ignored after the run, because the last output comes after the run.
void outlive_readers() noexcept {
    struct sigaction present{};
    if (::sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) {
        ::signal(SIGPIPE, SIG_IGN);
    }
}

class whole_program {
  public:
    whole_program(applications all, wishes wanted, program_options options)
        : all_{std::move(all)}, wanted_{std::move(wanted)}, options_{std::move(options)} {}

    int run() {
        problems wrong;
        first_ = read(all_, wanted_, wrong);
        if (!wrong.empty()) {
            for (const std::string& each : wrong) {
                std::fprintf(stderr, "%s: %s\n", own().name.c_str(), each.c_str());
            }
            return refused;
        }
        if (!coppice::detail::apply_environment(options_.runtime)) {
            return refused;
        }
        outlive_readers();
        const bool is_real = options_.runtime.clock == clock_kind::real;
        runtime world{options_.runtime};
        const std::shared_ptr<void> outside =
            options_.outside ? options_.outside(world) : nullptr;  // destroyed before the runtime
        coppice::detail::run_settings how;
        how.name = own().name;
        how.stop_deadline = options_.stop_deadline;
        how.on_stop = [this] {
            const std::scoped_lock lock{telling_};
            stops_ = true;
            manager_.tell("STOPPING=1");
        };
        how.tells_good_end = true;
        if (is_real) {
            how.on_hangup = [&] { read_again(world); };
        }
        auto main = coppice::detail::make_function_body([this] { return live(); });
        return coppice::detail::run_main(world, std::move(main), std::move(how));
    }

  private:
    const configured& own() const { return all_.back(); }

    /// The first process. Starts everything, and stays alive.
    task<> live() {
        main_ = self();
        // Release: pairs with the acquire in read_again().
        has_begun_.store(true, std::memory_order_release);
        auto opening = open_endpoint();
        co_await opening;
        if (!options_.beside.specs().empty()) {
            auto starting = supervisor::start_link(options_.beside, {.name = "beside"});
            const auto begun = co_await starting;
            (void)begun.value();
        }
        for (const configured& app : all_) {
            auto changing = change_env(app.name, first_.at(app.name));
            (void)co_await changing;
        }
        auto starting = detail::ensure_all_started(own().what, permanent);
        const auto started = co_await starting;
        if (!started) {
            detail::request_stop_for_failed_start(started.error());
        } else {
            begin_service();
        }
        for (;;) {
            auto next = co_await receive<new_configuration>();
            auto changing = apply(std::move(next.all));
            co_await changing;
        }
    }

    /// The endpoint has a supervisor of its own that practically never gives up, so a failing endpoint ends
    /// no other process.
    task<> open_endpoint() {
        const inspect_mode mode = wanted_.inspect.value_or(options_.inspect);
        const child_list endpoint = endpoint_of(own().name, own().what->version(), mode);
        if (endpoint.specs().empty() || options_.runtime.clock != clock_kind::real) {
            co_return;  // a simulation has no sockets
        }
        constexpr int restarts_max = 1'000'000;
        const dynamic_supervisor_flags flags{.max_restarts = restarts_max, .name = "inspect"};
        auto starting = dynamic_supervisor::start_link(flags);
        const auto begun = co_await starting;
        const dynamic_supervisor alone = begun.value();
        auto adding = alone.start_child(endpoint.specs().front());
        (void)co_await adding;  // the endpoint itself reports why a start failed
    }

    void begin_service() {
        if (const auto limit = manager_.watchdog()) {
            spawn_link([this, limit] { return keep_alive(manager_, *limit); });
        }
        tell_ready();
    }

    void tell_ready() {
        const std::scoped_lock lock{telling_};
        if (!stops_) {
            manager_.tell("READY=1");
        }
    }

    task<> apply(environments next) {
        for (const configured& app : all_) {
            auto changing = change_env(app.name, std::move(next.at(app.name)));
            const void_result changed = co_await changing;
            if (!changed) {
                log(report_level::error, "application " + app.name + ": config_change failed: " +
                                             to_string(changed.error()));
            }
        }
        log(report_level::notice, own().name + ": the configuration was read again");
        tell_ready();
    }

    /// Runs on the thread that waits for OS signals.
    void read_again(runtime& world) noexcept {
        try {
            // Acquire: pairs with the release in live().
            if (!has_begun_.load(std::memory_order_acquire)) {
                return;  // the configuration has just been read
            }
            problems wrong;
            environments next = read(all_, wanted_, wrong);
            for (const std::string& each : wrong) {
                world.log(report_level::error,
                          own().name + ": the configuration is unchanged: " + each);
            }
            if (wrong.empty()) {
                manager_.tell_reload();
                world.send(main_, new_configuration{std::move(next)});
            }
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s: the configuration is unchanged: %s\n", own().name.c_str(),
                         error.what());
        }
    }

    applications all_;
    wishes wanted_;
    program_options options_;
    service_manager manager_;
    std::mutex telling_;
    bool stops_ = false;  ///< Guarded by telling_. A stopping program is no longer ready.
    environments first_;
    pid main_;  ///< Written before has_begun_ is set.
    std::atomic<bool> has_begun_{false};
};

}  // namespace
}  // namespace program

namespace detail {

int run_program(const description& what, int count, char** words, program_options options) {
    program::applications all = program::applications_of(what);
    program::understood_words words_are = program::understand(all, count, words);
    if (!words_are.wanted) {
        return words_are.status;
    }
    return program::whole_program{std::move(all), std::move(*words_are.wanted), std::move(options)}
        .run();
}

}  // namespace detail
}  // namespace coppice::application
