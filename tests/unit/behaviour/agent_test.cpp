// SPDX-License-Identifier: Apache-2.0
// agent: Elixir's agent_test.exs, and what becomes of failing functions.

#include "coppice/agent.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coppice/sys.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::run_everywhere;
using counter = agent<int>;

int seven() {
    return 7;
}
int read(const int& n) {
    return n;
}
int next(int n) {
    return n + 1;
}
void fail(int&) {
    throw std::runtime_error{"no"};
}

/// Starts an agent with the state 7.
task<counter> started() {
    auto starting = counter::start(seven);
    const auto result = co_await starting;
    EXPECT_TRUE(result.ok());
    co_return result.value();
}

TEST(agent, runs_functions_on_its_state) {
    run_everywhere([]() -> task<> {
        const counter it = co_await started();
        auto reading = it.get(read);
        EXPECT_EQ(co_await reading, 7);
        co_await it.update(next);
        co_await it.update([](int& n) { n *= 2; });
        auto exchanging =
            it.get_and_update([](int n) { return std::pair{std::to_string(n), n + 1}; });
        EXPECT_EQ(co_await exchanging, "16");
        it.cast(next);
        it.cast([](int& n) { n += 100; });
        auto reading_again = it.get(read);
        EXPECT_EQ(co_await reading_again, 118);
        co_await it.stop();
        EXPECT_EQ(it.whereis(), it.where().who());
        auto ended = is_alive(it.whereis());
        EXPECT_FALSE(co_await ended);
    });
}

TEST(agent, runs_functions_in_its_process) {
    run_everywhere([]() -> task<> {
        const counter it = co_await started();
        auto asking = it.get([](const int&) { return self(); });
        EXPECT_EQ(co_await asking, it.whereis());
    });
}

TEST(agent, with_a_name_is_found_by_the_name) {
    run_everywhere([]() -> task<> {
        auto starting = counter::start_link(named("n"), seven);
        const auto result = co_await starting;
        EXPECT_TRUE(result.ok());
        const counter by_name{"n"};
        EXPECT_EQ(by_name.whereis(), result.process());
        auto reading = by_name.get(read);
        EXPECT_EQ(co_await reading, 7);
        auto again = counter::start(named("n"), seven);
        const auto refused = co_await again;
        EXPECT_FALSE(refused.ok());
    });
}

TEST(agent, whose_first_function_throws_does_not_start) {
    run_everywhere([]() -> task<> {
        const auto fails = []() -> int { throw std::runtime_error{"no state"}; };
        auto starting = counter::start(fails);
        const auto result = co_await starting;
        EXPECT_FALSE(result.ok());
        EXPECT_NE(to_string(result.error()).find("no state"), std::string::npos);
    });
}

TEST(agent, ends_with_a_function_that_throws_and_so_does_the_call) {
    run_everywhere([]() -> task<> {
        const counter it = co_await started();
        auto failing = it.try_update(fail);
        const auto answer = co_await failing;
        EXPECT_FALSE(answer.has_value());
        EXPECT_NE(to_string(answer.error()).find("gen_server"), std::string::npos);
        auto ended = is_alive(it.whereis());
        EXPECT_FALSE(co_await ended);
        const counter other = co_await started();
        const pid caller = spawn([other]() -> task<> { co_await other.update(fail); });
        const exit_reason why = co_await end_of(caller);
        EXPECT_FALSE(why == reason::normal);
    });
}

TEST(agent, runs_the_function_of_a_caller_that_has_given_up) {
    run_everywhere([]() -> task<> {
        const counter it = co_await started();
        co_await sys::suspend(it.whereis());
        auto waiting = it.try_update(next, 1ms);
        const auto answer = co_await waiting;
        EXPECT_FALSE(answer.has_value());
        co_await sys::resume(it.whereis());
        auto reading = it.get(read);
        EXPECT_EQ(co_await reading, 8);
    });
}

TEST(agent, that_has_ended_fails_calls_with_noproc_and_drops_casts) {
    run_everywhere([]() -> task<> {
        const counter nobody{"nobody"};
        nobody.cast(next);
        auto calling = nobody.try_get(read);
        const auto answer = co_await calling;
        EXPECT_FALSE(answer.has_value());
        EXPECT_NE(to_string(answer.error()).find("noproc"), std::string::npos);
    });
}

TEST(agent, keeps_a_state_that_cannot_be_copied) {
    using holder = agent<std::unique_ptr<int>>;
    run_everywhere([]() -> task<> {
        auto starting = holder::start([] { return std::make_unique<int>(1); });
        const auto result = co_await starting;
        const holder it = result.value();
        co_await it.update([](std::unique_ptr<int>& p) { ++*p; });
        auto taking = it.get_and_update([](std::unique_ptr<int> p) {
            const int old = *p;
            return std::pair{old, std::make_unique<int>(10 * old)};
        });
        EXPECT_EQ(co_await taking, 2);
        auto reading = it.get([](const std::unique_ptr<int>& p) { return *p; });
        EXPECT_EQ(co_await reading, 20);
    });
}

TEST(agent, shows_its_state_to_sys) {
    run_everywhere([]() -> task<> {
        const counter it = co_await started();
        auto looking = sys::get_state(it.as_server());
        EXPECT_EQ(co_await looking, 7);
    });
}

TEST(agent, is_a_permanent_worker_that_restarts_with_its_first_state) {
    const child_spec spec = child<counter>(seven);
    EXPECT_EQ(spec.id(), "agent");
    EXPECT_EQ(spec.restart(), restart_type::permanent);
    EXPECT_EQ(spec.type(), child_type::worker);
    run_everywhere([]() -> task<> {
        auto starting = supervisor::start_link(children(child<counter>(seven).name("n")));
        co_await starting;
        const counter it{"n"};
        co_await it.update(next);
        const pid first = it.whereis();
        exit(first, reason::kill);
        co_await end_of(first);
        while (!it.whereis()) {
            co_await sleep(1ms);
        }
        auto reading = it.get(read);
        EXPECT_EQ(co_await reading, 7);
    });
}

}  // namespace
}  // namespace coppice
