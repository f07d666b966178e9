// SPDX-License-Identifier: Apache-2.0
// Local names: rules for holders, and when a name is free.

#include <atomic>

#include "support/looked_after.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::rest_of_mailbox;
using test::run_everywhere;

struct go {};
struct text {
    std::string is;
};

task<> waits() {
    co_await receive<go>();
}

TEST(names, refuse_the_same_process_twice_even_under_the_same_name) {
    run_everywhere([]() -> task<> {
        register_name("me", self());
        EXPECT_THROW(register_name("me", self()), badarg_error);
        EXPECT_THROW(register_name("other", self()), badarg_error);
        EXPECT_EQ(whereis("me"), self());
        EXPECT_FALSE(static_cast<bool>(whereis("other")));
        unregister_name("me");
        register_name("other", self());
        EXPECT_EQ(whereis("other"), self());
        EXPECT_EQ(registered(), std::vector<std::string>(1, "other"));
        unregister_name("other");
        co_return;
    });
}

TEST(names, are_refused_for_empty_foreign_and_unknown_pids) {
    pid elsewhere;
    testing::sim_world other_world;
    elsewhere = other_world.spawn(waits);
    test::run_simulated([elsewhere]() -> task<> {
        EXPECT_THROW(register_name("x", pid{}), badarg_error);
        EXPECT_THROW(register_name("x", elsewhere), badarg_error);
        const pid unknown{self().node(), 1'000'000, 1};
        EXPECT_THROW(register_name("x", unknown), badarg_error);
        EXPECT_TRUE(registered().empty());
        co_return;
    });
}

TEST(names, may_be_unregistered_by_any_process) {
    run_everywhere([]() -> task<> {
        register_name("me", self());
        const pid me = self();
        spawn([me] {
            unregister_name("me");
            send(me, go{});
        });
        co_await receive<go>();
        EXPECT_FALSE(static_cast<bool>(whereis("me")));
        EXPECT_THROW(unregister_name("me"), badarg_error);
    });
}

TEST(names, are_listed_in_order_and_stand_for_the_process_in_sends) {
    run_everywhere([]() -> task<> {
        const pid a = spawn(waits);
        register_name("b", a);
        register_name("a", self());
        const std::vector<std::string> both{"a", "b"};
        EXPECT_EQ(registered(), both);
        send("a", text{"hello"});
        EXPECT_EQ((co_await receive<text>()).is, "hello");
        EXPECT_THROW(send("nobody", text{"lost"}), badarg_error);
        send(pid{}, text{"lost"});
        unregister_name("a");
        exit(a, reason::kill);
        EXPECT_FALSE(co_await is_alive(a));
        send(a, text{"lost"});
        EXPECT_THROW(send("b", text{"lost"}), badarg_error);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(names, are_free_once_a_link_a_monitor_or_is_alive_shows_the_end) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const auto named = [] {
            const pid p = spawn_link(waits);
            register_name("worker", p);
            return p;
        };
        for (int i = 0; i < 50; ++i) {
            const pid linked = named();
            send(linked, go{});
            EXPECT_EQ((co_await receive<exit_message>()).from, linked);
            register_name("worker", self());
            unregister_name("worker");

            const pid monitored = named();
            exit(monitored, reason::kill);
            co_await end_of(monitored);
            register_name("worker", self());
            unregister_name("worker");
            co_await receive<exit_message>();

            const pid asked = named();
            exit(asked, reason::kill);
            EXPECT_FALSE(co_await is_alive(asked));
            register_name("worker", self());
            unregister_name("worker");
            co_await receive<exit_message>();
        }
    });
}

TEST(names, are_given_to_exactly_one_of_many_concurrent_registrations) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        for (int i = 0; i < 8; ++i) {
            spawn([me]() -> task<> {
                bool got = true;
                try {
                    register_name("contested", self());
                } catch (const badarg_error&) {
                    got = false;
                }
                send(me, got);
                co_await waits();
            });
        }
        int winners = 0;
        for (int i = 0; i < 8; ++i) {
            winners += co_await receive<bool>() ? 1 : 0;
        }
        EXPECT_EQ(winners, 1);
        exit(whereis("contested"), reason::kill);
    });
}

TEST(names, given_to_a_process_during_its_kill_never_stay) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 200; ++i) {
            const monitored_process p = spawn_monitor(waits);
            const pid victim = p.process;
            spawn([victim] { exit(victim, reason::kill); });
            try {
                register_name("brief", victim);
            } catch (const badarg_error&) {
            }
            co_await receive<down_message>();
            EXPECT_FALSE(static_cast<bool>(whereis("brief")));
            EXPECT_TRUE(registered().empty());
        }
    });
}

/// Ends as soon as released. Occupies a scheduler thread until then.
class mortal {
  public:
    mortal() : process_{spawn_monitor([this] { hold(); }).process} {}
    const pid& process() const { return process_; }
    /// Whether the process occupies its scheduler thread.
    bool holds() const { return holds_; }
    void let_go() { let_go_ = true; }

  private:
    void hold() {
        holds_ = true;
        while (!let_go_) {
        }
    }
    std::atomic<bool> holds_{false};
    std::atomic<bool> let_go_{false};
    pid process_;
};

TEST(names, given_to_a_process_while_it_ends_are_free_afterwards) {
    // The lookup of so long a name takes a while; the process ends meanwhile.
    const std::string name(std::size_t{1} << 20U, 'n');
    for (const unsigned workers : {2U, 4U}) {
        test::run_on_workers(
            workers,
            [&name]() -> task<> {
                for (int i = 0; i < 80; ++i) {
                    mortal brief;
                    while (!brief.holds()) {
                        co_await yield();
                    }
                    brief.let_go();
                    try {
                        register_name(name, brief.process());
                    } catch (const badarg_error&) {
                    }
                    EXPECT_EQ((co_await receive<down_message>()).process, brief.process());
                    EXPECT_EQ(whereis(name), pid{});
                    EXPECT_TRUE(registered().empty());
                }
            },
            test::undisturbed());
    }
}

}  // namespace
}  // namespace coppice
