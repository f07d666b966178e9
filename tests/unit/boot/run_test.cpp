// SPDX-License-Identifier: Apache-2.0
// coppice::run as a program's main: exit status and signal handling.
//
// Processes of the waiting run send the signals to the whole test program.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/eventually.hpp"
#include "support/sanitizers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::patience;

runtime_options quiet_on(unsigned workers) {
    runtime_options options;
    options.level = report_level::off;
    options.workers = workers;
    return options;
}

/// A shell starts background programs with SIGINT ignored, and run() leaves ignored signals alone. Restores
/// the default so that the tests receive signals.
[[maybe_unused]] const bool signals_are_heard =
    ::signal(SIGINT, SIG_DFL) != SIG_ERR && ::signal(SIGTERM, SIG_DFL) != SIG_ERR;

void signal_this_program(int number) {
    ASSERT_EQ(::kill(::getpid(), number), 0);
}

struct outcome {
    int status;
    std::string said;  ///< On stderr.
};

template <class F>
outcome run_and_listen(F app, unsigned workers) {
    ::testing::internal::CaptureStderr();
    const int status = run(std::move(app), quiet_on(workers));
    return {status, ::testing::internal::GetCapturedStderr()};
}

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Checks for exactly one line of output, with `part` in the line.
void expect_line(const outcome& out, const std::string& part) {
    EXPECT_EQ(lines_in(out.said), 1U) << out.said;
    EXPECT_TRUE(out.said.starts_with("coppice: <0.")) << out.said;
    EXPECT_NE(out.said.find(part), std::string::npos) << out.said;
}

class run_on : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(workers, run_on, ::testing::Values(1U, 2U, 4U));

TEST_P(run_on, answers_0_and_says_nothing_when_the_app_has_ended_normally) {
    const outcome out = run_and_listen([] {}, GetParam());
    EXPECT_EQ(out.status, 0);
    EXPECT_EQ(out.said, "");
}

struct stillborn {
    stillborn() { throw std::runtime_error{"cannot connect"}; }
};
struct flaky {
    struct tick {};
    flaky() { send_after(1ms, self(this), tick{}); }
    void handle_info(tick) { throw std::runtime_error{"always"}; }
};

TEST_P(run_on, answers_1_and_says_why_when_the_tree_does_not_start) {
    const auto app = []() -> task<> {
        co_await supervisor::start_link(children(child<stillborn>()));
        co_await receive<int>();
    };
    const outcome out = run_and_listen(app, GetParam());
    EXPECT_EQ(out.status, 1);
    expect_line(out, "cannot connect");
}

TEST_P(run_on, answers_1_and_says_why_when_the_tree_gives_up) {
    const auto app = []() -> task<> {
        co_await supervisor::start_link(children(child<flaky>()));
        co_await receive<int>();
    };
    const outcome out = run_and_listen(app, GetParam());
    EXPECT_EQ(out.status, 1);
    expect_line(out, "ended unexpectedly: shutdown");
}

TEST_P(run_on, answers_1_and_says_why_for_every_end_but_normal) {
    expect_line(run_and_listen([] { exit("enough"); }, GetParam()), "enough");
    expect_line(run_and_listen([] { throw std::runtime_error{"oh"}; }, GetParam()), "oh");
    expect_line(run_and_listen([] { exit(reason::shutdown); }, GetParam()), "shutdown");
    expect_line(run_and_listen([] { exit(self(), reason::kill); }, GetParam()), "killed");
    EXPECT_EQ(run_and_listen([] { exit(reason::shutdown); }, GetParam()).status, 1);
    EXPECT_EQ(run_and_listen([] { exit(self(), reason::kill); }, GetParam()).status, 1);
}

TEST_P(run_on, ends_in_order_at_the_first_signal) {
    for (const int number : {SIGINT, SIGTERM}) {
        bool ended_in_order = false;
        const auto app = [&]() -> task<> {
            trap_exit(true);
            signal_this_program(number);
            const auto asked = co_await receive<exit_message>();
            ended_in_order = asked.why == reason::shutdown;
        };
        const outcome out = run_and_listen(app, GetParam());
        EXPECT_EQ(out.status, 0);
        EXPECT_EQ(out.said, "");
        EXPECT_TRUE(ended_in_order);
    }
}

TEST_P(run_on, ends_in_order_at_a_stop_request_of_a_process) {
    const auto app = []() -> task<> {
        request_stop();
        co_await receive<int>();
    };
    EXPECT_EQ(run_and_listen(app, GetParam()).status, 0);
}

TEST_P(run_on, answers_1_when_the_app_crashes_in_the_stop) {
    const auto app = []() -> task<> {
        trap_exit(true);
        request_stop();
        co_await receive<exit_message>();
        throw std::runtime_error{"cannot save"};
    };
    const outcome out = run_and_listen(app, GetParam());
    EXPECT_EQ(out.status, 1);
    expect_line(out, "cannot save");
}

/// Sends signal `number`, `signals` times, the second time after the stop has begun. Ignores the stop.
task<> defies(int number, int signals) {
    trap_exit(true);
    for (int i = 0; i < signals; ++i) {
        signal_this_program(number);
        if (i == 0) {
            co_await receive<exit_message>();
        }
    }
    for (;;) {
        co_await receive<exit_message>();
    }
}

TEST_P(run_on, is_forced_by_each_further_signal_and_returns) {
    for (const int number : {SIGINT, SIGTERM}) {
        for (const int signals : {2, 3, 10}) {
            const auto began = std::chrono::steady_clock::now();
            const outcome out = run_and_listen([=] { return defies(number, signals); }, GetParam());
            EXPECT_EQ(out.status, 128 + number);
            EXPECT_NE(out.said.find(" came again: killed the remaining processes"),
                      std::string::npos);
            EXPECT_LT(std::chrono::steady_clock::now() - began, 9s) << "the deadline is 10 s";
        }
    }
}

TEST_P(run_on, is_forced_past_a_handler_that_does_not_return) {
    const auto entered = std::make_shared<std::atomic<bool>>(false);
    const auto leave = std::make_shared<std::atomic<bool>>(false);
    const auto app = [entered, leave]() -> task<> {
        spawn([entered, leave] {
            *entered = true;
            while (!*leave) {
                std::this_thread::yield();
            }
        });
        while (!*entered) {
            co_await yield();
        }
        co_await defies(SIGTERM, 2);
    };
    const outcome out = run_and_listen(app, GetParam());
    EXPECT_EQ(out.status, 128 + SIGTERM);
    EXPECT_NE(out.said.find("its handler has not returned"), std::string::npos) << out.said;
    *leave = true;
}

TEST_P(run_on, is_forced_past_a_handler_of_reports_that_does_not_return) {
    const auto entered = std::make_shared<std::atomic<bool>>(false);
    const auto leave = std::make_shared<std::atomic<bool>>(false);
    runtime_options options = quiet_on(GetParam());
    options.level = report_level::error;
    options.on_report = [entered, leave](const report&) {
        *entered = true;
        while (!*leave) {
            std::this_thread::yield();
        }
    };
    const auto app = [entered]() -> task<> {
        spawn([] { throw std::runtime_error{"reported"}; });
        while (!*entered) {
            co_await yield();
        }
        co_await defies(SIGTERM, 2);
    };
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(run(app, options), 128 + SIGTERM);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 9s) << "the deadline is 10 s";
    *leave = true;
}

TEST_P(run_on, hears_a_signal_that_arrives_at_an_older_thread) {
    std::atomic<bool> over{false};
    std::atomic<bool> send{false};
    std::thread older{[&] {
        EXPECT_TRUE(eventually([&] { return send.load(); }));
        ::raise(SIGTERM);  // for the present thread alone
        EXPECT_TRUE(eventually([&] { return over.load(); }));
    }};
    const auto app = [&]() -> task<> {
        send = true;
        co_await receive<int>();
    };
    EXPECT_EQ(run(app, quiet_on(GetParam())), 0);
    over = true;
    older.join();
}

TEST(run, hears_a_signal_that_its_caller_blocks) {
    sigset_t wanted;
    sigset_t before;
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &wanted, &before);
    const auto app = []() -> task<> {
        signal_this_program(SIGTERM);
        co_await receive<int>();
    };
    EXPECT_EQ(run(app, quiet_on(1)), 0);
    sigset_t now;
    ::pthread_sigmask(SIG_SETMASK, &before, &now);
    EXPECT_EQ(::sigismember(&now, SIGTERM), 1);
}

TEST(run, in_several_threads_ends_in_all_at_one_signal) {
    std::atomic<int> running{0};
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] {
            const auto app = [&, i]() -> task<> {
                ++running;
                while (i == 0 && running < 3) {
                    co_await yield();
                }
                if (i == 0) {
                    signal_this_program(SIGTERM);
                }
                co_await receive<int>();
            };
            EXPECT_EQ(run(app, quiet_on(1)), 0);
            ++ended;
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_EQ(ended, 3);
}

void on_user_signal(int) {}

TEST(run, restores_signal_dispositions_and_keeps_ignored_signals_ignored) {
    struct sigaction users{};
    users.sa_handler = &on_user_signal;
    struct sigaction before_term{};
    struct sigaction before_int{};
    ::sigaction(SIGTERM, &users, &before_term);
    users.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &users, &before_int);

    const auto app = [] {
        struct sigaction now{};
        ::sigaction(SIGINT, nullptr, &now);
        EXPECT_EQ(now.sa_handler, SIG_IGN);
        ::sigaction(SIGTERM, nullptr, &now);
        EXPECT_NE(now.sa_handler, &on_user_signal);
    };
    EXPECT_EQ(run(app, quiet_on(1)), 0);

    struct sigaction now{};
    ::sigaction(SIGTERM, &before_term, &now);
    EXPECT_EQ(now.sa_handler, &on_user_signal);
    ::sigaction(SIGINT, &before_int, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
}

/// The signal masks as seen by a program started now.
std::string signals_of_a_program() {
    std::string out;
    FILE* const told = ::popen("grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status", "r");
    std::array<char, 256> line{};
    while (told != nullptr && std::fgets(line.data(), line.size(), told) != nullptr) {
        out += line.data();
    }
    return told != nullptr && ::pclose(told) == 0 ? out : "";
}

TEST_P(run_on, leaves_no_trace_in_the_signals_of_programs_that_are_started_meanwhile) {
    const std::string before = signals_of_a_program();
    std::string meanwhile;
    EXPECT_EQ(run([&] { meanwhile = signals_of_a_program(); }, quiet_on(GetParam())), 0);
    EXPECT_NE(before, "");
    EXPECT_EQ(meanwhile, before);
}

TEST_P(run_on, leaves_a_child_of_fork_to_die_of_a_signal) {
    if (test::under_tsan) {
        GTEST_SKIP() << "the sanitizer runs handlers later, and knows little of children of fork";
    }
    const auto app = [] {
        const pid_t child = ::fork();
        if (child == 0) {
            ::pause();  // no exec follows
            ::_exit(1);
        }
        ASSERT_GT(child, 0);
        ::kill(child, SIGTERM);
        int how = 0;
        ASSERT_EQ(::waitpid(child, &how, 0), child);
        EXPECT_TRUE(WIFSIGNALED(how));
        EXPECT_EQ(WTERMSIG(how), SIGTERM);
    };
    EXPECT_EQ(run(app, quiet_on(GetParam())), 0);
}

TEST(run, starts_and_stops_a_runtime_of_the_caller) {
    runtime world{quiet_on(2)};
    const pid other = world.spawn([]() -> task<> { co_await receive<int>(); });
    EXPECT_EQ(run(world, [] {}), 0);
    EXPECT_EQ(world.wait(other), reason::noproc);
    EXPECT_THROW(run(world, [] {}), stopped_error);
    runtime second{quiet_on(1)};
    second.start();
    EXPECT_EQ(run(second, [] { exit("enough"); }), 1);
}

TEST(run, ends_when_another_thread_stops_its_runtime) {
    runtime world{quiet_on(2)};
    std::thread stops;
    const auto app = [&]() -> task<> {
        stops = std::thread{[&] { world.stop(); }};
        co_await receive<int>();
    };
    EXPECT_EQ(run(world, app), 0);
    stops.join();
}

TEST(run_in_a_simulation, hears_signals_and_requests_and_ends_when_nothing_can_happen) {
    runtime_options simulated = quiet_on(0);
    simulated.clock = clock_kind::simulated;
    const auto ticks_for_ever = [](bool by_signal) -> task<> {
        trap_exit(true);
        by_signal ? signal_this_program(SIGTERM) : request_stop();
        for (;;) {
            auto asked = receive_for<exit_message>(1s);
            if (co_await asked) {
                co_return;
            }
        }
    };
    EXPECT_EQ(run([&] { return ticks_for_ever(true); }, simulated), 0);
    EXPECT_EQ(run([&] { return ticks_for_ever(false); }, simulated), 0);
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(run([]() -> task<> { co_await receive<int>(); }, simulated), 1);
    EXPECT_NE(::testing::internal::GetCapturedStderr().find("waits for ever: no event is left"),
              std::string::npos);
}

}  // namespace
}  // namespace coppice
