// SPDX-License-Identifier: Apache-2.0
// A process declared dead while its handler still runs: the state then, and after the handler returns.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/event_sink.hpp"
#include "process/signals.hpp"
#include "sched/sim_scheduler.hpp"
#include "support/eventually.hpp"
#include "support/looked_after.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::be_looked_after;
using test::end_of;
using test::end_of_new;
using test::eventually;
using test::undisturbed;

/// The sentinel declares the caller dead; the caller's code goes on running without effect.
void die_while_it_goes_on() {
    auto* const killed = new process_layer::exit_signal{detail::signal_kind::exit, reason::kill};
    EXPECT_TRUE(detail::current_runtime().offer_now(self(), *killed).is_accepted());
    be_looked_after();
}

/// A victim and a killer, both in the middle of a turn when the victim is killed. The victim shares
/// ownership of the scene, since the handler runs on after every other owner has ended.
class stuck_scene {
  public:
    /// Holds its turn until `let_die`, then dies, then holds until `release`.
    static task<> die_and_hold(std::shared_ptr<stuck_scene> on) {
        auto gathering = on->gather();
        co_await gathering;
        on->holds_ = true;
        EXPECT_TRUE(eventually([&] { return on->asked_.load(); }));
        be_looked_after();
        on->dead_ = true;
        EXPECT_TRUE(eventually([&] { return on->released_.load(); }));
    }
    task<> wait_for_hold() {
        auto gathering = gather();
        co_await gathering;
        EXPECT_TRUE(eventually([&] { return holds_.load(); }));
    }
    void let_die() {
        asked_ = true;
        EXPECT_TRUE(eventually([&] { return dead_.load(); }));
    }
    void release() { released_ = true; }

  private:
    task<> gather() {
        ++gathered_;
        while (gathered_ < 2) {
            co_await yield();
        }
        co_await yield();
    }
    std::atomic<int> gathered_{0};
    std::atomic<bool> holds_{false};
    std::atomic<bool> asked_{false};
    std::atomic<bool> dead_{false};
    std::atomic<bool> released_{false};
};

template <class Body>
void run_on_several_workers(Body body) {
    for (const unsigned workers : {2U, 4U}) {
        test::run_on_workers(workers, body, undisturbed());
    }
}

TEST(a_process_declared_dead, gets_no_name_and_no_timer_while_its_handler_goes_on) {
    run_on_several_workers([]() -> task<> {
        const auto scene = std::make_shared<stuck_scene>();
        const pid victim = spawn([scene] { return stuck_scene::die_and_hold(scene); });
        auto waiting = scene->wait_for_hold();
        co_await waiting;
        exit(victim, reason::kill);
        scene->let_die();
        EXPECT_THROW(register_name("late", victim), badarg_error);
        EXPECT_EQ(whereis("late"), pid{});
        EXPECT_TRUE(registered().empty());
        EXPECT_FALSE(send_after(1h, victim, 1));
        EXPECT_FALSE(start_timer(1h, victim, 1));
        EXPECT_THROW(link(victim), noproc_error);
        register_name("late", self());
        scene->release();
        EXPECT_EQ(co_await end_of(victim), reason::noproc);
        EXPECT_EQ(whereis("late"), self());
    });
}

/// The letter of the question behind the next message: `m` for a monitor, `l` for a link.
task<char> next_answer() {
    const auto heard = co_await receive<any_message>();
    if (const auto* down = heard.get<down_message>()) {
        EXPECT_EQ(down->why, reason::noproc);
        co_return 'm';
    }
    const auto* exited = heard.get<exit_message>();
    EXPECT_TRUE(exited != nullptr && exited->why == reason::noproc);
    co_return 'l';
}

/// Asks one question per letter: `m` sets a monitor, `l` a link.
task<> ask_the_doomed(std::string_view questions) {
    trap_exit(true);
    const auto scene = std::make_shared<stuck_scene>();
    const pid victim = spawn([scene] { return stuck_scene::die_and_hold(scene); });
    auto waiting = scene->wait_for_hold();
    co_await waiting;
    exit(victim, reason::kill);
    for (const char each : questions) {
        if (each == 'm') {
            monitor(victim);
        } else {
            link(victim);
        }
    }
    scene->let_die();
    scene->release();
    std::string answers;
    while (answers.size() < questions.size()) {
        auto answering = next_answer();
        answers += co_await answering;
    }
    EXPECT_EQ(answers, questions);
}

TEST(a_process_declared_dead, answers_monitors_and_links_of_one_process_in_order) {
    run_on_several_workers([]() -> task<> {
        for (const std::string_view questions : {"ml", "lm", "mlm", "mmlm"}) {
            auto asking = end_of_new([questions] { return ask_the_doomed(questions); });
            EXPECT_EQ(co_await asking, reason::normal);
        }
    });
}

using held_message = std::shared_ptr<const int>;

/// Holds the turn until the handler of the dead process has returned and the slot is free.
void hold_for_the_return_of(const pid& victim) {
    const detail::process& slot = *detail::current_runtime().slot_of(victim);
    EXPECT_TRUE(eventually([&] { return slot.generation() != victim.generation(); }));
}

TEST(a_process_declared_dead, takes_its_timers_and_their_messages_along_when_its_handler_returns) {
    test::run_everywhere_undisturbed([]() -> task<> {
        auto message = std::make_shared<const int>(7);
        const std::weak_ptr<const int> kept = message;
        const pid victim = spawn([mine = std::move(message)]() mutable {
            send_after(1h, self(), held_message{mine});
            start_timer(1h, self(), held_message{mine});
            mine.reset();
            die_while_it_goes_on();
        });
        const exit_reason why = co_await end_of(victim);
        EXPECT_TRUE(why == reason::killed || why == reason::noproc);
        hold_for_the_return_of(victim);
        EXPECT_TRUE(kept.expired());
    });
}

/// Checks, when the dying process sends word of its end, whether the process's name is free.
class order_of_the_end final : public base::event_sink {
  public:
    void on_event(const base::event& happened) noexcept override {
        if (happened.kind == base::event_kind::sent && happened.subject == dying) {
            ++told;
            told_too_soon += world->names().find("held") ? 1 : 0;
        }
    }
    detail::runtime_core* world = nullptr;
    pid dying;
    int told = 0;
    int told_too_soon = 0;
};

TEST(a_process_declared_dead, frees_its_name_before_links_and_monitors_fire) {
    auto simulator = std::make_unique<sched::sim_scheduler>(1);
    sched::sim_scheduler& steps = *simulator;
    order_of_the_end order;
    const auto world = std::make_shared<detail::runtime_core>(std::move(simulator), nullptr, &order,
                                                              detail::runtime_core::settings{});
    order.world = world.get();
    world->simulate(steps, signal_delays::none);
    const auto watch = [&order]() -> task<> {
        trap_exit(true);
        const monitored_process victim = spawn_monitor([&order]() -> task<> {
            co_await receive<int>();
            register_name("held", self());
            order.dying = self();
            die_while_it_goes_on();
        });
        link(victim.process);
        send(victim.process, 1);
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::killed);
        EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
    };
    detail::spawn_process(*world, detail::make_function_body(watch));
    while (steps.step()) {
    }
    EXPECT_EQ(order.told, 2);
    EXPECT_EQ(order.told_too_soon, 0);
}

}  // namespace
}  // namespace coppice
