// SPDX-License-Identifier: Apache-2.0
// Handlers that do not return: no other process waits for a stuck handler, and a kill ends the process.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/kids.hpp"
#include "support/stuck_world.hpp"
#include "support/tasks.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::patience;
using test::trap;

struct stuck_handler : test::stuck_world {};

struct go_astray {};
struct ask {
    using reply = int;
};

/// Shared by all strayers of a test.
struct strays {
    explicit strays(trap& s) : snare{s} {}
    trap& snare;
    mutable std::atomic<int> born{0};
    mutable std::atomic<int> destroyed{0};
};
using strays_ptr = std::shared_ptr<const strays>;

/// Gets stuck on command. Answers a call with a serial number.
class strayer {
  public:
    explicit strayer(strays_ptr all) : all_{std::move(all)}, number_{++all_->born} {}
    strayer(const strayer&) = delete;
    strayer& operator=(const strayer&) = delete;
    ~strayer() { ++all_->destroyed; }
    void handle_cast(go_astray) { all_->snare.hold(); }
    int handle_call(ask) const { return number_; }

  private:
    strays_ptr all_;
    int number_;
};

child_spec stray(const std::string& name, const strays_ptr& all) {
    const auto begin = [name, all] { return start_link<strayer>(start_options{name}, all); };
    return child_with_start(name, begin);
}

/// The pid of a strayer, once the handler occupies a scheduler thread.
task<pid> one_gone_astray(const strays_ptr& all) {
    auto starting = start<strayer>(all);
    const server<strayer> lost = (co_await starting).value();
    lost.cast(go_astray{});
    while (all->snare.caught == 0) {
        co_await yield();
    }
    co_return lost.whereis();
}

task<bool> is_waiting(pid who) {
    const auto information = co_await process_info(who);
    co_return !information.empty() && information[0].status == process_status::waiting;
}

INSTANTIATE_TEST_SUITE_P(on, stuck_handler, ::testing::Values(1U, 2U, 4U));

TEST_P(stuck_handler, does_not_delay_other_processes) {
    runtime& world = start();
    for (unsigned i = 0; i < GetParam(); ++i) {
        world.spawn([this] { snare.hold(); });
    }
    ASSERT_TRUE(eventually([&] { return snare.caught == static_cast<int>(GetParam()); }));
    EXPECT_EQ(run([]() -> task<> {
                  const pid echo = spawn([]() -> task<> {
                      const auto from = co_await receive<pid>();
                      send(from, 42);
                  });
                  send(echo, self());
                  EXPECT_EQ(co_await receive<int>(), 42);
                  send_after(1ns, self(), 43);
                  EXPECT_EQ(co_await receive<int>(), 43);
              }),
              reason::normal);
    EXPECT_EQ(snare.released, 0);
}

TEST_P(stuck_handler, is_reported_once_with_its_process_its_message_and_its_stack) {
    start();
    const auto kind = std::make_shared<const strays>(snare);
    pid stuck;
    EXPECT_EQ(run([&]() -> task<> {
                  const start_options named{"stray"};
                  auto starting = coppice::start<strayer>(named, kind);
                  const auto started = co_await starting;
                  stuck = started.value().whereis();
                  started.value().cast(go_astray{});
              }),
              reason::normal);
    ASSERT_TRUE(eventually([&] { return !stuck_reports().empty(); }));
    const auto reports = stuck_reports();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].stuck.process, stuck);
    EXPECT_EQ(reports[0].stuck.registered_name, "stray");
    EXPECT_NE(reports[0].stuck.initial_call.find("strayer"), std::string::npos);
    EXPECT_NE(reports[0].stuck.message.find("go_astray"), std::string::npos);
    EXPECT_GE(reports[0].stuck.running_for, 100ms);
    EXPECT_FALSE(reports[0].returned);
    const std::vector<std::string> lines = symbolised_stack(reports[0]);
    EXPECT_TRUE(std::ranges::any_of(lines, [](const std::string& line) {
        return line.find("on_message") != std::string::npos;
    })) << ::testing::PrintToString(lines);
    snare.open = true;
    ASSERT_TRUE(eventually([&] { return stuck_reports().size() == 2; }));
    EXPECT_TRUE(stuck_reports()[1].returned);
    EXPECT_EQ(stuck_reports()[1].stuck.process, stuck);
}

TEST_P(stuck_handler, is_listed_until_it_returns) {
    runtime& world = start();
    const pid stuck = world.spawn([this] { snare.hold(); });
    ASSERT_TRUE(eventually([&] { return world.stuck_processes().size() == 1; }));
    EXPECT_EQ(world.stuck_processes()[0].process, stuck);
    EXPECT_FALSE(world.stuck_processes()[0].has_ended);
    world.exit(stuck, reason::kill);
    EXPECT_TRUE(world.wait(stuck, patience).has_value());
    ASSERT_EQ(world.stuck_processes().size(), 1U);
    EXPECT_TRUE(world.stuck_processes()[0].has_ended);
    EXPECT_TRUE(eventually([&] { return world.process_count() == 0; }));
    world.spawn([this] { snare.hold(); });  // once listed, the sentinel has looked at all
    ASSERT_TRUE(eventually([&] { return world.stuck_processes().size() == 2; }));
    EXPECT_EQ(world.process_count(), 1U);
    snare.open = true;
    EXPECT_TRUE(eventually([&] { return world.stuck_processes().empty(); }));
}

TEST_P(stuck_handler, when_killed_is_dead_to_all_other_processes_at_once) {
    start();
    EXPECT_EQ(run([this]() -> task<> {
                  trap_exit(true);
                  const pid stuck = spawn_link([this] { snare.hold(); });
                  register_name("stuck", stuck);
                  const ref watching = monitor(stuck);
                  while (snare.caught == 0) {
                      co_await yield();
                  }
                  exit(stuck, reason::kill);
                  const auto down = co_await receive<down_message>();
                  EXPECT_EQ(down.monitor, watching);
                  EXPECT_EQ(down.why, reason::killed);
                  EXPECT_EQ((co_await receive<exit_message>()).why, reason::killed);
                  EXPECT_EQ(whereis("stuck"), pid{});
                  EXPECT_FALSE(co_await is_alive(stuck));
                  register_name("stuck", self());
                  monitor(stuck);
                  EXPECT_EQ((co_await receive<down_message>()).why, reason::noproc);
              }),
              reason::normal);
    EXPECT_EQ(snare.released, 0);
}

TEST_P(stuck_handler, is_ended_by_fatal_exit_signals_only) {
    start();
    EXPECT_EQ(run([this]() -> task<> {
                  const pid obedient = spawn([this] { snare.hold(); });
                  const pid deaf = spawn([this] {
                      trap_exit(true);
                      snare.hold();
                  });
                  while (snare.caught < 2) {
                      co_await yield();
                  }
                  monitor(obedient);
                  const ref other = monitor(deaf);
                  exit(deaf, reason::shutdown);
                  exit(obedient, reason::normal);
                  exit(obedient, reason::shutdown);
                  EXPECT_EQ((co_await receive<down_message>()).why, reason::shutdown);
                  EXPECT_TRUE(demonitor(other));
              }),
              reason::normal);
}

TEST_P(stuck_handler, receives_all_messages_of_the_meantime_after_returning) {
    runtime* const world = &start();
    EXPECT_EQ(run([this, world]() -> task<> {
                  const pid me = self();
                  const pid stuck = spawn([this, me]() -> task<> {
                      trap_exit(true);
                      snare.hold();
                      EXPECT_EQ(co_await receive<int>(), 1);
                      EXPECT_EQ(co_await receive<int>(), 2);
                      EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
                      EXPECT_EQ(co_await receive<int>(), 3);
                      send(me, std::string{"all there"});
                  });
                  send(stuck, 1);
                  while (snare.caught == 0) {
                      co_await yield();
                  }
                  send(stuck, 2);
                  exit(stuck, reason::shutdown);
                  while (world->stuck_processes().empty()) {
                      co_await yield();
                  }
                  send(stuck, 3);
                  snare.open = true;
                  EXPECT_EQ(co_await receive<std::string>(), "all there");
              }),
              reason::normal);
}

/// A stuck process with a backlog large enough to make each sender wait for the receiver's next turn.
task<pid> one_overwhelmed(trap& snare) {
    const pid stuck = spawn([&snare]() -> task<> {
        co_await receive<go_astray>();
        snare.hold();
    });
    for (int i = 0; i < 100; ++i) {
        send(stuck, i);
    }
    send(stuck, go_astray{});
    while (snare.caught == 0) {
        co_await yield();
    }
    co_return stuck;
}

/// Spawns a process with far more sends than one turn allows.
void spawn_sender(pid to) {
    spawn_monitor([to]() -> task<> {
        for (int i = 0; i < 5000; ++i) {
            send(to, i);
            co_await yield_if_due();
        }
    });
}

TEST_P(stuck_handler, does_not_delay_senders_to_its_backlogged_mailbox) {
    start();
    EXPECT_EQ(run([this]() -> task<> {
                  const pid stuck = co_await one_overwhelmed(snare);
                  for (int i = 0; i < 3; ++i) {
                      spawn_sender(stuck);
                  }
                  for (int i = 0; i < 3; ++i) {
                      EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
                  }
              }),
              reason::normal);
    EXPECT_EQ(snare.released, 0);
}

TEST_P(stuck_handler, does_not_delay_senders_when_killed) {
    start();
    EXPECT_EQ(run([this]() -> task<> {
                  const pid stuck = co_await one_overwhelmed(snare);
                  monitor(stuck);
                  spawn_sender(stuck);
                  exit(stuck, reason::kill);
                  spawn_sender(stuck);
                  std::vector<exit_reason> ends;
                  for (int i = 0; i < 3; ++i) {
                      ends.push_back((co_await receive<down_message>()).why);
                  }
                  EXPECT_EQ(std::ranges::count(ends, reason::killed), 1);
                  EXPECT_EQ(std::ranges::count(ends, reason::normal), 2);
              }),
              reason::normal);
    EXPECT_EQ(snare.released, 0);
}

TEST_P(stuck_handler, is_restarted_by_its_supervisor_when_killed) {
    start();
    const auto kind = std::make_shared<const strays>(snare);
    EXPECT_EQ(run([&]() -> task<> {
                  const supervisor s = co_await test::started(children(stray("stray", kind)));
                  const server<strayer> named{"stray"};
                  const pid first = whereis("stray");
                  EXPECT_EQ(co_await named.call(ask{}), 1);
                  named.cast(go_astray{});
                  while (snare.caught == 0) {
                      co_await yield();
                  }
                  monitor(first);
                  exit(first, reason::kill);
                  EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
                  while (!whereis("stray")) {
                      co_await yield();
                  }
                  EXPECT_EQ(co_await named.call(ask{}), 2);
              }),
              reason::normal);
    EXPECT_EQ(snare.released, 0);
}

TEST_P(stuck_handler, fails_pending_calls_when_killed) {
    start();
    const auto kind = std::make_shared<const strays>(snare);
    EXPECT_EQ(run([&]() -> task<> {
                  const pid victim = co_await one_gone_astray(kind);
                  const pid caller = self();
                  spawn([victim, caller]() -> task<> {
                      while (!co_await is_waiting(caller)) {
                          co_await yield();
                      }
                      exit(victim, reason::kill);
                  });
                  auto calling = server<strayer>{victim}.try_call(ask{}, patience);
                  const auto answer = co_await calling;
                  EXPECT_FALSE(answer.has_value());
                  EXPECT_NE(to_string(answer.error()).find("killed"), std::string::npos);
              }),
              reason::normal);
}

TEST_P(stuck_handler, five_under_one_for_all_are_restarted) {
    start();
    const auto kind = std::make_shared<const strays>(snare);
    EXPECT_EQ(run([&]() -> task<> {
                  std::vector<child_spec> specs;
                  for (const char* name : {"a", "b", "c", "d", "e"}) {
                      specs.push_back(stray(name, kind).shutdown(brutal_kill));
                  }
                  const supervisor s = co_await test::started(
                      children(std::move(specs)), {.strategy = restart_strategy::one_for_all});
                  for (const char* name : {"a", "b", "c", "d", "e"}) {
                      server<strayer>{name}.cast(go_astray{});
                  }
                  while (snare.caught < 5) {
                      co_await yield();
                  }
                  const pid first = whereis("a");
                  exit(first, reason::kill);
                  while (kind->born < 10) {
                      co_await yield();
                  }
                  for (const char* name : {"a", "b", "c", "d", "e"}) {
                      while (!whereis(name)) {
                          co_await yield();
                      }
                      EXPECT_GT(co_await server<strayer>{name}.call(ask{}), 5);
                  }
                  EXPECT_EQ(test::shown(co_await s.count_children()), "5 5 0 5");
              }),
              reason::normal);
    EXPECT_EQ(snare.released, 0);
}

TEST_P(stuck_handler, keeps_its_state_until_it_returns) {
    start();
    const auto kind = std::make_shared<const strays>(snare);
    EXPECT_EQ(run([&]() -> task<> {
                  const pid victim = co_await one_gone_astray(kind);
                  monitor(victim);
                  exit(victim, reason::kill);
                  EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
              }),
              reason::normal);
    EXPECT_EQ(kind->destroyed, 0);
    snare.open = true;
    EXPECT_TRUE(eventually([&] { return kind->destroyed == 1; }));
}

TEST_P(stuck_handler, has_no_further_effect_on_others_once_killed) {
    start();
    std::atomic<bool> is_done{false};
    std::atomic<bool> resumed{false};
    EXPECT_EQ(run([&]() -> task<> {
                  const pid me = self();
                  register_name("asker", me);
                  const pid stuck = spawn([&, me]() -> task<> {
                      snare.hold();
                      send(me, 1);
                      EXPECT_FALSE(send_after(1ns, me, 3));
                      EXPECT_FALSE(send_after(1ns, "asker", 4));
                      exit(me, reason::kill);
                      link(me);
                      monitor(me);
                      EXPECT_EQ(self().node(), me.node());
                      EXPECT_EQ(spawn([me] { send(me, 2); }), pid{});
                      is_done = true;
                      co_await yield();
                      resumed = true;
                  });
                  while (snare.caught == 0) {
                      co_await yield();
                  }
                  monitor(stuck);
                  exit(stuck, reason::kill);
                  EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
                  snare.open = true;
                  while (!is_done) {
                      co_await yield();
                  }
                  auto nothing = receive_for<int>(20ms);
                  EXPECT_EQ(co_await nothing, std::nullopt);
                  const auto information = co_await process_info(me);
                  EXPECT_TRUE(information[0].links.empty());
                  EXPECT_EQ(information[0].monitored_by.size(), 1U);  // the thread in `run`
              }),
              reason::normal);
    EXPECT_FALSE(resumed);
}

TEST_P(stuck_handler, when_killed_destroys_its_messages_on_return) {
    start();
    EXPECT_EQ(run([this]() -> task<> {
                  const auto held = std::make_shared<const int>(7);
                  const pid stuck = spawn([this] { snare.hold(); });
                  while (snare.caught == 0) {
                      co_await yield();
                  }
                  send(stuck, held);
                  monitor(stuck);
                  exit(stuck, reason::kill);
                  send(stuck, held);
                  EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
                  snare.open = true;
                  while (held.use_count() > 1) {
                      co_await yield();
                  }
              }),
              reason::normal);
}

TEST_P(stuck_handler, beyond_the_spares_is_reported_and_still_killed) {
    runtime& world = start(1);
    const unsigned lost = GetParam() + 1;
    std::vector<pid> all;
    for (unsigned i = 0; i < lost; ++i) {
        all.push_back(world.spawn([this] { snare.hold(); }));
    }
    ASSERT_TRUE(eventually([&] { return world.stuck_processes().size() == lost; }));
    ASSERT_TRUE(eventually([&] { return !texts().empty(); }));
    EXPECT_NE(texts()[0].find("all 1 spare scheduler threads"), std::string::npos) << texts()[0];
    for (const pid& each : all) {
        world.exit(each, reason::kill);
        EXPECT_TRUE(world.wait(each, patience).has_value());
    }
    snare.open = true;
    ASSERT_TRUE(eventually([&] { return world.stuck_processes().empty(); }));
    EXPECT_EQ(run([]() -> task<> { co_await yield(); }), reason::normal);
}

TEST_P(stuck_handler, that_returned_and_ended_is_listed_no_longer) {
    runtime& world = start();
    for (int round = 0; round < 20; ++round) {
        snare.open = false;
        const pid stuck = world.spawn([this] { snare.hold(); });
        ASSERT_TRUE(eventually([&] { return world.stuck_processes().size() == 1; }));
        snare.open = true;
        EXPECT_TRUE(world.wait(stuck, patience).has_value());
        EXPECT_TRUE(world.stuck_processes().empty());
    }
}

TEST_P(stuck_handler, that_was_killed_lets_a_waiting_stop_finish_by_returning) {
    runtime& world = start();
    const pid stuck = world.spawn([this] { snare.hold(); });
    ASSERT_TRUE(eventually([&] { return world.stuck_processes().size() == 1; }));
    world.exit(stuck, reason::kill);
    ASSERT_TRUE(world.wait(stuck, patience).has_value());
    std::thread later{[this] {
        eventually([] { return false; }, 50ms);  // until the stop waits
        snare.open = true;
    }};
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(world.stop(2 * patience));
    stopped = true;
    EXPECT_LT(std::chrono::steady_clock::now() - began, patience);
    later.join();
}

TEST_P(stuck_handler, returns_its_spare_thread_for_reuse) {
    runtime& world = start(1);
    for (int round = 1; round <= 5; ++round) {
        snare.open = false;
        const pid stuck = world.spawn([this] { snare.hold(); });
        ASSERT_TRUE(eventually([&] { return world.stuck_processes().size() == 1; }));
        EXPECT_EQ(run([]() -> task<> { co_await yield(); }), reason::normal);
        snare.open = true;
        EXPECT_TRUE(world.wait(stuck, patience).has_value());
        ASSERT_TRUE(eventually([&] { return world.stuck_processes().empty(); }));
    }
    EXPECT_TRUE(texts().empty());
}

TEST_P(stuck_handler, is_named_by_a_stop_that_does_not_wait_for_it) {
    runtime& world = start();
    const pid stuck = world.spawn([this] {
        trap_exit(true);
        snare.hold();
    });
    const pid innocent = world.spawn([]() -> task<> { co_await receive<int>(); });
    ASSERT_TRUE(eventually([&] { return world.stuck_processes().size() == 1; }));
    const stop_result result = world.stop(1s);  // enough for `innocent` to get a turn under load
    stopped = true;
    ASSERT_EQ(result.blocking.size(), 1U);
    EXPECT_EQ(result.blocking[0].process, stuck);
    EXPECT_TRUE(result.blocking[0].killed);
    EXPECT_TRUE(result.blocking[0].stuck);
    EXPECT_FALSE(result.names(innocent));
    snare.open = true;
    EXPECT_TRUE(eventually([&] { return snare.released == 1; }));
}

TEST(busy_process, with_short_handlers_is_not_stuck_however_long_its_queue_is) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 1;
    options.stuck_after = 100ms;
    options.spare_workers = 0;
    options.turn_budget = 1'000'000'000;
    runtime world{options};
    world.start();
    std::atomic<bool> stop{false};
    const pid busy = world.spawn([&]() -> task<> {
        send(self(), 0);
        while (!stop) {
            const int n = co_await receive<int>();
            send(self(), n + 1);
        }
    });
    // The yielding process gets turns only if `busy` gives way long before the end of the turn budget.
    EXPECT_EQ(world.run([&]() -> task<> {
        for (int i = 0; i < 20; ++i) {
            co_await yield();
        }
    }),
              reason::normal);
    EXPECT_TRUE(world.stuck_processes().empty());
    stop = true;
    EXPECT_TRUE(world.wait(busy, patience).has_value());
}

}  // namespace
}  // namespace coppice
