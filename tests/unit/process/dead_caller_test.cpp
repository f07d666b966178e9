// SPDX-License-Identifier: Apache-2.0
// A process killed inside its handler has no effect on the runtime or on other processes. The tests try each
// function that acts for its caller, see tests/support/deeds.hpp.

#include <gtest/gtest.h>

#include <atomic>

#include "support/deeds.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::deed;
using test::eventually;
using test::stage;

/// A list of deeds. One process does the deeds one by one, each when told to.
class script {
  public:
    explicit script(std::vector<deed> all) : deeds{std::move(all)} {}

    /// Runs in the process that does the deeds. An exception of a deed ends the
    /// process, and `done` stays behind.
    void play() {
        on_stage = true;
        for (std::size_t i = 0; i < deeds.size(); ++i) {
            while (told <= i) {
            }
            answered[i] = deeds[i].run(set);
            ++done;
        }
    }
    /// Runs in the watching process.
    task<> have_done(std::size_t number) {
        told = number + 1;
        while (done <= number) {
            co_await yield();
        }
    }

    const std::vector<deed> deeds;
    std::vector<std::atomic<bool>> answered = std::vector<std::atomic<bool>>(deeds.size());
    stage set;
    std::atomic<bool> on_stage{false};
    std::atomic<std::size_t> told{0};
    std::atomic<std::size_t> done{0};
};

task<stage> set_up() {
    stage out;
    out.bystander = spawn(test::stay);
    out.nameless = spawn(test::stay);
    register_name("bystander", out.bystander);
    out.armed = send_after(1h, out.bystander, 1);
    co_await sleep(1ns);
    co_return out;
}

runtime_options quick_to_notice() {
    runtime_options options = testing::sim_world::quiet();
    options.stuck_after = 2ms;
    return options;
}

/// `ghost` does every deed of the script after a kill.
task<> haunt(script& plot, pid ghost) {
    while (!plot.on_stage) {
        co_await yield();
    }
    monitor(ghost);
    exit(ghost, reason::kill);
    EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
    const std::string before = co_await test::look(plot.set);
    for (std::size_t i = 0; i < plot.deeds.size(); ++i) {
        co_await plot.have_done(i);
        const std::string after = co_await test::look(plot.set);
        EXPECT_EQ(before, after) << plot.deeds[i].name << ", number " << i;
        EXPECT_FALSE(plot.answered[i]) << plot.deeds[i].name << ", number " << i;
    }
    exit(plot.set.bystander, reason::kill);
    exit(plot.set.nameless, reason::kill);
}

TEST(a_process_that_was_killed_in_its_handler, has_no_effect_on_other_processes) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        script plot{test::deeds_of_a_process()};
        test::run_on_workers(
            workers,
            [&plot]() -> task<> {
                plot.set = co_await set_up();
                const pid ghost = spawn([&plot] { plot.play(); });
                co_await haunt(plot, ghost);
            },
            quick_to_notice());
    }
}

struct actor {
    struct play {
        script* plot;
    };
    void handle_cast(play m) { m.plot->play(); }
    void handle_info(timeout) { ADD_FAILURE() << "the dead heard of a timeout"; }
    void handle_continue(test::idler::nudge) { ADD_FAILURE() << "the dead went on"; }
    void terminate(const exit_reason&) { ADD_FAILURE() << "the dead terminated"; }
};

struct machine_actor {
    struct only {};
    void handle_cast(only, actor::play m) { m.plot->play(); }
    void handle_enter(only) { ++entered; }
    void terminate(const exit_reason&) { ADD_FAILURE() << "the dead terminated"; }
    state_functions<only> machine;
    int entered = 0;
};

}  // namespace

template <>
struct message_trait<actor::play> {
    static constexpr bool is_message = true;  // the test outlives the server
};

namespace {

TEST(a_server_that_was_killed_in_its_handler, has_no_effect_on_other_processes) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        script plot{test::deeds_of_a_server()};
        test::run_on_workers(
            workers,
            [&plot]() -> task<> {
                plot.set = co_await set_up();
                auto starting = start<actor>();
                const server<actor> ghost = (co_await starting).value();
                ghost.cast(actor::play{&plot});
                co_await haunt(plot, ghost.whereis());
            },
            quick_to_notice());
    }
}

TEST(a_machine_that_was_killed_in_its_callback, has_no_effect_on_other_processes) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        script plot{test::deeds_of_a_machine()};
        test::run_on_workers(
            workers,
            [&plot]() -> task<> {
                plot.set = co_await set_up();
                auto starting = start<machine_actor>();
                const server<machine_actor> ghost = (co_await starting).value();
                ghost.cast(actor::play{&plot});
                co_await haunt(plot, ghost.whereis());
            },
            quick_to_notice());
    }
}

/// Control: the checks above do see the deeds of a living process.
TEST(a_living_process, shows_the_effect_of_every_deed_that_the_tests_of_the_dead_compare) {
    for (const deed& each : test::deeds_of_a_process()) {
        SCOPED_TRACE(each.name);
        std::atomic<int> logged{0};
        runtime_options options;
        options.level = report_level::error;
        options.on_report = [&](const report&) { ++logged; };
        testing::sim_world world{1, options};
        world.run([&]() -> task<> {
            const stage set = co_await set_up();
            const std::string before = co_await test::look(set);
            const pid alive = spawn([&]() -> task<> {
                each.run(set);
                co_await test::stay();
            });
            co_await sleep(1ms);
            std::string after = co_await test::look(set);
            send(alive, test::go_home{});
            const std::string one_more =
                std::to_string(processes().size()) + " processes\n";  // one more: `alive`
            const std::string one_less = std::to_string(processes().size() - 1) + " processes\n";
            if (const auto at = after.find(one_more); at != std::string::npos) {
                after.replace(at, one_more.size(), one_less);
            }
            EXPECT_EQ(each.shows, after != before || logged > 0) << before << after;
        });
    }
}

TEST(a_process_that_was_killed_in_its_handler, does_not_take_a_name_from_its_successor) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        std::atomic<bool> holds{false};
        std::atomic<bool> goes_on{false};
        std::atomic<bool> is_done{false};
        test::run_on_workers(
            workers,
            [&]() -> task<> {
                const pid ghost = spawn([&] {
                    register_name("cache", self());
                    holds = true;
                    while (!goes_on) {
                    }
                    unregister_name("cache");
                    is_done = true;
                });
                while (!holds) {
                    co_await yield();
                }
                exit(ghost, reason::kill);
                co_await test::end_of(ghost);
                const pid successor = spawn(test::stay);
                register_name("cache", successor);
                goes_on = true;
                while (!is_done) {
                    co_await yield();
                }
                EXPECT_EQ(whereis("cache"), successor);
                send(successor, test::go_home{});
            },
            quick_to_notice());
    }
}

/// Makes every request that throws on failure.
struct asks_for_the_impossible {
    ~asks_for_the_impossible() {
        if (own.empty()) {
            return;
        }
        exit(self(), reason::kill);
        exit(self(), reason::normal);
        link(gone);
        unlink(gone);
        send("nobody at all", 1);
        register_name("taken", self());
        register_name("", self());
        unregister_name("nobody at all");
        stop_with("again");
        static_cast<void>(spawn(test::stay));
    }
    asks_for_the_impossible(std::string name, const pid& g) : own{std::move(name)}, gone{g} {}
    asks_for_the_impossible(asks_for_the_impossible&& other) noexcept
        : own{std::exchange(other.own, {})}, gone{other.gone} {}
    asks_for_the_impossible& operator=(asks_for_the_impossible&&) = delete;
    std::string own;
    pid gone;
};

struct hoarder {
    struct fail {};
    explicit hoarder(asks_for_the_impossible given) : kept{std::move(given)} {}
    void handle_cast(fail) { exit("failed"); }
    asks_for_the_impossible kept;
};

TEST(a_process_that_ends, lets_no_exception_out_of_its_destructors) {
    test::run_everywhere([]() -> task<> {
        const pid gone = spawn([] {});
        co_await test::end_of(gone);
        register_name("taken", self());
        for (const bool fails : {false, true}) {
            auto starting = start<hoarder>(asks_for_the_impossible{"mine", gone});
            const server<hoarder> dies = (co_await starting).value();
            const ref watching = monitor(dies.whereis());
            if (fails) {
                dies.cast(hoarder::fail{});
            } else {
                exit(dies.whereis(), reason::kill);
            }
            const down_message down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_EQ(down.why, fails ? exit_reason{"failed"} : reason::killed);
        }
        for (const pid& each : processes()) {
            send(each, test::go_home{});  // to processes spawned by the destructors
        }
        unregister_name("taken");
    });
}

TEST(a_process_that_unwinds_for_its_own_exit, may_call_exit_again_in_a_destructor) {
    struct asks_again {
        ~asks_again() { exit(self(), "again"); }
    };
    test::run_everywhere([]() -> task<> {
        const pid dies = spawn([]() -> task<> {
            const asks_again here;
            co_await receive<test::go_home>();
            exit(self(), "first");
        });
        const ref watching = monitor(dies);
        send(dies, test::go_home{});
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, exit_reason{"first"});
    });
}

}  // namespace
}  // namespace coppice
