// SPDX-License-Identifier: Apache-2.0
// User code outside of handlers that does not return: conditions, destructors,
// printers. A kill ends the process in every case.

#include <stdexcept>

#include "coppice/timer.hpp"
#include "support/stuck_world.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::patience;
using test::trap;

struct stuck_code : test::stuck_world {
    /// A process gets stuck and is reported. A kill then notifies its monitors at once.
    template <class F>
    void expect_dies_of_a_kill(F stuck, const exit_reason& why) {
        start();
        EXPECT_EQ(run([&]() -> task<> {
                      const monitored_process p = spawn_monitor(stuck);
                      while (snare.caught == 0 || !other_stuck_process()) {
                          co_await yield();
                      }
                      EXPECT_EQ(snare.released, 0);
                      exit(p.process, reason::kill);
                      const down_message down = co_await receive<down_message>();
                      EXPECT_EQ(down.why, why);
                      EXPECT_EQ(snare.released, 0);
                  }),
                  reason::normal);
    }
};

INSTANTIATE_TEST_SUITE_P(on, stuck_code, ::testing::Values(1U, 2U, 4U));

struct go_astray {};

TEST_P(stuck_code, in_a_condition_does_not_block_a_kill) {
    start();
    EXPECT_EQ(run([this]() -> task<> {
                  const auto held = std::make_shared<const int>(7);
                  const pid stuck = spawn([this, held]() -> task<> {
                      auto never = receive(when(
                          [this](int) {
                              snare.hold();
                              return true;
                          },
                          [](int) { ADD_FAILURE() << "it has been killed"; }));
                      co_await never;
                  });
                  send(stuck, 1);
                  while (snare.caught == 0) {
                      co_await yield();
                  }
                  monitor(stuck);
                  send(stuck, 2);
                  exit(stuck, reason::kill);
                  EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
                  EXPECT_EQ(snare.released, 0);
                  snare.open = true;
                  while (held.use_count() > 1) {
                      co_await yield();
                  }
              }),
              reason::normal);
}

TEST_P(stuck_code, in_a_condition_is_reported_with_the_tested_message) {
    runtime& world = start();
    const pid stuck = world.spawn([this]() -> task<> {
        auto receiving = receive(when(
            [this](const go_astray&) {
                snare.hold();
                return true;
            },
            [](go_astray) {}));
        co_await receiving;
    });
    world.send(stuck, go_astray{});
    ASSERT_TRUE(eventually([&] { return world.stuck_processes().size() == 1; }));
    EXPECT_NE(world.stuck_processes()[0].message.find("go_astray"), std::string::npos);
    EXPECT_EQ(run([&]() -> task<> {
                  monitor(stuck);
                  snare.open = true;
                  EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
              }),
              reason::normal);
}

/// Gets stuck on destruction and on printing.
class snared {
  public:
    explicit snared(trap* s) : snare_{s} {}
    snared(snared&& other) noexcept : snare_{std::exchange(other.snare_, nullptr)} {}
    snared& operator=(snared&&) = delete;
    ~snared() {
        if (snare_ != nullptr) {
            snare_->hold();
        }
    }

  private:
    trap* snare_;
};

/// May be passed to another process, since the test outlives the process.
class trap_of_the_test {
  public:
    explicit trap_of_the_test(trap& t) : trap_{&t} {}
    void hold() const { trap_->hold(); }

  private:
    trap* trap_;
};

struct printed_slowly {
    explicit printed_slowly(trap_of_the_test t) : snare{t} {}
    void handle_cast(go_astray) { throw std::runtime_error{"no"}; }
    friend std::string to_string(const printed_slowly& p) {
        p.snare.hold();
        return "printed";
    }
    trap_of_the_test snare;
};

pid one_that_ended() {
    return spawn([] {});
}

TEST_P(stuck_code, in_stack_unwinding_does_not_block_a_kill) {
    const auto throws = [this] {
        const snared held{&snare};
        throw std::runtime_error{"no"};
    };
    expect_dies_of_a_kill(throws, reason::killed);
}

TEST_P(stuck_code, in_the_destructor_of_a_local_of_an_ending_process_does_not_block_a_kill) {
    const auto ends = [this]() -> task<> {
        const snared held{&snare};
        spawn([me = self()] { exit(me, "enough"); });
        co_await receive<int>();
    };
    expect_dies_of_a_kill(ends, "enough");
}

TEST_P(stuck_code, in_the_destructor_of_an_unread_message_does_not_block_a_kill) {
    const auto ends = [this] { send(self(), snared{&snare}); };
    expect_dies_of_a_kill(ends, reason::normal);
}

TEST_P(stuck_code, in_the_destructor_of_a_message_to_a_dead_process_does_not_block_a_kill) {
    const auto sends = [this]() -> task<> {
        const pid dead = one_that_ended();
        while (co_await is_alive(dead)) {
        }
        send(dead, snared{&snare});
    };
    expect_dies_of_a_kill(sends, reason::killed);
}

TEST_P(stuck_code, in_the_destructor_of_a_cancelled_timer_message_does_not_block_a_kill) {
    const auto cancels = [this] { cancel_timer(send_after(1h, self(), snared{&snare})); };
    expect_dies_of_a_kill(cancels, reason::killed);
}

TEST_P(stuck_code, in_a_printer_does_not_block_a_kill) {
    start();
    const auto crashes = [this]() -> task<> {
        auto starting = start_link<printed_slowly>(trap_of_the_test{snare});
        const server<printed_slowly> s = (co_await starting).value();
        s.cast(go_astray{});
        co_await receive<int>();
    };
    EXPECT_EQ(run([&]() -> task<> {
                  const pid crashing = spawn(crashes);
                  pid stuck;
                  while (snare.caught == 0 || !stuck) {
                      co_await yield();
                      stuck = other_stuck_process();
                  }
                  monitor(stuck);
                  monitor(crashing);
                  exit(stuck, reason::kill);
                  for (int i = 0; i < 2; ++i) {
                      EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
                  }
                  EXPECT_EQ(snare.released, 0);
              }),
              reason::normal);
}

TEST_P(stuck_code, in_the_mailbox_of_a_dead_process_does_not_delay_its_down_messages) {
    runtime& world = start();
    std::atomic<bool> sent{false};
    const auto ends = [&] {
        while (!sent) {
        }
    };
    EXPECT_EQ(run([&]() -> task<> {
                  const monitored_process p = spawn_monitor(ends);
                  exit(p.process, reason::kill);
                  send(p.process, snared{&snare});  // arrives after the kill
                  const ref later = monitor(p.process);
                  sent = true;
                  for (int i = 0; i < 2; ++i) {
                      const down_message down = co_await receive<down_message>();
                      EXPECT_EQ(down.why, down.monitor == later ? reason::noproc : reason::killed);
                  }
                  EXPECT_EQ(snare.released, 0);
              }),
              reason::normal);
    EXPECT_TRUE(eventually([&] { return world.stuck_processes().size() == 1; }));
    EXPECT_TRUE(world.stuck_processes()[0].has_ended);
}

}  // namespace
}  // namespace coppice
