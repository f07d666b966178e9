// SPDX-License-Identifier: Apache-2.0
// A process that uses all functions of processes at random, and checks its accounts at the end: each
// monitor fires once or was ended, each timer sends once or was cancelled, each call was answered,
// and no ended process has a name.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/counted.hpp"
#include "support/dice.hpp"
#include "support/eventually.hpp"
#include "support/moody_server.hpp"

namespace coppice::test {

struct vagabond_counts {
    std::atomic<long> operations{0};
    std::atomic<long> calls_begun{0};
    std::atomic<long> calls_over{0};
    std::atomic<long> calls_answered{0};
    std::atomic<long> reckonings{0};
};

/// Shared by all vagabonds of a runtime. Outlives the processes.
struct vagabond_world {
    vagabond_counts counts;
    std::atomic<bool> over{false};
    std::atomic<std::uint64_t> seeds{1};

    std::uint64_t next_seed() { return seeds.fetch_add(1, std::memory_order_relaxed); }
};
using vagabond_home = vagabond_world*;

}  // namespace coppice::test

template <>
struct coppice::message_trait<coppice::test::vagabond_world*> {
    static constexpr bool is_message = true;
};

namespace coppice::test {

class vagabond {
  public:
    static constexpr int depth_max = 3;
    static constexpr std::size_t names = 6;

    vagabond(vagabond_home home, int depth)
        : home_{home}, depth_{depth}, chance_{home->next_seed()} {}

    static task<> run(vagabond_home home, int depth) {
        vagabond one{home, depth};
        auto living = one.live();
        co_await living;
    }

  private:
    struct tick {
        std::uint64_t number;
        counted here;
    };

    task<> live() {
        trap_exit(chance_.percent(50));
        for (int step = 0; step < 60 && !home_->over; ++step) {
            ++home_->counts.operations;
            auto doing = do_something();
            co_await doing;
            if (chance_.percent(2)) {
                priority(static_cast<priority_level>(chance_.below(4)));
            }
        }
        auto reckoning = reckon();
        co_await reckoning;
        if (chance_.percent(33)) {
            exit("end");
        }
    }

    task<> do_something() {
        const std::size_t what = chance_.below(22);
        if (what < 3) {
            return after_all([this] { have_a_child(); });
        }
        switch (what) {
            case 3:
                return start_linked();
            case 4:
                return start_alone();
            case 5:
            case 6:
            case 7:
            case 8:
                return after_all([this] { meet(somebody()); });
            case 9:
            case 10:
                return after_all([this] { set_or_cancel_a_timer(); });
            case 11:
            case 12:
                return after_all([this] { give_or_take_a_name(); });
            case 13:
            case 14:
                return wait_a_little();
            case 15:
            case 16:
            case 17:
                return call_somebody();
            case 18:
                return after_all([this] { cast_to_somebody(); });
            default:
                return ask_about(somebody());
        }
    }

    /// A step that does not wait.
    template <class F>
    task<> after_all(F step) {
        step();
        co_return;
    }

    const pid& somebody() {
        if (known_.empty()) {
            known_.push_back(self());
        }
        return known_[chance_.below(known_.size())];
    }

    void have_a_child() {
        if (depth_ >= depth_max) {
            return;
        }
        switch (chance_.below(3)) {
            case 0:
                known_.push_back(spawn(&vagabond::run, home_, depth_ + 1));
                break;
            case 1:
                known_.push_back(spawn_link(&vagabond::run, home_, depth_ + 1));
                break;
            default: {
                const auto started = spawn_monitor(&vagabond::run, home_, depth_ + 1);
                known_.push_back(started.process);
                watching_.emplace(started.monitor, started.process);
                break;
            }
        }
    }

    task<> start_linked() {
        const std::string name =
            chance_.percent(50) ? "server" + std::to_string(chance_.below(8)) : std::string{};
        start_options options = named(name);
        options.timeout = std::chrono::milliseconds{1 + chance_.below(30)};
        auto starting = start_link<moody_server>(options, some_start(chance_), home_->next_seed());
        const auto started = co_await starting;
        if (started.ok()) {
            servers_.push_back(started.value());
        }
    }

    task<> start_alone() {
        if (chance_.percent(50)) {
            auto starting = start<moody_server>(some_start(chance_), home_->next_seed());
            const auto started = co_await starting;
            if (started.ok()) {
                servers_.push_back(started.value());
            }
        } else {
            auto starting = start_monitor<moody_server>(some_start(chance_), home_->next_seed());
            const auto started = co_await starting;
            if (started.ok()) {
                servers_.push_back(started.value());
                watching_.emplace(started.monitor(), started.process());
            }
        }
    }

    void meet(const pid& other) {
        switch (chance_.below(6)) {
            case 0:
                try {
                    link(other);
                } catch (const noproc_error&) {
                    break;  // The other process has ended.
                }
                break;
            case 1:
                unlink(other);
                break;
            case 2:
            case 3:
                if (other != self()) {
                    watching_.emplace(monitor(other), other);
                }
                break;
            case 4:
                end_a_monitor();
                break;
            default:
                if (other != self()) {
                    exit(other, chance_.percent(33)   ? reason::kill
                                : chance_.percent(50) ? reason::normal
                                                      : exit_reason{"whim"});
                }
                break;
        }
    }

    void end_a_monitor() {
        if (!watching_.empty()) {
            const auto chosen = watching_.begin();
            demonitor(chosen->first, demonitor_option::flush);
            ended_.push_back(chosen->first);
            watching_.erase(chosen);
        }
    }

    void set_or_cancel_a_timer() {
        if (chance_.percent(60) || timers_.empty()) {
            const std::uint64_t number = ++last_timer_;
            const std::chrono::microseconds after{chance_.below(3000)};
            timers_.emplace(number, send_after(after, self(), tick{number, {}}));
        } else if (cancel_timer(timers_.begin()->second)) {
            timers_.erase(timers_.begin());
        }
    }

    void give_or_take_a_name() {
        const std::string name = name_of(chance_.below(names));
        try {
            chance_.percent(50) ? register_name(name, chance_.percent(50) ? self() : somebody())
                                : unregister_name(name);
        } catch (const badarg_error&) {
            // The name is taken or not registered, or the other process has ended.
            return;
        }
    }

    static std::string name_of(std::size_t number) { return "name" + std::to_string(number); }

    task<> wait_a_little() {
        if (chance_.percent(20)) {
            burn(std::chrono::microseconds{chance_.below(7000)});
        } else if (chance_.percent(50)) {
            co_await sleep(std::chrono::microseconds{chance_.below(1500)});
        } else {
            co_await yield();
        }
    }

    /// Counts the calls in progress, whatever happens to the caller.
    struct call_in_progress {
        explicit call_in_progress(vagabond_counts& in) : counts{in} { ++counts.calls_begun; }
        call_in_progress(const call_in_progress&) = delete;
        call_in_progress& operator=(const call_in_progress&) = delete;
        ~call_in_progress() { ++counts.calls_over; }
        vagabond_counts& counts;
    };

    task<> call_somebody() {
        if (servers_.empty()) {
            co_return;
        }
        const server<moody_server> to = servers_[chance_.below(servers_.size())];
        const call_in_progress here{home_->counts};
        const std::chrono::milliseconds limit{1 + chance_.below(5)};
        const std::uint64_t number = ++last_call_;
        if (chance_.percent(70)) {
            const moody_server::echo question{std::to_string(number), {}};
            auto calling = to.try_call(question, limit);
            const auto answer = co_await calling;
            if (answer) {
                ++home_->counts.calls_answered;
                EXPECT_EQ(*answer, question.text) << "the answer to another call";
            }
        } else {
            const moody_server::answer_later question{static_cast<int>(number)};
            auto calling = to.try_call(question, limit);
            const auto answer = co_await calling;
            if (answer) {
                ++home_->counts.calls_answered;
                EXPECT_EQ(*answer, question.number) << "the answer to another call";
            }
        }
    }

    void cast_to_somebody() {
        if (!servers_.empty()) {
            const server<moody_server>& to = servers_[chance_.below(servers_.size())];
            to.cast(moody_server::note{"a text that is too long to be in the string itself", {}});
        }
    }

    task<> ask_about(pid who) {
        if (chance_.percent(50)) {
            auto asking = is_alive(who);
            co_await asking;
        } else {
            auto asking = process_info(who);
            co_await asking;
        }
    }

    task<> reckon() {
        // A kill still ends the process, and then nothing is checked.
        trap_exit(true);
        for (const auto& [made, other] : watching_) {
            exit(other, reason::kill);
        }
        for (bool more = true; more && !(watching_.empty() && timers_.empty());) {
            auto hearing = hear(patience);
            more = co_await hearing;
        }
        EXPECT_TRUE(watching_.empty()) << "a monitor did not fire";
        EXPECT_TRUE(timers_.empty()) << "a timer did not fire";
        for (bool more = true; more;) {
            auto hearing = hear(std::chrono::nanoseconds{0});
            more = co_await hearing;
        }
        auto looking = look_for_names_of_the_dead();
        co_await looking;
        ++home_->counts.reckonings;
    }

    /// Whether an expected message arrived.
    task<bool> hear(std::chrono::nanoseconds limit) {
        bool heard = true;
        auto waiting = receive(
            [this](const down_message& m) {
                EXPECT_EQ(watching_.erase(m.monitor), 1U)
                    << (std::ranges::count(ended_, m.monitor) > 0 ? "a monitor that was ended fires"
                                                                  : "a monitor fires again");
                dead_.push_back(m.process);
            },
            [this](const tick& m) {
                EXPECT_EQ(timers_.erase(m.number), 1U) << "a timer that is over fires";
            },
            after(limit, [&] { heard = false; }));
        co_await waiting;
        co_return heard;
    }

    /// Another process may be registering a name for an ended process, and about to remove the name again.
    task<> look_for_names_of_the_dead() {
        for (std::size_t i = 0; i < names; ++i) {
            bool of_the_dead = true;
            for (int tries = 0; tries < 1000 && of_the_dead; ++tries) {
                const pid holder = whereis(name_of(i));
                of_the_dead = std::ranges::count(dead_, holder) > 0;
                if (of_the_dead) {
                    co_await sleep(std::chrono::milliseconds{1});
                }
            }
            EXPECT_FALSE(of_the_dead) << "one of the dead has a name";
        }
    }

    vagabond_home home_;
    int depth_;
    dice chance_;
    counted here_;
    std::vector<pid> known_;
    std::vector<server<moody_server>> servers_;
    std::map<ref, pid> watching_;
    std::vector<ref> ended_;
    std::vector<pid> dead_;
    std::map<std::uint64_t, timer> timers_;
    std::uint64_t last_timer_ = 0;
    std::uint64_t last_call_ = 0;
};

}  // namespace coppice::test
