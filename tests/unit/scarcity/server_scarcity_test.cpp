// SPDX-License-Identifier: Apache-2.0
// Each allocation of each operation of servers fails once, and then several in a row.

#include <optional>

#include "support/scarce_memory.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

const std::string name = "a name that does not fit into a string itself";

struct counter {
    struct add {
        int by = 1;
    };
    struct get {};
    struct get_later {
        using reply = int;
    };
    struct arm {};
    struct go_on {};
    struct stop_now {};
    explicit counter(int first) : count{first}, text(100, 'x') {}
    void handle_cast(add m) { count += m.by; }
    int handle_call(get) const { return count; }
    task<> handle_call(get_later, reply_to<int> to) {
        co_await sleep(1ms);
        to(count);
    }
    void handle_call(arm) { timeout_after(1ms); }
    void handle_call(go_on) { continue_with(this, add{}); }
    int handle_call(stop_now) {
        stop_with(reason::shutdown);
        return count;
    }
    void handle_continue(add m) { count += m.by; }
    void handle_info(timeout) { ++count; }
    int count;
    std::string text;
};

task<> settle() {
    co_await sleep(1s);
}

enum class way { alone, linked, monitored, in_time };

task<bool> start_it(way how, std::string named_so) {
    switch (how) {
        case way::alone: {
            auto starting = start<counter>(named(named_so), 1);
            const auto started = co_await starting;
            co_return started.ok();
        }
        case way::monitored: {
            auto starting = start_monitor<counter>(named(named_so), 1);
            const auto started = co_await starting;
            co_return started.ok();
        }
        case way::in_time: {
            auto starting = start_link<counter>(named(named_so).within(500ms), 1);
            const auto started = co_await starting;
            co_return started.ok();
        }
        case way::linked:
            break;
    }
    auto starting = start_link<counter>(named(named_so), 1);
    const auto started = co_await starting;
    co_return started.ok();
}

task<> check_start(shortage& missing, way how) {
    trap_exit(true);
    bool started = false;
    auto starting = start_it(how, name);
    missing.begin();
    try {
        started = co_await starting;
    } catch (const std::bad_alloc&) {
    }
    missing.end();
    co_await settle();
    EXPECT_EQ(static_cast<bool>(whereis(name)), started);
    EXPECT_EQ(processes().size(), started ? 2U : 1U);
    const auto me = co_await process_info(self());
    const bool is_link = how == way::linked || how == way::in_time;
    EXPECT_EQ(me.at(0).links.size(), started && is_link ? 1U : 0U);
    EXPECT_EQ(me.at(0).monitors.size(), started && how == way::monitored ? 1U : 0U);
    if (started) {
        const server<counter> it{name};
        EXPECT_EQ(co_await it.call(counter::get{}), 1);
        exit(whereis(name), reason::kill);
    }
}

TEST(lack_of_memory, starts_a_server_or_reports_the_failure) {
    for (const way how : {way::alone, way::linked, way::monitored, way::in_time}) {
        with_each_allocation_failing([how](shortage& m) { return check_start(m, how); });
    }
}

/// Under a shortage a server has handled a request once or not at all, no caller waits, and no monitor is
/// left; or the server has crashed.
task<> check_call(shortage& missing, std::function<task<>(server<counter>)> asks, int least,
                  int most) {
    trap_exit(true);
    auto starting = start_link<counter>(1);
    const auto started = co_await starting;
    const server<counter> it{started.process()};
    auto asking = asks(it);
    missing.begin();
    try {
        co_await asking;
    } catch (const std::bad_alloc&) {
    }
    missing.end();
    co_await settle();
    const auto its = co_await process_info(started.process());
    if (!its.empty()) {
        EXPECT_TRUE(its[0].monitored_by.empty());
        const int count = co_await it.call(counter::get{});
        EXPECT_GE(count, missing.came() ? 1 : least);
        EXPECT_LE(count, most);
    } else {
        EXPECT_TRUE(missing.came() || least == 0);
        EXPECT_TRUE((co_await receive_for<exit_message>(1s)).has_value());
    }
    exit(started.process(), reason::kill);
}

TEST(lack_of_memory, answers_a_call_or_reports_the_failure) {
    with_each_allocation_failing([](shortage& m) {
        return check_call(
            m,
            [](server<counter> it) -> task<> {
                auto calling = it.try_call(counter::get{});
                static_cast<void>(co_await calling);
            },
            1, 1);
    });
    with_each_allocation_failing([](shortage& m) {
        return check_call(
            m,
            [](server<counter> it) -> task<> {
                auto calling = it.try_call(counter::get_later{}, 100ms);
                static_cast<void>(co_await calling);
            },
            1, 1);
    });
    with_each_allocation_failing([](shortage& m) {
        return check_call(
            m,
            [](server<counter> it) -> task<> {
                it.cast(counter::add{1});
                auto calling = it.try_call<counter::arm>();
                static_cast<void>(co_await calling);
                auto next = it.try_call(counter::go_on{});
                static_cast<void>(co_await next);
                co_await sleep(10ms);
            },
            3, 4);
    });
}

TEST(lack_of_memory, stops_a_server_or_leaves_the_server_usable) {
    with_each_allocation_failing([](shortage& m) {
        return check_call(m, [](server<counter> it) -> task<> { return stop(it.whereis()); }, 0, 1);
    });
    with_each_allocation_failing([](shortage& m) {
        return check_call(
            m,
            [](server<counter> it) -> task<> {
                auto calling = it.try_call(counter::stop_now{});
                static_cast<void>(co_await calling);
            },
            0, 1);
    });
}

TEST(lack_of_memory, fails_a_call_of_a_dead_server_with_an_exception) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        const pid dead = spawn([] {});
        co_await settle();
        const server<counter> gone{dead};
        bool told = false;
        missing.begin();
        try {
            auto calling = gone.try_call(counter::get{});
            const auto answer = co_await calling;
            told = !answer;
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        EXPECT_TRUE(told || missing.came());
        co_await settle();
    });
}

TEST(lack_of_memory, of_a_killed_caller_leaves_no_monitor_on_the_server) {
    with_each_allocation_failing([](shortage& missing) -> task<> {
        auto starting = start<counter>(1);
        const auto started = co_await starting;
        const server<counter> it{started.process()};
        const pid caller = spawn([it]() -> task<> {
            auto calling = it.call(counter::get_later{});
            co_await calling;
        });
        co_await yield();
        missing.begin();
        try {
            exit(caller, reason::kill);
            co_await sleep(1us);
        } catch (const std::bad_alloc&) {
        }
        missing.end();
        exit(caller, reason::kill);
        co_await settle();
        const auto its = co_await process_info(started.process());
        EXPECT_TRUE(its.empty() || its[0].monitored_by.empty());
        exit(started.process(), reason::kill);
    });
}

}  // namespace
}  // namespace coppice::test
