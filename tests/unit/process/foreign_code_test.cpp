// SPDX-License-Identifier: Apache-2.0
// User code runs only while the sentinel can take over: the runtime gives up custody of the process for
// every handler, printer and destructor.

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>

#include "coppice/timer.hpp"
#include "support/looked_after.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::be_looked_after;
using test::run_everywhere_undisturbed;
using test::run_simulated;

/// Counts of `look` since the last test.
std::atomic<int> looks{0};
std::atomic<int> looks_inside{0};

/// The process in whose turn the destructors of reasons run. The destructors
/// themselves run on behalf of no process.
std::atomic<detail::process*> destroys_reasons{nullptr};

/// Records whether another thread could take over from the calling code.
void look() {
    detail::process* const here =
        detail::in_process() ? base::current_process() : destroys_reasons.load();
    // A process whose end has been announced offers nothing to take over.
    if (here == nullptr || here->is_dying(here->generation())) {
        return;
    }
    bool takes_over = false;
    std::thread{[&] { takes_over = !here->describe_turn().initial_call.empty(); }}.join();
    ++looks;
    looks_inside += takes_over ? 0 : 1;
}

/// There were `at_least` looks so far, all outside of custody.
void expect_looks(int at_least) {
    EXPECT_GE(looks.exchange(0), at_least);
    EXPECT_EQ(looks_inside.exchange(0), 0);
}

/// Looks on destruction, printing and comparison.
class looker {
  public:
    explicit looker(int n = 0) noexcept : number{n} {}
    looker(looker&& other) noexcept
        : number{other.number}, alive_{std::exchange(other.alive_, false)} {}
    looker& operator=(looker&& other) noexcept {
        std::swap(alive_, other.alive_);
        std::swap(number, other.number);
        return *this;
    }
    ~looker() {
        if (alive_) {
            look();
        }
    }
    friend std::string to_string(const looker&) {
        look();
        return "looker";
    }
    friend bool operator==(const looker& l, const looker& r) {
        look();
        return l.number == r.number;
    }
    int number;

  private:
    bool alive_ = true;
};

struct go {};
task<> waits() {
    co_await receive<go>();
}

task<> until_dead(pid who) {
    for (bool alive = true; alive;) {  // g++ 12 miscompiles the wait in a condition
        alive = co_await is_alive(who);
    }
}

TEST(code_of_the_users, is_outside_in_handlers_and_conditions) {
    run_everywhere_undisturbed([]() -> task<> {
        look();
        send(self(), go{});
        auto receiving = receive(when(
            [](const go&) {
                look();
                return true;
            },
            [](go) { look(); }));
        co_await receiving;
        look();
        expect_looks(4);
    });
}

TEST(code_of_the_users, is_outside_when_a_message_is_destroyed) {
    run_everywhere_undisturbed([]() -> task<> {
        send(self(), looker{});
        co_await receive<looker>();
        expect_looks(1);

        const monitored_process untaken = spawn_monitor(waits);
        send(untaken.process, looker{});
        send(untaken.process, go{});
        co_await receive<down_message>();
        expect_looks(1);

        send(untaken.process, looker{});  // is refused
        expect_looks(1);

        const timer set = send_after(1h, self(), looker{});
        cancel_timer(set);
        expect_looks(1);
    });
}

TEST(code_of_the_users, is_outside_when_a_reason_is_refused_or_flushed) {
    run_everywhere_undisturbed([]() -> task<> {
        const pid dead = spawn([] {});
        co_await until_dead(dead);
        destroys_reasons = base::current_process();
        exit(dead, exit_reason::of(looker{}));
        destroys_reasons = nullptr;
        expect_looks(1);

        const monitored_process p = spawn_monitor([] { exit(exit_reason::of(looker{})); });
        co_await until_dead(p.process);
        destroys_reasons = base::current_process();
        EXPECT_FALSE(demonitor(p.monitor, demonitor_option::flush));
        destroys_reasons = nullptr;
    });
    expect_looks(1);  // the last owner of the second reason may be the process that ended
}

/// Each process ends with a `looker` as its reason. The signal to end precedes the unlink or demonitor.
task<> leaves_those_who_end() {
    const auto ends = []() -> task<> {
        co_await receive<go>();
        exit(exit_reason::of(looker{}));
    };
    destroys_reasons = base::current_process();
    for (int i = 0; i < 10; ++i) {
        const pid linked = spawn_link(ends);
        const monitored_process watched = spawn_monitor(ends);
        send(linked, go{});
        send(watched.process, go{});
        for (int turns = i % 5; turns > 0; --turns) {
            co_await yield();
        }
        unlink(linked);
        demonitor(watched.monitor);
        co_await sleep(1ms);
    }
    destroys_reasons = nullptr;
}

TEST(code_of_the_users, is_outside_when_a_reason_comes_too_late) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        runtime_options options = testing::sim_world::quiet();
        options.clock = clock_kind::simulated;
        options.seed = seed;
        options.delays = signal_delays::per_pair;
        runtime world{options};  // a sim_world would keep the reasons
        world.start();
        world.run([]() -> task<> {
            trap_exit(true);
            co_await leaves_those_who_end();
        });
    }
    expect_looks(20);
}

/// Answers on command, which may be too late.
struct late_answerer {
    struct ask {
        ask() {}  // NOLINT(modernize-use-equals-default): then g++ 12 would destroy it twice
        using reply = looker;
        looker holds;
    };
    struct answer {};
    void handle_call(ask, reply_to<looker> to) { asked = std::move(to); }
    void handle_cast(answer) { (*asked)(looker{}); }
    std::optional<reply_to<looker>> asked;
};

TEST(code_of_the_users, is_outside_when_a_reply_comes_too_late) {
    run_everywhere_undisturbed([]() -> task<> {
        auto starting = start<late_answerer>();
        const server<late_answerer> s = (co_await starting).value();
        auto asking = s.try_call(late_answerer::ask{}, 0ms);
        EXPECT_FALSE((co_await asking).has_value());
        s.cast(late_answerer::answer{});
        co_await stop(s);
        expect_looks(2);
    });
}

TEST(code_of_the_users, is_outside_when_a_call_is_refused) {
    run_everywhere_undisturbed([]() -> task<> {
        auto starting = start<late_answerer>();
        const server<late_answerer> gone = (co_await starting).value();
        co_await stop(gone);
        auto asking = gone.try_call(late_answerer::ask{});
        EXPECT_FALSE((co_await asking).has_value());
        expect_looks(1);
    });
}

struct failing {
    struct ask {
        ask() {}  // NOLINT(modernize-use-equals-default): as above
        using reply = int;
        looker holds;
    };
    int handle_call(ask) { throw std::runtime_error{"no"}; }
    friend std::string to_string(const failing&) {
        look();
        return "failing";
    }
};

TEST(code_of_the_users, is_outside_in_printing_functions) {
    for (const unsigned workers : {1U, 2U}) {
        runtime_options options = test::undisturbed({});
        options.on_report = [](const report&) {};
        options.workers = workers;
        runtime world{options};
        world.start();
        EXPECT_EQ(world.run([]() -> task<> {
            auto starting = start<failing>();
            const server<failing> s = (co_await starting).value();
            auto asking = s.try_call(failing::ask{});
            EXPECT_FALSE((co_await asking).has_value());
            const pid p = spawn([] { exit(exit_reason::of(looker{})); });
            co_await until_dead(p);
        }),
                  reason::normal);
        world.stop();
        expect_looks(3);
    }
}

TEST(code_of_the_users, is_outside_when_a_simulation_hands_out_its_reports) {
    runtime_options options;
    options.level = report_level::debug;
    options.on_report = [](const report&) { look(); };
    testing::sim_world world{1, options};
    world.run([]() -> task<> {
        destroys_reasons = base::current_process();
        log(report_level::info, "said");
        destroys_reasons = nullptr;
        co_return;
    });
    expect_looks(1);
}

task<> holds(looker held) {
    const looker local{std::move(held)};
    co_await waits();
}

TEST(code_of_the_users, is_outside_when_a_process_destroys_its_arguments_and_messages) {
    run_everywhere_undisturbed([]() -> task<> {
        for (const exit_reason& why : {reason::kill, reason::shutdown}) {
            const monitored_process p =
                spawn_monitor([held = looker{}]() mutable { return holds(std::move(held)); });
            EXPECT_TRUE(co_await is_alive(p.process));
            send(p.process, looker{});
            exit(p.process, why);
            co_await receive<down_message>();
            expect_looks(2);
        }
    });
}

/// Calls `f` on destruction.
template <class F>
class at_end {
  public:
    explicit at_end(F f) : f_{std::move(f)} {}
    at_end(const at_end&) = delete;
    at_end& operator=(const at_end&) = delete;
    ~at_end() { f_(); }

  private:
    F f_;
};

/// Whether other processes see the process as dead after its destructors have run for the named time.
struct moments {
    bool soon = false;
    bool after_a_second = false;
    bool when_killed_once_more = false;
    std::atomic<bool> are_over{false};
};

bool is_dead_after(std::chrono::nanoseconds so_far) {
    be_looked_after(so_far);
    detail::process& me = *base::current_process();
    return me.is_dying(me.generation());
}

void kill_from_elsewhere(const pid& who) {
    auto* sent = new process_layer::exit_signal{detail::signal_kind::exit, reason::kill};
    EXPECT_TRUE(detail::current_runtime().offer_now(who, *sent).is_accepted());
}

task<std::shared_ptr<const moments>> moments_of_one_ended_by(exit_reason why) {
    const auto seen = std::make_shared<moments>();
    const monitored_process p = spawn_monitor([seen]() -> task<> {
        const at_end slow{[seen, me = self()] {
            seen->soon = is_dead_after(999ms);
            seen->after_a_second = is_dead_after(1s);
            if (!seen->after_a_second) {
                kill_from_elsewhere(me);
                seen->when_killed_once_more = is_dead_after(0ms);
            }
            seen->are_over = true;
        }};
        co_await waits();
    });
    EXPECT_TRUE(co_await is_alive(p.process));
    exit(p.process, why);
    const down_message down = co_await receive<down_message>();
    EXPECT_EQ(down.why, why == reason::kill ? reason::killed : why);
    while (!seen->are_over) {
        co_await yield();
    }
    co_return seen;
}

TEST(destructors_of_a_process, have_one_second_after_a_kill) {
    run_everywhere_undisturbed([]() -> task<> {
        const auto seen = co_await moments_of_one_ended_by(reason::kill);
        EXPECT_FALSE(seen->soon);
        EXPECT_TRUE(seen->after_a_second);
    });
}

TEST(destructors_of_a_process, have_time_until_a_kill) {
    run_everywhere_undisturbed([]() -> task<> {
        const auto seen = co_await moments_of_one_ended_by(reason::shutdown);
        EXPECT_FALSE(seen->soon);
        EXPECT_FALSE(seen->after_a_second);
        EXPECT_TRUE(seen->when_killed_once_more);
    });
}

TEST(destructors_of_a_process, may_take_messages_out_of_the_mailbox_that_is_destroyed) {
    run_everywhere_undisturbed([]() -> task<> {
        spawn_monitor([]() -> task<> {
            const monitored_process q = spawn_monitor([] {});
            co_await until_dead(q.process);
            send(self(), looker{});
            const at_end flushes{[over = q.monitor] { demonitor(over, demonitor_option::flush); }};
            exit("done");
        });
        EXPECT_EQ((co_await receive<down_message>()).why, "done");
    });
    expect_looks(1);
}

}  // namespace
}  // namespace coppice
