// SPDX-License-Identifier: Apache-2.0
// Children with a readiness after the end of init, and children with health checks.

#include "coppice/health_check.hpp"

#include <optional>

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

/// Ready `takes` after its init; never if negative.
struct warming_up {
    struct begin {};
    explicit warming_up(std::chrono::nanoseconds time) : takes{time} {
        continue_with(this, begin{});
    }
    warming_up(std::chrono::nanoseconds time, bool fails) : takes{time}, is_broken{fails} {
        continue_with(this, begin{});
    }
    task<> handle_continue(begin) {
        if (takes >= 0s) {
            co_await sleep(takes);
            if (is_broken) {
                exit("cold");
            }
            report_ready();
            report_ready();
        }
    }
    std::chrono::nanoseconds takes;
    bool is_broken = false;
};

child_spec warm(const std::string& id, std::chrono::nanoseconds takes,
                std::chrono::nanoseconds limit) {
    return child<warming_up>(takes).id(id).ready_within(limit);
}

TEST(a_child_that_is_ready_later, delays_the_starts_of_the_children_after_it) {
    run_simulated([]() -> task<> {
        const auto before = monotonic_time();
        const supervisor s = co_await started(children(warm("a", 2s, 5s), obedient("b")));
        EXPECT_GE(monotonic_time() - before, 2s);
        EXPECT_LT(monotonic_time() - before, 2s + 1ms);
        EXPECT_EQ(co_await shown(s), "b:alive a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_child_that_is_ready_in_time, starts_and_one_that_is_late_fails_with_timeout) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")));
        const child_spec in_time = warm("b", 1s - 1ms, 1s);
        EXPECT_TRUE((co_await s.start_child(in_time)).ok());
        const child_spec late = warm("c", 1s + 1ms, 1s);
        EXPECT_EQ((co_await s.start_child(late)).error(), reason::timeout);
        EXPECT_EQ(co_await shown(s), "b:alive a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_child_that_is_never_ready, is_killed_and_stops_the_start_of_the_supervisor) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const exit_reason why = co_await failure_of(children(warm("a", -1s, 1s)));
        EXPECT_EQ(to_string(why), "{shutdown,{failed_to_start_child,a,timeout}}");
    });
}

TEST(a_child_that_ends_before_it_is_ready, has_failed_to_start_with_its_reason) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")));
        const child_spec broken =
            child<warming_up>(std::chrono::nanoseconds{1s}, true).id("b").ready_within(5s);
        EXPECT_EQ((co_await s.start_child(broken)).error(), "cold");
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(report_ready, does_nothing_in_a_child_without_a_limit_and_outside_of_servers) {
    run_simulated([]() -> task<> {
        report_ready();
        const child_spec spec = child<warming_up>(std::chrono::nanoseconds{1s}).id("a");
        const auto before = monotonic_time();
        const supervisor s = co_await started(children(spec));
        EXPECT_LT(monotonic_time() - before, 1ms);
        co_await sleep(2s);
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_child_that_is_ready_later, handles_messages_before_and_restarts_as_slowly) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(warm("a", 2s, 5s)));
        const pid first = co_await child_of(s, "a");
        const auto before = monotonic_time();
        exit(first, "boom");
        co_await settle();
        EXPECT_EQ(co_await shown(s), "a:alive");  // answered after the restart
        EXPECT_GE(monotonic_time() - before, 2s);
        co_await stop(s.whereis());
    });
}

/// Answers nothing while it hangs.
struct hanging {
    struct hang {
        std::chrono::nanoseconds time;
    };
    task<> handle_cast(hang m) { co_await sleep(m.time); }
};

child_spec checked(int failures) {
    health_check how;
    how.every = 10s;
    how.timeout = 5s;
    how.failures = failures;
    return child<hanging>().id("a").health(how);
}

TEST(a_child_that_answers_health_checks, stays) {
    run_simulated([]() -> task<> {
        const child_spec spec = checked(1);
        const supervisor s = co_await started(children(spec));
        const pid first = co_await child_of(s, "a");
        co_await sleep(5min);
        EXPECT_EQ(co_await child_of(s, "a"), first);
        co_await stop(s.whereis());
    });
}

TEST(a_child_that_answers_no_more, is_restarted_after_the_missed_check) {
    run_simulated([]() -> task<> {
        const child_spec spec = checked(1);
        const supervisor s = co_await started(children(spec));
        const pid first = co_await child_of(s, "a");
        const hanging::hang for_long{1h};
        server<hanging>{first}.cast(for_long);
        co_await sleep(15s - 1ms);
        EXPECT_EQ(co_await child_of(s, "a"), first);
        co_await sleep(2ms);
        const pid second = co_await child_of(s, "a");
        EXPECT_NE(second, first);
        EXPECT_TRUE(static_cast<bool>(second));
        co_await stop(s.whereis());
    });
}

TEST(a_child_that_misses_fewer_checks_than_allowed, stays) {
    run_simulated([]() -> task<> {
        const child_spec spec = checked(2);
        const supervisor s = co_await started(children(spec));
        const pid first = co_await child_of(s, "a");
        const hanging::hang for_one_check{16s};
        server<hanging>{first}.cast(for_one_check);
        co_await sleep(5min);
        EXPECT_EQ(co_await child_of(s, "a"), first);
        co_await stop(s.whereis());
    });
}

TEST(a_missed_health_check, is_reported_before_the_kill) {
    const auto texts = reports_of<text_report>([]() -> task<> {
        const child_spec spec = checked(1);
        const supervisor s = co_await started(children(spec));
        const pid first = co_await child_of(s, "a");
        const hanging::hang for_long{1h};
        server<hanging>{first}.cast(for_long);
        co_await sleep(20s);
        co_await stop(s.whereis());
    });
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_NE(texts[0].text.find("has not answered 1 health check and is killed"),
              std::string::npos)
        << texts[0].text;
}

TEST(a_health_check, is_refused_with_the_name_of_the_wrong_field) {
    const auto refusal = [](auto change) {
        health_check how;
        change(how);
        const void_result checked = check_childspecs(children(obedient("a").health(how)));
        return checked ? "" : to_string(checked.error());
    };
    EXPECT_EQ(refusal([](health_check&) {}), "");
    EXPECT_EQ(refusal([](health_check& h) { h.every = 0s; }), "{invalid_health,every}");
    EXPECT_EQ(refusal([](health_check& h) { h.timeout = -1ns; }), "{invalid_health,timeout}");
    EXPECT_EQ(refusal([](health_check& h) { h.failures = 0; }), "{invalid_health,failures}");
    EXPECT_EQ(refusal([](health_check& h) { h.failures = 1; }), "");
}

TEST(a_limit_of_readiness, is_positive) {
    const auto refusal = [](std::chrono::nanoseconds limit) {
        const void_result checked = check_childspecs(children(obedient("a").ready_within(limit)));
        return checked ? "" : to_string(checked.error());
    };
    EXPECT_EQ(refusal(1ns), "");
    EXPECT_EQ(refusal(0ns), "{invalid_ready_within,0}");
    EXPECT_EQ(refusal(-1ms), "{invalid_ready_within,-1}");
}

TEST(a_child_with_readiness_and_health, comes_back_on_any_number_of_scheduler_threads) {
    run_everywhere([]() -> task<> {
        health_check how;
        how.every = 1ms;
        how.timeout = 10s;
        const child_spec spec = warm("a", 1ms, 30s).name("a").health(how);
        const supervisor s = co_await started(children(spec));
        const pid first = whereis("a");
        co_await sleep(5ms);
        exit(first, "boom");
        for (pid now = first; !now || now == first; now = whereis("a")) {
            co_await sleep(1ms);
        }
        co_await stop(s.whereis());
    });
}

}  // namespace
}  // namespace coppice
