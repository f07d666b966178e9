// SPDX-License-Identifier: Apache-2.0
// Children of a test, in every kind of runtime.

#include "coppice/testing/start_supervised.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using testing::assert_down;
using testing::assertion_failed;
using testing::start_supervised;
using testing::stop_supervised;
using testing::try_start_supervised;
using testing::try_stop_supervised;

struct stopped {
    std::string name;
};

/// Tells a process about its end.
struct tells_its_end {
    tells_its_end(std::string name, pid whom) : name_{std::move(name)}, whom_{whom} {
        coppice::trap_exit(true);
    }
    void terminate(const exit_reason&) { send(whom_, stopped{name_}); }

  private:
    std::string name_;
    pid whom_;
};

struct refuses_to_start {
    refuses_to_start() { throw std::runtime_error{"not today"}; }
};

TEST(start_supervised, restarts_a_child_by_its_spec) {
    test::run_everywhere([]() -> task<> {
        auto starting = start_supervised(child<tells_its_end>("a", self()).name("a"));
        const pid first = co_await starting;
        exit(first, reason::kill);
        auto restarted =
            testing::eventually([first] { return whereis("a") && whereis("a") != first; }, 30s);
        co_await restarted;
        auto temporary_one =
            start_supervised(child<tells_its_end>("b", self()).id("b").restart(temporary));
        const pid once = co_await temporary_one;
        exit(once, reason::kill);
        auto down = assert_down(once, 30s);
        co_await down;
        auto gone = try_stop_supervised("b");
        const auto result = co_await gone;
        EXPECT_EQ(result.error(), exit_reason{"not_found"});
    });
}

TEST(start_supervised, stops_the_children_at_the_end_of_the_test_newest_first) {
    test::run_everywhere([]() -> task<> {
        const pid me = self();
        const pid tested = spawn([me]() -> task<> {
            for (const char* name : {"a", "b", "c"}) {
                auto starting = start_supervised(child<tells_its_end>(name, me).id(name));
                co_await starting;
            }
        });
        auto down = assert_down(tested, 30s);
        co_await down;
        std::string order;
        for (int i = 0; i < 3; ++i) {
            auto waiting = testing::assert_receive<stopped>(30s);
            const stopped each = co_await waiting;
            order += each.name;
        }
        EXPECT_EQ(order, "cba");
    });
}

TEST(stop_supervised, stops_a_child_in_order_and_forgets_it) {
    test::run_everywhere([]() -> task<> {
        auto starting = start_supervised(child<tells_its_end>("a", self()));
        const pid first = co_await starting;
        auto stopping = stop_supervised("tells_its_end");
        co_await stopping;
        auto told = testing::assert_receive<stopped>(30s);
        co_await told;
        auto down = assert_down(first, reason::noproc, 30s);
        co_await down;
        auto again = start_supervised(child<tells_its_end>("a", self()));
        const pid second = co_await again;
        EXPECT_NE(first, second);
        auto last = stop_supervised("tells_its_end");
        co_await last;
    });
}

/// The text of a failed assertion, without the place.
template <class Body>
std::string failure_of(Body body) {
    std::string text;
    testing::sim_world world{1};
    world.run([&text, body]() -> task<> {
        try {
            auto running = body();
            co_await running;
        } catch (const assertion_failed& failed) {
            text = failed.what();
        }
    });
    const std::size_t at = text.find(": ");
    return at == std::string::npos ? text : text.substr(at + 2);
}

TEST(start_supervised, fails_with_the_reason_of_a_start_that_fails) {
    EXPECT_EQ(failure_of([]() -> task<> {
                  auto starting = start_supervised(child<refuses_to_start>());
                  co_await starting;
              }),
              "start_supervised: the child \"refuses_to_start\" does not start: "
              "{std::runtime_error,\"not today\"}");
    EXPECT_EQ(failure_of([]() -> task<> {
                  auto first = start_supervised(child<tells_its_end>("a", self()).id("x"));
                  co_await first;
                  auto second = try_start_supervised(child<tells_its_end>("b", self()).id("x"));
                  const child_result result = co_await second;
                  EXPECT_FALSE(result.ok());
                  EXPECT_TRUE(to_string(result.error()).starts_with("{already_started,"));
              }),
              "");
}

TEST(stop_supervised, fails_for_an_unknown_child) {
    EXPECT_EQ(failure_of([]() -> task<> {
                  auto stopping = stop_supervised("nobody");
                  co_await stopping;
              }),
              "stop_supervised: no child with the id \"nobody\": not_found");
}

TEST(test_supervisor, belongs_to_one_process) {
    test::run_everywhere([]() -> task<> {
        auto finding = testing::test_supervisor();
        const supervisor mine = co_await finding;
        auto once_more = testing::test_supervisor();
        const supervisor same = co_await once_more;
        EXPECT_EQ(mine.whereis(), same.whereis());
        const pid me = self();
        spawn([me]() -> task<> {
            auto starting = testing::test_supervisor();
            const supervisor other = co_await starting;
            send(me, other.whereis());
        });
        auto waiting = testing::assert_receive<pid>(30s);
        const pid other = co_await waiting;
        EXPECT_NE(other, mine.whereis());
    });
}

}  // namespace
}  // namespace coppice
