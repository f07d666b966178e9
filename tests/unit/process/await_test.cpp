// SPDX-License-Identifier: Apache-2.0
// Awaitable objects, the number of awaits allowed, and empty tasks.

#include <stdexcept>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::run_everywhere;

struct tick {
    int number = 0;
};
struct get {};
struct put {};
struct set {};

task<int> one() {
    co_return 1;
}

/// The text of the exception thrown by an await, or "nothing".
template <class Awaited>
task<std::string> thrown_by(Awaited& awaited) {
    try {
        co_await awaited;
    } catch (const std::logic_error& e) {
        co_return e.what();
    }
    co_return "nothing";
}

struct answering {
    int handle_call(get) { return 1; }
};

TEST(a_task, is_awaited_once) {
    run_everywhere([]() -> task<> {
        auto t = one();
        EXPECT_TRUE(static_cast<bool>(t));
        EXPECT_EQ(co_await t, 1);
        EXPECT_FALSE(static_cast<bool>(t));
        EXPECT_TRUE((co_await thrown_by(t)).starts_with("co_await of an empty task"));
    });
}

TEST(a_task, without_a_coroutine_throws_when_awaited) {
    run_everywhere([]() -> task<> {
        task<int> empty;
        EXPECT_NE(co_await thrown_by(empty), "nothing");
        auto from = one();
        auto to = std::move(from);
        EXPECT_NE(co_await thrown_by(from), "nothing");
        EXPECT_EQ(co_await to, 1);
    });
}

TEST(a_task, is_unchanged_by_a_move_to_itself) {
    run_everywhere([]() -> task<> {
        auto t = one();
        auto& same = t;
        t = std::move(same);
        EXPECT_EQ(co_await t, 1);
    });
}

TEST(a_task, that_is_move_assigned_takes_over_the_other_coroutine) {
    run_everywhere([]() -> task<> {
        auto first = one();
        auto second = one();
        first = std::move(second);
        EXPECT_NE(co_await thrown_by(second), "nothing");
        EXPECT_EQ(co_await first, 1);
    });
}

TEST(a_task, that_is_move_assigned_destroys_its_own_coroutine) {
    run_everywhere([]() -> task<> {
        const auto value_of = [](std::shared_ptr<int> p) -> task<int> { co_return *p; };
        auto dropped = std::make_shared<int>(1);
        auto kept = std::make_shared<int>(2);
        auto first = value_of(dropped);
        auto second = value_of(kept);
        EXPECT_EQ(dropped.use_count(), 2);
        first = std::move(second);
        EXPECT_EQ(dropped.use_count(), 1);
        const int value = co_await first;
        EXPECT_EQ(value, 2);
    });
}

TEST(a_task, releases_its_arguments_after_the_await) {
    run_everywhere([]() -> task<> {
        auto kept = std::make_shared<int>(1);
        auto t = [](std::shared_ptr<int> p) -> task<int> { co_return *p; }(kept);
        EXPECT_EQ(kept.use_count(), 2);
        EXPECT_EQ(co_await t, 1);
        EXPECT_EQ(kept.use_count(), 1);
    });
}

TEST(a_call, is_awaited_once) {
    run_everywhere([]() -> task<> {
        auto starting = start<answering>();
        const auto s = (co_await starting).value();
        EXPECT_NE(co_await thrown_by(starting), "nothing");
        auto calling = s.call(get{});
        EXPECT_EQ(co_await calling, 1);
        EXPECT_NE(co_await thrown_by(calling), "nothing");
        auto trying = s.try_call(get{});
        EXPECT_EQ(co_await trying, 1);
        EXPECT_NE(co_await thrown_by(trying), "nothing");
        auto stopping = stop(s);
        co_await stopping;
        EXPECT_NE(co_await thrown_by(stopping), "nothing");
        auto asking = is_alive(s.whereis());
        EXPECT_FALSE(co_await asking);
        EXPECT_NE(co_await thrown_by(asking), "nothing");
    });
}

task<int> begins_with_a_condition() {
    if (co_await one() == 1) {
        co_return 7;
    }
    co_return 8;
}
task<int> has_a_variable_in_its_condition() {
    if (const int i = co_await one(); i == 1) {
        co_return 7;
    }
    co_return 8;
}

/// g++ before 13 lays out the frame of such a task wrongly.
TEST(a_task, that_begins_with_a_condition_runs_or_is_refused_when_it_is_called) {
    run_everywhere([]() -> task<> {
        if constexpr (detail::is_old_gcc) {
            std::string refused;
            try {
                auto never = begins_with_a_condition();
            } catch (const std::logic_error& e) {
                refused = e.what();
            }
            EXPECT_NE(refused.find("give the value a name before the condition"),
                      std::string::npos);
        } else {
            EXPECT_EQ(co_await begins_with_a_condition(), 7);
        }
        EXPECT_EQ(co_await has_a_variable_in_its_condition(), 7);
    });
}

TEST(a_receive, may_be_awaited_again_and_waits_again) {
    run_everywhere([]() -> task<> {
        auto next = receive_for<tick>(20ms);
        send(self(), tick{1});
        EXPECT_EQ((co_await next).value().number, 1);
        EXPECT_FALSE((co_await next).has_value());
        send(self(), tick{2});
        EXPECT_EQ((co_await next).value().number, 2);
        EXPECT_FALSE((co_await next).has_value());
    });
}

TEST(a_sleep, may_be_awaited_again_and_lasts_as_long_again) {
    run_everywhere([]() -> task<> {
        auto nap = sleep(2ms);
        auto turn = yield();
        const auto begun = monotonic_time();
        co_await nap;
        co_await turn;
        co_await nap;
        co_await turn;
        EXPECT_GE(monotonic_time() - begun, 4ms);
    });
}

TEST(a_process, whose_function_gives_an_empty_task_crashes) {
    run_everywhere([]() -> task<> {
        const pid p = spawn([] { return task<>{}; });
        const exit_reason why = co_await end_of(p);
        EXPECT_TRUE(why == reason::noproc || why.as_error() != nullptr) << why;
    });
}

struct forgetful {
    task<> handle_cast(put) { return task<>{}; }
    task<int> handle_call(get) { return task<int>{}; }
    task<> handle_info(set) { return task<>{}; }
};

TEST(a_server, whose_handler_gives_an_empty_task_crashes) {
    run_everywhere([]() -> task<> {
        for (int which = 0; which < 3; ++which) {
            auto starting = start<forgetful>();
            const auto s = (co_await starting).value();
            const ref watching = monitor(s.whereis());
            if (which == 0) {
                s.cast(put{});
            } else if (which == 1) {
                auto trying = s.try_call(get{});
                const auto answer = co_await trying;
                EXPECT_FALSE(answer.has_value());
            } else {
                s.info(set{});
            }
            const auto down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_NE(down.why.as_error(), nullptr) << down.why;
        }
    });
}

}  // namespace
}  // namespace coppice
