// SPDX-License-Identifier: Apache-2.0
// Each allocation of each operation of supervisors fails once, and then several in a row: no child is lost,
// whether the supervisor goes on or gives up.

#include <algorithm>
#include <functional>
#include <vector>

#include "coppice/tree.hpp"
#include "support/scarce_memory.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

struct worker {
    struct get {};
    explicit worker(int n) : number{n} {}
    int handle_call(get) const { return number; }
    int number;
};

task<> settle() {
    co_await sleep(10s);
}

child_spec one(const std::string& id, int number) {
    return child<worker>(number)
        .id("the child of the long id " + id)
        .name("named at length, " + id);
}

std::string id_of(const std::string& id) {
    return "the child of the long id " + id;
}

/// The running processes are exactly the known running children. Or the supervisor has ended
/// along with all of its children.
task<> check_tree(supervisor tree, bool has_to_live) {
    if (!detail::is_alive_now(tree.whereis())) {
        EXPECT_FALSE(has_to_live) << "the supervisor has ended";
        EXPECT_EQ(processes().size(), 1U);
        EXPECT_TRUE(registered().empty());
        co_return;
    }
    const auto listed = co_await tree.which_children();
    std::size_t running = 0;
    for (const child_info& each : listed) {
        EXPECT_NE(each.status, child_status::restarting) << each.id;
        if (each.status == child_status::running) {
            ++running;
            const bool lives = co_await is_alive(each.process);
            EXPECT_TRUE(lives) << each.id;
        }
    }
    EXPECT_EQ(processes().size(), 2 + running);
    EXPECT_EQ(registered().size(), running);
    const auto its = co_await process_info(tree.whereis());
    EXPECT_EQ(its.at(0).links.size(), 1 + running);
    EXPECT_TRUE(its.at(0).monitors.empty());
    EXPECT_TRUE(its.at(0).monitored_by.empty()) << "a caller still watches";
    const auto counts = co_await tree.count_children();
    EXPECT_EQ(counts.active, running);
    EXPECT_EQ(counts.specs, listed.size());
}

using operation = std::function<task<>(supervisor)>;

task<> exceed_restarts() {
    for (int ends = 0; ends <= supervisor_flags{}.max_restarts; ++ends) {
        exit(whereis("named at length, a"), reason::kill);
        co_await sleep(1ms);
    }
}

/// `calls`: the operation is a call. Only the call may fail; the supervisor has to live. `escalates`: the supervisor
/// gives up at the end, else the supervisor is shut down.
task<> check(shortage& missing, restart_strategy strategy, operation does, bool calls,
             bool escalates) {
    trap_exit(true);
    auto starting = supervisor::start_link(
        children(one("a", 1), one("b", 2), one("c", 3).restart(transient)), {.strategy = strategy});
    const auto started = co_await starting;
    const supervisor tree{started.process()};
    co_await settle();
    auto doing = does(tree);
    missing.begin();
    try {
        co_await doing;
    } catch (const std::bad_alloc&) {
    }
    missing.end();
    co_await settle();
    auto checking = check_tree(tree, calls);
    co_await checking;
    if (escalates) {
        auto exceeding = exceed_restarts();
        co_await exceeding;
    } else {
        exit(tree.whereis(), reason::shutdown);
    }
    co_await settle();
    EXPECT_EQ(processes().size(), 1U);
}

void each_fails(restart_strategy strategy, const operation& does, bool calls) {
    for (const bool escalates : {false, true}) {
        with_each_allocation_failing(
            [&](shortage& m) { return check(m, strategy, does, calls, escalates && calls); }, 4);
    }
}

TEST(lack_of_memory, loses_no_child_that_is_restarted) {
    for (const auto strategy : {restart_strategy::one_for_one, restart_strategy::one_for_all,
                                restart_strategy::rest_for_one}) {
        each_fails(
            strategy,
            [](supervisor) -> task<> {
                exit(whereis("named at length, b"), reason::kill);
                co_await sleep(1s);
            },
            false);
    }
}

/// A call under a shortage ends the calling process, hence a process for each call.
task<> in_a_caller(std::function<task<>()> asks) {
    const auto caller = spawn_monitor([asks]() -> task<> { return asks(); });
    co_await receive_for<down_message>(5s);
    static_cast<void>(caller);
}

TEST(lack_of_memory, fails_a_call_of_a_supervisor_and_nothing_else) {
    const auto one_for_one = restart_strategy::one_for_one;
    each_fails(
        one_for_one,
        [](supervisor tree) {
            return in_a_caller([tree]() -> task<> { co_await tree.start_child(one("d", 4)); });
        },
        true);
    each_fails(
        one_for_one,
        [](supervisor tree) {
            return in_a_caller([tree]() -> task<> { co_await tree.terminate_child(id_of("b")); });
        },
        true);
    each_fails(
        one_for_one,
        [](supervisor tree) {
            return in_a_caller([tree]() -> task<> {
                co_await tree.terminate_child(id_of("b"));
                co_await tree.restart_child(id_of("b"));
                co_await tree.terminate_child(id_of("b"));
                co_await tree.delete_child(id_of("b"));
            });
        },
        true);
    each_fails(
        one_for_one,
        [](supervisor tree) {
            return in_a_caller([tree]() -> task<> {
                static_cast<void>(co_await tree.which_children());
                static_cast<void>(co_await tree.count_children());
                static_cast<void>(co_await tree.get_childspec(id_of("a")));
            });
        },
        true);
    each_fails(
        one_for_one,
        [](supervisor tree) {
            return in_a_caller([tree]() -> task<> {
                const tree_node seen = co_await snapshot(tree.whereis(), 1s);
                EXPECT_FALSE(to_text(seen).empty());
                EXPECT_FALSE(to_json(seen).empty());
            });
        },
        true);
    each_fails(
        one_for_one,
        [](supervisor tree) {
            return in_a_caller([tree]() -> task<> {
                const std::vector<explanation> told = co_await explain(whereis("a"), "crash", 1s);
                EXPECT_FALSE(to_text(told).empty());
            });
        },
        true);
}

TEST(lack_of_memory, starts_a_whole_tree_or_no_process) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        trap_exit(true);
        bool started = false;
        pid who;
        auto specs = children(one("a", 1), one("b", 2));
        missing.begin();
        try {
            auto starting = supervisor::start_link(specs);
            const auto result = co_await starting;
            started = result.ok();
            who = result.process();
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        co_await settle();
        EXPECT_EQ(processes().size(), started ? 4U : 1U);
        EXPECT_EQ(registered().size(), started ? 2U : 0U);
        if (started) {
            exit(who, reason::shutdown);
        }
    });
}

TEST(lack_of_memory, leaves_no_process_of_a_tree_that_ends) {
    each_fails(
        restart_strategy::one_for_one,
        [](supervisor tree) -> task<> {
            exit(tree.whereis(), reason::shutdown);
            co_await sleep(1s);
        },
        false);
}

task<> check_dynamic(shortage& missing, std::function<task<>(dynamic_supervisor, pid)> does,
                     bool calls) {
    trap_exit(true);
    auto starting = dynamic_supervisor::start_link();
    const auto started = co_await starting;
    const dynamic_supervisor tree{started.process()};
    pid first;
    for (int i = 0; i < 3; ++i) {
        const auto child = co_await tree.start_child(coppice::child<worker>(i));
        first = child.process();
    }
    auto doing = does(tree, first);
    missing.begin();
    try {
        co_await doing;
    } catch (const std::bad_alloc&) {
    }
    missing.end();
    co_await settle();
    if (detail::is_alive_now(tree.whereis())) {
        const auto listed = co_await tree.which_children();
        for (const child_info& each : listed) {
            const bool lives =
                each.status == child_status::running && detail::is_alive_now(each.process);
            EXPECT_TRUE(lives);
        }
        EXPECT_EQ(processes().size(), 2 + listed.size());
        const auto counts = co_await tree.count_children();
        EXPECT_EQ(counts.active, listed.size());
    } else {
        EXPECT_FALSE(calls) << "the supervisor has ended";
        EXPECT_EQ(processes().size(), 1U);
    }
    exit(tree.whereis(), reason::shutdown);
    co_await settle();
    EXPECT_EQ(processes().size(), 1U);
}

TEST(lack_of_memory, loses_no_child_of_a_dynamic_supervisor) {
    with_each_allocation_failing([](shortage& m) {
        return check_dynamic(
            m,
            [](dynamic_supervisor tree, pid) {
                return in_a_caller(
                    [tree]() -> task<> { co_await tree.start_child(coppice::child<worker>(9)); });
            },
            true);
    });
    with_each_allocation_failing([](shortage& m) {
        return check_dynamic(
            m,
            [](dynamic_supervisor tree, pid who) {
                return in_a_caller([tree, who]() -> task<> {
                    co_await tree.terminate_child(who);
                    static_cast<void>(co_await tree.which_children());
                    static_cast<void>(co_await tree.count_children());
                });
            },
            true);
    });
    with_each_allocation_failing([](shortage& m) {
        return check_dynamic(
            m,
            [](dynamic_supervisor, pid who) -> task<> {
                exit(who, reason::kill);
                co_await sleep(1s);
            },
            false);
    });
}

}  // namespace
}  // namespace coppice::test
