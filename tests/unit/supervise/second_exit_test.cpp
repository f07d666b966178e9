// SPDX-License-Identifier: Apache-2.0
// A supervisor receives two exit messages of one child, or of two children in one process, and acts once.

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

using words = std::vector<std::string>;

/// Sends the supervisor an exit signal ahead of the real end, and then ends.
struct ends_twice {
    struct go {
        pid supervisor;
    };
    void handle_cast(go m) {
        exit(m.supervisor, "foretold");
        exit("boom");
    }
};

child_spec ending_twice(const script_ptr& plot) {
    const auto begin = [plot]() -> task<start_result<ends_twice>> {
        if (plot->take() == answer::leave) {
            exit("left");
        }
        auto starting = start_link<ends_twice>();
        co_return co_await starting;
    };
    return child_with_start("a", begin);
}

/// The second start fails, so the child waits for its restart when the second exit message comes.
words reports_of_two_ends(script_ptr plot, bool dynamic) {
    return brief(reports_of<supervisor_report>([&]() -> task<> {
        trap_exit(true);
        pid top;
        pid a;
        if (dynamic) {
            const dynamic_supervisor d = co_await started_dynamic({.max_restarts = 10});
            top = d.whereis();
            a = (co_await d.start_child(ending_twice(plot))).value();
        } else {
            const supervisor s =
                co_await started(children(ending_twice(plot)), {.max_restarts = 10});
            top = s.whereis();
            a = co_await child_of(s, "a");
        }
        server<ends_twice>{a}.cast(ends_twice::go{top});
        co_await settle();
        EXPECT_EQ(plot->starts, 3);
        co_await stop(top);
    }));
}

TEST(a_second_exit_message, of_a_child_that_waits_for_its_restart_does_nothing) {
    EXPECT_EQ(reports_of_two_ends(script_of(answer::ok, answer::leave), false),
              (words{"child_terminated a foretold", "start_error a {'EXIT',left}"}));
    EXPECT_EQ(reports_of_two_ends(script_of(answer::ok, answer::leave), true),
              (words{"child_terminated a foretold", "start_error a left"}));
}

TEST(a_second_exit_message, of_a_child_that_has_been_restarted_does_nothing) {
    const auto said = brief(reports_of<supervisor_report>([&]() -> task<> {
        const script_ptr plot = script_of();
        const supervisor s = co_await started(children(ending_twice(plot)));
        server<ends_twice>{co_await child_of(s, "a")}.cast(ends_twice::go{s.whereis()});
        co_await settle();
        EXPECT_EQ(plot->starts, 2);
        const tree_node tree = co_await snapshot(s.whereis());
        EXPECT_EQ(tree.restarts, 1);
        co_await stop(s.whereis());
    }));
    EXPECT_EQ(said, words{"child_terminated a foretold"});
}

/// While ending, sends one more exit signal to the supervisor, which is registered as "top".
struct ends_twice_when_stopped {
    ends_twice_when_stopped() { trap_exit(true); }
    void terminate(exit_reason) { exit(whereis("top"), "foretold"); }
};

TEST(a_second_exit_message, of_a_child_that_was_terminated_does_nothing) {
    run_simulated([]() -> task<> {
        const child_spec a = child<ends_twice_when_stopped>().id("a");
        const supervisor s = co_await started(children(a), {.name = "top"});
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        co_await settle();
        EXPECT_EQ(co_await shown(s), "a:undefined");
        co_await stop(s.whereis());
    });
}

/// A start function that answers with the process of another child.
child_spec given(std::string id, const std::shared_ptr<pid>& who, int* starts) {
    const auto begin = [who, starts]() -> task<start_result<kid>> {
        ++*starts;
        detail::start_outcome outcome;
        outcome.kind = detail::start_kind::ok;
        outcome.process = *who;
        co_return start_result<kid>{outcome};
    };
    return child_with_start(id, begin);
}

TEST(a_process, returned_by_a_second_start_belongs_to_the_second_child_alone) {
    run_simulated([]() -> task<> {
        const script_ptr plot = script_of();
        int given_starts = 0;
        const auto shared = std::make_shared<pid>();
        const supervisor s = co_await started(children(scripted("a", plot)));
        *shared = co_await child_of(s, "a");
        EXPECT_TRUE((co_await s.start_child(given("b", shared, &given_starts))).ok());
        EXPECT_EQ(plot->starts, 1);
        EXPECT_EQ(given_starts, 1);
        const pid first = *shared;
        *shared = spawn([]() -> task<> { co_await sleep(1h); });
        co_await end(first, "boom");
        EXPECT_EQ(given_starts, 2);
        EXPECT_EQ(plot->starts, 1) << "its end restarted the child that had it before";
        EXPECT_EQ(co_await child_of(s, "b"), *shared);
        const tree_node tree = co_await snapshot(s.whereis());
        EXPECT_EQ(tree.restarts, 1);
        exit(*shared, reason::kill);
        co_await stop(s.whereis());
    });
}

TEST(a_child, restarted_on_request_before_its_retry_counts_as_no_restart) {
    run_simulated([]() -> task<> {
        const script_ptr plot = script_of(answer::ok, answer::error);
        const supervisor s = co_await started(children(scripted("a", plot)));
        const pid a = co_await child_of(s, "a");
        plot->init_takes = 1ms;
        exit(a, "boom");
        co_await sleep(100us);  // the supervisor is in the start about to fail
        spawn([s]() -> task<> { EXPECT_TRUE((co_await s.terminate_child("a")).has_value()); });
        co_await sleep(100us);
        spawn([s]() -> task<> { EXPECT_TRUE((co_await s.restart_child("a")).ok()); });
        co_await sleep(5ms);
        EXPECT_EQ(plot->starts, 3);
        EXPECT_EQ(co_await shown(s), "a:alive");
        const tree_node tree = co_await snapshot(s.whereis());
        EXPECT_EQ(tree.restarts, 0);
        co_await stop(s.whereis());
    });
}

}  // namespace
}  // namespace coppice
