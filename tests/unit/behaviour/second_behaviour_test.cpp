// SPDX-License-Identifier: Apache-2.0
// A second behaviour, defined in this file with the shared base alone: a loop of two states, off and on. The
// class has a callback for each state. The state on ends after a second.

#include <stdexcept>
#include <utility>

#include "support/servers.hpp"

namespace coppice {
namespace {

using test::code;
using test::next_word;
using test::word;

/// The decision of a callback.
struct next {
    bool on = false;
    std::optional<exit_reason> stops;
    bool known = true;
};

class switch_loop : public detail::behaviour_body {
  public:
    using behaviour_body::behaviour_body;
    ~switch_loop() override { stop_timer(); }

    static constexpr detail::body_kind kind_of_loop{"gen_switch", false};
    const detail::body_kind& loop() const noexcept final { return kind_of_loop; }

    void on_message(any_message m) final {
        const bool is_system = m.node()->type->role == detail::message_role::system;
        if (has(watched) && !is_system && !is_parents_exit(*m.node())) {
            tell_arrival(*m.node());
        }
        keep(std::move(m));
        if (took_shared()) {
            return;
        }
        follow(decide(on_, current()));
        handled();
    }
    void on_signal(detail::signal& s) final {
        if (s.kind == detail::signal_kind::timeout && tag_ != 0 && s.tag == tag_) {
            timer_ = 0;
            is_over_ = true;
        }
    }
    bool has_work(bool /*mailbox_is_empty*/) const final { return is_over_; }
    void do_work() final {
        forget_client();
        follow(next{});
        handled();
    }

  protected:
    virtual next decide(bool on, any_message& m) = 0;

  private:
    void follow(const next& decided) {
        if (!decided.known) {
            log_unexpected(current().describe());
        }
        if (decided.stops) {
            set_stop(*decided.stops);
        }
        if (on_ != decided.on) {
            stop_timer();
            on_ = decided.on;
            if (on_) {
                set(timed);
            }
        }
    }
    void begin_timers() final {
        if (tag_ == 0) {
            tag_ = detail::new_tag();
            timer_ = detail::start_tag_timer(std::chrono::seconds{1}, tag_);
        }
    }
    void end_loop() noexcept final { stop_timer(); }
    void stop_timer() noexcept {
        is_over_ = false;
        tag_ = 0;
        no_longer(timed);
        if (timer_ != 0) {
            detail::cancel_tag_timer(std::exchange(timer_, 0));
        }
    }

    bool on_ = false;
    bool is_over_ = false;
    std::uint64_t tag_ = 0;
    std::uint64_t timer_ = 0;
};

template <class T>
class switch_body : public detail::object_body<T, switch_loop> {
  public:
    using detail::object_body<T, switch_loop>::object_body;
    static constexpr void require_members() { detail::require_fitting_life_cycle<T>(); }

  private:
    next decide(bool on, any_message& m) final {
        return on ? this->state_->on(m) : this->state_->off(m);
    }
};

template <class T>
concept is_switch = requires(T& t, any_message& m) {
    { t.off(m) } -> std::same_as<next>;
    { t.on(m) } -> std::same_as<next>;
};

}  // namespace

template <class T>
    requires is_switch<T>
struct detail::body_for<T> {
    using type = switch_body<T>;
};

namespace {

using namespace std::chrono_literals;

struct press {};
struct ask {};
struct stop_now {
    exit_reason why;
};
struct crash {};
struct burn_out {};

struct lamp {
    struct options {
        explicit options(const pid& to, bool traps_exits = false) : owner{to}, traps{traps_exits} {}
        pid owner;
        bool traps;
        code<task<>()> init;
    };

    explicit lamp(options how) : chosen{std::move(how)} { trap_exit(chosen.traps); }
    task<> init() {
        if (chosen.init.run) {
            auto running = chosen.init.run();
            co_await running;
        }
    }
    task<> terminate(exit_reason why) {
        co_await yield();
        say("terminate " + to_string(why));
    }
    next off(any_message& m) { return react(m, false); }
    next on(any_message& m) { return react(m, true); }

    next react(any_message& m, bool on) {
        if (m.is<press>()) {
            ++presses;
            return {!on, {}};
        }
        if (m.is<ask>()) {
            say(on ? "on" : "off");
            return {on, {}};
        }
        if (const stop_now* const asked = m.get<stop_now>()) {
            return {on, asked->why};
        }
        if (m.is<burn_out>()) {
            stop_with("burnt_out");
            return {on, {}};
        }
        if (m.is<crash>()) {
            throw std::runtime_error{"broken"};
        }
        return {on, {}, false};
    }
    void say(std::string text) const { send(chosen.owner, word{std::move(text)}); }

    options chosen;
    int presses = 0;
};
std::string to_string(const lamp& l) {
    return std::to_string(l.presses) + " presses";
}

task<pid> fresh_lamp(lamp::options how) {
    auto starting = start_link<lamp>(std::move(how));
    const start_result<lamp> started = co_await starting;
    EXPECT_TRUE(started.ok());
    co_return started.process();
}

task<std::string> asked(pid who) {
    send(who, ask{});
    co_return co_await next_word();
}

TEST(second_behaviour, is_chosen_by_start_link_and_keeps_its_state) {
    test::run_everywhere([]() -> task<> {
        const pid light = co_await fresh_lamp(lamp::options{self()});
        EXPECT_EQ(co_await asked(light), "off");
        send(light, press{});
        EXPECT_EQ(co_await asked(light), "on");
        const auto info = co_await process_info(light);
        EXPECT_EQ(info.at(0).behaviour, "gen_switch");
        EXPECT_FALSE(info.at(0).is_supervisor);
        EXPECT_TRUE(info.at(0).initial_call.ends_with("lamp::init")) << info.at(0).initial_call;
        EXPECT_EQ(info.at(0).parent, self());
        co_await stop(light);
        EXPECT_EQ(co_await next_word(), "terminate normal");
    });
}

TEST(second_behaviour, has_a_timeout_that_messages_and_a_suspension_do_not_end) {
    test::run_simulated([]() -> task<> {
        const pid light = co_await fresh_lamp(lamp::options{self()});
        send(light, press{});
        co_await sleep(500ms);
        EXPECT_EQ(co_await asked(light), "on");
        co_await sys::suspend(light);
        co_await sys::resume(light);
        co_await sleep(499ms);
        EXPECT_EQ(co_await asked(light), "on");
        co_await sleep(2ms);
        EXPECT_EQ(co_await asked(light), "off");
        co_await stop(light);
    });
}

TEST(second_behaviour, whose_init_fails_leaves_no_process_and_no_name) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        lamp::options how{self()};
        how.init = [] -> task<> {
            co_await yield();
            exit("no_bulb");
        };
        auto starting = start_link<lamp>(named("light"), how);
        const start_result<lamp> started = co_await starting;
        EXPECT_FALSE(started.ok());
        EXPECT_EQ(started.error(), "no_bulb");
        EXPECT_FALSE(whereis("light"));
        EXPECT_EQ(co_await test::rest_of_mailbox(), "") << "terminate does not run";
    });
}

TEST(second_behaviour, may_ignore_its_start) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        lamp::options how{self()};
        how.init = [] -> task<> {
            co_await yield();
            ignore();
        };
        auto starting = start_link<lamp>(how);
        const start_result<lamp> started = co_await starting;
        EXPECT_TRUE(started.ignored());
        EXPECT_EQ(co_await test::rest_of_mailbox(), "");
    });
}

TEST(second_behaviour, does_not_start_twice_with_one_name) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        auto starting = start_link<lamp>(named("light"), lamp::options{self()});
        const start_result<lamp> first = co_await starting;
        auto again = start_link<lamp>(named("light"), lamp::options{self()});
        const start_result<lamp> second = co_await again;
        const exit_reason expected =
            exit_reason::tuple("already_started", exit_reason::process(first.process()));
        EXPECT_EQ(second.error(), expected);
        co_await stop(first.process());
    });
}

TEST(second_behaviour, runs_terminate_for_a_stop_a_crash_and_its_parents_exit) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        const pid stopped = co_await fresh_lamp(lamp::options{self()});
        send(stopped, stop_now{"enough"});
        EXPECT_EQ(co_await next_word(), "terminate enough");
        EXPECT_EQ((co_await receive<exit_message>()).why, "enough");

        const pid crashed = co_await fresh_lamp(lamp::options{self()});
        send(crashed, crash{});
        EXPECT_EQ(co_await next_word(), "terminate {std::runtime_error,\"broken\"}");
        EXPECT_EQ((co_await receive<exit_message>()).from, crashed);

        const pid child = co_await fresh_lamp(lamp::options{self(), true});
        exit(child, reason::shutdown);
        EXPECT_EQ(co_await next_word(), "terminate shutdown");
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    });
}

TEST(second_behaviour, stops_by_stop_with) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        const pid light = co_await fresh_lamp(lamp::options{self()});
        send(light, burn_out{});
        EXPECT_EQ(co_await next_word(), "terminate burnt_out");
        EXPECT_EQ((co_await receive<exit_message>()).why, "burnt_out");
    });
}

TEST(second_behaviour, reports_a_crash_and_an_unexpected_message_under_its_own_name) {
    const auto all = test::reports_of([]() -> task<> {
        trap_exit(true);
        auto starting = start_link<lamp>(named("light"), lamp::options{self()});
        const start_result<lamp> started = co_await starting;
        send(started.process(), 42);
        send(started.process(), press{});
        send(started.process(), crash{});
        co_await receive<exit_message>();
    });
    const auto texts = test::only<text_report>(all);
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_EQ(texts[0].text, "gen_switch light has no handler for the message 42; it was dropped");
    const auto ends = test::only<server_report>(all);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].behaviour, "gen_switch");
    EXPECT_EQ(ends[0].state, "1 presses");
    const auto crashes = test::only<crash_report>(all);
    ASSERT_EQ(crashes.size(), 1U);
    EXPECT_EQ(crashes[0].registered_name, "light");
    EXPECT_TRUE(crashes[0].initial_call.ends_with("lamp::init"));
    for (const report& each : all) {
        if (std::holds_alternative<server_report>(each.body)) {
            EXPECT_NE(to_string(each).find("gen_switch light terminating"), std::string::npos);
        }
    }
}

TEST(second_behaviour, answers_sys) {
    test::run_everywhere([]() -> task<> {
        const pid light = co_await fresh_lamp(lamp::options{self()});
        co_await sys::statistics(light, true);
        send(light, press{});
        EXPECT_EQ(co_await sys::get_state(light), "1 presses");
        const server<lamp> typed{light};
        const lamp copy = co_await sys::get_state(typed);
        EXPECT_EQ(copy.presses, 1);
        co_await sys::replace_state(typed, [](lamp l) {
            l.presses = 7;
            return l;
        });
        const sys::status status = co_await sys::get_status(light);
        EXPECT_EQ(status.shown_state, "7 presses");
        EXPECT_EQ(status.parent, self());
        const auto counted = co_await sys::get_statistics(light);
        EXPECT_EQ(counted.value().messages_in, 1U);
        co_await stop(light);
    });
}

TEST(second_behaviour, names_itself_in_the_reason_of_a_failed_request_of_sys) {
    test::run_everywhere([]() -> task<> {
        const pid light = co_await fresh_lamp(lamp::options{self()});
        const server<lamp> typed{light};
        auto replacing = sys::try_replace_state(
            typed, [](lamp) -> lamp { throw std::runtime_error{"not now"}; });
        const auto answer = co_await replacing;
        EXPECT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error()[0], "callback_failed");
        const exit_reason expected = exit_reason::tuple("gen_switch", "system_replace_state");
        EXPECT_EQ(answer.error()[1], expected);
        co_await stop(light);
    });
}

TEST(second_behaviour, takes_no_message_while_suspended) {
    test::run_everywhere([]() -> task<> {
        const pid light = co_await fresh_lamp(lamp::options{self()});
        co_await sys::suspend(light);
        send(light, ask{});
        const sys::status held = co_await sys::get_status(light);
        EXPECT_EQ(held.state, sys::server_state::suspended);
        EXPECT_EQ(co_await test::rest_of_mailbox(), "");
        co_await sys::resume(light);
        EXPECT_EQ(co_await next_word(), "off");
        co_await stop(light);
    });
}

TEST(second_behaviour, is_restarted_by_its_supervisor) {
    test::run_everywhere([]() -> task<> {
        auto starting = supervisor::start_link(
            children(child<lamp>(lamp::options{self(), true}).name("light")));
        const auto started = co_await starting;
        const supervisor above = started.value();
        const pid first = whereis("light");
        const auto info = co_await process_info(first);
        EXPECT_EQ(info.at(0).child_id, "lamp");
        EXPECT_EQ(info.at(0).parent, above.whereis());
        monitor(first);
        send(first, press{});
        send(first, crash{});
        EXPECT_EQ(co_await next_word(), "terminate {std::runtime_error,\"broken\"}");
        co_await receive<down_message>();  // sent after the exit signal to the supervisor
        co_await above.which_children();   // answered after the restart
        const pid second = whereis("light");
        EXPECT_NE(second, first);
        EXPECT_EQ(co_await asked(second), "off");
        co_await stop(above.whereis());
        EXPECT_EQ(co_await next_word(), "terminate shutdown");
        EXPECT_FALSE(whereis("light"));
    });
}

}  // namespace
}  // namespace coppice
